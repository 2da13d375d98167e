//! What is asked of an API server for which question, and what becomes of answers that fail.
//!
//! The number of requests is a promise (README): these tests pin it without a cluster.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere"
)]

mod believed;
mod beyond;
mod depends;
mod faults;
mod few_nodes;
mod forms;
mod habits;
mod logs;
mod refused;
mod rollouts;

use crate::api_server::{ApiServer, Response};
use crate::support::{ConnectionFlags, Kind, Loaded, Scope, Target, Why, hints, read_cluster};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const POD: &str = "/api/v1/namespaces/shop/pods/web";
const NODE: &str = "/api/v1/nodes/worker-1";
const PODS: &str = "/api/v1/namespaces/shop/pods";
const EVENTS: &str = "/api/v1/namespaces/shop/events";
const SERVICES: &str = "/api/v1/namespaces/shop/services";
const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses";

fn flags(server: &ApiServer) -> ConnectionFlags {
    ConnectionFlags {
        kubeconfig: Some(server.kubeconfig()),
        request_timeout: Some(Duration::from_secs(2)),
        ..ConnectionFlags::default()
    }
}

fn named(name: &str) -> Scope {
    Scope {
        namespace: Some("shop".to_owned()),
        targets: vec![Target::new(Kind::Pod, name)],
        ..Scope::default()
    }
}

fn shop() -> Scope {
    Scope {
        namespace: Some("shop".to_owned()),
        ..Scope::default()
    }
}

fn read(server: &ApiServer, scope: Scope) -> anyhow::Result<Loaded> {
    read_cluster(&flags(server), scope, false)
}

fn asked(server: &ApiServer) -> Vec<String> {
    let mut paths: Vec<String> = server
        .asked()
        .iter()
        .map(|asked| asked.path.clone())
        .collect();
    paths.sort();
    paths
}

/// What a scan lists of workloads, and of routes of the Gateway API.
const LISTED: [&str; 7] = [
    "/apis/apps/v1/namespaces/shop/daemonsets",
    "/apis/apps/v1/namespaces/shop/deployments",
    "/apis/apps/v1/namespaces/shop/statefulsets",
    "/apis/batch/v1/namespaces/shop/cronjobs",
    "/apis/batch/v1/namespaces/shop/jobs",
    "/apis/gateway.networking.k8s.io/v1/namespaces/shop/grpcroutes",
    "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes",
];

/// What a scan asks for besides them.
fn scanned(server: &ApiServer) -> Vec<String> {
    let mut paths = asked(server);
    for list in LISTED {
        let at = paths.iter().position(|path| path == list);
        paths.remove(at.expect(list));
    }
    paths
}

/// Has none of it.
fn without_lists(server: &ApiServer) {
    for list in LISTED {
        server.on(list, [Response::list("List", &[])]);
    }
}

fn waiting(name: &str, reason: &str, message: &str) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "app", "image": "registry.example/web:1"}]},
        "status": {"phase": "Pending", "startTime": "2026-11-22T07:00:00Z",
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": {"waiting": {"reason": reason, "message": message}}}]}})
}

fn pending(name: &str) -> Value {
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"containers": [{"name": "app", "image": "registry.example/web:1"}]},
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}]}})
}

fn healthy(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "image": "", "imageID": "", "state": {"running": {"startedAt": "2026-11-22T07:00:01Z"}}}]}})
}

#[test]
fn a_pod_that_waits_for_an_image_costs_three_requests() {
    let server = ApiServer::start();
    server.on(
        POD,
        [Response::json(&waiting(
            "web",
            "ErrImagePull",
            "registry.example/web:1: not found",
        ))],
    );
    server.on(EVENTS, [Response::list("EventList", &[])]);
    let gathered = read(&server, named("web")).unwrap();
    // the node's runtime tells how to try by hand
    assert_eq!(asked(&server), [EVENTS, POD, NODE]);
    assert_eq!(gathered.requests(), 3);
    assert_eq!(gathered.stuck(), 1);
    let events = server
        .asked()
        .into_iter()
        .find(|asked| asked.path == EVENTS)
        .unwrap();
    assert_eq!(
        events.query("fieldSelector"),
        Some("involvedObject.name%3Dweb")
    );
}

