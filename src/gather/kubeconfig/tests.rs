//! The same files and flags must lead where kubectl goes; each test is one rule of client-go.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A kubeconfig with one cluster, user and context, all of this name.
fn file(name: &str, current: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: \"{current}\"\ncontexts:\n- name: {name}\n  context: {{cluster: {name}, user: {name}, namespace: ns-{name}}}\n\
         clusters:\n- name: {name}\n  cluster: {{server: 'https://{name}.example:6443'}}\nusers:\n- name: {name}\n  user: {{token: t-{name}}}\n"
    )
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn env_of(files: &[PathBuf]) -> Environment {
    let kubeconfig = Some(std::env::join_paths(files).unwrap());
    Environment {
        kubeconfig,
        ..Environment::default()
    }
}

fn server_of(connection: &Connection) -> String {
    connection.config.cluster_url.to_string()
}

fn flags() -> ConnectionFlags {
    ConnectionFlags::default()
}

#[test]
fn a_missing_file_of_the_list_is_skipped() {
    let folder = Folder::new();
    let env = env_of(&[
        folder.path("missing"),
        PathBuf::new(),
        folder.write("good", &file("a", "a")),
    ]);
    let found = resolve(&flags(), &env).unwrap();
    assert_eq!(server_of(&found), "https://a.example:6443/");
    assert_eq!(
        (found.namespace.as_str(), found.context.as_deref()),
        ("ns-a", Some("a"))
    );
    assert_eq!(found.source, Source::Named);
}

#[test]
fn an_empty_current_context_leaves_the_choice_to_the_next_file() {
    let folder = Folder::new();
    let env = env_of(&[
        folder.write("one", &file("a", "")),
        folder.write("two", &file("b", "b")),
    ]);
    assert_eq!(
        resolve(&flags(), &env).unwrap().context.as_deref(),
        Some("b")
    );
    assert_eq!(contexts(&flags(), &env), ["a", "b"]);
}

#[test]
fn the_first_file_wins() {
    let folder = Folder::new();
    let other = file("a", "b").replace("a.example", "other.example");
    let env = env_of(&[
        folder.write("one", &file("a", "a")),
        folder.write("two", &other),
    ]);
    assert_eq!(
        server_of(&resolve(&flags(), &env).unwrap()),
        "https://a.example:6443/"
    );
}

#[test]
fn a_file_that_is_named_is_the_only_one_and_must_exist() {
    let folder = Folder::new();
    let env = env_of(&[folder.write("one", &file("a", "a"))]);
    let named = |name: &str| ConnectionFlags {
        kubeconfig: Some(folder.path(name)),
        ..flags()
    };
    folder.write("two", &file("b", "b"));
    assert_eq!(
        server_of(&resolve(&named("two"), &env).unwrap()),
        "https://b.example:6443/"
    );
    assert!(matches!(
        resolve(&named("none"), &env),
        Err(ConnectError::MissingFile { .. })
    ));
}

#[test]
fn the_home_directory_is_looked_at_without_a_list() {
    let folder = Folder::new();
    folder.write(".kube/config", &file("a", "a"));
    let home = Some(folder.0.path().to_owned());
    for kubeconfig in [None, Some(OsString::new())] {
        let env = Environment {
            home: home.clone(),
            kubeconfig,
            ..Environment::default()
        };
        assert_eq!(
            server_of(&resolve(&flags(), &env).unwrap()),
            "https://a.example:6443/"
        );
    }
}

#[test]
fn names_that_do_not_exist_are_errors_that_tell_the_ones_that_do() {
    let folder = Folder::new();
    let env = env_of(&[folder.write("one", &file("a", "gone"))]);
    let error = resolve(&flags(), &env).unwrap_err();
    assert_eq!(error.to_string(), "context \"gone\" does not exist");
    assert_eq!(error.hint().as_deref(), Some("known: a"));

    let chosen = ConnectionFlags {
        context: Some("a".to_owned()),
        ..flags()
    };
    assert!(resolve(&chosen, &env).is_ok());
    let no_cluster = ConnectionFlags {
        cluster: Some("x".to_owned()),
        ..chosen.clone()
    };
    assert!(
        matches!(resolve(&no_cluster, &env), Err(ConnectError::NoSuchCluster { known, .. }) if known == ["a"])
    );
    let no_user = ConnectionFlags {
        user: Some("x".to_owned()),
        ..chosen
    };
    assert!(
        matches!(resolve(&no_user, &env), Err(ConnectError::NoSuchUser { known, .. }) if known == ["a"])
    );
}

