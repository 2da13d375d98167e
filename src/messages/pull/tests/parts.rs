//! Lists of errors, hosts, quotes, statuses.

use super::*;

#[test]
fn of_a_list_the_error_that_got_furthest() {
    let error = |cause: &str| {
        format!(
            "rpc error: code = Unknown desc = failed to pull and unpack image \"{REF}\": failed to resolve reference \"{REF}\": {cause}"
        )
    };
    let oauth = error(
        "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://a.example/token: 401 Unauthorized",
    );
    let anonymous = error(
        "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://a.example/token: 401 Unauthorized",
    );
    let absent = error("reg.example/team/app:1.4: not found");
    let refused = error(
        "failed to do request: Head \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: connect: connection refused",
    );
    for (list, failure, login) in [
        (vec![&oauth, &anonymous], F::Auth, Some(false)),
        (vec![&anonymous, &oauth], F::Auth, Some(false)),
        (vec![&absent, &anonymous], F::TagNotFound, None),
        (vec![&anonymous, &refused, &oauth], F::Unreachable, None),
    ] {
        let list = list.into_iter().cloned().collect::<Vec<_>>().join(", ");
        let pull = read(&format!("Failed to pull image \"{REF}\": [{list}]"));
        assert_eq!((pull.failure, pull.anonymous), (failure, login), "{list}");
        assert!(!pull.quote.ends_with(']'), "{}", pull.quote);
    }
}

#[test]
fn the_host_that_was_dialled() {
    for (text, host) in [
        (
            "failed to do request: Head \"https://cdn.example/v2/x\": dial tcp 10.0.0.3:443: i/o timeout",
            Some("cdn.example"),
        ),
        (
            "Head \"https://reg.example/v2/x\": Get \"https://auth.example/token\": dial tcp: lookup auth.example on 10.0.0.2:53: no such host",
            Some("auth.example"),
        ),
        (
            "pulling from host mirror.example:5000 failed with status code [manifests 1]: 403 Forbidden",
            Some("mirror.example:5000"),
        ),
        (
            "Get https://10.0.0.3:5000/v2/: http: server gave HTTP response to HTTPS client",
            Some("10.0.0.3:5000"),
        ),
        (
            "unexpected status code https://registry-1.docker.io/v2/a/manifests/1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit. You may increase the limit by upgrading: https://www.docker.com/increase-rate-limit",
            Some("registry-1.docker.io"),
        ),
        (
            "Head \"https://reg.example/v2/a\": unauthorized: authentication required, visit https://help.example/ for more information.",
            Some("reg.example"),
        ),
        (
            "dial tcp 10.0.0.3:443: connect: connection refused",
            Some("10.0.0.3:443"),
        ),
        ("toomanyrequests: slow down", None),
        (
            "unexpected status code https://registry.example/v2/a/manifests/1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
            Some("registry.example"),
        ),
    ] {
        assert_eq!(read(text).host.as_deref(), host, "{text}");
    }
}

#[test]
fn the_quote_is_the_telling_part() {
    for (text, quote) in [
        (format!("Back-off pulling image \"{REF}\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"{REF}\": failed to resolve reference \"{REF}\": {REF}: not found"), format!("{REF}: not found")),
        (format!("unable to pull image or OCI artifact: pull image err: initializing source docker://{REF}: reading manifest 1.4 in reg.example/team/app: manifest unknown; artifact err: same"), "reading manifest 1.4 in reg.example/team/app: manifest unknown".to_owned()),
        ("Error response from daemon: Status 503 trying to pull repository a/b: \"<!DOCTYPE html><title>no</title>".to_owned(), "Status 503 trying to pull repository a/b".to_owned()),
    ] {
        assert_eq!(read(&text).quote, quote);
    }
}

#[test]
fn status_and_login() {
    let pull = read(
        "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
    );
    assert_eq!((pull.status, pull.anonymous), (Some(401), Some(true)));
    assert_eq!(read("toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit").anonymous, Some(true));
    assert_eq!(
        read("received unexpected HTTP status: 503 Service Unavailable").status,
        Some(503)
    );
    assert_eq!(
        read("unexpected status code [manifests 401]: 7 x").status,
        None
    );
}

