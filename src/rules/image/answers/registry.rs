//! What the registry itself answered, where it was asked: which login it accepts, how many pulls it leaves, what it shows.

use super::super::asked::{Asked, Verdict};
use super::super::failed_pull::FailedPull;
use super::super::node_platform::Platform;
use super::tags::{self, Tags};
use super::{Said, pushed::Pushed};
use crate::kubernetes::image_reference::ImageReference;
use crate::snapshot::{
    CertificateFault, Issued, LoginState, NoLogin, Presence, RateLimit, Shown, Unasked, View,
    WhyUnasked,
};
use crate::text::{Message, Seconds, Sentence, say};
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
        .filter_map(|view| of_login(view))
        .chain(limit.and_then(|(view, shown)| of_limit(view, shown.limit?)))
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
        Some(unasked) => of_trouble(unasked),
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

fn of_trouble(unasked: &Unasked) -> Message {
    let sentence = match &unasked.why {
        WhyUnasked::Dns => say!(
            "image-asked.dns",
            "this machine, which is not {node}, cannot resolve {host}"
        ),
        WhyUnasked::Unreachable => say!(
            "image-asked.unreachable",
            "this machine, which is not {node}, does not reach {host}: {words}"
        ),
        WhyUnasked::TimedOut => say!(
            "image-asked.timed-out",
            "{host} gave this machine, which is not {node}, no answer in time"
        ),
        WhyUnasked::Proxy => say!(
            "image-asked.proxy",
            "this machine, which is not {node}, does not get through its proxy[ {proxy}] to {host}: {words}"
        ),
        WhyUnasked::NotTls => say!(
            "image-asked.not-tls",
            "{host} gave this machine, which is not {node}, neither TLS nor HTTP"
        ),
        WhyUnasked::Certificate(fault, chain) => {
            return of_certificate(fault, chain).fact("words", unasked.words.as_str());
        }
        WhyUnasked::TooMany => say!(
            "image-asked.too-many",
            "{host} was not asked: there are too many images to ask for each"
        ),
        WhyUnasked::Broken | WhyUnasked::NoLogin(_) => say!(
            "image-asked.broken",
            "{host} gave this machine, which is not {node}, no usable answer: {words}"
        ),
    };
    Message::new(sentence).fact("words", unasked.words.as_str())
}

fn of_certificate(fault: &CertificateFault, chain: &[Issued]) -> Message {
    let (first, last) = (chain.first(), chain.last());
    let message = match fault {
        CertificateFault::UnknownAuthority => Message::new(say!(
            "image-asked.unknown-authority",
            "this machine, which is not {node}, does not trust the certificate of {host}[, issued by {issuer}]; --registry-ca names authorities to trust"
        )),
        CertificateFault::Expired(at) => Message::new(say!(
            "image-asked.expired",
            "the certificate of {host}[, issued by {issuer},] expired[ at {at}], as this machine sees it, which is not {node}"
        ))
        .fact_if("at", at.map(|at| at.to_string())),
        CertificateFault::NotYetValid(at) => Message::new(say!(
            "image-asked.not-yet-valid",
            "the certificate of {host}[, issued by {issuer},] is not valid[ before {at}], as this machine sees it, which is not {node}"
        ))
        .fact_if("at", at.map(|at| at.to_string())),
        CertificateFault::WrongName(names) => Message::new(say!(
            "image-asked.wrong-name",
            "the certificate that {host} shows this machine, which is not {node}, is not for that name[ but for {names}]"
        ))
        .fact_if("names", (!names.is_empty()).then(|| names.clone())),
        CertificateFault::Other => Message::new(say!(
            "image-asked.certificate",
            "this machine, which is not {node}, refuses the certificate of {host}: {words}"
        )),
    };
    message
        .fact_if("subject", first.map(|one| one.subject.as_str()))
        .fact_if("issuer", last.map(|one| one.issuer.as_str()))
}

