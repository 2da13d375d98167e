//! With the pods' own pull secrets: to whom they go, what is told of them, and where they never stand.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};

/// A cluster whose pod cannot pull, and what its Secret `pull` holds for the registry.
fn cluster(image: &str, message: &str, secret: Response) -> ApiServer {
    let api = ApiServer::start();
    let pod = pod("web", image, message, &["pull"]);
    api.on("/api/v1/namespaces/shop/pods/web", [Response::json(&pod)]);
    api.on("/api/v1/namespaces/shop/secrets/pull", [secret]);
    api.on(
        "/api/v1/namespaces/shop/events",
        [Response::list("EventList", &[])],
    );
    api.on("/api/v1/nodes/worker-1", [Response::json(&node("amd64"))]);
    api
}

fn secret(server: &str, password: &str) -> Response {
    let config = json!({"auths": {server: {"username": "me", "password": password}}});
    let data = STANDARD.encode(config.to_string());
    Response::json(
        &json!({"kind": "Secret", "apiVersion": "v1", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "pull", "namespace": "shop"}, "data": {".dockerconfigjson": data}}),
    )
}

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("me:{password}")))
}

fn ask(api: &ApiServer, registry: &ApiServer, more: &[&str]) -> Outcome {
    let kubeconfig = api.kubeconfig().display().to_string();
    let arguments = ["--kubeconfig", &kubeconfig, "-n", "shop", "pod/web"];
    run_at(registry, &[&arguments, more].concat())
}

/// Nothing of a login stands in what is said.
fn is_silent(text: &str, password: &str) -> bool {
    let forms = [
        password.to_owned(),
        STANDARD.encode(format!("me:{password}")),
        STANDARD.encode(password),
    ];
    forms.iter().all(|form| !text.contains(form.as_str()))
}

/// A registry behind a password, which has `shop/web:1`.
fn behind_password() -> ApiServer {
    let registry = ApiServer::start_tls();
    registry.answer(|asked| {
        if asked.header("authorization") == Some(&basic(PASSWORD)) {
            return None;
        }
        Some(
            refusal(401, "UNAUTHORIZED", "authentication required")
                .header("WWW-Authenticate", "Basic realm=\"r\""),
        )
    });
    with_tags(&registry, &["1"]);
    registry
}

#[test]
fn an_image_behind_a_login_is_found_with_the_pods_own() {
    let registry = behind_password();
    let api = cluster("api.test/shop/web:2", REFUSED, secret("api.test", PASSWORD));
    let outcome = ask(&api, &registry, &["-v", "9"]);
    assert_eq!(outcome.view(0)["version"], "hidden");
    let with = outcome.view(1);
    assert_eq!(
        (&with["secret"], &with["login"], &with["version"]),
        (&json!("pull"), &json!("accepted"), &json!("absent"))
    );
    // the node was told that a login is wanted; the tag is not there
    assert_eq!(outcome.diagnosis()["cause"], "image-tag-not-found");
    assert_eq!(outcome.diagnosis()["certainty"], "proven");
    assert!(
        outcome
            .said()
            .contains("the login in Secret pull is accepted"),
        "{}",
        outcome.said()
    );
    assert!(is_silent(&outcome.all, PASSWORD), "{}", outcome.all);
}

#[test]
fn an_image_that_the_login_may_pull_is_there() {
    let registry = behind_password();
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    let outcome = ask(&api, &registry, &[]);
    assert_eq!(outcome.pushed().0, "yes");
    assert!(
        outcome.diagnosis()["headline"]
            .as_str()
            .unwrap()
            .ends_with("and gives it now")
    );
    assert!(outcome.said().contains("is accepted, and may pull it"));
}

#[test]
fn a_login_that_is_refused_is_named_and_not_shown() {
    let registry = behind_password();
    let api = cluster(
        "api.test/shop/web:1",
        REFUSED,
        secret("api.test", "stale-and-wrong"),
    );
    let outcome = ask(&api, &registry, &[]);
    assert_eq!(outcome.diagnosis()["cause"], "image-auth");
    assert_eq!(outcome.view(1)["login"], "refused");
    assert!(
        outcome
            .said()
            .contains("the login in Secret pull is refused"),
        "{}",
        outcome.said()
    );
    assert!(is_silent(&outcome.all, "stale-and-wrong"));
}