#[test]
fn registries_and_proxies_have_words_of_their_own() {
    let framed =
        |text: &str| format!("Failed to pull image \"{REF}\": Error response from daemon: {text}");
    for (text, failure) in [
        ("unknown: artifact team/app:1.4 not found", F::TagNotFound),
        ("unknown: repository team/app not found", F::NotFound),
        (
            "Head \"https://ghcr.io/v2/team/app/manifests/1.4\": denied",
            F::NotFound,
        ),
        (
            "Head \"https://ghcr.io/v2/team/app/manifests/1.4\": denied: denied",
            F::NotFound,
        ),
        (
            "Head \"https://reg.example/v2/team/app/manifests/1.4\": denied",
            F::Auth,
        ),
        (
            "Head \"https://ghcr.io/v2/team/app/manifests/1.4\": unauthorized: authentication required",
            F::Auth,
        ),
        (
            "denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"projects/a\" (or it may not exist)",
            F::Auth,
        ),
        (
            "error getting credentials - err: exit status 1, out: ``",
            F::Auth,
        ),
        (
            "Quota exceeded for quota metric 'Requests per project per region'",
            F::RateLimited,
        ),
        (
            "reading manifest sha256:12ab in reg.example/a: fetching target platform image selected from image index: reading manifest sha256:34cd in reg.example/a: manifest unknown",
            F::BlobMissing,
        ),
        (
            "[DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 support is disabled",
            F::Corrupt,
        ),
        (
            "image operating system \"windows\" cannot be used on this platform",
            F::PlatformMismatch,
        ),
        (
            "a Windows version 10.0.20348-based image is incompatible with a 10.0.17763 host",
            F::PlatformMismatch,
        ),
        (
            "invalid character '<' looking for beginning of value",
            F::ServerError,
        ),
        (
            "failed to fetch anonymous token: Get \"https://auth.example/token?scope=repository%3Aa%3Apull&service=reg\": EOF",
            F::Unreachable,
        ),
        ("Get \"https://reg.example/v2/\": Forbidden", F::Unreachable),
        (
            "failed to copy: httpReadSeeker: failed open: stream error: stream ID 5; INTERNAL_ERROR; received from peer",
            F::Unreachable,
        ),
        (
            "failed to copy: read tcp 10.0.0.1:5->10.0.0.3:443: use of closed network connection",
            F::Unreachable,
        ),
        ("something that no table knows", F::Unknown),
        (
            "failed to resolve reference \"reg.example/a:1\": failed to do request: Head \"https://reg.exam",
            F::Unknown,
        ),
    ] {
        assert_eq!(read(&framed(text)).failure, failure, "{text}");
    }
}

#[test]
fn what_only_a_pull_says_is_known_without_its_frame() {
    for text in [
        "pinging container registry reg.example: Get \"http://reg.example/v2/\": dial tcp 10.0.0.3:80: connect: connection refused",
        "error pinging reg.example:4000: Get \"https://reg.example:4000/v2/\": http: server gave HTTP response to HTTPS client",
        "initializing source docker://ghcr.io/team/app:1: Requesting bearer token: invalid status code from registry 403 (Forbidden)",
        "rpc error: code = Unknown desc = Error response from daemon: Get https://reg.example/v2/: net/http: request canceled while waiting for connection",
        "Head \"https://reg.example/v2/a/manifests/latest\": denied: access forbidden",
        "x509: certificate relies on legacy Common Name field, use SANs",
    ] {
        assert!(is_of_pull(text), "{text}");
    }
    for text in [
        "",
        "failed to create containerd container: mkdir /x: permission denied",
        "failed to extract layer sha256:12ab: write /x: no space left on device",
        "Get \"http://10.0.0.3:8080/healthz\": dial tcp 10.0.0.3:8080: connect: connection refused",
        "stat /v2/: no such file or directory",
        "initializing source of the pipeline",
    ] {
        assert!(!is_of_pull(text), "{text}");
    }
}
