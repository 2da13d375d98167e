//! Reads kube's errors: what failed on the way to the server, whether it may pass, and what helps.
//!
//! kube wraps what hyper, rustls and the operating system say in several layers, whose own words ("client error
//! (Connect)") help nobody; the innermost ones do.

use std::error::Error;
use std::io;
use std::time::Duration;

use kube::client::AuthError;
use kube::config::{KubeconfigError, LoadDataError};

use crate::gather::connect_error::ConnectError;
use crate::gather::kubeconfig::Source;
use crate::gather::read_error::{ReadError, clean};

/// A request that gave no answer to use.
pub(super) struct Refusal {
    pub(super) error: ReadError,
    /// The next try may do better.
    pub(super) may_pass: bool,
    /// The server has no such form of it.
    pub(super) has_no_form: bool,
    /// When the server wants to see it.
    pub(super) retry_after: Option<Duration>,
    /// With a 410: where the list can go on.
    pub(super) continue_token: Option<String>,
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        Self {
            error,
            may_pass: false,
            has_no_form: false,
            retry_after: None,
            continue_token: None,
        }
    }
}

/// Where requests go, for the advice when they do not arrive.
pub(super) struct Route {
    server: String,
    proxy: Option<String>,
    source: Source,
}

impl Route {
    pub(super) fn new(config: &kube::Config, source: Source) -> Self {
        let authority = |uri: &http::Uri| {
            let host = uri.host().unwrap_or_default();
            uri.port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        };
        Self {
            server: authority(&config.cluster_url),
            proxy: config.proxy_url.as_ref().map(authority),
            source,
        }
    }

    pub(super) fn refusal(&self, error: &kube::Error) -> Refusal {
        let message = innermost(error);
        let hint = oidc(error).unwrap_or_else(|| self.hint(&message));
        Refusal {
            may_pass: was_reset(error),
            ..ReadError::Connect { message, hint }.into()
        }
    }

    fn hint(&self, message: &str) -> String {
        let server = &self.server;
        if message.contains("UnknownIssuer") {
            return format!(
                "the certificate authority of the kubeconfig did not sign the certificate of {server}"
            );
        }
        if message.contains("CaUsedAsEndEntity") {
            // rustls-webpki 0.103 takes no certificate of an authority for a server's, Go does
            return format!(
                "{server} shows the certificate of an authority (CA:TRUE), which is refused; give it one of its own, or run `kubectl proxy` and use --server http://127.0.0.1:8001"
            );
        }
        if message.contains("not valid for name") {
            return format!(
                "the certificate of {server} is for another name; see --tls-server-name"
            );
        }
        if message.contains("certificate: Expired") || message.contains("certificate expired") {
            return format!(
                "the certificate of {server} has expired, or the clock of this machine is wrong"
            );
        }
        if let Some(proxy) = &self.proxy {
            return format!(
                "{server} is asked through the proxy {proxy}; check proxy-url, HTTPS_PROXY and NO_PROXY"
            );
        }
        match &self.source {
            Source::Named => format!("check that {server} is up and reachable from here"),
            Source::InCluster => format!("check that network policies let this pod reach {server}"),
            Source::Assumed { contexts, .. } if !contexts.is_empty() => {
                format!(
                    "no context is chosen, so {server} was tried; choose one with --context: {}",
                    contexts.join(", ")
                )
            }
            Source::Assumed { files, .. } => {
                let files: Vec<String> = files
                    .iter()
                    .map(|file| file.display().to_string())
                    .collect();
                let looked = if files.is_empty() {
                    "KUBECONFIG is not set".to_owned()
                } else {
                    format!("looked for {}", files.join(", "))
                };
                format!(
                    "no kubeconfig was found ({looked}), so {server} was tried; name one with --kubeconfig"
                )
            }
        }
    }
}

/// The identity provider is asked for a new token by kube, which reads neither `idp-certificate-authority` nor its data
/// (kube-client 5.0.0, `client/auth/oidc.rs`).
fn oidc(error: &(dyn Error + 'static)) -> Option<String> {
    let is_oidc = |layer: &AuthError| matches!(layer, AuthError::Oidc(_));
    let mut layers = chain(error).filter_map(|layer| layer.downcast_ref::<AuthError>());
    layers.any(is_oidc).then(|| {
        "the id-token of the kubeconfig is no longer valid, and the identity provider gave no new one (idp-certificate-authority is not read): log in again, or let any kubectl command renew it".to_owned()
    })
}

/// The words of the last two layers, from outside to inside, without repeating themselves.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let layers: Vec<String> = chain(error)
        .map(|layer| without_address(&clean(&layer.to_string())))
        .collect();
    match layers.as_slice() {
        [.., outer, inner] if !outer.contains(inner.as_str()) && !outer.contains("error (") => {
            format!("{outer}: {inner}")
        }
        [.., inner] => inner.clone(),
        [] => String::new(),
    }
}

/// rustls explains some of its words in its documentation, which is no help to who reads them here.
fn without_address(words: &str) -> String {
    let words = words.split(": https://docs.rs/").next();
    words.unwrap_or_default().to_owned()
}

/// The connection broke before an answer began. A refused one is not meant: nothing listens there.
fn was_reset(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    chain(error).any(|layer| {
        let by_hyper = layer
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_incomplete_message);
        let kind = layer.downcast_ref::<io::Error>().map(io::Error::kind);
        by_hyper
            || matches!(
                kind,
                Some(BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
            )
    })
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |layer| (*layer).source())
}

/// Why kube could not build its client.
pub(super) fn not_set_up(error: kube::Error) -> ConnectError {
    let reason = innermost(&error);
    match error {
        kube::Error::RustlsTls(error)
            if format!("{error:?}").contains("UnsupportedCertVersion") =>
        {
            ConnectError::OldCertificate
        }
        kube::Error::RustlsTls(_) => ConnectError::BadCertificate {
            what: "a certificate or key",
            reason,
        },
        kube::Error::InferKubeconfig(KubeconfigError::LoadClientCertificate(error)) => {
            not_loaded("client certificate", error)
        }
        kube::Error::InferKubeconfig(KubeconfigError::LoadClientKey(error)) => {
            not_loaded("client key", error)
        }
        _ => ConnectError::Client { reason },
    }
}

fn not_loaded(what: &'static str, error: LoadDataError) -> ConnectError {
    match error {
        LoadDataError::ReadFile(error, path) => ConnectError::UnreadableFile {
            what,
            path,
            reason: error.to_string(),
        },
        LoadDataError::DecodeBase64(_) => ConnectError::BadCertificate {
            what,
            reason: "it is not base64".to_owned(),
        },
        LoadDataError::NoBase64DataOrFile => ConnectError::BadCertificate {
            what,
            reason: "it is missing".to_owned(),
        },
    }
}
