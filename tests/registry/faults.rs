//! Registries that are slow, broken, hidden behind something, or no registries at all.

use super::*;
use std::time::{Duration, Instant};

/// The kind of trouble, and its words.
fn trouble(outcome: &Outcome) -> (String, String) {
    let unasked = &outcome.view(0)["unasked"];
    let word = |name: &str| unasked[name].as_str().unwrap_or_default().to_owned();
    (word("why"), word("words"))
}

fn here(registry: &ApiServer, rest: &str) -> String {
    format!("127.0.0.1:{}/{rest}", registry.port())
}

#[test]
fn a_certificate_of_nobody_known_is_told_with_its_chain() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &["1.4.1"]);
    let outcome = check_here(&registry, "shop/web:1.4.2", NOT_FOUND, &[]);
    assert_eq!(trouble(&outcome).0, "certificate");
    assert_eq!(
        outcome.view(0)["unasked"]["chain"][0],
        json!({"subject": "server", "issuer": "test authority"})
    );
    assert!(
        outcome.said().contains("does not trust the certificate of"),
        "{}",
        outcome.said()
    );
    assert!(registry.asked().is_empty());
    // without an answer it is as sure as it was
    assert_eq!(outcome.diagnosis()["certainty"], "likely");

    let outcome = check(&registry, "shop/web:1.4.2", NOT_FOUND);
    assert_eq!(outcome.diagnosis()["certainty"], "proven");
    assert_eq!(outcome.image()["registry"]["plainHttp"], false);
}

#[test]
fn a_certificate_for_other_names_says_which() {
    let registry = ApiServer::start_tls();
    let image = format!("localhost:{}/shop/web:1", registry.port());
    let authority = file("ca.crt").display().to_string();
    let (_folder, path) = dump(&[pod("web", &image, NOT_FOUND, &[]), node("arm64")]);
    let outcome = run(&["-f", &path, "--check-registry", "--registry-ca", &authority]);
    assert_eq!(trouble(&outcome).0, "certificate");
    assert!(
        outcome.said().contains("is not for that name but for"),
        "{}",
        outcome.said()
    );
    assert!(outcome.said().contains("api.test"), "{}", outcome.said());
}

#[test]
fn a_file_of_authorities_that_is_none_is_a_mistake() {
    let (_folder, path) = dump(&[node("amd64")]);
    let outcome = run(&["-f", &path, "--check-registry", "--registry-ca", &path]);
    assert!(
        outcome.all.contains("it holds no certificate"),
        "{}",
        outcome.all
    );
}

#[test]
fn a_limit_of_pulls_is_told_and_not_used_up() {
    let registry = ApiServer::start();
    let limited = refusal(429, "TOOMANYREQUESTS", "too many")
        .header("RateLimit-Limit", "100;w=21600")
        .header("RateLimit-Remaining", "0;w=21600");
    registry.answer(move |_| Some(limited.clone()));
    let outcome = check_here(
        &registry,
        "shop/web:1",
        "429 Too Many Requests: toomanyrequests: You have reached your pull rate limit",
        &[],
    );
    let limit = &outcome.view(0)["limit"];
    assert_eq!(
        *limit,
        json!({"limit": 100, "remaining": 0, "windowSeconds": 21600})
    );
    assert!(
        outcome.said().contains("leaves 0 of 100 pulls in 6h"),
        "{}",
        outcome.said()
    );
    assert!(
        asked_for(&registry, "/manifests/")
            .iter()
            .all(|asked| asked.method == "HEAD")
    );
}

#[test]
fn a_web_page_in_the_place_of_a_registry_proves_nothing() {
    for status in [200, 404, 502] {
        let registry = ApiServer::start();
        let page = Response::text(
            status,
            "<html><head><title>Sign in to \u{1b}[31mACME</title>",
        );
        registry.answer(move |_| Some(page.clone()));
        let outcome = check_here(&registry, "shop/web:1", NOT_FOUND, &[]);
        assert_eq!(outcome.diagnosis()["certainty"], "likely", "{status}");
        assert_eq!(outcome.view(0)["version"], "unknown", "{status}");
        assert!(!outcome.all.contains('\u{1b}'));
        if status == 200 {
            assert!(
                trouble(&outcome).1.ends_with("Sign in to ACME"),
                "{:?}",
                trouble(&outcome)
            );
        }
    }
}

