//! How the server is reached and who asks: addresses, proxies, TLS, credential plugins.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::{
    Client, ConnectError, ConnectionFlags, Environment, ProxyVariables, ReadError, resolve,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PODS, client, connect, connection, flags, pods, read, within};
use crate::api_server::{ApiServer, Response, file};

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let server = ApiServer::start();
    let client = client(&server).await;
    let port = server.port();
    drop(server);
    // the acceptor takes one more connection before it ends
    tokio::time::sleep(Duration::from_millis(50)).await;
    let ((_, result), _) = within(Duration::from_secs(3), read(&client, &[])).await;
    let Err(ReadError::Connect { message, hint }) = result else {
        panic!("{result:?}")
    };
    assert!(message.contains("refused"), "{message}");
    assert_eq!(
        hint,
        format!("check that 127.0.0.1:{port} is up and reachable from here")
    );
    assert_eq!(client.traffic().requests, 1);
}

#[tokio::test]
async fn without_any_kubeconfig_the_hint_says_so() {
    let env = Environment {
        home: Some(PathBuf::from("/nowhere")),
        ..Environment::default()
    };
    let connection = resolve(&ConnectionFlags::default(), &env).unwrap();
    assert_eq!(
        connection.config.cluster_url.to_string(),
        "http://localhost:8080/"
    );
    let client = Client::connect(&connection).await.unwrap();
    let Err(ReadError::Connect { hint, .. }) = read(&client, &[]).await.1 else {
        return;
    };
    assert_eq!(
        hint,
        "no kubeconfig was found (looked for /nowhere/.kube/config), so localhost:8080 was tried; name one with --kubeconfig"
    );
}

#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_is_explained() {
    let server = ApiServer::start_tls();
    let stranger = ConnectionFlags {
        certificate_authority: Some(file("client.crt")),
        ..flags(&server)
    };
    let wrong_name = ConnectionFlags {
        tls_server_name: Some("other.test".to_owned()),
        ..flags(&server)
    };
    for (flags, words) in [
        (stranger, "did not sign"),
        (wrong_name, "is for another name"),
    ] {
        let result = read(&connect(&flags).await, &[]).await.1;
        let Err(ReadError::Connect { message, hint }) = result else {
            panic!("{result:?}")
        };
        assert!(hint.contains(words), "{message}: {hint}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn the_certificate_check_can_be_eased_as_in_kubectl() {
    let server = ApiServer::start_tls();
    server.on(PODS, [Response::list("PodList", &pods(1))]);
    let other_name = ConnectionFlags {
        tls_server_name: Some("api.test".to_owned()),
        ..flags(&server)
    };
    let unchecked = ConnectionFlags {
        insecure_skip_tls_verify: true,
        ..flags(&server)
    };
    let certificate = ConnectionFlags {
        client_certificate: Some(file("client.crt")),
        client_key: Some(file("client.key")),
        ..flags(&server)
    };
    for flags in [other_name, unchecked, certificate] {
        assert_eq!(read(&connect(&flags).await, &[]).await.1, Ok(1));
    }
}

#[tokio::test]
async fn unusable_client_certificates_are_told_apart() {
    let server = ApiServer::start_tls();
    let with = |certificate: &str, key: Option<&str>| ConnectionFlags {
        client_certificate: Some(file(certificate)),
        client_key: key.map(file),
        ..flags(&server)
    };
    let error =
        async |flags: &ConnectionFlags| Client::connect(&connection(flags)).await.err().unwrap();

    let old = error(&with("client-v1.crt", Some("client-v1.key"))).await;
    assert!(matches!(old, ConnectError::OldCertificate), "{old:?}");
    assert!(old.hint().unwrap().contains("kubectl proxy"));

    let keyless = error(&with("client.crt", None)).await;
    assert!(
        matches!(
            keyless,
            ConnectError::BadCertificate {
                what: "client key",
                ..
            }
        ),
        "{keyless:?}"
    );
    let missing = error(&with("client.crt", Some("no-such.key"))).await;
    assert!(
        matches!(
            missing,
            ConnectError::UnreadableFile {
                what: "client key",
                ..
            }
        ),
        "{missing:?}"
    );
    let swapped = error(&with("client.key", Some("client.key"))).await;
    assert!(
        matches!(swapped, ConnectError::BadCertificate { .. }),
        "{swapped:?}"
    );
}

/// A plugin that counts its runs in a file and gives a token.
fn plugin(folder: &TempDir, body: &str) -> (PathBuf, PathBuf) {
    let (script, runs) = (folder.path().join("plugin.sh"), folder.path().join("runs"));
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO $FLAVOUR $1\" >> {}\n{body}\n",
            runs.display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    (script, runs)
}

fn exec_user(command: &str) -> String {
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{command}', args: [login], interactiveMode: Never, \
         provideClusterInfo: true, installHint: 'get it at example.com', env: [{{name: FLAVOUR, value: vanilla}}]}}}}"
    )
}

