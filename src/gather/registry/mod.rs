//! `--check-registry`: asks registries about the images that cannot be pulled, and gives their answers as data.
//!
//! The questions are those of a runtime, with the logins of the pods' own pull secrets and without any. The Secrets are read for
//! this alone, kept in memory while it lasts, and sent to nobody but the registry that they are for and its token server.
//!
//! It is written upon hyper and rustls, which carry the requests to the API server anyway. The maintained clients of registries
//! (oci-client 0.16 and others) were left aside: they bring a second HTTP stack, follow redirects by themselves, and tell
//! neither the chain of a certificate that they refuse nor how many pulls are left, which is half of what is asked for here.
//! What is needed of the protocol are four questions.
//!
//! - [`questions`] says which images are asked for, and with which Secrets
//! - [`logins`] reads what a Secret holds
//! - [`conversation`] asks about one image with one login
//! - [`challenge`] reads how a registry wants to be logged in to, [`body`] what it sends
//! - [`address`] knows over which way a login may go
//! - [`transport`] sends one question, [`certificate`] tells what is wrong with a certificate

mod address;
mod body;
mod certificate;
mod challenge;
mod conversation;
mod logins;
mod questions;
mod transport;

pub(super) use questions::wanted;

use super::client::{Accept, Client, path};
use super::kubeconfig::Environment;
use super::read_error::ReadError;
use super::{Gathered, runtime};
use crate::kubernetes::image_reference::ImageReference;
use crate::snapshot::{
    Kind, NoLogin, RegistryAnswer, RegistryAnswers, Shown, Store, Unasked, View, WhyUnasked,
};
use crate::triage::scope::Scope;
use address::is_loopback;
use anyhow::Result;
use conversation::Conversation;
use futures_util::stream::{self, StreamExt};
use http::{Method, Uri};
use logins::{Keyring, Login};
use questions::Wanted;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;
use transport::{Question, Transport, unasked};

/// All questions together; a registry that is slow keeps nobody longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many images are asked for at once.
const AT_ONCE: usize = 4;
/// So many are asked for at all.
const MOST: usize = 50;

/// What is needed to ask.
pub struct RegistryCheck {
    transport: Transport,
}

/// What is known of the Secrets that pods pull with.
type Keyrings = BTreeMap<(String, String), Result<Keyring, Unasked>>;

impl RegistryCheck {
    /// With a file of further certificate authorities.
    ///
    /// # Errors
    /// When that file, or the authorities of this machine, cannot be read.
    pub fn new(authority: Option<&Path>, environment: &Environment, verbosity: u8) -> Result<Self> {
        let transport = Transport::new(authority, environment, verbosity)?;
        Ok(RegistryCheck { transport })
    }

    /// Asks about the images of a dump, which holds no logins.
    ///
    /// # Errors
    /// When the runtime cannot be started.
    pub fn of_dump(&self, gathered: &mut Gathered) -> Result<()> {
        let Gathered { store, scope, .. } = gathered;
        let wanted = wanted(store, scope);
        let unread = |secret: &(String, String)| {
            let why = WhyUnasked::NoLogin(NoLogin::NotInDump);
            (secret.clone(), Err(unasked(why, "")))
        };
        let secrets = wanted.values().flat_map(|wanted| &wanted.secrets);
        let keyrings: Keyrings = secrets.map(unread).collect();
        let answers = runtime()?.block_on(self.ask(&wanted, &keyrings));
        store.set_registry_answers(answers);
        Ok(())
    }

    /// Asks about the images of a cluster, with the logins that its pods have.
    pub(super) async fn of_cluster(
        &self,
        client: &Client,
        store: &Store,
        scope: &Scope,
    ) -> RegistryAnswers {
        let wanted = wanted(store, scope);
        let secrets = wanted.values().flat_map(|wanted| &wanted.secrets);
        let secrets: BTreeSet<_> = secrets.collect();
        let keyrings = stream::iter(secrets).map(|secret| async move {
            let keyring = keyring(client, &secret.0, &secret.1).await;
            (secret.clone(), keyring)
        });
        let keyrings: Keyrings = keyrings.buffer_unordered(AT_ONCE).collect().await;
        self.ask(&wanted, &keyrings).await
    }

    async fn ask(&self, wanted: &BTreeMap<String, Wanted>, keyrings: &Keyrings) -> RegistryAnswers {
        let deadline = Instant::now() + PATIENCE;
        let asked =
            stream::iter(wanted.iter().enumerate()).map(|(at, (name, wanted))| async move {
                let answer = if at < MOST {
                    self.about(wanted, keyrings, deadline).await
                } else {
                    unanswered(&wanted.image)
                };
                (name.clone(), answer)
            });
        asked.buffer_unordered(AT_ONCE).collect().await
    }

