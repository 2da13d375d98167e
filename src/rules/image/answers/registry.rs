//! What the registry itself answered, where it was asked: which login it accepts, how many pulls it leaves, what it shows.

use super::super::asked::{Asked, Verdict};
use super::super::failed_pull::FailedPull;
use super::super::hosts;
use super::super::node_platform::Platform;
use super::pushed::Pushed;
use super::tags::{self, Tags};
use super::{Said, login, unasked};
use crate::kubernetes::image_reference::ImageReference;
use crate::messages::pull::PullFailure;
use crate::snapshot::{Issued, LoginState, Presence, RateLimit, Shown, View, WhyUnasked};
use crate::text::{Message, Sentence, say};
use serde::Serialize;

/// What the registry answered when it was asked from the machine that made this report, which is not the node.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegistrySays {
    /// The host that was asked.
    pub host: String,
    /// The proxy by which it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// It speaks plain HTTP.
    pub plain_http: bool,
    /// The tags of the repository, where the one that is wanted is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
    /// Asked without a login, then with each of the pod's pull secrets.
    pub views: Vec<ViewSays>,
    /// In sentences.
    pub said: Vec<Said>,
}

/// What is seen with one login, or without.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ViewSays {
    /// The Secret that holds the login; absent where none was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// What became of the login.
    pub login: LoginState,
    /// Whether the repository is there.
    pub repository: Presence,
    /// Whether the tag or digest is there.
    pub version: Presence,
    /// The status of HTTP; absent where there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The platforms of the image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// How many pulls are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<RateLimit>,
    /// Other hosts that the question was sent on to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sent_on: Vec<String>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unasked: Option<UnaskedSays>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnaskedSays {
    /// In one word: `dns`, `unreachable`, `timed-out`, `not-tls`, `certificate`, `proxy`, `broken`, `no-login`, `too-many`.
    pub why: &'static str,
    /// In the words of who knows it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// The chain of the certificate that was shown, the host's own first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Issued>,
}

/// All of it.
pub(super) fn says(failed: &FailedPull<'_>, asked: &Asked<'_>) -> RegistrySays {
    let answer = asked.answer;
    let views = asked.views.iter().map(|view| view_says(view));
    let limit = asked
        .shown()
        .filter(|(_, shown)| shown.limit.is_some())
        .last();
    let said = asked
        .views
        .iter()
        .filter_map(|view| login::of_login(view))
        .chain(limit.and_then(|(view, shown)| login::of_limit(view, shown.limit?)))
        .chain(of_way(failed, asked));
    RegistrySays {
        host: answer.host.clone(),
        proxy: answer.proxy.clone(),
        plain_http: answer.plain_http,
        tags: tags(failed, asked),
        views: views.collect(),
        said: said
            .map(|message| Said::from(message.fact("host", answer.host.as_str())))
            .collect(),
    }
}

/// The tags that are there in place of the one that is not.
pub(super) fn tags(failed: &FailedPull<'_>, asked: &Asked<'_>) -> Option<Tags> {
    let (names, more) = asked.tags()?;
    let reference = ImageReference::parse(failed.image).ok()?.complete();
    Some(tags::of(
        reference.tag.as_deref().unwrap_or_default(),
        names,
        more,
    ))
}

/// Whether it was pushed, as the registry tells; nothing where it does not.
pub(super) fn pushed(failed: &FailedPull<'_>, asked: &Asked<'_>) -> Option<(Pushed, Message)> {
    let (answer, sentence) = match asked.verdict {
        _ if !asked.is_of_node => return None,
        Verdict::There => return Some(there(failed, asked)),
        Verdict::NoVersion if failed.reference().is_some_and(|it| it.digest.is_some()) => (
            Pushed::No,
            say!(
                "image-asked.no-digest",
                "no: {registry} has the repository, and nothing under that digest"
            ),
        ),
        Verdict::NoVersion => (
            Pushed::No,
            say!(
                "image-asked.no-tag",
                "no: {registry} has the repository, and no such tag"
            ),
        ),
        Verdict::NoRepository => (
            Pushed::No,
            say!(
                "image-asked.no-repository",
                "no: {registry} has no such repository"
            ),
        ),
        Verdict::Nothing => (
            Pushed::No,
            say!(
                "image-asked.nothing",
                "no: {registry} has nothing under that name"
            ),
        ),
        Verdict::Hidden if asked.views.len() == 1 => (
            Pushed::NoOrHidden,
            say!(
                "image-asked.hidden-from-all",
                "not known: {registry} shows it to nobody without a login, be it there or not"
            ),
        ),
        Verdict::Hidden => (
            Pushed::NoOrHidden,
            say!(
                "image-asked.hidden",
                "not known: {registry} shows it to no login that the pod has, be it there or not"
            ),
        ),
        Verdict::Unknown => return None,
    };
    Some((answer, Message::with(sentence, &[&failed.places()])))
}

fn there(failed: &FailedPull<'_>, asked: &Asked<'_>) -> (Pushed, Message) {
    let platforms = asked.platforms();
    let of_node = Platform::of_pod(failed.case).map(|own| own.to_string());
    let lacks = of_node.filter(|own| !platforms.is_empty() && !platforms.contains(own));
    let message = |sentence| Message::with(sentence, &[&failed.places()]);
    match lacks {
        Some(own) => (
            Pushed::InPart,
            message(say!(
                "image-asked.other-platforms",
                "yes, but for {platforms} alone: {node} is {platform}"
            ))
            .fact("platforms", platforms.to_vec())
            .fact("platform", own),
        ),
        None => (
            Pushed::Yes,
            message(say!(
                "image-asked.there",
                "yes: {registry} has it[, for {platforms}]"
            ))
            .fact_if(
                "platforms",
                (!platforms.is_empty()).then(|| platforms.to_vec()),
            ),
        ),
    }
}