#[test]
fn a_registry_that_gives_a_login_back_in_its_words_shows_none() {
    let registry = ApiServer::start_tls();
    registry.answer(|asked| {
        let sent = asked.header("authorization").unwrap_or_default();
        let word = if sent.is_empty() { "none" } else { PASSWORD };
        let words = format!("bad: {sent} {word}");
        Some(refusal(401, sent, &words).header("WWW-Authenticate", "Basic realm=\"r\""))
    });
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    for format in ["json", "text", "wide", "html"] {
        let outcome = ask(&api, &registry, &["-o", format]);
        assert!(
            outcome.all.contains("bad: ") || format == "text",
            "{}",
            outcome.all
        );
        assert!(
            is_silent(&outcome.all, PASSWORD),
            "{format}: {}",
            outcome.all
        );
    }
}

#[test]
fn a_dump_that_is_written_holds_no_login() {
    let registry = behind_password();
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("dump.json").display().to_string();
    ask(&api, &registry, &["--dump", &path, "--dump-unmasked"]);
    let dump = std::fs::read_to_string(&path).unwrap();
    assert!(dump.contains("shop/web:1") && is_silent(&dump, PASSWORD));
    assert!(!dump.contains("dockerconfigjson"));
}

#[test]
fn values_of_secrets_are_read_with_the_flag_alone() {
    let registry = behind_password();
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    let kubeconfig = api.kubeconfig().display().to_string();
    run(&["--kubeconfig", &kubeconfig, "-n", "shop", "pod/web"]);
    assert!(asked_for(&api, "/secrets/pull").is_empty() && registry.asked().is_empty());
}

#[test]
fn a_secret_that_may_not_be_read_is_a_gap_in_words() {
    let registry = behind_password();
    let forbidden = Response::failure(403, "Forbidden", "secrets \"pull\" is forbidden");
    let api = cluster("api.test/shop/web:1", REFUSED, forbidden);
    let said = ask(&api, &registry, &[]).said();
    assert!(
        said.contains("the login in Secret pull was not tried, since it cannot be read"),
        "{said}"
    );
}

#[test]
fn a_dump_holds_no_logins_and_that_is_said() {
    let registry = behind_password();
    let pod = pod("web", "api.test/shop/web:1", REFUSED, &["pull"]);
    let (_folder, path) = dump(&[pod]);
    let outcome = run_at(&registry, &["-f", &path]);
    assert!(
        outcome
            .said()
            .contains("asked without a login: a dump holds none of Secret pull")
    );
    assert_eq!(outcome.pushed().0, "no-or-hidden");
}

/// A registry that wants this token, and its token server, which gives it for the password, or to everybody.
fn behind_tokens(wanted: &'static str, is_public: bool) -> ApiServer {
    let registry = ApiServer::start_tls();
    registry.answer(move |asked| {
        let login = asked.header("authorization");
        (asked.path == "/token").then(|| match login {
            None if is_public => Response::json(&json!({"token": "anonymous-token"})),
            Some(login) if login == basic(PASSWORD) => {
                Response::json(&json!({"access_token": "token-of-me"}))
            }
            _ => Response::text(401, "{\"details\":\"incorrect username or password\"}"),
        })
    });
    registry.answer(move |asked| {
        const CHALLENGE: &str = "Bearer realm=\"https://api.test/token\",service=\"the registry\",scope=\"repository:shop/web:pull\"";
        let bearer = format!("Bearer {wanted}");
        let is_let_in = asked.header("authorization") == Some(&bearer);
        (!is_let_in).then(|| {
            refusal(401, "UNAUTHORIZED", "authentication required").header("WWW-Authenticate", CHALLENGE)
        })
    });
    with_tags(&registry, &["1"]);
    registry
}

#[test]
fn a_token_is_fetched_where_the_registry_wants_one() {
    let registry = behind_tokens("anonymous-token", true);
    let outcome = check(&registry, "shop/web:2", NOT_FOUND);
    assert_eq!(outcome.view(0)["repository"], "there");
    let asked = asked_for(&registry, "/token");
    assert_eq!(asked[0].query("scope"), Some("repository:shop/web:pull"));
    assert_eq!(asked[0].query("service"), Some("the%20registry"));
}