#[test]
fn a_context_with_a_dangling_user_needs_credentials_from_the_flags() {
    let folder = Folder::new();
    let dangling = file("a", "a").replace("user: a,", "user: nobody,");
    let env = env_of(&[folder.write("one", &dangling)]);
    assert!(matches!(
        resolve(&flags(), &env),
        Err(ConnectError::NoSuchUser { .. })
    ));
    let token = ConnectionFlags {
        token: Some("t".to_owned()),
        ..flags()
    };
    assert!(resolve(&token, &env).is_ok());
}

#[test]
fn without_a_file_kubectls_default_is_assumed() {
    let folder = Folder::new();
    let env = env_of(&[folder.path("missing")]);
    let found = resolve(&flags(), &env).unwrap();
    assert_eq!(
        (server_of(&found).as_str(), found.namespace.as_str()),
        ("http://localhost:8080/", "default")
    );
    assert_eq!(
        found.source,
        Source::Assumed {
            files: vec![folder.path("missing")],
            contexts: vec![]
        }
    );

    let master = Environment {
        kubernetes_master: Some("http://10.0.0.1:8080".to_owned()),
        ..env
    };
    assert_eq!(
        server_of(&resolve(&flags(), &master).unwrap()),
        "http://10.0.0.1:8080/"
    );
}

#[test]
fn files_without_a_choice_of_context_assume_the_default_too() {
    let folder = Folder::new();
    let env = env_of(&[folder.write("one", &file("a", ""))]);
    let found = resolve(&flags(), &env).unwrap();
    assert!(matches!(found.source, Source::Assumed { contexts, .. } if contexts == ["a"]));
}

fn in_pod(folder: &Folder) -> Environment {
    folder.write("sa/token", "sa-token");
    Environment {
        kubernetes_service_host: Some("10.96.0.1".to_owned()),
        kubernetes_service_port: Some("443".to_owned()),
        service_account: folder.path("sa"),
        ..Environment::default()
    }
}

#[test]
fn in_a_pod_the_cluster_around_it_is_asked() {
    let folder = Folder::new();
    let mut env = in_pod(&folder);
    let found = resolve(&flags(), &env).unwrap();
    assert_eq!(
        (server_of(&found).as_str(), &found.source),
        ("https://10.96.0.1:443/", &Source::InCluster)
    );
    assert_eq!(found.namespace, "default");
    assert!(found.config.auth_info.token_file.is_some());

    folder.write("sa/namespace", "shop\n");
    assert_eq!(resolve(&flags(), &env).unwrap().namespace, "shop");
    env.pod_namespace = Some("tools".to_owned());
    assert_eq!(resolve(&flags(), &env).unwrap().namespace, "tools");
    let named = ConnectionFlags {
        namespace: Some("kube-system".to_owned()),
        ..flags()
    };
    assert_eq!(resolve(&named, &env).unwrap().namespace, "kube-system");

    env.kubernetes_service_host = Some("fd00::1".to_owned());
    assert_eq!(
        server_of(&resolve(&flags(), &env).unwrap()),
        "https://[fd00::1]:443/"
    );
    env.kubernetes_service_port = None;
    assert!(matches!(
        resolve(&flags(), &env).unwrap().source,
        Source::Assumed { .. }
    ));
}

