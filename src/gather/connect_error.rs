//! Why no connection could be prepared, and what to do about it.
//!
//! Everything here is found before the first request: flags, kubeconfig files, certificates, credential plugins. What a
//! request meets is in [`ReadError`](super::ReadError).

use std::path::PathBuf;

use super::exec::ExecError;
use crate::kubernetes::shell;

/// Why no connection could be prepared.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The context of `--context` or of `current-context` is in no file.
    #[error("context {name:?} does not exist")]
    NoSuchContext {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The cluster of `--cluster` or of the context is in no file.
    #[error("cluster {name:?} does not exist")]
    NoSuchCluster {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The user of `--user` or of the context is in no file.
    #[error("user {name:?} does not exist")]
    NoSuchUser {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The file of `--kubeconfig` is not there.
    #[error("kubeconfig {} does not exist", path.display())]
    MissingFile {
        /// The file that was named.
        path: PathBuf,
    },
    /// A file that the kubeconfig needs cannot be read.
    #[error("{what} {} cannot be read: {reason}", path.display())]
    UnreadableFile {
        /// What the file is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The words of the operating system.
        reason: String,
    },
    /// A kubeconfig file is not one.
    #[error("kubeconfig {} cannot be understood: {reason}", path.display())]
    BadKubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong; never a line of the file, which may hold a secret.
        reason: String,
    },
    /// The server address is not one.
    #[error("server address {server:?} is not valid")]
    BadServer {
        /// The address.
        server: String,
    },
    /// The proxy address is not one, or its scheme is unknown.
    #[error("proxy address {proxy:?} is not valid")]
    BadProxy {
        /// The address, without its credentials.
        proxy: String,
    },
    /// A certificate or key is not usable.
    #[error("{what} is not usable: {reason}")]
    BadCertificate {
        /// Which one.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The client certificate is of X.509 version 1, which rustls refuses (rustls 0.23.23 and later).
    #[error("the client certificate is of x.509 version 1, which is not supported")]
    OldCertificate,
    /// A certificate authority to trust, and the order not to check.
    #[error("a certificate authority and insecure-skip-tls-verify exclude each other")]
    AuthorityWithInsecure,
    /// `--as-group` or `--as-uid` without `--as`.
    #[error("groups and a uid cannot be impersonated without a user")]
    ImpersonationWithoutUser,
    /// The kubeconfig names a built-in provider that kubectl removed as well.
    #[error("auth-provider {name:?} is not supported")]
    AuthProvider {
        /// Its name.
        name: String,
    },
    /// A token with a line break or another control character, which no header holds; client-go refuses it as well.
    #[error("{what} holds a line break or another control character")]
    BadToken {
        /// Whose.
        what: &'static str,
    },
    /// The credential plugin gave no credentials.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// The client could not be built for another reason.
    #[error("the client cannot be set up: {reason}")]
    Client {
        /// The reason, cut short.
        reason: String,
    },
}

impl ConnectError {
    /// What to do about it, as one phrase.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchContext { known, .. } => Some(choose("context", "kubectl config get-contexts", known)),
            Self::NoSuchCluster { known, .. } => Some(choose("cluster", "kubectl config get-clusters", known)),
            Self::NoSuchUser { known, .. } => Some(choose("user", "kubectl config get-users", known)),
            Self::MissingFile { .. } => Some("check the path of --kubeconfig".to_owned()),
            Self::UnreadableFile { .. } => Some("check that the file exists and that you may read it".to_owned()),
            Self::BadKubeconfig { path, .. } => {
                let path = path.display().to_string();
                let command = format!("kubectl config view --kubeconfig {}", shell::quote(&path));
                Some(format!("check it with: {command}"))
            }
            Self::BadServer { .. } => Some("a server looks like https://host:6443".to_owned()),
            Self::BadProxy { .. } => {
                Some("a proxy looks like http://host:3128, https://host:3128 or socks5://host:1080".to_owned())
            }
            Self::BadCertificate { .. } => Some("renew the credentials of this kubeconfig".to_owned()),
            Self::OldCertificate => Some(
                "renew the certificate as version 3, or run `kubectl proxy` and use --server http://127.0.0.1:8001"
                    .to_owned(),
            ),
            Self::AuthorityWithInsecure => Some("leave one of them out".to_owned()),
            Self::ImpersonationWithoutUser => Some("add --as".to_owned()),
            Self::AuthProvider { .. } => {
                Some("get new credentials from your provider: today they come from an exec plugin".to_owned())
            }
            Self::BadToken { .. } => Some("a token is one line; get it anew, or log in again".to_owned()),
            Self::Exec(error) => error.hint(),
            Self::Client { .. } => None,
        }
    }
}

fn choose(what: &str, command: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!("no {what} is known; check KUBECONFIG and --kubeconfig");
    }
    let shown: Vec<&str> = known.iter().take(8).map(String::as_str).collect();
    let more = if known.len() > shown.len() {
        format!(" and more, see: {command}")
    } else {
        String::new()
    };
    format!("known: {}{more}", shown.join(", "))
}
