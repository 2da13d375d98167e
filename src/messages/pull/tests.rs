//! One example for each class and runtime, in the shape in which they write it; `parts` looks at lists, hosts and quotes.

mod parts;

use super::PullFailure as F;
use super::*;
use proptest::prelude::*;

const REF: &str = "reg.example/team/app:1.4";

/// The error in all frames of kubelet, gRPC and containerd's resolver.
fn framed(cause: &str) -> Vec<String> {
    let chain = format!(
        "failed to pull and unpack image \"{REF}\": failed to resolve reference \"{REF}\": {cause}"
    );
    vec![
        chain.clone(),
        format!("rpc error: code = Unknown desc = {chain}"),
        format!("Failed to pull image \"{REF}\": rpc error: code = NotFound desc = {chain}"),
        format!("Back-off pulling image \"{REF}\": ErrImagePull: {chain}"),
        format!("(combined from similar events): Failed to pull image \"{REF}\": {chain}"),
    ]
}

#[test]
fn classes_in_every_frame() {
    for (cause, failure) in [
        ("reg.example/team/app:1.4: not found", F::TagNotFound),
        (
            "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
            F::NotFound,
        ),
        (
            "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials",
            F::Auth,
        ),
        (
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token?scope=x: 401 Unauthorized",
            F::Auth,
        ),
        (
            "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 403 Forbidden",
            F::Auth,
        ),
        (
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.example/token: 403 Forbidden",
            F::NotFound,
        ),
        (
            "unexpected status from HEAD request to https://reg.example/v2/team/app/manifests/1.4: 403 Forbidden",
            F::Auth,
        ),
        (
            "unexpected status code [manifests 1.4]: 401 Unauthorized",
            F::Auth,
        ),
        (
            "pulling from host reg.example failed with status code [manifests 1.4]: 401 Unauthorized",
            F::Auth,
        ),
        (
            "pulling from host reg.example failed with status code [manifests 1.4]: 404 Not Found",
            F::TagNotFound,
        ),
        (
            "pulling from host reg.example failed with status code [manifests 1.4]: 429 Too Many Requests",
            F::RateLimited,
        ),
        (
            "pulling from host reg.example failed with status code [manifests 1.4]: 502 Bad Gateway",
            F::ServerError,
        ),
        (
            "pulling from host reg.example failed with status code [manifests 1.4]: 400 Bad Request",
            F::HttpVsHttps,
        ),
        (
            "unexpected status from HEAD request to http://reg.example/v2/team/app/manifests/1.4: 400 Bad Request",
            F::HttpVsHttps,
        ),
        (
            "unexpected status from GET request to https://reg.example/v2/x: 429 Too Many Requests\ntoomanyrequests: slow down",
            F::RateLimited,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp: lookup reg.example on 10.0.0.2:53: no such host",
            F::Dns,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp: lookup reg.example: i/o timeout",
            F::Dns,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp: lookup reg.example: Try again",
            F::Dns,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: connect: connection refused",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: connect: no route to host",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: i/o timeout",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": net/http: TLS handshake timeout",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": context deadline exceeded",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": EOF",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": proxyconnect tcp: dial tcp 10.0.0.4:3128: connect: connection refused",
            F::Unreachable,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
            F::Tls(TlsFault::UnknownAuthority),
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": x509: certificate has expired or is not yet valid: current time 2026-02-03T04:05:06Z is after 2026-01-01T00:00:00Z",
            F::Tls(TlsFault::Expired),
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": x509: certificate has expired or is not yet valid: current time 2020-02-03T04:05:06Z is before 2026-01-01T00:00:00Z",
            F::Tls(TlsFault::NotYetValid),
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": x509: certificate is valid for a.example, b.example, not reg.example",
            F::Tls(TlsFault::WrongName),
        ),
        (
            "failed to do request: Head \"https://10.0.0.5/v2/\": x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs",
            F::Tls(TlsFault::WrongName),
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": remote error: tls: handshake failure",
            F::Tls(TlsFault::Other),
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": http: server gave HTTP response to HTTPS client",
            F::HttpVsHttps,
        ),
        (
            "no match for platform in manifest: not found",
            F::PlatformMismatch,
        ),
        (
            "no match for platform in manifest sha256:12ab: not found",
            F::PlatformMismatch,
        ),
        (
            "rejecting 4194305 byte manifest for reg.example/team/app:1.4: not found",
            F::Corrupt,
        ),
    ] {
        for text in framed(cause) {
            let pull = read(&text);
            assert_eq!(pull.failure, failure, "{text}");
            assert!(
                text.contains(&pull.quote) && !pull.quote.is_empty(),
                "{text}: {}",
                pull.quote
            );
            assert!(!pull.boilerplate);
        }
    }
}