#[tokio::test]
async fn the_credential_plugin_runs_once() {
    let server = ApiServer::start_tls();
    server.on(PODS, [Response::list("PodList", &pods(1))]);
    let folder = TempDir::new().unwrap();
    let answer = r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"from-plugin","expirationTimestamp":"2020-01-01T00:00:00Z"}}'"#;
    let (script, runs) = plugin(&folder, answer);
    let mut flags = flags(&server);
    flags.kubeconfig = Some(server.kubeconfig_with(&exec_user(&script.display().to_string())));
    let client = connect(&flags).await;
    for _ in 0..3 {
        assert_eq!(read(&client, &[]).await.1, Ok(1));
    }
    assert_eq!(
        server.asked()[2].header("authorization"),
        Some("Bearer from-plugin")
    );

    let runs = std::fs::read_to_string(runs).unwrap();
    assert_eq!(runs.lines().count(), 1, "{runs}");
    let (info, rest) = runs.trim().rsplit_once("} ").unwrap();
    assert_eq!(rest, "vanilla login");
    let info: Value = serde_json::from_str(&format!("{info}}}")).unwrap();
    assert_eq!(info["spec"]["cluster"]["server"], json!(server.url()));
    assert!(info["spec"]["cluster"]["certificate-authority-data"].is_string());
}

#[tokio::test]
async fn a_plugin_may_give_a_certificate() {
    let server = ApiServer::start_tls();
    server.on(PODS, [Response::list("PodList", &pods(1))]);
    let folder = TempDir::new().unwrap();
    let indented = |name: &str| {
        std::fs::read_to_string(file(name))
            .unwrap()
            .replace('\n', "\n    ")
    };
    let answer = format!(
        "cat <<END\nkind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus:\n  clientCertificateData: |\n    {}\n  clientKeyData: |\n    {}\nEND",
        indented("client.crt"),
        indented("client.key")
    );
    let (script, _) = plugin(&folder, &answer);
    let mut flags = flags(&server);
    flags.kubeconfig = Some(server.kubeconfig_with(&exec_user(&script.display().to_string())));
    assert_eq!(read(&connect(&flags).await, &[]).await.1, Ok(1));
    assert_eq!(server.asked()[0].header("authorization"), None);
}

#[test]
fn a_plugin_that_fails_says_how_to_get_it() {
    let server = ApiServer::start_tls();
    let folder = TempDir::new().unwrap();
    let outcome = |command: &str| {
        let flags = ConnectionFlags {
            kubeconfig: Some(server.kubeconfig_with(&exec_user(command))),
            ..ConnectionFlags::default()
        };
        resolve(&flags, &Environment::default()).unwrap_err()
    };
    let absent = outcome("no-such-plugin-anywhere");
    assert!(absent.to_string().contains("no-such-plugin-anywhere"));
    assert_eq!(absent.hint().as_deref(), Some("get it at example.com"));

    let (script, _) = plugin(&folder, "echo secret; exit 3");
    let failed = outcome(&script.display().to_string());
    assert!(failed.to_string().contains("exit status: 3"), "{failed}");
    let (script, _) = plugin(&folder, "echo secret");
    let garbage = outcome(&script.display().to_string());
    assert!(garbage.to_string().contains("no credentials"), "{garbage}");
    assert!(!format!("{failed:?} {garbage:?}").contains("secret"));
}

#[test]
fn a_plugin_holds_neither_a_completion_nor_all_memory() {
    let server = ApiServer::start_tls();
    let folder = TempDir::new().unwrap();
    let outcome = |answer: &str| {
        let (script, _) = plugin(&folder, answer);
        let flags = ConnectionFlags {
            kubeconfig: Some(server.kubeconfig_with(&exec_user(&script.display().to_string()))),
            never_ask: true,
            ..ConnectionFlags::default()
        };
        let began = tokio::time::Instant::now();
        let said = resolve(&flags, &Environment::default()).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(8), "{said}");
        said.to_string()
    };
    // the shell's child keeps the pipe open
    let silent = outcome("sleep 20; true");
    assert!(silent.contains("did not answer in time"), "{silent}");
    let closed = outcome("exec >&-; exec sleep 20");
    assert!(closed.contains("did not answer in time"), "{closed}");
    let endless = outcome("yes");
    assert!(endless.contains("larger than 1 MiB"), "{endless}");
}