/// From where it was asked, or why in vain.
pub(super) fn whence(failed: &FailedPull<'_>, asked: &Asked<'_>) -> Message {
    let unasked = asked.views.iter().filter(|view| view.login.is_none());
    let unasked = unasked
        .filter_map(|view| view.outcome.as_ref().err())
        .next();
    let message = match unasked {
        None if !asked.is_of_node => Message::new(say!(
            "image-asked.of-this-machine",
            "{host} of this machine was asked, which[ {found} and] need not be that of {node}"
        ))
        .fact_if("found", found(asked.verdict)),
        None => Message::new(say!(
            "image-asked.from-here",
            "{host} was asked from this machine, which is not {node}[, by the proxy {proxy}]"
        )),
        Some(unasked) => unasked::of_trouble(unasked),
    };
    Message::with(message.sentence, &[&failed.places(), &message.args])
        .fact("host", asked.answer.host.as_str())
        .fact_if("proxy", asked.answer.proxy.as_deref())
}

/// What the registry of this machine has.
fn found(verdict: Verdict) -> Option<Sentence> {
    match verdict {
        Verdict::There => Some(say!("image-asked.has-it", "has the image")),
        Verdict::NoVersion => Some(say!(
            "image-asked.has-repository",
            "has the repository without such a tag or digest"
        )),
        Verdict::NoRepository | Verdict::Nothing => Some(say!(
            "image-asked.has-nothing",
            "has nothing under that name"
        )),
        Verdict::Hidden | Verdict::Unknown => None,
    }
}

/// How it is reached: in the clear, by others, or not at all by the node.
fn of_way(failed: &FailedPull<'_>, asked: &Asked<'_>) -> Vec<Message> {
    let plain = say!(
        "image-asked.plain-http",
        "{host} speaks plain HTTP behind that port, which a runtime refuses until it is told to"
    );
    let plain = (asked.answer.plain_http && asked.is_of_node).then(|| Message::new(plain));
    let mut hosts: Vec<String> = Vec::new();
    for host in asked.shown().flat_map(|(_, shown)| &shown.sent_on) {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    let sent_on = (!hosts.is_empty()).then(|| {
        let sentence = say!(
            "image-asked.sent-on",
            "{host} sends the question on to {hosts}"
        );
        Message::new(sentence).fact("hosts", hosts)
    });
    let mirror = failed
        .pull
        .host
        .as_deref()
        .filter(|_| failed.was_sent_elsewhere());
    let mirror = mirror.map(|mirror| {
        let sentence = say!(
            "image-asked.mirror",
            "{node} was answered by {mirror}, which was not asked from here"
        );
        Message::with(sentence, &[&failed.places()]).fact("mirror", mirror)
    });
    let lacks = [PullFailure::NotFound, PullFailure::TagNotFound];
    let differs = asked.is_of_node
        && asked.verdict == Verdict::There
        && lacks.contains(&failed.pull.failure)
        && !failed.was_sent_elsewhere();
    let unseen_mirror = differs.then(|| {
        let sentence = say!(
            "image-asked.unseen-mirror",
            "if {node} has a mirror for {host} (hosts.toml in /etc/containerd/certs.d, registries.conf), that was not asked, and may lack it"
        );
        Message::with(sentence, &[&failed.places()])
    });
    let of_cloud = failed
        .registry()
        .and_then(|registry| hosts::cloud(&registry));
    let of_cloud = of_cloud.map(|_| {
        let sentence = say!(
            "image-asked.login-of-node",
            "the login that {node} has by its cloud was not tried: this machine has it not"
        );
        Message::with(sentence, &[&failed.places()])
    });
    let plain = of_cloud.into_iter().chain(plain);
    plain
        .chain(sent_on)
        .chain(mirror)
        .chain(unseen_mirror)
        .collect()
}

fn view_says(view: &View) -> ViewSays {
    let shown = view.outcome.as_ref().ok();
    let unasked = view.outcome.as_ref().err().map(|unasked| UnaskedSays {
        why: word(&unasked.why),
        words: unasked.words.clone(),
        chain: match &unasked.why {
            WhyUnasked::Certificate(_, chain) => chain.clone(),
            _ => Vec::new(),
        },
    });
    ViewSays {
        secret: view.login.as_ref().map(|(_, secret)| secret.clone()),
        login: shown.map_or(LoginState::None, |shown| shown.login),
        repository: shown.map_or(Presence::Unknown, Shown::repository),
        version: shown.map_or(Presence::Unknown, Shown::version),
        status: shown.map(|shown| shown.manifest.status),
        platforms: shown
            .map(|shown| shown.platforms.clone())
            .unwrap_or_default(),
        limit: shown.and_then(|shown| shown.limit),
        sent_on: shown.map(|shown| shown.sent_on.clone()).unwrap_or_default(),
        unasked,
    }
}

fn word(why: &WhyUnasked) -> &'static str {
    match why {
        WhyUnasked::Dns => "dns",
        WhyUnasked::Unreachable => "unreachable",
        WhyUnasked::TimedOut => "timed-out",
        WhyUnasked::NotTls => "not-tls",
        WhyUnasked::Certificate(..) => "certificate",
        WhyUnasked::Proxy => "proxy",
        WhyUnasked::Broken => "broken",
        WhyUnasked::NoLogin(_) => "no-login",
        WhyUnasked::TooMany => "too-many",
    }
}
