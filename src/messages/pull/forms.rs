//! The wordings of pull errors, in the order in which they are tested: the most telling first.
//!
//! `not found` alone decides nothing: platform, size and schema errors of containerd end with it as well.

use super::{PullFailure, TlsFault};
use crate::messages::form::{Pattern, contains, match_full, search};

/// The class of a pull error, by its words.
pub(super) fn failure(text: &str) -> Option<PullFailure> {
    FORMS
        .iter()
        .find(|(form, _)| search(form, text).is_some())
        .map(|(_, failure)| *failure)
}

/// Wording and meaning; no hole tells anything more.
type Known = (&'static str, PullFailure);

const FORMS: &[Known] = &[
    // kubelet: images/image_manager.go, images/puller.go
    ("pull QPS exceeded", PullFailure::PullQps),
    (
        "is not present with pull policy of Never",
        PullFailure::NeverPull,
    ),
    ("couldn't parse image ", PullFailure::NameInvalid),
    // distribution/reference
    ("invalid reference format", PullFailure::NameInvalid),
    (
        "repository name must be lowercase",
        PullFailure::NameInvalid,
    ),
    ("failed to parse image reference", PullFailure::NameInvalid),
    // containers/image: pkg/shortnames
    (
        "did not resolve to an alias and no unqualified-search registries are defined",
        PullFailure::NameInvalid,
    ),
    ("short name mode is enforcing", PullFailure::NameInvalid),
    ("short-name resolution enforced", PullFailure::NameInvalid),
    // containers/image: signature/policy_eval.go; kubelet 1.28: ErrSignatureValidationFailed; containerd: image verifiers
    ("SignatureValidationFailed", PullFailure::Policy),
    (
        "because the signature validation failed",
        PullFailure::Policy,
    ),
    ("Source image rejected: ", PullFailure::Policy),
    ("image verifier {} blocked pull of ", PullFailure::Policy),
    ("blocking pull of ", PullFailure::Policy),
    // the kernel
    ("no space left on device", PullFailure::NodeDiskFull),
    // OCI distribution: TOOMANYREQUESTS; Docker Hub; containers/image: docker/errors.go
    ("toomanyrequests", PullFailure::RateLimited),
    ("too many requests", PullFailure::RateLimited),
    ("reached your pull rate limit", PullFailure::RateLimited),
    ("pull rate limit", PullFailure::RateLimited),
    // Google Artifact Registry
    ("Quota exceeded for quota metric", PullFailure::RateLimited),
    // containerd: images/handlers.go; containers/image: manifest/list; moby: distribution/pull_v2.go
    (
        "no match for platform in manifest",
        PullFailure::PlatformMismatch,
    ),
    (
        "no image found in manifest list for architecture",
        PullFailure::PlatformMismatch,
    ),
    (
        "no image found in image index for architecture",
        PullFailure::PlatformMismatch,
    ),
    ("no matching manifest for ", PullFailure::PlatformMismatch),
    (
        "does not match the specified platform",
        PullFailure::PlatformMismatch,
    ),
    // moby: distribution/pull_v2.go, pull_v2_windows.go
    (
        "image operating system \"{}\" cannot be used on this platform",
        PullFailure::PlatformMismatch,
    ),
    (
        "-based image is incompatible with a {} host",
        PullFailure::PlatformMismatch,
    ),
    // a web page in place of a manifest: a proxy, a captive portal, a registry's error page
    ("unexpected media type text/html", PullFailure::ServerError),
    (
        "invalid character '<' looking for beginning of value",
        PullFailure::ServerError,
    ),
    // containerd: content/helpers.go, remotes/docker/fetcher.go, rootfs/apply.go; archive/tar, compress/gzip
    ("unexpected commit digest", PullFailure::Corrupt),
    ("unexpected commit size", PullFailure::Corrupt),
    ("failed size validation", PullFailure::Corrupt),
    ("wrong diff id", PullFailure::Corrupt),
    (
        "number of layers and diffIDs don't match",
        PullFailure::Corrupt,
    ),
    ("rejecting {} byte manifest", PullFailure::Corrupt),
    ("short read: expected", PullFailure::Corrupt),
    ("invalid tar header", PullFailure::Corrupt),
    ("gzip: invalid ", PullFailure::Corrupt),
    ("apply layer error for", PullFailure::Corrupt),
    // containerd 2: schema 1; containers/image: manifest/manifest.go; moby: distribution
    (
        "schema 1 image manifests are no longer supported",
        PullFailure::Corrupt,
    ),
    (
        "is no longer supported since containerd",
        PullFailure::Corrupt,
    ),
    ("Docker Image Format v1 and ", PullFailure::Corrupt),
    ("unsupported manifest", PullFailure::Corrupt),
    ("unsupported media type", PullFailure::Corrupt),
    ("Digest did not match, expected", PullFailure::Corrupt),
    ("filesystem layer verification failed", PullFailure::Corrupt),
    ("failed to register layer", PullFailure::Corrupt),
    ("processing tar file", PullFailure::Corrupt),
    // containerd: the manifest of an index by digest, and layers; the tag of an image comes below
    (
        "content at {}/manifests/sha256:{} not found",
        PullFailure::BlobMissing,
    ),
    ("content at {}/blobs/{} not found", PullFailure::BlobMissing),
    (
        "could not fetch content descriptor",
        PullFailure::BlobMissing,
    ),
    // containers/image: copy/copy.go, after the index was read
    (
        "fetching target platform image selected from {*}manifest unknown",
        PullFailure::BlobMissing,
    ),
    ("blob unknown", PullFailure::BlobMissing),
    ("unknown blob", PullFailure::BlobMissing),
    // registries' words for a refused login; cloud registries' helpers
    ("no basic auth credentials", PullFailure::Auth),
    ("invalid username/password", PullFailure::Auth),
    ("incorrect username or password", PullFailure::Auth),
    ("authorization token has expired", PullFailure::Auth),
    ("error getting credentials", PullFailure::Auth),
    ("unable to retrieve auth token", PullFailure::Auth),
    // Docker Hub and registries that follow it: absent or hidden; Amazon ECR
    ("pull access denied", PullFailure::NotFound),
    ("insufficient_scope", PullFailure::NotFound),
    (
        "requested access to the resource is denied",
        PullFailure::NotFound,
    ),
    ("does not exist or no pull access", PullFailure::NotFound),
    ("name unknown", PullFailure::NotFound),
    ("NAME_UNKNOWN", PullFailure::NotFound),
    (
        "repository name not known to registry",
        PullFailure::NotFound,
    ),
    ("does not exist in the registry", PullFailure::NotFound),
    // Harbor: src/server/registry
    ("unknown: repository {} not found", PullFailure::NotFound),
    ("unknown: project {} not found", PullFailure::NotFound),
    ("unknown: artifact {} not found", PullFailure::TagNotFound),
    // OCI distribution: MANIFEST_UNKNOWN; containerd: remotes/docker/resolver.go
    ("manifest unknown", PullFailure::TagNotFound),
    ("MANIFEST_UNKNOWN", PullFailure::TagNotFound),
    ("manifest for {} not found", PullFailure::TagNotFound),
    (
        "content at {}/manifests/{} not found",
        PullFailure::TagNotFound,
    ),
    ("reference \"{}\": {}: not found", PullFailure::TagNotFound),
    (
        "failed to resolve image: {}: not found",
        PullFailure::TagNotFound,
    ),
    // crypto/tls against a server without it; net/http against one with it
    (
        "server gave HTTP response to HTTPS client",
        PullFailure::HttpVsHttps,
    ),
    (
        "Client sent an HTTP request to an HTTPS server",
        PullFailure::HttpVsHttps,
    ),
    (
        "first record does not look like a TLS handshake",
        PullFailure::HttpVsHttps,
    ),
    // containerd drops that sentence: a registry itself never answers 400 to a well-formed manifest
    (
        "failed with status code [manifests {}]: 400 ",
        PullFailure::HttpVsHttps,
    ),
    ("request to http://{}: 400 ", PullFailure::HttpVsHttps),
    // crypto/x509: verify.go
    (
        "certificate signed by unknown authority",
        PullFailure::Tls(TlsFault::UnknownAuthority),
    ),
    (
        "certificate is not trusted",
        PullFailure::Tls(TlsFault::UnknownAuthority),
    ),
    (
        "is not yet valid: current time {} is before",
        PullFailure::Tls(TlsFault::NotYetValid),
    ),
    (
        "is not yet valid: current time {} is after",
        PullFailure::Tls(TlsFault::Expired),
    ),
    (
        "certificate is valid for ",
        PullFailure::Tls(TlsFault::WrongName),
    ),
    (
        "certificate is not valid for any names",
        PullFailure::Tls(TlsFault::WrongName),
    ),
    (
        "doesn't contain any IP SANs",
        PullFailure::Tls(TlsFault::WrongName),
    ),
    (
        "certificate relies on legacy Common Name field",
        PullFailure::Tls(TlsFault::WrongName),
    ),
    ("x509: ", PullFailure::Tls(TlsFault::Other)),
    ("tls: ", PullFailure::Tls(TlsFault::Other)),
    // net: dnsclient; glibc's and musl's resolver
    ("no such host", PullFailure::Dns),
    ("server misbehaving", PullFailure::Dns),
    ("Temporary failure in name resolution", PullFailure::Dns),
    ("Name or service not known", PullFailure::Dns),
    ("dial tcp: lookup ", PullFailure::Dns),
    ("lookup {}: i/o timeout", PullFailure::Dns),
    // the kernel's answers to connect, and net/http before an answer came
    ("connection refused", PullFailure::Unreachable),
    ("no route to host", PullFailure::Unreachable),
    ("network is unreachable", PullFailure::Unreachable),
    ("host is down", PullFailure::Unreachable),
    ("connection timed out", PullFailure::Unreachable),
    ("i/o timeout", PullFailure::Unreachable),
    ("TLS handshake timeout", PullFailure::Unreachable),
    (
        "request canceled while waiting for connection",
        PullFailure::Unreachable,
    ),
    (
        "Client.Timeout exceeded while awaiting headers",
        PullFailure::Unreachable,
    ),
    ("connection reset by peer", PullFailure::Unreachable),
    ("proxyconnect tcp", PullFailure::Unreachable),
    ("Proxy Authentication Required", PullFailure::Unreachable),
    ("failed to do request: {*}: EOF", PullFailure::Unreachable),
    ("Get \"{}\": EOF", PullFailure::Unreachable),
    ("Head \"{}\": EOF", PullFailure::Unreachable),
    ("Post \"{}\": EOF", PullFailure::Unreachable),
    ("Get https://{}: EOF", PullFailure::Unreachable),
    // a proxy's answer to CONNECT, of which net/http gives the words alone
    ("Get \"https://{}\": Forbidden", PullFailure::Unreachable),
    ("Head \"https://{}\": Forbidden", PullFailure::Unreachable),
    // net/http: a connection that ends while something is read from it
    ("use of closed network connection", PullFailure::Unreachable),
    ("http2: client connection lost", PullFailure::Unreachable),
    ("http2: server sent GOAWAY", PullFailure::Unreachable),
    ("stream error: stream ID ", PullFailure::Unreachable),
    ("transport connection broken", PullFailure::Unreachable),
    (
        "failed to do request: {*}context deadline exceeded",
        PullFailure::Unreachable,
    ),
    (
        "pinging container registry {*}context deadline exceeded",
        PullFailure::Unreachable,
    ),
    // HTTP statuses that come with words only
    ("Internal Server Error", PullFailure::ServerError),
    ("Bad Gateway", PullFailure::ServerError),
    ("Service Unavailable", PullFailure::ServerError),
    ("Gateway Timeout", PullFailure::ServerError),
    ("Gateway Time-out", PullFailure::ServerError),
    // registries' general words of refusal; they also follow statuses
    ("authentication required", PullFailure::Auth),
    ("unauthorized: ", PullFailure::Auth),
    (": unauthorized", PullFailure::Auth),
    ("denied: ", PullFailure::Auth),
    ("\": denied", PullFailure::Auth),
    ("Permission {} denied", PullFailure::Auth),
    // a connection that ends in the middle of a layer
    ("unexpected EOF", PullFailure::Corrupt),
    ("context deadline exceeded", PullFailure::Timeout),
    ("DeadlineExceeded", PullFailure::Timeout),
    ("context canceled", PullFailure::Timeout),
    ("because of no progress", PullFailure::Timeout),
    // cri-api errors: the kubelet's own frame says no more than that
    (
        "because the registry is unavailable",
        PullFailure::Unreachable,
    ),
    ("RegistryUnavailable", PullFailure::Unreachable),
];

/// What stands in no other text than that of a pull: the interface of registries, and the words of what asks them.
pub(super) const OF_A_PULL: &[&str] = &[
    "failed to pull ",
    "error pulling image",
    "unable to pull image",
    "with ErrImagePull",
    // OCI distribution; containers/image: docker/docker_client.go, docker/docker_image_src.go
    "://{}/v2/",
    "pinging container registry ",
    "error pinging {}: ",
    "initializing source ",
    "reading manifest {} in ",
    // containerd: core/remotes/docker
    "failed to resolve reference ",
    "failed to resolve image: ",
    "pulling from host ",
    // registries' own words
    "pull access denied",
    "toomanyrequests",
    "manifest unknown",
    "name unknown: ",
    "repository name not known to registry",
    // nothing else of a container's making asks for a certificate
    "x509: ",
];

/// Texts that hold no cause: the event BackOff, and the event Failed that names a waiting reason.
pub(super) fn is_boilerplate(text: &str) -> bool {
    const FORMS: [&str; 5] = [
        "",
        "ErrImagePull",
        "ImagePullBackOff",
        "RegistryUnavailable",
        "Back-off pulling image \"{}\"",
    ];
    let text = text.trim_end_matches(['.', ':', ' ']);
    FORMS.iter().any(|form| match_full(form, text).is_some())
}

/// Whether the registry was asked without a login.
pub(super) fn anonymous(text: &str) -> Option<bool> {
    const WORDS: [(&str, bool); 4] = [
        // containerd: remotes/docker/authorizer.go
        ("failed to fetch anonymous token", true),
        ("failed to fetch oauth token", false),
        // Docker Hub since 2024
        ("unauthenticated pull rate limit", true),
        ("no basic auth credentials", true),
    ];
    WORDS
        .iter()
        .find(|(words, _)| contains(text, words))
        .map(|(_, anonymous)| *anonymous)
}

/// The HTTP status of the answer.
pub(super) fn status(text: &str) -> Option<u16> {
    const FORMS: &[Pattern<Option<u16>>] = &[
        // containerd up to 1.6
        ("status code [{*}]: {}", |captures| number(captures.get(1))),
        // containerd 1.7; with the verb since 2.0
        ("unexpected status from {} request to {}: {}", |captures| {
            number(captures.get(2))
        }),
        ("unexpected status code {}: {}", |captures| {
            number(captures.get(1))
        }),
        ("unexpected status: {}", |captures| number(captures.get(0))),
        // containers/image
        ("StatusCode: {}", |captures| number(captures.get(0))),
        ("invalid status code from registry {}", |captures| {
            number(captures.get(0))
        }),
        // moby
        ("unexpected HTTP status: {}", |captures| {
            number(captures.get(0))
        }),
        ("Status {} trying to pull", |captures| {
            number(captures.get(0))
        }),
    ];
    FORMS
        .iter()
        .find_map(|(form, status)| search(form, text).and_then(|captures| status(&captures)))
}

fn number(word: &str) -> Option<u16> {
    word.trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// Words in front of the host that was dialled, surer than a URL.
pub(super) const HOSTS: &[&str] = &[
    "lookup {} on ",
    "lookup {}: ",
    "pulling from host {} failed",
    "pinging container registry {}: ",
    "error pinging {}: ",
];

/// What stands before the URL that was asked: net/http's verbs; containerd; containers/image; Docker up to 1.13. Any other URL
/// is one of documentation.
pub(super) const REQUESTS: &[&str] = &[
    "Get",
    "Head",
    "Post",
    "request to",
    "status code",
    "content at",
    "initializing source",
    "endpoint",
];