#[test]
fn a_token_that_is_no_header_is_refused_wherever_it_comes_from() {
    let server = ApiServer::start_tls();
    let folder = TempDir::new().unwrap();
    let answer = r#"printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"hunter2\\n"}}'"#;
    let (script, _) = plugin(&folder, answer);
    std::fs::write(folder.path().join("token"), "hunter2\u{1}\n").unwrap();
    let file = folder.path().join("token").display().to_string();
    for (user, token, whose) in [
        (r#"{token: "hunter2\n"}"#.to_owned(), None, "the token"),
        ("{}".to_owned(), Some("hunter2\r".to_owned()), "the token"),
        (format!("{{tokenFile: '{file}'}}"), None, "token file"),
        (
            exec_user(&script.display().to_string()),
            None,
            "credential plugin",
        ),
    ] {
        let flags = ConnectionFlags {
            kubeconfig: Some(server.kubeconfig_with(&user)),
            token,
            ..ConnectionFlags::default()
        };
        let error = resolve(&flags, &Environment::default()).unwrap_err();
        assert!(matches!(error, ConnectError::BadToken { .. }), "{error:?}");
        assert!(error.to_string().contains(whose), "{error}");
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_plugin_is_not_run_when_something_else_logs_in() {
    let server = ApiServer::start_tls();
    let kubeconfig = server.kubeconfig_with(&exec_user("no-such-plugin-anywhere"));
    let flags = ConnectionFlags {
        kubeconfig: Some(kubeconfig),
        token: Some("t".to_owned()),
        ..ConnectionFlags::default()
    };
    assert!(resolve(&flags, &Environment::default()).is_ok());

    let plain = ApiServer::start();
    let kubeconfig = plain.kubeconfig_with(&exec_user("no-such-plugin-anywhere"));
    let flags = ConnectionFlags {
        kubeconfig: Some(kubeconfig),
        ..ConnectionFlags::default()
    };
    assert!(resolve(&flags, &Environment::default()).is_ok());
}

#[tokio::test]
async fn credentials_are_not_sent_without_tls() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &pods(1))]);
    let mut flags = flags(&server);
    flags.token = Some("t".to_owned());
    assert_eq!(read(&connect(&flags).await, &[]).await.1, Ok(1));
    assert_eq!(server.asked()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_token_file_may_end_with_a_line_break() {
    let server = ApiServer::start_tls();
    server.on(PODS, [Response::list("PodList", &pods(1))]);
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("token"), "from-file\n").unwrap();
    let user = format!(
        "{{tokenFile: {}, token: older}}",
        folder.path().join("token").display()
    );
    let mut flags = flags(&server);
    flags.kubeconfig = Some(server.kubeconfig_with(&user));
    assert_eq!(read(&connect(&flags).await, &[]).await.1, Ok(1));
    assert_eq!(
        server.asked()[0].header("authorization"),
        Some("Bearer from-file")
    );
}

#[tokio::test]
async fn loopback_is_asked_directly_whatever_the_proxy_variables_say() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &pods(1))]);
    let nowhere = Some("http://127.0.0.1:9".to_owned());
    let proxy = ProxyVariables {
        http: nowhere.clone(),
        https: nowhere,
        except: Some("localhost,127.0.0.1,".to_owned()),
    };
    let connection = resolve(
        &flags(&server),
        &Environment {
            proxy,
            ..Environment::default()
        },
    )
    .unwrap();
    let client = Client::connect(&connection).await.unwrap();
    assert_eq!(read(&client, &[]).await.1, Ok(1));
}

#[tokio::test]
async fn a_proxy_that_does_not_answer_is_named() {
    let proxy = ProxyVariables {
        https: Some("127.0.0.1:9".to_owned()),
        ..ProxyVariables::default()
    };
    let flags = ConnectionFlags {
        server: Some("https://api.corp.example:6443".to_owned()),
        ..ConnectionFlags::default()
    };
    let connection = resolve(
        &flags,
        &Environment {
            proxy,
            ..Environment::default()
        },
    )
    .unwrap();
    let client = Client::connect(&connection).await.unwrap();
    let Err(ReadError::Connect { hint, .. }) = read(&client, &[]).await.1 else {
        panic!("it cannot be reached")
    };
    assert!(hint.contains("through the proxy 127.0.0.1:9"), "{hint}");
}
