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