#[test]
fn a_login_goes_to_the_token_server_and_only_its_token_to_the_registry() {
    let registry = behind_tokens("token-of-me", false);
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    let outcome = ask(&api, &registry, &["-v", "9"]);
    assert_eq!(outcome.view(0)["version"], "hidden");
    assert_eq!(
        (&outcome.view(1)["login"], &outcome.view(1)["version"]),
        (&json!("accepted"), &json!("there"))
    );
    let tokens = asked_for(&registry, "/token");
    assert!(
        tokens
            .iter()
            .any(|asked| asked.header("authorization") == Some(&basic(PASSWORD)))
    );
    let sent = asked_for(&registry, "/v2/");
    let sent = sent
        .iter()
        .filter_map(|asked| asked.header("authorization"));
    assert!(sent.clone().all(|sent| sent == "Bearer token-of-me") && sent.count() > 0);
    assert!(is_silent(&outcome.all, PASSWORD) && !outcome.all.contains("token-of-me"));
}

#[test]
fn a_token_server_that_refuses_the_login_is_told() {
    let registry = behind_tokens("token-of-me", true);
    let api = cluster(
        "api.test/shop/web:1",
        REFUSED,
        secret("api.test", "stale-and-wrong"),
    );
    let outcome = ask(&api, &registry, &[]);
    assert_eq!(outcome.view(1)["login"], "refused");
    assert!(
        outcome.said().contains("incorrect username or password"),
        "{}",
        outcome.said()
    );
}

#[test]
fn a_redirect_to_another_host_takes_no_login_along() {
    let elsewhere = ApiServer::start_tls();
    elsewhere.answer(|_| Some(index(&["linux/amd64"])));
    let registry = ApiServer::start_tls();
    let target = format!("{}/there", elsewhere.url());
    registry.answer(move |asked| {
        let is_let_in = asked.header("authorization") == Some(&basic(PASSWORD));
        Some(if is_let_in {
            Response::text(307, "").header("Location", &target)
        } else {
            refusal(401, "UNAUTHORIZED", "x").header("WWW-Authenticate", "Basic realm=\"r\"")
        })
    });
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    let outcome = ask(&api, &registry, &[]);
    let asked = elsewhere.asked();
    assert!(
        !asked.is_empty()
            && asked
                .iter()
                .all(|asked| asked.header("authorization").is_none())
    );
    assert_eq!(
        outcome.view(1)["sentOn"],
        json!([format!("127.0.0.1:{}", elsewhere.port())])
    );
    assert!(outcome.said().contains("sends the question on to"));
}

#[test]
fn a_login_to_another_registry_is_kept_back() {
    let registry = behind_password();
    let api = cluster(
        "api.test/shop/web:1",
        REFUSED,
        secret("other.example", PASSWORD),
    );
    let outcome = ask(&api, &registry, &[]);
    assert!(
        outcome
            .said()
            .contains("no login to api.test: Secret pull holds none"),
        "{}",
        outcome.said()
    );
    assert!(
        registry
            .asked()
            .iter()
            .all(|asked| asked.header("authorization").is_none())
    );
}

#[test]
fn what_a_login_that_was_not_tried_might_see_is_not_called_absent() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &[]);
    let forbidden = Response::failure(403, "Forbidden", "secrets \"pull\" is forbidden");
    let api = cluster("api.test/shop/wep:1", NOT_FOUND, forbidden);
    let outcome = ask(&api, &registry, &[]);
    assert_eq!(outcome.pushed().0, "no-or-hidden");
    assert_eq!(outcome.diagnosis()["certainty"], "likely");
    let other = cluster(
        "api.test/shop/wep:1",
        NOT_FOUND,
        secret("other.example", PASSWORD),
    );
    let outcome = ask(&other, &registry, &[]);
    assert_eq!(outcome.diagnosis()["cause"], "image-not-found");
    assert_eq!(outcome.diagnosis()["certainty"], "proven");
}

#[test]
fn each_request_is_told_of_without_what_is_secret_in_it() {
    let registry = behind_password();
    let api = cluster("api.test/shop/web:1", REFUSED, secret("api.test", PASSWORD));
    let outcome = ask(&api, &registry, &["-v", "6"]);
    let told = "verb=\"HEAD\" url=\"https://api.test/v2/shop/web/manifests/1\" status=\"401 Unauthorized\"";
    assert!(outcome.all.contains(told), "{}", outcome.all);
}
