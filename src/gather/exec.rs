//! Runs the credential plugin of a kubeconfig, once, and takes over what it gives.
//!
//! kube runs the plugin three times for one client (kube-client 5.0.0: the auth layer, the TLS identity and the expiry
//! each do), which is three logins for some; so it runs here, and kube sees only the token or the certificate.
//!
//! Contract with the plugin: client-go 0.37, `plugin/pkg/client/auth/exec/exec.go` and
//! `pkg/apis/clientauthentication/v1/types.go`.

use std::io::{self, IsTerminal, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tokio::time::Instant;

use base64::{Engine, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, Cluster, ExecConfig, ExecInteractiveMode, NamedExtension};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read_error::clean;

/// How long a plugin may take where nobody can answer it: a person waits for a TAB.
const UNASKED: Duration = Duration::from_secs(2);

/// A certificate with its chain and key is a few KiB.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// The extension of a cluster that is meant for the plugin.
const CLUSTER_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// What the plugin is told about the cluster, when the kubeconfig says `provideClusterInfo`.
pub struct ClusterInfo<'a> {
    /// The cluster, with the flags applied.
    pub cluster: &'a Cluster,
    /// Its certificate authority in PEM, from the data or the file.
    pub authority: Option<&'a [u8]>,
}

/// Why the plugin gave no credentials. Nothing that it printed is repeated here: it may be a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecError {
    /// The kubeconfig names no command.
    #[error("the credential plugin of the kubeconfig has no command")]
    NoCommand,
    /// The command could not be started.
    #[error("credential plugin {command:?} cannot be run: {reason}")]
    NotRun {
        /// The command.
        command: String,
        /// The words of the operating system.
        reason: String,
        /// `installHint` of the kubeconfig.
        install_hint: Option<String>,
    },
    /// The command ran and failed.
    #[error("credential plugin {command:?} failed with {status}")]
    Failed {
        /// The command.
        command: String,
        /// The exit status.
        status: String,
        /// `installHint` of the kubeconfig.
        install_hint: Option<String>,
    },
    /// The output is not an `ExecCredential` with credentials.
    #[error("credential plugin {command:?} gave no credentials: {reason}")]
    BadOutput {
        /// The command.
        command: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nobody waits for it, and it does not end.
    #[error("credential plugin {command:?} did not answer in time")]
    Silent {
        /// The command.
        command: String,
    },
    /// The plugin insists on asking a person, and there is none.
    #[error("credential plugin {command:?} needs a terminal")]
    NeedsTerminal {
        /// The command.
        command: String,
    },
}

impl ExecError {
    /// What to do about it, as one phrase.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotRun {
                install_hint: Some(hint),
                ..
            } => Some(clean(hint)),
            Self::NotRun { command, .. } => Some(format!("install {command}, or put it on PATH")),
            Self::Failed { command, .. }
            | Self::BadOutput { command, .. }
            | Self::Silent { command } => Some(format!("run {command} by hand, or log in again")),
            Self::NeedsTerminal { .. } => Some("run it in a terminal, or log in before".to_owned()),
            Self::NoCommand => Some("check `exec` of the user in the kubeconfig".to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct ExecCredential {
    kind: Option<String>,
    #[serde(rename = "apiVersion")]
    api_version: Option<String>,
    status: Option<Credentials>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Credentials {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin of this user, if there is one, and puts its credentials in the plugin's place.
///
/// `may_ask` is false where nobody can answer, as in shell completion: the plugin then gets neither the terminal nor a
/// place to print.
pub fn run(user: &mut AuthInfo, cluster: &ClusterInfo<'_>, may_ask: bool) -> Result<(), ExecError> {
    let Some(exec) = user.exec.take() else {
        return Ok(());
    };
    let command = exec
        .command
        .clone()
        .filter(|command| !command.is_empty())
        .ok_or(ExecError::NoCommand)?;
    let interactive =
        is_interactive(&exec, may_ask && io::stdin().is_terminal()).ok_or_else(|| {
            ExecError::NeedsTerminal {
                command: command.clone(),
            }
        })?;

    let mut process = Command::new(&command);
    process.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            process.env(name, value);
        }
    }
    process.env(
        "KUBERNETES_EXEC_INFO",
        info(&exec, cluster, interactive).to_string(),
    );
    process.stdin(if interactive {
        Stdio::inherit()
    } else {
        Stdio::null()
    });
    process.stderr(if may_ask {
        Stdio::inherit()
    } else {
        Stdio::null()
    });

    let output = output(&mut process, (!may_ask).then_some(UNASKED));
    let output = output.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => ExecError::Silent {
            command: command.clone(),
        },
        io::ErrorKind::FileTooLarge => ExecError::BadOutput {
            command: command.clone(),
            reason: "its output is larger than 1 MiB",
        },
        _ => ExecError::NotRun {
            command: command.clone(),
            reason: error.to_string(),
            install_hint: exec.install_hint.clone(),
        },
    })?;
    if !output.status.success() {
        let status = output.status.to_string();
        return Err(ExecError::Failed {
            command,
            status,
            install_hint: exec.install_hint,
        });
    }
    let credentials = parse(&output.stdout, exec.api_version.as_deref())
        .map_err(|reason| ExecError::BadOutput { command, reason })?;
    take_over(user, credentials);
    Ok(())
}