#[test]
fn in_a_pod_a_kubeconfig_still_wins() {
    let folder = Folder::new();
    let mut env = in_pod(&folder);
    env.kubeconfig = Some(folder.write("one", &file("a", "a")).into());
    let found = resolve(&flags(), &env).unwrap();
    assert_eq!(server_of(&found), "https://a.example:6443/");
    let server = ConnectionFlags {
        server: Some("https://b.example".to_owned()),
        ..flags()
    };
    assert_eq!(
        resolve(&server, &in_pod(&folder)).unwrap().source,
        Source::Named
    );
}

#[test]
fn flags_win_over_the_file() {
    let folder = Folder::new();
    let text = file("a", "a").replace(
        "{server:",
        "{tls-server-name: inner, disable-compression: true, server:",
    );
    let env = env_of(&[folder.write("one", &text)]);
    let found = resolve(&flags(), &env).unwrap();
    assert_eq!(found.config.tls_server_name.as_deref(), Some("inner"));
    assert!(found.config.disable_compression && !found.config.default_retry);

    let typed = ConnectionFlags {
        namespace: Some("n".to_owned()),
        server: Some("https://b.example".to_owned()),
        as_user: Some("jane".to_owned()),
        as_group: vec!["dev".to_owned()],
        as_uid: Some("7".to_owned()),
        ..flags()
    };
    let found = resolve(&typed, &env).unwrap();
    assert_eq!(
        (server_of(&found).as_str(), found.namespace.as_str()),
        ("https://b.example/", "n")
    );
    assert_eq!(
        found.config.tls_server_name, None,
        "the name belongs to the server of the file"
    );
    let user = found.config.auth_info;
    assert_eq!(
        (user.impersonate.as_deref(), user.impersonate_uid.as_deref()),
        (Some("jane"), Some("7"))
    );
    assert!(user.token.is_some());
}

#[test]
fn impersonation_needs_a_user() {
    let env = Environment::default();
    let group = ConnectionFlags {
        as_group: vec!["dev".to_owned()],
        ..flags()
    };
    assert!(matches!(
        resolve(&group, &env),
        Err(ConnectError::ImpersonationWithoutUser)
    ));
}

#[test]
fn a_server_may_be_given_without_a_scheme() {
    for (server, tls, expected) in [
        ("10.0.0.1:8080", false, Some("http://10.0.0.1:8080/")),
        ("10.0.0.1:6443", true, Some("https://10.0.0.1:6443/")),
        (
            "https://a.example/k8s/clusters/c-1",
            false,
            Some("https://a.example/k8s/clusters/c-1"),
        ),
        ("ftp://a.example", false, None),
        ("https://", true, None),
        ("not a server", true, None),
    ] {
        let parsed = parse_server(server, tls).ok().map(|uri| uri.to_string());
        assert_eq!(parsed.as_deref(), expected, "{server}");
    }
}

#[test]
fn relative_paths_start_at_the_file() {
    let folder = Folder::new();
    folder.write(
        "deep/ca.crt",
        "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",
    );
    let text = file("a", "a").replace("{server:", "{certificate-authority: ca.crt, server:");
    let env = env_of(&[folder.write("deep/config", &text)]);
    assert_eq!(
        resolve(&flags(), &env).unwrap().config.root_cert,
        Some(vec![vec![1, 2, 3]])
    );

    let gone = text.replace("ca.crt", "gone.crt");
    let env = env_of(&[folder.write("deep/config", &gone)]);
    assert!(matches!(
        resolve(&flags(), &env),
        Err(ConnectError::UnreadableFile { what: "certificate authority", path, .. }) if path == folder.path("deep/gone.crt")
    ));
}

#[test]
fn trust_is_either_given_or_waived() {
    let folder = Folder::new();
    let both = file("a", "a").replace(
        "{server:",
        "{insecure-skip-tls-verify: true, certificate-authority-data: AQID, server:",
    );
    let env = env_of(&[folder.write("one", &both)]);
    assert!(matches!(
        resolve(&flags(), &env),
        Err(ConnectError::AuthorityWithInsecure)
    ));
    let waived = ConnectionFlags {
        insecure_skip_tls_verify: true,
        ..flags()
    };
    assert!(resolve(&waived, &env).unwrap().config.accept_invalid_certs);
}

