//! Why an image could not be pulled, as the runtimes and registries word it: [`read`].
//!
//! Here is how a message is taken apart: wrappers of the kubelet, lists of errors, the chain of a runtime. The wordings are in
//! `forms`. A registry that hides what exists answers the same for "absent" and "not allowed"; then this says so
//! ([`PullFailure::NotFound`]), and whoever knows the pod's secrets may tell more.
//!
//! Sources: kubelet `images/image_manager.go`; containerd `core/remotes/docker` of 1.5 to 2.4; CRI-O with containers/image 5;
//! cri-dockerd `libdocker`; Docker Engine `distribution`.

mod forms;

use super::form::{match_full, position, search, strip_prefix, strip_suffix};
use super::{quote, text};

/// What is wrong with a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The class of the failure.
    pub failure: PullFailure,
    /// Host, with its port if named, that was dialled; it may be a redirect, a token server or a mirror and differ from
    /// the image's.
    pub host: Option<String>,
    /// The telling part, a verbatim piece of the message.
    pub quote: String,
    /// Whether the registry was asked without a login, if the text tells.
    pub anonymous: Option<bool>,
    /// The HTTP status, if the text tells.
    pub status: Option<u16>,
    /// The message only says that there was a failure: the cause stands elsewhere, or nowhere.
    pub boilerplate: bool,
}

/// Why a pull failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PullFailure {
    /// The reference cannot be parsed, or is short and no registry is configured for that.
    NameInvalid,
    /// The repository is absent, or hidden from this login: registries do not tell which.
    NotFound,
    /// The repository is there, the tag or digest is not.
    TagNotFound,
    /// A manifest or layer that the image refers to is missing.
    BlobMissing,
    /// The registry refuses the login, or wants one.
    Auth,
    /// Too many requests.
    RateLimited,
    /// The host's name does not resolve.
    Dns,
    /// The host cannot be reached, or not in time.
    Unreachable,
    /// The host's certificate is refused.
    Tls(TlsFault),
    /// One side speaks HTTP, the other HTTPS.
    HttpVsHttps,
    /// The registry failed, or a web page answered in its place.
    ServerError,
    /// The image has no variant for the node.
    PlatformMismatch,
    /// The image's content is broken or of an unsupported format.
    Corrupt,
    /// The transfer took too long or was cancelled.
    Timeout,
    /// A policy or signature check of the runtime refused the image.
    Policy,
    /// Pull policy Never, and the image is not on the node.
    NeverPull,
    /// The kubelet's own limit of pulls.
    PullQps,
    /// The node's disk is full.
    NodeDiskFull,
    /// No known words.
    Unknown,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsFault {
    /// Signed by nobody whom the node trusts.
    UnknownAuthority,
    /// Its time is over, or the node's clock is ahead.
    Expired,
    /// Its time has not come, or the node's clock is behind.
    NotYetValid,
    /// It is for other names.
    WrongName,
    /// Anything else, as a failed handshake.
    Other,
}

/// Reads the message of a waiting reason ErrImagePull or ImagePullBackOff, of an event Failed or InspectFailed, or a
/// runtime's log line.
pub fn read(message: &str) -> Pull {
    let cause = peel(message);
    if forms::is_boilerplate(cause) {
        return Pull {
            quote: cause.to_owned(),
            boilerplate: true,
            ..unknown()
        };
    }
    // the registry may have been asked with several logins, and every answer is listed
    parts(cause)
        .map(read_part)
        .min_by_key(rank)
        .unwrap_or_else(unknown)
}

/// Whether a text tells of a failed pull, whatever stands around it: it names what only a pull does or asks. A disk is full for
/// others as well.
pub fn is_of_pull(message: &str) -> bool {
    let text = text::plain(message);
    forms::OF_A_PULL
        .iter()
        .any(|form| search(form, &text).is_some())
        && !matches!(
            read(message).failure,
            PullFailure::Unknown | PullFailure::NodeDiskFull
        )
}