/// Kubelets before 1.32 back off without a word: which logins there are is asked by what the event says.
#[test]
fn logins_are_read_where_only_an_event_tells_of_a_refusal() {
    const SECRETS: &str = "/api/v1/namespaces/shop/secrets";
    const ACCOUNT: &str = "/api/v1/namespaces/shop/serviceaccounts/default";
    for (said, more) in [
        ("no basic auth credentials", vec![SECRETS, ACCOUNT]),
        ("manifest unknown", vec![]),
    ] {
        let server = ApiServer::start();
        let back_off = "Back-off pulling image \"registry.example/web:1\"";
        server.on(
            POD,
            [Response::json(&waiting(
                "web",
                "ImagePullBackOff",
                back_off,
            ))],
        );
        let message = format!("Failed to pull image \"registry.example/web:1\": {said}");
        let event = json!({"metadata": {"name": "web.1", "namespace": "shop"}, "reason": "Failed", "message": message,
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web"}});
        server.on(EVENTS, [Response::list("EventList", &[event])]);
        server.on(SECRETS, [Response::list("SecretList", &[])]);
        server.on(
            ACCOUNT,
            [Response::json(
                &json!({"metadata": {"name": "default", "namespace": "shop"}}),
            )],
        );
        read(&server, named("web")).unwrap();
        let asked = asked(&server);
        let logins = asked
            .iter()
            .filter(|path| [SECRETS, ACCOUNT].contains(&path.as_str()));
        assert_eq!(logins.collect::<Vec<_>>(), more, "{said}");
    }
}

#[test]
fn a_pending_pod_costs_four_requests() {
    let server = ApiServer::start();
    server.on(POD, [Response::json(&pending("web"))]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on(
        "/api/v1/nodes",
        [Response::list(
            "NodeList",
            &[json!({"metadata": {"name": "worker-1"}})],
        )],
    );
    server.on("/api/v1/pods", [Response::list("PodList", &[])]);
    let gathered = read(&server, named("web")).unwrap();
    assert_eq!(
        asked(&server),
        [EVENTS, POD, "/api/v1/nodes", "/api/v1/pods"]
    );
    assert!(gathered.store().nodes().whole_cluster().is_ok());
    let pods = server
        .asked()
        .into_iter()
        .find(|asked| asked.path == "/api/v1/pods")
        .unwrap();
    assert_eq!(
        pods.query("fieldSelector"),
        Some("status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed")
    );
    assert_eq!(
        pods.query("resourceVersion"),
        Some("0"),
        "the whole cluster is read from the watch cache"
    );
}

#[test]
fn a_scan_with_nothing_stuck_costs_twelve_requests() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::list("PodList", &[healthy("a"), healthy("b")])],
    );
    let gathered = read(&server, shop()).unwrap();
    // who was refused a pod or a ReplicaSet, the pods, the Services that may have none, what routes to some, and the workloads
    assert_eq!(
        scanned(&server),
        [EVENTS, EVENTS, PODS, SERVICES, INGRESSES]
    );
    assert_eq!(gathered.requests(), 12);
    assert_eq!((gathered.stuck(), gathered.pods()), (0, 2));
    let events = server.asked();
    let events = events.iter().filter(|asked| asked.path == EVENTS);
    let selectors: BTreeSet<_> = events
        .filter_map(|asked| asked.query("fieldSelector").map(str::to_owned))
        .collect();
    let expected = ["reason%3DFailedCreate", "reason%3DReplicaSetCreateError"];
    assert_eq!(selectors, expected.map(str::to_owned).into());
}

#[test]
fn what_was_restarted_an_hour_ago_and_is_well_costs_a_scan_nothing() {
    let server = ApiServer::start();
    let mut restarted = healthy("a");
    let since = |at: &str| json!({"running": {"startedAt": at}});
    let status = &mut restarted["status"]["containerStatuses"][0];
    status["restartCount"] = json!(3);
    status["state"] = since("2026-11-22T06:59:00Z");
    server.on(PODS, [Response::list("PodList", &[restarted.clone()])]);
    let gathered = read(&server, shop()).unwrap();
    let nothing_stuck = [EVENTS, EVENTS, PODS, SERVICES, INGRESSES];
    assert_eq!(scanned(&server), nothing_stuck);
    assert_eq!((gathered.stuck(), gathered.pods()), (0, 1));
    // lately it would be told with its owner
    restarted["status"]["containerStatuses"][0]["state"] = since("2026-11-22T07:01:00Z");
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[restarted])]);
    read(&server, shop()).unwrap();
    assert_ne!(scanned(&server), nothing_stuck);
}

#[test]
fn a_scan_reads_the_events_of_many_stuck_pods_at_once() {
    let server = ApiServer::start();
    let pods: Vec<Value> = (0..9)
        .map(|i| waiting(&format!("web-{i}"), "CrashLoopBackOff", ""))
        .collect();
    server.on(PODS, [Response::list("PodList", &pods)]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    read(&server, shop()).unwrap();
    // the first two lists of events are of those that were refused what they make
    assert_eq!(
        scanned(&server),
        [EVENTS, EVENTS, EVENTS, PODS, SERVICES, INGRESSES]
    );
}

#[test]
fn the_servers_clock_counts_and_not_ours() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[healthy("a")])]);
    let gathered = read(&server, shop()).unwrap();
    assert_eq!(gathered.as_of(), "2026-11-22T08:00:00Z");
}