/// What a process prints, and how it ends. It is stopped when it prints without end, or takes too long.
fn output(process: &mut Command, patience: Option<Duration>) -> io::Result<Output> {
    let began = Instant::now();
    let mut child = process.stdout(Stdio::piped()).spawn()?;
    let (send, printed) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // what the process has started itself may keep the pipe open, so nobody waits for this thread
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = stdout.take(OUTPUT_LIMIT + 1).read_to_end(&mut text);
            send.send(read.map(|_| text))
        });
    }
    let stopped = |child: &mut Child, why: io::ErrorKind| {
        let _ = child.kill().and_then(|()| child.wait());
        io::Error::from(why)
    };
    let printed = match patience {
        None => printed.recv().map_err(io::Error::other),
        Some(patience) => {
            let printed = printed.recv_timeout(patience);
            printed.map_err(|_| stopped(&mut child, io::ErrorKind::TimedOut))
        }
    };
    let stdout = printed??;
    if stdout.len() as u64 > OUTPUT_LIMIT {
        return Err(stopped(&mut child, io::ErrorKind::FileTooLarge));
    }
    let status = loop {
        match (child.try_wait()?, patience) {
            (Some(status), _) => break status,
            (None, None) => break child.wait()?,
            (None, Some(patience)) if began.elapsed() > patience => {
                return Err(stopped(&mut child, io::ErrorKind::TimedOut));
            }
            (None, Some(_)) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    Ok(Output {
        status,
        stdout,
        stderr: Vec::new(),
    })
}

/// Whether the plugin gets our terminal; `None` when it must have one and there is none.
fn is_interactive(exec: &ExecConfig, terminal: bool) -> Option<bool> {
    match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => Some(false),
        Some(ExecInteractiveMode::Always) => terminal.then_some(true),
        Some(ExecInteractiveMode::IfAvailable) | None => Some(terminal),
    }
}

/// The `ExecCredential` that tells the plugin how it is called.
fn info(exec: &ExecConfig, given: &ClusterInfo<'_>, interactive: bool) -> Value {
    let mut spec = json!({"interactive": interactive});
    if exec.provide_cluster_info {
        let cluster = given.cluster;
        let config = cluster
            .extensions
            .iter()
            .flatten()
            .find(|extension| extension.name == CLUSTER_EXTENSION);
        let fields = [
            ("server", cluster.server.clone().map(Value::from)),
            (
                "tls-server-name",
                cluster.tls_server_name.clone().map(Value::from),
            ),
            (
                "insecure-skip-tls-verify",
                cluster.insecure_skip_tls_verify.map(Value::from),
            ),
            (
                "certificate-authority-data",
                given.authority.map(|pem| STANDARD.encode(pem).into()),
            ),
            ("proxy-url", cluster.proxy_url.clone().map(Value::from)),
            (
                "disable-compression",
                cluster.disable_compression.map(Value::from),
            ),
            (
                "config",
                config.map(|NamedExtension { extension, .. }| extension.clone()),
            ),
        ];
        let present = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("cluster".to_owned(), Value::Object(present.collect()));
        }
    }
    json!({"kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec})
}

/// Reads what the plugin printed: JSON, or YAML, which client-go takes as well.
fn parse(output: &[u8], asked_version: Option<&str>) -> Result<Credentials, &'static str> {
    let text = std::str::from_utf8(output).map_err(|_| "its output is not text")?;
    let answer: ExecCredential = serde_json::from_str(text).or_else(|_| {
        serde_saphyr::from_str(text).map_err(|_| "its output is not an ExecCredential")
    })?;
    if answer.kind.as_deref() != Some("ExecCredential") {
        return Err("its output is not an ExecCredential");
    }
    if asked_version.is_some() && answer.api_version.as_deref() != asked_version {
        return Err("it answers in another version than the kubeconfig asks for");
    }
    let mut credentials = answer.status.ok_or("its output has no status")?;
    for field in [
        &mut credentials.token,
        &mut credentials.client_certificate_data,
        &mut credentials.client_key_data,
    ] {
        field.take_if(|value| value.is_empty());
    }
    match (
        &credentials.token,
        &credentials.client_certificate_data,
        &credentials.client_key_data,
    ) {
        (_, Some(_), None) | (_, None, Some(_)) => Err("it gave only one of certificate and key"),
        (None, None, None) => Err("its status has neither a token nor a certificate"),
        _ => Ok(credentials),
    }
}