/// The Secrets that an event FailedToRetrieveImagePullSecret names. The event alone is no fault: it also stands on pods that run.
pub fn missing_secrets(message: &str) -> Vec<String> {
    let text = text::unwrap(message);
    // kubelet 1.28+; before that a line of its log
    let listed = search("Unable to retrieve some image pull secrets ({*})", text)
        .map(|captures| captures.get(0));
    let named = || search("due to secret \"{}\" not found", text).map(|captures| captures.get(0));
    let names = listed
        .or_else(named)
        .unwrap_or_default()
        .split(", ")
        .map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn unknown() -> Pull {
    Pull {
        failure: PullFailure::Unknown,
        host: None,
        quote: String::new(),
        anonymous: None,
        status: None,
        boilerplate: false,
    }
}

/// Without what the kubelet says around the runtime's error.
fn peel(message: &str) -> &str {
    // kubelet: container.go and image_manager.go; the cause behind the back-off since 1.32
    const FRAMES: [&str; 9] = [
        // kubelets before 1.5: pod_workers.go, a list of all containers' errors
        "Error syncing pod, skipping: failed to \"StartContainer\" for \"{}\" with {}: \"{*}\"",
        "Error syncing pod, skipping: failed to \"StartContainer\" for \"{}\" with {}: {*}",
        "Error syncing pod, skipping: [failed to \"StartContainer\" for \"{}\" with {}: {*}",
        "Failed to pull image \"\": {*}",
        "Failed to pull image \"{}\": {*}",
        "Failed to pull image \"{}\":{*}",
        "Failed to pull image : {*}",
        "Back-off pulling image \"{}\": {*}",
        "Pull image \"{}\" failed: {*}",
    ];
    const REASONS: [&str; 2] = ["ErrImagePull: ", "ImagePullBackOff: "];
    let mut rest = text::unwrap(message);
    loop {
        let framed = FRAMES
            .iter()
            .find_map(|frame| match_full(frame, rest))
            .map(|captures| captures.last());
        let reason = || REASONS.iter().find_map(|reason| strip_prefix(rest, reason));
        match framed.or_else(reason) {
            Some(inner) => rest = text::unwrap(inner),
            None => return rest,
        }
    }
}

/// The errors of a list `[a, b]`, of CRI-O's `pull image err: a; artifact err: b`, or the only one.
fn parts(cause: &str) -> impl Iterator<Item = &str> {
    const STARTS: [&str; 5] = [
        ", rpc error: ",
        ", failed to ",
        ", Error response from daemon",
        ", unable to pull",
        ", initializing source ",
    ];
    // the second try, as an artifact, fails for every image that is none and repeats the cause at best
    let cause = position(cause, "; artifact err: ")
        .and_then(|at| cause.get(..at))
        .unwrap_or(cause);
    let list = cause
        .strip_prefix('[')
        .map(|list| list.strip_suffix(']').unwrap_or(list));
    let mut rest = Some(list.unwrap_or(cause));
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = match list {
            Some(_) => STARTS
                .iter()
                .filter_map(|start| position(text.get(1..)?, start).map(|at| at + 1))
                .min(),
            None => None,
        };
        rest = cut.and_then(|at| text.get(at + 2..));
        Some(cut.and_then(|at| text.get(..at)).unwrap_or(text).trim())
    })
}

fn read_part(part: &str) -> Pull {
    let plain = text::plain(part);
    let status = forms::status(&plain);
    let anonymous = forms::anonymous(&plain);
    let host = host(&plain).map(str::to_owned);
    let failure = forms::failure(&plain)
        .or_else(|| by_status(status?))
        .unwrap_or(PullFailure::Unknown);
    // ghcr.io answers 403 for absent and for private packages alike, of which Docker Engine gives the word alone, and so does a
    // token server that was asked without a login
    let of_github = || {
        host.as_deref() == Some("ghcr.io")
            && (status.is_some() || search("denied", &plain).is_some())
    };
    let hidden = failure == PullFailure::Auth
        && (status.is_none() || status == Some(403))
        && (status.is_some() && anonymous == Some(true) || of_github());
    let failure = if hidden {
        PullFailure::NotFound
    } else {
        failure
    };
    Pull {
        failure,
        host,
        quote: quote::innermost(part).to_owned(),
        anonymous,
        status,
        boilerplate: false,
    }
}

/// What a status means that stands alone: containerd up to 1.6 drops the registry's own words.
fn by_status(status: u16) -> Option<PullFailure> {
    match status {
        401 | 403 => Some(PullFailure::Auth),
        404 => Some(PullFailure::TagNotFound),
        407 => Some(PullFailure::Unreachable),
        429 => Some(PullFailure::RateLimited),
        500..=599 => Some(PullFailure::ServerError),
        _ => None,
    }
}

/// Of several errors the one that got furthest tells most: an answer about the image, then one about the way, then a refusal. A
/// refusal without a login tells least, because the kubelet also tries that last.
fn rank(pull: &Pull) -> u8 {
    use PullFailure as F;
    match pull.failure {
        F::NodeDiskFull
        | F::PlatformMismatch
        | F::Corrupt
        | F::BlobMissing
        | F::Policy
        | F::NameInvalid => 0,
        F::TagNotFound | F::RateLimited => 1,
        F::Tls(_) | F::HttpVsHttps | F::Dns | F::Unreachable | F::ServerError => 2,
        F::Timeout | F::NeverPull | F::PullQps => 3,
        F::Auth if pull.anonymous == Some(true) => 6,
        F::Auth => 4,
        F::NotFound => 5,
        F::Unknown => 7,
    }
}

/// The host that was asked last before the failure.
fn host(part: &str) -> Option<&str> {
    let requested = |before: &str| forms::REQUESTS.iter().any(|verb| ends_with(before, verb));
    let urls = || text::urls(part).filter(|(before, _)| requested(before));
    forms::HOSTS
        .iter()
        .find_map(|form| search(form, part))
        .map(|captures| captures.get(0))
        .or_else(|| urls().last().map(|(_, host)| host))
        .or_else(|| search("dial tcp {}: ", part).map(|captures| captures.get(0)))
        .filter(|host| !host.is_empty() && !host.contains(['<', '>']))
}

/// Whether a text ends in this word, or these.
fn ends_with(text: &str, word: &str) -> bool {
    strip_suffix(text, word)
        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests;