#[test]
fn every_failure_of_a_lesser_read_is_a_gap() {
    let faults = [
        (
            Response::failure(
                403,
                "Forbidden",
                "events is forbidden: User \"jane\" cannot list",
            ),
            Why::Forbidden,
        ),
        (Response::text(404, "404 page not found"), Why::NotServed),
        (
            Response::failure(500, "InternalError", "etcd is away"),
            Why::Failed,
        ),
        (
            Response::list("EventList", &[json!({"metadata": {"name": "e"}})]).cut(30),
            Why::Failed,
        ),
        (
            Response::raw("application/json", b"{\"items\": [nonsense"),
            Why::Failed,
        ),
        (
            Response::list("EventList", &[]).after(Duration::from_secs(9)),
            Why::TimedOut,
        ),
    ];
    for (fault, why) in faults {
        let server = ApiServer::start();
        server.on(
            POD,
            [Response::json(&waiting("web", "CrashLoopBackOff", ""))],
        );
        server.on(EVENTS, [fault]);
        let gathered = read(&server, named("web")).unwrap();
        assert_eq!(gathered.stuck(), 1, "the pod's status still speaks");
        let gaps: Vec<_> = gathered
            .store()
            .gaps()
            .into_iter()
            .map(|gap| (gap.kind, gap.why))
            .collect();
        assert_eq!(gaps, [(Kind::Event, why)]);
    }
}

#[test]
fn without_the_right_to_list_pods_the_missing_right_is_shown() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::failure(403, "Forbidden", "pods is forbidden")],
    );
    let error = read(&server, shop()).unwrap_err();
    assert_eq!(error.to_string(), "pods in namespace shop cannot be read");
    assert_eq!(
        hints(&error),
        ["see whether you may: kubectl auth can-i list pods -n shop"]
    );
}

#[test]
fn a_pod_list_that_is_cut_off_is_no_clean_bill_of_health() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::list("PodList", &[healthy("a"), healthy("b")]).cut(200)],
    );
    let error = read(&server, shop()).unwrap_err();
    assert_eq!(error.to_string(), "pods in namespace shop cannot be read");
}

#[test]
fn for_a_pod_that_is_not_there_the_nearest_is_offered() {
    let server = ApiServer::start();
    let missing = json!({"reason": "NotFound", "message": "pods \"wep\" not found", "details": {"name": "wep", "kind": "pods"}});
    server.on(
        "/api/v1/namespaces/shop/pods/wep",
        [Response::status(404, missing)],
    );
    // the names are read as the table that kubectl prints
    let rows = ["db", "web"].map(|name| json!({"cells": [name, "1/1", "Running", "0", "3d"]}));
    server.on(
        PODS,
        [Response::json(&json!({"kind": "Table", "rows": rows}))],
    );
    let error = read(&server, named("wep")).unwrap_err();
    assert_eq!(error.to_string(), "pod wep not found in namespace shop");
    assert_eq!(hints(&error), ["did you mean web?"]);
}

#[test]
fn a_namespace_that_is_not_there_is_an_error() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[])]);
    let missing = json!({"reason": "NotFound", "message": "namespaces \"shop\" not found", "details": {"name": "shop", "kind": "namespaces"}});
    server.on("/api/v1/namespaces/shop", [Response::status(404, missing)]);
    server.on(
        "/api/v1/namespaces",
        [Response::list(
            "NamespaceList",
            &[json!({"metadata": {"name": "shop2"}})],
        )],
    );
    let error = read(&server, shop()).unwrap_err();
    assert_eq!(error.to_string(), "namespace shop not found");
    assert_eq!(hints(&error), ["did you mean shop2?"]);
}

#[test]
fn an_empty_namespace_is_well_even_when_it_may_not_be_read() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[])]);
    server.on(
        "/api/v1/namespaces/shop",
        [Response::failure(
            403,
            "Forbidden",
            "namespaces is forbidden",
        )],
    );
    assert_eq!(read(&server, shop()).unwrap().pods(), 0);
}

#[test]
fn a_secrets_value_is_never_asked_for() {
    let server = ApiServer::start();
    let refused = "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.example/token: 401 Unauthorized";
    server.on(
        POD,
        [Response::json(&waiting("web", "ErrImagePull", refused))],
    );
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on(
        "/api/v1/namespaces/shop/serviceaccounts/default",
        [Response::json(
            &json!({"metadata": {"name": "default", "namespace": "shop"}}),
        )],
    );
    let table = json!({"kind": "Table", "rows": [{"cells": ["login", "kubernetes.io/dockerconfigjson", 1, "3d"]}]});
    server.on("/api/v1/namespaces/shop/secrets", [Response::json(&table)]);
    let gathered = read(&server, named("web")).unwrap();
    let asked = server
        .asked()
        .into_iter()
        .find(|asked| asked.path.contains("secrets"))
        .unwrap();
    assert!(asked.header("accept").unwrap().contains("as=Table"));
    assert_eq!(asked.query("includeObject"), Some("None"));
    let login = gathered
        .store()
        .secrets()
        .get("shop", "login")
        .yes()
        .unwrap();
    assert_eq!(
        login.r#type.as_deref(),
        Some("kubernetes.io/dockerconfigjson")
    );
    assert_eq!(login.keys, None, "a table says nothing of keys");
    assert!(gathered.store().secrets().get("shop", "other").is_absent());
}

#[test]
fn a_large_namespace_is_streamed() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::generated("PodList", 20_000, |i| {
            healthy(&format!("web-{i}")).to_string()
        })],
    );
    let gathered = read(&server, shop()).unwrap();
    assert_eq!(gathered.pods(), 20_000);
    assert_eq!(gathered.stuck(), 0);
}