#[test]
fn errors_of_later_stages() {
    for (cause, failure) in [
        (
            "failed to copy: httpReadSeeker: failed open: content at https://reg.example/v2/a/manifests/sha256:12ab not found: not found",
            F::BlobMissing,
        ),
        (
            "failed to copy: httpReadSeeker: failed open: content at https://reg.example/v2/a/blobs/sha256:12ab not found: not found",
            F::BlobMissing,
        ),
        (
            "failed to copy: httpReadSeeker: failed open: content at https://reg.example/v2/a/manifests/1.4 not found: not found",
            F::TagNotFound,
        ),
        (
            "failed to copy: httpReadSeeker: failed open: unexpected status code https://reg.example/v2/a/blobs/sha256:12ab: 503 Service Unavailable",
            F::ServerError,
        ),
        (
            "failed to copy: failed to send write: write /var/lib/containerd/x: no space left on device",
            F::NodeDiskFull,
        ),
        (
            "failed to extract layer sha256:12ab: mount callback failed on /tmp/x: archive/tar: invalid tar header: unknown",
            F::Corrupt,
        ),
        (
            "failed commit on ref \"layer-sha256:12ab\": unexpected commit digest sha256:12, expected sha256:ab: failed precondition",
            F::Corrupt,
        ),
        (
            "failed to unpack image on snapshotter overlayfs: unexpected media type text/html for sha256:12ab: not found",
            F::ServerError,
        ),
        (
            "failed to copy: httpReadSeeker: failed open: short read: expected 10 bytes but got 3: unexpected EOF",
            F::Corrupt,
        ),
        ("failed to copy: context canceled", F::Timeout),
        (
            "media type \"application/vnd.docker.distribution.manifest.v1+prettyjws\" is no longer supported since containerd v2.1, please rebuild",
            F::Corrupt,
        ),
        (
            "could not fetch content descriptor sha256:12ab (x) from remote: not found",
            F::BlobMissing,
        ),
        (
            "ref layer-sha256:12ab locked for 3s (since now): unavailable",
            F::Unknown,
        ),
    ] {
        assert_eq!(
            read(&format!(
                "Failed to pull image \"{REF}\": failed to pull and unpack image \"{REF}\": {cause}"
            ))
            .failure,
            failure,
            "{cause}"
        );
    }
}

#[test]
fn words_of_cri_o() {
    for (text, failure) in [
        (
            "reading manifest 1.4 in reg.example/team/app: manifest unknown: manifest unknown",
            F::TagNotFound,
        ),
        (
            "reading manifest 1.4 in reg.example/team/app: name unknown: no such repository",
            F::NotFound,
        ),
        (
            "reading manifest 1.4 in docker.io/team/app: requested access to the resource is denied",
            F::NotFound,
        ),
        (
            "initializing source docker://ghcr.io/team/app:1.4: Requesting bearer token: invalid status code from registry 403 (Forbidden)",
            F::NotFound,
        ),
        (
            "initializing source docker://reg.example/team/app:1.4: unable to retrieve auth token: invalid username/password: unauthorized: no",
            F::Auth,
        ),
        (
            "initializing source docker://reg.example/app:1: pinging container registry reg.example: Get \"https://reg.example/v2/\": dial tcp: lookup reg.example: no such host",
            F::Dns,
        ),
        (
            "pinging container registry reg.example: StatusCode: 503, \"<html>\\n<body>...\"",
            F::ServerError,
        ),
        (
            "choosing image instance: no image found in manifest list for architecture \"arm64\", variant \"v8\", OS \"linux\"",
            F::PlatformMismatch,
        ),
        (
            "reading blob sha256:12ab: fetching blob: blob unknown to registry",
            F::BlobMissing,
        ),
        (
            "Digest did not match, expected sha256:12, got sha256:ab",
            F::Corrupt,
        ),
        (
            "SignatureValidationFailed: Source image rejected: A signature was required, but no signature exists",
            F::Policy,
        ),
        (
            "short-name \"app:1\" did not resolve to an alias and no unqualified-search registries are defined in \"/etc/containers/registries.conf\"",
            F::NameInvalid,
        ),
        (
            "RegistryUnavailable: pinging container registry reg.example: Get \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: connect: connection refused",
            F::Unreachable,
        ),
        (
            "image pull failed for reg.example/app:1 because the registry is unavailable",
            F::Unreachable,
        ),
    ] {
        assert_eq!(read(text).failure, failure, "{text}");
    }
}

