//! What is believed of an answer that is not what was asked for, or not wholly understood.

use super::{EVENTS, POD, PODS, SERVICES, healthy, named, pending, read, shop};
use crate::api_server::{ApiServer, Response};
use crate::support::Kind;
use serde_json::json;

#[test]
fn one_pod_that_is_not_understood_stops_nothing() {
    let server = ApiServer::start();
    let mut broken = healthy("broken");
    broken["spec"]["priority"] = json!("hunter2");
    server.on(PODS, [Response::list("PodList", &[healthy("web"), broken])]);
    server.on(SERVICES, [Response::list("ServiceList", &[])]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    let loaded = read(&server, shop()).unwrap();
    assert_eq!(loaded.pods(), 1);
    let gaps = loaded.report().gaps;
    let gap = gaps.iter().find(|gap| gap.kind == Kind::Pod.as_str());
    let gap = gap.expect("it is missed");
    assert_eq!(gap.name.as_deref(), Some("broken"));
    assert!(!format!("{gaps:?}").contains("hunter2"), "{gaps:?}");
}

#[test]
fn nodes_that_a_gateway_does_not_know_are_not_absent() {
    let server = ApiServer::start();
    let gateway = json!({"reason": "NotFound", "message": "no such cluster", "details": {"name": "east", "kind": "clusters"}});
    server.on(POD, [Response::json(&pending("web"))]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on("/api/v1/nodes", [Response::status(404, gateway)]);
    let report = read(&server, named("web")).unwrap().report();
    let causes: Vec<_> = report.diagnoses.iter().map(|found| found.cause).collect();
    assert!(!causes.contains(&"no-nodes"), "{causes:?}");
    assert!(
        report
            .gaps
            .iter()
            .any(|gap| gap.kind == Kind::Node.as_str()),
        "{:?}",
        report.gaps
    );
}

#[test]
fn a_list_without_nodes_is_not_believed_against_the_scheduler() {
    let server = ApiServer::start();
    server.on(POD, [Response::json(&pending("web"))]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on("/api/v1/nodes", [Response::list("NodeList", &[])]);
    server.on("/api/v1/pods", [Response::list("PodList", &[])]);
    let report = read(&server, named("web")).unwrap().report();
    let causes: Vec<_> = report.diagnoses.iter().map(|found| found.cause).collect();
    assert!(!causes.contains(&"no-nodes"), "{causes:?}");
}