#[test]
fn a_slow_registry_keeps_nobody() {
    let registry = ApiServer::start();
    with_tags(&registry, &["1"]);
    let slow = ApiServer::start();
    slow.answer(|_| Some(index(&[]).after(Duration::from_secs(60))));
    let begun = Instant::now();
    let pods = [
        pod("a", &here(&slow, "shop/web:1"), NOT_FOUND, &[]),
        pod("b", &here(&registry, "shop/web:2"), NOT_FOUND, &[]),
    ];
    let (_folder, path) = dump(&pods);
    let outcome = run(&["-f", &path, "--check-registry"]);
    assert!(begun.elapsed() < Duration::from_secs(25));
    let views: Vec<&Value> = outcome.report["diagnoses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnosis| &diagnosis["image"]["registry"]["views"][0])
        .collect();
    assert!(
        views
            .iter()
            .any(|view| view["unasked"]["why"] == "timed-out"),
        "{views:?}"
    );
    assert!(
        views.iter().any(|view| view["repository"] == "there"),
        "{views:?}"
    );
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let registry = ApiServer::start();
    registry.answer(|asked| {
        let mut first = true;
        let endless = Response::stream(move || {
            let start = std::mem::take(&mut first);
            Some(if start {
                "{\"tags\":[\"1\"".to_owned()
            } else {
                ",\"x\"".repeat(9999)
            })
        });
        Some(if asked.path.ends_with("/tags/list") {
            endless
        } else {
            refusal(404, "MANIFEST_UNKNOWN", "manifest unknown")
        })
    });
    let outcome = check_here(&registry, "shop/web:1", NOT_FOUND, &[]);
    assert_eq!(outcome.view(0)["version"], "absent");
    assert!(outcome.image()["registry"].get("tags").is_none());
}

#[test]
fn a_host_that_nobody_answers_for_is_a_gap_in_words() {
    let registry = ApiServer::start();
    let gone = here(&registry, "shop/web:1");
    drop(registry);
    std::thread::sleep(Duration::from_millis(50));
    let (_folder, path) = dump(&[pod("web", &gone, NOT_FOUND, &[])]);
    let outcome = run(&["-f", &path, "--check-registry"]);
    assert_eq!(trouble(&outcome).0, "unreachable");
    assert!(
        outcome
            .said()
            .contains("this machine, which is not worker-1, does not reach"),
        "{}",
        outcome.said()
    );
}

#[test]
fn a_proxy_is_gone_through_and_named_without_its_login() {
    let proxy = ApiServer::start();
    proxy.answer(|_| Some(Response::text(407, "")));
    let address = format!("http://me:{PASSWORD}@127.0.0.1:{}", proxy.port());
    let (_folder, path) = dump(&[pod("web", "registry.test/shop/web:1", NOT_FOUND, &[])]);
    let outcome = run_with(
        &["-f", &path, "--check-registry"],
        &[("HTTPS_PROXY", &address)],
    );
    let asked = proxy.asked();
    assert_eq!(
        (&*asked[0].method, &*asked[0].path),
        ("CONNECT", "registry.test:443")
    );
    assert!(asked[0].header("proxy-authorization").is_some());
    let (why, words) = trouble(&outcome);
    assert_eq!(why, "proxy");
    assert!(words.contains("407"), "{words}");
    assert!(!outcome.all.contains(PASSWORD));
    let except = [("HTTPS_PROXY", &*address), ("NO_PROXY", "registry.test")];
    let outcome = run_with(&["-f", &path, "--check-registry"], &except);
    assert_eq!(trouble(&outcome).0, "dns");
    assert_eq!(proxy.asked().len(), 1);
}

#[test]
fn redirects_in_a_circle_end() {
    let registry = ApiServer::start();
    registry.answer(|_| Some(Response::text(302, "").header("Location", "/v2/again")));
    let outcome = check_here(&registry, "shop/web:1", NOT_FOUND, &[]);
    assert_eq!(trouble(&outcome).0, "broken");
}

#[test]
fn a_watch_asks_no_registries() {
    let outcome = run(&["--watch", "--check-registry"]);
    assert!(
        outcome.all.contains("cannot be used with"),
        "{}",
        outcome.all
    );
}
