//! What is asked for besides pods: the Services of a scan, and the node of a pod about which its kubelet says nothing.

use super::{EVENTS, PODS, asked, healthy, pending, read, shop, waiting};
use crate::api_server::{ApiServer, Response};
use crate::support::{Kind, Scope, Target, hints};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

const SERVICES: &str = "/api/v1/namespaces/shop/services";
const NODE: &str = "/api/v1/nodes/worker-1";

fn scope(kind: Kind, name: &str) -> Scope {
    Scope {
        targets: vec![Target::new(kind, name)],
        ..shop()
    }
}

fn service(selector: &Value) -> Value {
    json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"selector": selector}})
}

fn labelled(app: &str) -> Value {
    let mut pod = healthy("web-1");
    pod["metadata"]["labels"] = json!({"app": app});
    pod
}

fn not_found(plural: &str, name: &str) -> Response {
    let missing = json!({"reason": "NotFound", "message": format!("{plural} \"{name}\" not found"), "details": {"name": name, "kind": plural}});
    Response::status(404, missing)
}

/// The workloads of the namespace, of which there are none.
fn no_workloads(server: &ApiServer) -> Vec<String> {
    let core = ["replicationcontrollers"].map(|plural| ("/api/v1", plural));
    let apps = ["daemonsets", "deployments", "replicasets", "statefulsets"]
        .map(|it| ("/apis/apps/v1", it));
    let batch = ["cronjobs", "jobs"].map(|plural| ("/apis/batch/v1", plural));
    let all = core.into_iter().chain(apps).chain(batch);
    let paths = all.map(|(group, plural)| format!("{group}/namespaces/shop/{plural}"));
    paths
        .inspect(|path| {
            server.on(path, [Response::list("List", &[])]);
        })
        .collect()
}

#[test]
fn a_service_costs_what_may_be_in_its_way_and_one_without_pods_the_workloads() {
    for (app, more) in [("web", false), ("wbe", true)] {
        let server = ApiServer::start();
        server.on(PODS, [Response::list("PodList", &[labelled("web")])]);
        let name = format!("{SERVICES}/web");
        server.on(&name, [Response::json(&service(&json!({"app": app})))]);
        server.on(EVENTS, [Response::list("EventList", &[])]);
        let workloads = no_workloads(&server);
        // the events tell of a workload of its that was refused its pods
        let mut expected = vec![EVENTS.to_owned(), PODS.to_owned(), name];
        expected.extend(workloads.into_iter().filter(|_| more));
        for (group, plural) in [
            ("networking.k8s.io", "ingresses"),
            ("networking.k8s.io", "networkpolicies"),
            ("discovery.k8s.io", "endpointslices"),
            ("gateway.networking.k8s.io", "httproutes"),
            ("gateway.networking.k8s.io", "grpcroutes"),
        ] {
            let path = format!("/apis/{group}/v1/namespaces/shop/{plural}");
            server.on(&path, [Response::list("List", &[])]);
            expected.push(path);
        }
        let report = read(&server, scope(Kind::Service, "web")).unwrap().report();
        expected.sort();
        assert_eq!(asked(&server), expected, "{app}");
        let causes: Vec<_> = report.diagnoses.iter().map(|d| d.cause).collect();
        assert_eq!(causes.contains(&"service-selector-mismatch"), more, "{app}");
    }
}

#[test]
fn for_a_service_that_is_not_there_the_nearest_is_offered() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[])]);
    server.on(&format!("{SERVICES}/wbe"), [not_found("services", "wbe")]);
    let web = service(&json!({}));
    server.on(SERVICES, [Response::list("ServiceList", &[web])]);
    let error = read(&server, scope(Kind::Service, "wbe")).unwrap_err();
    assert_eq!(error.to_string(), "service wbe not found in namespace shop");
    assert_eq!(hints(&error), ["did you mean web?"]);
}

/// As the node controller leaves a pod whose node it has not heard of.
fn marked(since: &str) -> Value {
    let mut pod = healthy("web-1");
    let ready = json!([{"type": "Ready", "status": "False", "lastTransitionTime": since}]);
    pod["status"]["conditions"] = ready;
    pod
}

#[test]
fn the_node_of_a_pod_is_read_once_its_kubelet_has_been_silent_for_a_while() {
    // the server's clock says 08:00
    for (pod, reads) in [
        (marked("2026-11-22T07:40:00Z"), true),
        (marked("2026-11-22T07:59:40Z"), false),
        (waiting("web-1", "ContainerCreating", ""), true),
        (waiting("web-1", "CrashLoopBackOff", ""), false),
    ] {
        let server = ApiServer::start();
        let name = "/api/v1/namespaces/shop/pods/web-1";
        server.on(name, [Response::json(&pod)]);
        server.on(EVENTS, [Response::list("EventList", &[])]);
        let node = json!({"metadata": {"name": "worker-1"}});
        server.on(NODE, [Response::json(&node)]);
        read(&server, scope(Kind::Pod, "web-1")).unwrap();
        assert_eq!(asked(&server).contains(&NODE.to_owned()), reads, "{pod}");
    }
}

#[test]
fn a_node_that_is_gone_is_named_as_long_as_pods_are_bound_to_it() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[healthy("web-1")])]);
    server.on(NODE, [not_found("nodes", "worker-1")]);
    let report = read(&server, scope(Kind::Node, "worker-1"))
        .unwrap()
        .report();
    let causes: Vec<_> = report.diagnoses.iter().map(|d| d.cause).collect();
    assert_eq!(causes, ["node-lost"]);

    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[])]);
    server.on(
        "/api/v1/namespaces/shop",
        [Response::json(&json!({"metadata": {"name": "shop"}}))],
    );
    server.on(NODE, [not_found("nodes", "worker-1")]);
    let worker = json!({"metadata": {"name": "worker-2"}});
    server.on("/api/v1/nodes", [Response::list("NodeList", &[worker])]);
    let error = read(&server, scope(Kind::Node, "worker-1")).unwrap_err();
    assert_eq!(error.to_string(), "node worker-1 not found");
    assert_eq!(hints(&error), ["did you mean worker-2?"]);
}

#[test]
fn nodes_are_read_beside_the_pods_once_one_of_these_waits() {
    for (pod, beside) in [(pending("web"), true), (healthy("web"), false)] {
        let server = ApiServer::start();
        let (tell, told) = mpsc::channel();
        server.answer(move |asked| {
            let is_meant = asked.path == "/api/v1/nodes";
            is_meant.then(|| {
                let _ = tell.send(());
                Response::list("NodeList", &[])
            })
        });
        server.on(EVENTS, [Response::list("EventList", &[])]);
        let was_asked = Arc::new(AtomicBool::new(false));
        let head = r#"{"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": ["#;
        let mut begin = Some(format!("{head}{pod}"));
        let (mut end, seen) = (Some("]}"), was_asked.clone());
        let pods = Response::stream(move || {
            if let Some(begin) = begin.take() {
                return Some(begin);
            }
            let end = end.take()?;
            // the list does not end before somebody asks for the nodes, or it has been long enough
            let is_asked = told.recv_timeout(Duration::from_millis(700)).is_ok();
            seen.store(is_asked, Ordering::SeqCst);
            Some(end.to_owned())
        });
        server.on(PODS, [pods]);
        read(&server, shop()).unwrap();
        assert_eq!(was_asked.load(Ordering::SeqCst), beside, "{pod}");
        let nodes = asked(&server);
        let nodes = nodes.iter().filter(|path| *path == "/api/v1/nodes");
        assert_eq!(nodes.count(), usize::from(beside), "once, if at all");
    }
}