#[test]
fn empty_fields_are_absent_and_base64_may_have_line_breaks() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let folder = Folder::new();
    let pem = STANDARD.encode("-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n");
    let (head, tail) = pem.split_at(30);
    let text = file("a", "a")
        .replace(
            "{server:",
            &format!("{{proxy-url: '', certificate-authority-data: \"{head}\\n{tail}\", server:"),
        )
        .replace(
            "{token:",
            "{client-certificate-data: '', username: '', token:",
        );
    let env = env_of(&[folder.write("one", &text)]);
    let config = resolve(&flags(), &env).unwrap().config;
    assert_eq!(config.root_cert, Some(vec![vec![1, 2, 3]]));
    assert!(config.proxy_url.is_none() && config.auth_info.client_certificate_data.is_none());
}

#[test]
fn a_proxy_in_the_kubeconfig_wins_over_the_variables() {
    let folder = Folder::new();
    let text = file("a", "a").replace("{server:", "{proxy-url: 'socks5://in.file:1080', server:");
    let mut env = env_of(&[folder.write("one", &text)]);
    env.proxy.https = Some("in.variable:3128".to_owned());
    env.proxy.except = Some("*".to_owned());
    let proxy = |env: &Environment| {
        resolve(&flags(), env)
            .unwrap()
            .config
            .proxy_url
            .map(|uri| uri.to_string())
    };
    assert_eq!(proxy(&env).as_deref(), Some("socks5://in.file:1080/"));

    folder.write("one", &file("a", "a"));
    assert_eq!(proxy(&env), None);
    env.proxy.except = Some("other.example,".to_owned());
    assert_eq!(proxy(&env).as_deref(), Some("http://in.variable:3128/"));

    env.proxy.https = Some("ftp://name:secret@in.variable".to_owned());
    let error = resolve(&flags(), &env).unwrap_err();
    assert!(matches!(error, ConnectError::BadProxy { .. }));
    assert!(!format!("{error:?}").contains("secret"));
}

#[test]
fn a_removed_auth_provider_is_named() {
    let folder = Folder::new();
    let text = file("a", "a").replace("{token: t-a}", "{auth-provider: {name: gcp}}");
    let env = env_of(&[folder.write("one", &text)]);
    assert!(
        matches!(resolve(&flags(), &env), Err(ConnectError::AuthProvider { name }) if name == "gcp")
    );
}

#[test]
fn a_file_that_is_no_kubeconfig_is_not_quoted() {
    let folder = Folder::new();
    for text in [
        "clusters: hunter2",
        "users:\n- name: a\n  user: {token: [hunter2]}\n",
        "\"hunter2",
        "{hunter2",
    ] {
        let path = folder.write("one", text);
        let error = resolve(&flags(), &env_of(&[path])).unwrap_err();
        assert!(
            matches!(error, ConnectError::BadKubeconfig { .. }),
            "{text}: {error:?}"
        );
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
    }
    fs::create_dir(folder.path("dir")).unwrap();
    let error = resolve(&flags(), &env_of(&[folder.path("dir")])).unwrap_err();
    assert!(
        matches!(error, ConnectError::UnreadableFile { .. }),
        "{error:?}"
    );
}

#[test]
fn the_deadline_is_kubectls_when_given_and_ours_when_not() {
    let deadline = |request_timeout| {
        let flags = ConnectionFlags {
            request_timeout,
            ..flags()
        };
        resolve(&flags, &Environment::default()).unwrap().deadline
    };
    let second = Duration::from_secs(1);
    assert_eq!(
        deadline(Some(second)),
        Deadline {
            total: Some(second),
            silence: Some(second)
        }
    );
    assert_eq!(
        deadline(Some(Duration::ZERO)),
        Deadline {
            total: None,
            silence: None
        }
    );
    assert_eq!(
        deadline(None),
        Deadline {
            total: Some(300 * second),
            silence: Some(30 * second)
        }
    );
}
