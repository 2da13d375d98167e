//! What `--logs` asks for, how much it takes, and what it keeps.

use super::{EVENTS, POD, PODS, asked, flags, named, shop};
use crate::api_server::{ApiServer, Response};
use crate::support::{Loaded, Verdict, read_cluster_with};
use serde_json::{Value, json};

const LOG: &str = "/api/v1/namespaces/shop/pods/web/log";

/// A pod whose container crashes, after others of the same controller where there are any.
fn crashing(name: &str, controller: &str) -> Value {
    let ended = json!({"exitCode": 1, "reason": "Error", "startedAt": "2026-11-22T07:57:00Z", "finishedAt": "2026-11-22T07:57:03Z"});
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-22T07:00:00Z",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": controller, "uid": controller, "controller": true}]},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "app", "image": "web:1", "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "image": "web:1", "imageID": "web:1", "ready": false,
            "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}]}})
}

fn server(log: impl IntoIterator<Item = Response>) -> ApiServer {
    let server = ApiServer::start();
    server.on(POD, [Response::json(&crashing("web", "web-1a"))]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on(LOG, log);
    server
}

fn read(server: &ApiServer, logs: bool) -> Loaded {
    read_cluster_with(&flags(server), named("web"), false, logs).unwrap()
}

fn headline(loaded: &Loaded) -> String {
    loaded.report().diagnoses[0].headline.clone()
}

fn of_log(server: &ApiServer) -> Vec<String> {
    let mut asked = asked(server);
    asked.retain(|path| path.contains("/log"));
    asked
}

#[test]
fn logs_are_read_only_where_somebody_wants_them() {
    let server = server([Response::text(200, "error: no licence\n")]);
    let without = read(&server, false);
    assert!(of_log(&server).is_empty());
    assert!(!headline(&without).contains("licence"));
    let with = read(&server, true);
    assert!(
        headline(&with).ends_with("no licence"),
        "{}",
        headline(&with)
    );
    let asked = server
        .asked()
        .into_iter()
        .find(|it| it.path == LOG)
        .unwrap();
    for pair in [
        "container=app",
        "previous=true",
        "tailLines=100",
        "limitBytes=65536",
    ] {
        assert!(
            asked.query.split('&').any(|it| it == pair),
            "{}",
            asked.query
        );
    }
}

#[test]
fn a_log_whose_end_is_cut_off_is_asked_for_again_with_fewer_lines() {
    let long = "x".repeat(65_536);
    let server = server([
        Response::text(200, &long),
        Response::text(200, "error: no licence\n"),
    ]);
    let loaded = read(&server, true);
    assert!(headline(&loaded).ends_with("no licence"));
    let lines = |asked: &crate::api_server::Asked| asked.query("tailLines").map(str::to_owned);
    let asked = server.asked();
    let asked: Vec<_> = asked
        .iter()
        .filter(|it| it.path == LOG)
        .filter_map(lines)
        .collect();
    assert_eq!(asked, ["100", "10"]);
}

#[test]
fn neither_a_credential_nor_what_a_terminal_obeys_is_kept() {
    let line = "\u{1b}[31merror: login postgres://app:s3cret9@db failed, tried hunter2, token: abc123def\u{7}\n";
    let loaded = read(&server([Response::text(200, line)]), true);
    let kept = &loaded.store().logs()[0].text;
    for word in ["s3cret9", "hunter2", "abc123def", "\u{1b}", "\u{7}"] {
        assert!(!kept.contains(word), "{kept}");
    }
    assert!(kept.starts_with("error: login postgres://app:masked@db failed"));
    assert!(!loaded.json().to_string().contains("hunter2"));
}

#[test]
fn a_log_that_may_not_be_read_is_a_gap() {
    let words_of_server =
        "pods \"web\" is forbidden: User \"dev\" cannot get resource \"pods/log\"";
    let refused = Response::failure(403, "Forbidden", words_of_server);
    let report = read(&server([refused]), true).report();
    let gap = report.gaps.iter().find(|gap| gap.kind == "logs").unwrap();
    assert_eq!(
        (gap.namespace.as_deref(), gap.why),
        (Some("shop"), "forbidden")
    );
    assert!(gap.detail.contains("pods/log"), "{}", gap.detail);
    assert_eq!(report.diagnoses[0].cause, "crash-app-error");
    assert_eq!(report.verdict(), Verdict::Stuck);
}

#[test]
fn one_pod_of_a_controller_speaks_for_all_and_no_more_than_twenty_are_read() {
    let server = ApiServer::start();
    let pods: Vec<Value> = (0..60)
        .map(|number| crashing(&format!("p{number:02}"), &format!("set{}", number / 2)))
        .collect();
    server.answer(|asked| {
        let is_log = asked.path.ends_with("/log");
        is_log.then(|| Response::text(200, "error: no licence"))
    });
    server.on(PODS, [Response::list("PodList", &pods)]);
    server.answer(|_| Some(Response::list("List", &[])));
    let loaded = read_cluster_with(&flags(&server), shop(), false, true).unwrap();
    assert_eq!(of_log(&server).len(), 20);
    let report = loaded.report();
    assert!(report.gaps.iter().any(|gap| gap.kind == "logs"));
    let told = report
        .diagnoses
        .iter()
        .filter(|it| it.headline.contains("licence"));
    assert_eq!(told.map(|it| it.affected.len()).sum::<usize>(), 40);
}