/// What became of one login.
fn of_login(view: &View) -> Option<Message> {
    let secret = view.login.as_ref().map(|(_, secret)| secret.as_str());
    let (sentence, words) = match (&view.outcome, secret) {
        (Ok(shown), None) => (of_nobody(shown)?, ""),
        (Err(_), None) => return None,
        (Ok(shown), Some(_)) => (of_secret(shown)?, shown.manifest.words.as_str()),
        (Err(unasked), Some(_)) => (without_login(unasked), unasked.words.as_str()),
    };
    let words = (!words.is_empty()).then_some(words);
    let message = Message::new(sentence).fact_if("secret", secret);
    Some(message.fact_if("words", words))
}

fn of_nobody(shown: &Shown) -> Option<Sentence> {
    match shown.version() {
        Presence::Hidden => Some(say!(
            "image-asked.login-wanted",
            "without a login {host} shows nothing of it"
        )),
        _ => None,
    }
}

fn of_secret(shown: &Shown) -> Option<Sentence> {
    Some(match (shown.login, shown.version()) {
        (LoginState::None, _) => return None,
        (LoginState::NotWanted, _) => say!(
            "image-asked.login-not-wanted",
            "{host} asks for no login, so that in Secret {secret} was not tried"
        ),
        (LoginState::Accepted, Presence::There) => say!(
            "image-asked.login-pulls",
            "the login in Secret {secret} is accepted, and may pull it"
        ),
        (LoginState::Accepted, Presence::Hidden) => say!(
            "image-asked.login-may-not",
            "the login in Secret {secret} is accepted, and may not see the repository, if there is one"
        ),
        (LoginState::Accepted, _) => say!(
            "image-asked.login-accepted",
            "the login in Secret {secret} is accepted"
        ),
        (LoginState::Refused, _) => say!(
            "image-asked.login-refused",
            "the login in Secret {secret} is refused[: {words}]"
        ),
        (LoginState::Denied, _) => say!(
            "image-asked.login-denied",
            "the login in Secret {secret} is refused, or has no right to pull[: {words}]"
        ),
    })
}

fn without_login(unasked: &Unasked) -> Sentence {
    match &unasked.why {
        WhyUnasked::NoLogin(NoLogin::NotInDump) => say!(
            "image-asked.not-in-dump",
            "asked without a login: a dump holds none of Secret {secret}"
        ),
        WhyUnasked::NoLogin(NoLogin::Unread) => say!(
            "image-asked.secret-unread",
            "the login in Secret {secret} was not tried, since it cannot be read[: {words}]"
        ),
        WhyUnasked::NoLogin(NoLogin::Absent) => say!(
            "image-asked.secret-absent",
            "Secret {secret} does not exist, so it holds no login"
        ),
        WhyUnasked::NoLogin(NoLogin::OtherRegistry) => {
            say!(
                "image-asked.other-registry",
                "Secret {secret} holds no login to {host}"
            )
        }
        WhyUnasked::NoLogin(NoLogin::Unreadable) => say!(
            "image-asked.secret-unreadable",
            "Secret {secret} holds nothing that the kubelet takes for a login"
        ),
        WhyUnasked::NoLogin(NoLogin::Unsafe) => say!(
            "image-asked.unsafe",
            "the login in Secret {secret} was not tried: others could read it on the way[, {words}]"
        ),
        _ => say!(
            "image-asked.login-unanswered",
            "with the login in Secret {secret} there was no answer[: {words}]"
        ),
    }
}

fn of_limit(view: &View, limit: RateLimit) -> Option<Message> {
    let sentence = match &view.login {
        None => say!(
            "image-asked.limit-of-address",
            "{host} leaves {remaining}[ of {limit}] pulls[ in {window}] to this machine's address without a login"
        ),
        Some(_) => say!(
            "image-asked.limit-of-login",
            "{host} leaves {remaining}[ of {limit}] pulls[ in {window}] to the login in Secret {secret}"
        ),
    };
    let secret = view.login.as_ref().map(|(_, secret)| secret.as_str());
    let window = limit.window_seconds.map(|window| Seconds(window.into()));
    let message = Message::new(sentence).fact("remaining", limit.remaining);
    let message = message
        .fact_if("limit", limit.limit)
        .fact_if("window", window);
    Some(message.fact_if("secret", secret))
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
    plain.into_iter().chain(sent_on).chain(mirror).collect()
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