#[test]
fn words_of_the_docker_engine() {
    for (text, failure) in [
        (
            "manifest for team/app:1.4 not found: manifest unknown: manifest unknown",
            F::TagNotFound,
        ),
        (
            "pull access denied for team/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            F::NotFound,
        ),
        (
            "Get https://reg.example/v2/team/app/manifests/1.4: no basic auth credentials",
            F::Auth,
        ),
        (
            "Head \"https://reg.example/v2/team/app/manifests/1.4\": unauthorized: authentication required, visit https://help.example/acr for more information.",
            F::Auth,
        ),
        (
            "Head \"https://reg.example/v2/team/app/manifests/latest\": denied: access forbidden",
            F::Auth,
        ),
        (
            "toomanyrequests: You have reached your pull rate limit. You may increase the limit by upgrading: https://www.docker.com/increase-rate-limit",
            F::RateLimited,
        ),
        (
            "no matching manifest for linux/arm64/v8 in the manifest list entries",
            F::PlatformMismatch,
        ),
        (
            "Get https://reg.example/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
            F::Unreachable,
        ),
        (
            "Get https://reg.example/v2/: x509: certificate relies on legacy Common Name field, use SANs instead",
            F::Tls(TlsFault::WrongName),
        ),
        (
            "{\\\"message\\\":\\\"Get https://10.0.0.3:5000/v1/_ping: x509: certificate signed by unknown authority\\\"}",
            F::Tls(TlsFault::UnknownAuthority),
        ),
        (
            "error pulling image configuration: download failed after attempts=6: tls: failed to verify certificate: x509: certificate is not valid for any names",
            F::Tls(TlsFault::WrongName),
        ),
        (
            "received unexpected HTTP status: 500 Internal Server Error",
            F::ServerError,
        ),
        (
            "Status 429 trying to pull repository team/app: \"<!DOCTYPE html>\\n<html lang=en>\"",
            F::RateLimited,
        ),
    ] {
        for frame in [
            "Error response from daemon: ",
            "Failed to pull image \"team/app:1.4\": rpc error: code = Unknown desc = Error response from daemon: ",
        ] {
            assert_eq!(
                read(&format!("{frame}{text}")).failure,
                failure,
                "{frame}{text}"
            );
        }
    }
}

/// A host is one that was asked; what a text sends its reader to is none.
#[test]
fn a_page_of_documentation_is_no_host() {
    for (text, host) in [
        (
            "Head \"https://reg.example/v2/a/manifests/1\": unauthorized: see https://docs.example/login for help",
            Some("reg.example"),
        ),
        (
            "reading manifest 1 in reg.example/a: unauthorized: Please login. Further instructions: https://access.example/RegistryAuthentication",
            None,
        ),
        (
            "unexpected status from HEAD request to https://reg.example/v2/a/manifests/1: 403 Forbidden: https://docs.example/",
            Some("reg.example"),
        ),
        (
            "denied: Unauthenticated request. To configure permissions, follow instructions at: https://cloud.example/docs/authentication",
            None,
        ),
        (
            "failed to do request: Head \"https://reg.example/v2/\": dial tcp: lookup mirror.example on 10.0.0.2:53: no such host",
            Some("mirror.example"),
        ),
        (
            "initializing source docker://reg.example:5000/a:1: unauthorized: https://help.example/",
            Some("reg.example:5000"),
        ),
    ] {
        assert_eq!(read(text).host.as_deref(), host, "{text}");
    }
}

#[test]
fn what_the_kubelet_says_itself() {
    assert_eq!(
        read("Failed to pull image \"a/b:1\": pull QPS exceeded").failure,
        F::PullQps
    );
    assert_eq!(
        read("Container image \"a/b:1\" is not present with pull policy of Never").failure,
        F::NeverPull
    );
    assert_eq!(read("Failed to apply default image tag \"a/B:1:2\": couldn't parse image name \"a/B:1:2\": invalid reference format").failure, F::NameInvalid);
    assert_eq!(
        read("Failed to pull image \"a\": rpc error: code = 4 desc = context deadline exceeded")
            .failure,
        F::Timeout
    );
}

#[test]
fn boilerplate_holds_no_cause() {
    for text in [
        "Back-off pulling image \"a/b:1\"",
        "Error: ErrImagePull",
        "Error: ImagePullBackOff",
        "ErrImagePull",
        "",
        "Failed to pull image \"a/b:1\": ",
    ] {
        let pull = read(text);
        assert_eq!(
            (pull.failure, pull.boilerplate),
            (F::Unknown, true),
            "{text}"
        );
    }
    assert!(!read("Failed to pull image \"a\": words of tomorrow").boilerplate);
}

#[test]
fn secrets_that_were_not_found() {
    let text = "Unable to retrieve some image pull secrets (one, two); attempting to pull the image may not succeed.";
    assert_eq!(missing_secrets(text), ["one", "two"]);
    assert_eq!(
        missing_secrets(
            "Unable to retrieve pull secret a/b for a/web due to secret \"b\" not found.  The image pull may not succeed."
        ),
        ["b"]
    );
    assert!(missing_secrets("pull QPS exceeded").is_empty());
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("[{text}, failed to pull {text}"));
    }

    #[test]
    fn a_quote_is_part_of_its_message(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "Failed to pull image \"a\": ", "[", "]", ", rpc error: code = X desc = ", "failed to copy: ", "Back-off pulling image \"b\"", ": ErrImagePull: ", "; artifact err: ", "<html", "\"", "é", ": ", "https://h/", "lookup h: no such host", " ",
    ]), 0..10)) {
        let text = pieces.concat();
        prop_assert!(text.contains(&read(&text).quote));
    }
}