fn take_over(user: &mut AuthInfo, credentials: Credentials) {
    if let Some(token) = credentials.token {
        user.token = Some(token.into());
    }
    if let (Some(certificate), Some(key)) = (
        credentials.client_certificate_data,
        credentials.client_key_data,
    ) {
        // the plugin gives PEM, a kubeconfig holds base64 of it
        user.client_certificate_data = Some(STANDARD.encode(certificate));
        user.client_key_data = Some(STANDARD.encode(key).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec(mode: Option<ExecInteractiveMode>) -> ExecConfig {
        ExecConfig {
            interactive_mode: mode,
            ..ExecConfig::default()
        }
    }

    #[test]
    fn the_terminal_is_given_only_where_it_is_wanted_and_there() {
        use ExecInteractiveMode::{Always, IfAvailable, Never};
        assert_eq!(is_interactive(&exec(Some(Never)), true), Some(false));
        assert_eq!(is_interactive(&exec(Some(IfAvailable)), true), Some(true));
        assert_eq!(is_interactive(&exec(Some(IfAvailable)), false), Some(false));
        assert_eq!(is_interactive(&exec(None), true), Some(true));
        assert_eq!(is_interactive(&exec(Some(Always)), true), Some(true));
        assert_eq!(is_interactive(&exec(Some(Always)), false), None);
    }

    #[test]
    fn the_cluster_is_told_only_when_asked_for() {
        let cluster = Cluster {
            server: Some("https://api.example".to_owned()),
            extensions: Some(vec![NamedExtension {
                name: CLUSTER_EXTENSION.to_owned(),
                extension: json!({"audience": "a"}),
            }]),
            ..Cluster::default()
        };
        let given = ClusterInfo {
            cluster: &cluster,
            authority: Some(b"PEM"),
        };
        let mut config = exec(None);
        config.api_version = Some("client.authentication.k8s.io/v1".to_owned());
        assert_eq!(
            info(&config, &given, false),
            json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "spec": {"interactive": false}})
        );
        config.provide_cluster_info = true;
        assert_eq!(
            info(&config, &given, true)["spec"],
            json!({"interactive": true, "cluster": {
                "server": "https://api.example", "certificate-authority-data": "UEVN", "config": {"audience": "a"}}})
        );
    }

    #[test]
    fn an_install_hint_cannot_move_the_cursor() {
        let error = ExecError::NotRun {
            command: "login".to_owned(),
            reason: String::new(),
            install_hint: Some("get\n\u{1b}[2Jit".to_owned()),
        };
        assert_eq!(error.hint().as_deref(), Some("get [2Jit"));
    }

    #[test]
    fn json_and_yaml_are_read_and_the_rest_is_refused() {
        let v1 = Some("client.authentication.k8s.io/v1");
        let json = br#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}"#;
        assert_eq!(
            parse(json, v1)
                .ok()
                .and_then(|found| found.token)
                .as_deref(),
            Some("t")
        );
        let yaml = b"apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  clientCertificateData: c\n  clientKeyData: k\n";
        assert_eq!(
            parse(yaml, v1)
                .ok()
                .and_then(|found| found.client_key_data)
                .as_deref(),
            Some("k")
        );

        let refused: [(&[u8], &str); 7] = [
            (b"\xff", "not text"),
            (b"please log in", "not an ExecCredential"),
            (br#"{"kind":"Pod"}"#, "not an ExecCredential"),
            (br#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}"#, "another version"),
            (br#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}"#, "no status"),
            (br#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":""}}"#, "neither"),
            (br#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":"k"}}"#, "only one"),
        ];
        for (output, reason) in refused {
            let found = parse(output, v1).err().unwrap_or_default();
            assert!(found.contains(reason), "{found} has no {reason:?}");
        }
    }
}
