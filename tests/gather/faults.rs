//! Every fault of a server, met by a whole run: where the pods cannot be read there is no diagnosis, and what else cannot
//! be read is a gap with its name. Never is either taken for "there is nothing".

use super::{EVENTS, PODS, SERVICES, flags, healthy, pending, shop};
use crate::api_server::{ApiServer, Response};
use crate::support::{Kind, Loaded, read_cluster};
use serde_json::json;
use std::time::{Duration, Instant};

/// What a server and what stands before it may answer in place of a list.
fn faults(elsewhere: &ApiServer) -> Vec<(&'static str, Response)> {
    let there = elsewhere.url();
    let whole = Response::list("List", &[healthy("web")]);
    let chunked = |rest: &str| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        Response::wire(format!("{head}{rest}"))
    };
    let gzip = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd";
    let short = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"kind\":";
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "message": "no"});
    let mut all = vec![
        ("a Status with 200", Response::json(&status)),
        (
            "an empty list of another kind",
            Response::json(&json!({"kind": "SecretList", "apiVersion": "v1", "items": []})),
        ),
        (
            "one object",
            Response::json(&json!({"kind": "Pod", "apiVersion": "v1"})),
        ),
        ("null", Response::raw("application/json", b"null")),
        ("an array", Response::raw("application/json", b"[]")),
        (
            "a login page",
            Response::raw("text/html", b"<html>please log in</html>"),
        ),
        (
            "protobuf",
            Response::raw("application/vnd.kubernetes.protobuf", b"k8s\0"),
        ),
        ("cut off", whole.clone().cut(200)),
        ("cut off and zipped", whole.clone().gzip().cut(20)),
        ("silent", whole.clone().after(Duration::from_secs(60))),
        ("silent in the middle", whole.stall(100)),
        ("a chunk that is none", chunked("zz\r\n{}\r\n0\r\n\r\n")),
        (
            "a chunk that is larger than it is",
            chunked("ffff\r\n{}\r\n"),
        ),
        ("zipped garbage", Response::wire(gzip)),
        ("shorter than it says", Response::wire(short)),
        (
            "a shell's greeting",
            Response::wire("SSH-2.0-OpenSSH_9.6\r\n"),
        ),
        (
            "HTTP/2",
            Response::wire(b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0".to_vec()),
        ),
        (
            "a header without an end",
            Response::wire(format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(1 << 20))),
        ),
    ];
    for code in [301, 302, 307, 308] {
        let moved = Response::text(code, "").header("Location", &format!("{there}{PODS}"));
        all.push(("moved elsewhere", moved));
    }
    for code in [
        400, 401, 403, 404, 405, 406, 409, 410, 429, 500, 502, 503, 504, 599,
    ] {
        let details =
            json!({"reason": "x", "message": "no", "details": {"name": "web", "kind": "pods"}});
        // what may pass is asked again, but not after an hour
        all.push((
            "a refusal",
            Response::status(code, details).header("Retry-After", "3600"),
        ));
    }
    all
}

fn run(broken: &str, fault: Response) -> (anyhow::Result<Loaded>, Duration) {
    let server = ApiServer::start();
    server.on(broken, [fault]);
    server.on(
        PODS,
        [Response::list("PodList", &[pending("web"), healthy("api")])],
    );
    for path in [EVENTS, SERVICES, "/api/v1/nodes", "/api/v1/pods"] {
        server.on(path, [Response::list("List", &[])]);
    }
    let flags = crate::support::ConnectionFlags {
        request_timeout: Some(Duration::from_millis(700)),
        ..flags(&server)
    };
    let began = Instant::now();
    let loaded = read_cluster(&flags, shop(), false);
    assert!(server.asked().iter().all(|asked| asked.method == "GET"));
    (loaded, began.elapsed())
}

#[test]
fn pods_that_cannot_be_read_are_never_none() {
    let elsewhere = ApiServer::start();
    for (what, fault) in faults(&elsewhere) {
        let (loaded, took) = run(PODS, fault);
        assert!(loaded.is_err(), "{what}");
        assert!(took < Duration::from_secs(5), "{what}: {took:?}");
    }
    assert!(elsewhere.asked().is_empty(), "no redirect is followed");
}

#[test]
fn what_else_cannot_be_read_is_a_gap() {
    let elsewhere = ApiServer::start();
    for (what, fault) in faults(&elsewhere) {
        let (loaded, took) = run("/api/v1/nodes", fault);
        let report = loaded.expect("the pods are there").report();
        let gap = report
            .gaps
            .iter()
            .find(|gap| gap.kind == Kind::Node.as_str());
        assert!(gap.is_some(), "{what}: {:?}", report.gaps);
        let causes: Vec<_> = report.diagnoses.iter().map(|found| found.cause).collect();
        assert!(!causes.contains(&"no-nodes"), "{what}: {causes:?}");
        assert!(took < Duration::from_secs(5), "{what}: {took:?}");
    }
    assert!(elsewhere.asked().is_empty(), "no redirect is followed");
}