    /// Asks without a login, then with each.
    async fn about(
        &self,
        wanted: &Wanted,
        keyrings: &Keyrings,
        deadline: Instant,
    ) -> RegistryAnswer {
        let host = host(&wanted.image.registry).to_owned();
        let (base, first) = self.without_login(&wanted.image, &host, deadline).await;
        let plain_http = base.starts_with("http:");
        let is_in_the_clear = plain_http && !is_loopback(host_only(&host));
        let is_reached = first.is_ok();
        let mut views = vec![View {
            login: None,
            outcome: first,
        }];
        for secret in wanted.secrets.iter().filter(|_| is_reached) {
            let outcome = match login(keyrings, secret, &wanted.image) {
                Ok(_) if is_in_the_clear => Err(unasked(
                    WhyUnasked::NoLogin(NoLogin::Unsafe),
                    "a login is not sent over plain HTTP",
                )),
                Ok(login) => {
                    let (transport, image) = (&self.transport, &wanted.image);
                    Conversation::new(transport, deadline, &base, image, Some(login))
                        .ask(!tells_platforms(&views))
                        .await
                }
                Err(unasked) => Err(unasked),
            };
            views.push(View {
                login: Some(secret.clone()),
                outcome,
            });
        }
        let proxy = base.parse::<Uri>().ok();
        let proxy = proxy.and_then(|uri| self.transport.proxy(&uri));
        RegistryAnswer {
            host,
            proxy,
            plain_http,
            views,
        }
    }

    /// Asks over TLS, or over plain HTTP where that is spoken in its place; gives how it was asked, too.
    async fn without_login(
        &self,
        image: &ImageReference,
        host: &str,
        deadline: Instant,
    ) -> (String, Result<Shown, Unasked>) {
        let ask = async |base: &str| {
            let conversation = Conversation::new(&self.transport, deadline, base, image, None);
            conversation.ask(true).await
        };
        let (secure, plain) = (format!("https://{host}"), format!("http://{host}"));
        let first = ask(&secure).await;
        let speaks_no_tls = matches!(&first, Err(unasked) if unasked.why == WhyUnasked::NotTls);
        if !speaks_no_tls {
            return (secure, first);
        }
        match self.speak_plainly(host, deadline).await {
            Ok(()) => {
                let first = ask(&plain).await;
                (plain, first)
            }
            Err(unasked) if unasked.why == WhyUnasked::TimedOut => (secure, Err(unasked)),
            Err(_) => (secure, first),
        }
    }

    /// Tries whether plain HTTP is spoken where TLS is not.
    async fn speak_plainly(&self, host: &str, deadline: Instant) -> Result<(), Unasked> {
        let uri = format!("http://{host}/v2/").parse::<Uri>();
        let uri = uri.map_err(|_| unasked(WhyUnasked::Broken, ""))?;
        let question = Question {
            method: Method::GET,
            uri: &uri,
            accept: "*/*",
            authorization: None,
            most: 0,
        };
        self.transport.ask(&question, deadline).await.map(drop)
    }
}

fn tells_platforms(views: &[View]) -> bool {
    let shown = views.iter().filter_map(|view| view.outcome.as_ref().ok());
    shown
        .into_iter()
        .any(|shown: &Shown| !shown.platforms.is_empty())
}

fn login<'k>(
    keyrings: &'k Keyrings,
    secret: &(String, String),
    image: &ImageReference,
) -> Result<&'k Login, Unasked> {
    let none = |why| unasked(WhyUnasked::NoLogin(why), "");
    match keyrings.get(secret) {
        Some(Ok(keyring)) => keyring
            .login(image)
            .ok_or_else(|| none(NoLogin::OtherRegistry)),
        Some(Err(unasked)) => Err(unasked.clone()),
        None => Err(none(NoLogin::Unread)),
    }
}

async fn keyring(client: &Client, namespace: &str, name: &str) -> Result<Keyring, Unasked> {
    let none = |why, words: &str| unasked(WhyUnasked::NoLogin(why), words);
    let address = path(Kind::Secret, Some(namespace), Some(name));
    match client.get(&address, Accept::Json).await {
        Ok(secret) => Keyring::of_secret(&secret).map_err(|why| none(why, "")),
        Err(ReadError::NotFound { .. }) => Err(none(NoLogin::Absent, "")),
        Err(error) => Err(none(NoLogin::Unread, &error.to_string())),
    }
}

fn unanswered(image: &ImageReference) -> RegistryAnswer {
    RegistryAnswer {
        host: host(&image.registry).to_owned(),
        proxy: None,
        plain_http: false,
        views: vec![View {
            login: None,
            outcome: Err(unasked(WhyUnasked::TooMany, "")),
        }],
    }
}

/// Docker Hub serves images under another name than its own (containerd `core/remotes/docker/registry.go`).
fn host(registry: &str) -> &str {
    match registry {
        "docker.io" | "index.docker.io" => "registry-1.docker.io",
        other => other,
    }
}

fn host_only(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
