//! What it costs to know what a rollout changed.

use super::without_lists;
use super::{EVENTS, INGRESSES, NODE, POD, PODS, SERVICES, asked, named, read, scanned, shop};
use crate::api_server::{ApiServer, Response};
use crate::support::{Kind, Loaded, Why};
use serde_json::{Value, json};

const SETS: &str = "/apis/apps/v1/namespaces/shop/replicasets";
const REVISIONS: &str = "/apis/apps/v1/namespaces/shop/controllerrevisions";

fn owned(mut pod: Value, kind: &str, owner: &str, labels: Value) -> Value {
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": owner, "controller": true}]);
    pod["metadata"]["labels"] = labels;
    pod
}

fn waiting(name: &str) -> Value {
    super::waiting(name, "ErrImagePull", "registry.example/web:2: not found")
}

fn stuck(name: &str, hash: &str) -> Value {
    let labels = json!({"app": "web", "version": hash, "topology.kubernetes.io/zone": "a", "pod-template-hash": hash});
    owned(waiting(name), "ReplicaSet", &format!("web-{hash}"), labels)
}

fn serving(name: &str, hash: &str) -> Value {
    let labels = json!({"app": "web", "pod-template-hash": hash});
    let set = format!("web-{hash}");
    owned(super::healthy(name), "ReplicaSet", &set, labels)
}

fn set(hash: &str, revision: u32, image: &str, ready: u32) -> Value {
    json!({"metadata": {"name": format!("web-{hash}"), "namespace": "shop", "uid": hash,
            "labels": {"app": "web", "pod-template-hash": hash},
            "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
            "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
        "status": {"replicas": 1, "readyReplicas": ready}})
}

fn server(pods: &[Value]) -> ApiServer {
    let sets = [set("1a", 1, "web:1", 1), set("2b", 2, "web:2", 0)];
    server_with(pods, Response::list("ReplicaSetList", &sets))
}

fn server_with(pods: &[Value], sets: Response) -> ApiServer {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", pods)]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on(SERVICES, [Response::list("ServiceList", &[])]);
    server.on(INGRESSES, [Response::list("IngressList", &[])]);
    server.on(SETS, [sets]);
    without_lists(&server);
    server.on(
        NODE,
        [Response::json(&json!({"metadata": {"name": "worker-1"}}))],
    );
    server
}

/// The label selectors with which a path was asked for.
fn selectors(server: &ApiServer, path: &str) -> Vec<String> {
    let asked = server.asked().into_iter();
    let of_path = asked.filter(|asked| asked.path == path);
    of_path
        .map(|asked| asked.query("labelSelector").unwrap_or_default().to_owned())
        .collect()
}

/// `ready of the old revision, what changed`
fn rollout(loaded: &Loaded) -> Option<(i64, String)> {
    let report = loaded.report();
    let rollout = report.workloads.first()?.rollout.clone()?;
    let changes = rollout.changes?;
    let changes: Vec<String> = changes.iter().map(|it| it.message().english()).collect();
    Some((rollout.old.ready, changes.join(", ")))
}

const CHANGED: &str = "image of container app changed from web:1 to web:2";

#[test]
fn a_rollout_that_is_stuck_costs_one_list_of_its_templates() {
    let server = server(&[serving("a", "1a"), serving("b", "1a"), stuck("c", "2b")]);
    let gathered = read(&server, shop()).unwrap();
    assert_eq!(
        scanned(&server),
        [
            EVENTS, EVENTS, EVENTS, PODS, SERVICES, NODE, SETS, INGRESSES
        ]
    );
    assert_eq!(
        selectors(&server, SETS),
        ["pod-template-hash%20in%20%281a%2C2b%29"]
    );
    assert_eq!(rollout(&gathered), Some((2, CHANGED.to_owned())));
}

#[test]
fn a_stuck_pod_beside_none_of_another_revision_costs_nothing_more() {
    let server = server(&[serving("a", "2b"), stuck("c", "2b")]);
    let gathered = read(&server, shop()).unwrap();
    assert_eq!(
        scanned(&server),
        [EVENTS, EVENTS, EVENTS, PODS, SERVICES, NODE, INGRESSES]
    );
    assert_eq!(rollout(&gathered), None);
}

#[test]
fn a_named_pod_of_a_deployment_costs_its_replica_sets() {
    let server = server(&[]);
    server.on(POD, [Response::json(&stuck("web", "2b"))]);
    let gathered = read(&server, named("web")).unwrap();
    assert_eq!(asked(&server), [EVENTS, POD, NODE, SETS]);
    // labels of one revision, and those that webhooks and the API server add, are not on the other's ReplicaSet
    assert_eq!(selectors(&server, SETS), ["app%3Dweb"]);
    assert_eq!(rollout(&gathered), Some((1, CHANGED.to_owned())));
    let workload = gathered.report().workloads.remove(0);
    assert_eq!(
        (workload.pods, workload.ready),
        (None, None),
        "not all were read"
    );
    assert!(!workload.serves_nothing);
}

#[test]
fn templates_of_stateful_and_daemon_sets_are_selected_by_their_own_labels() {
    let stateful = |name: &str, pod: Value, hash: &str| {
        let labels = json!({"controller-revision-hash": format!("{name}-{hash}")});
        owned(pod, "StatefulSet", name, labels)
    };
    let daemon = |pod: Value, hash: &str| {
        owned(
            pod,
            "DaemonSet",
            "agent",
            json!({"controller-revision-hash": hash}),
        )
    };
    let server = server(&[
        stateful("db", super::healthy("db-0"), "1a"),
        stateful("db", waiting("db-1"), "2b"),
        daemon(super::healthy("agent-0"), "3c"),
        daemon(waiting("agent-1"), "4d"),
    ]);
    server.on(REVISIONS, [Response::list("ControllerRevisionList", &[])]);
    read(&server, shop()).unwrap();
    let mut asked = selectors(&server, REVISIONS);
    asked.sort();
    assert_eq!(
        asked,
        [
            "controller-revision-hash%20in%20%283c%2C4d%29",
            "controller.kubernetes.io%2Fhash%20in%20%281a%2C2b%29",
        ]
    );
}

#[test]
fn without_the_right_to_read_replica_sets_it_is_known_who_serves_and_not_what_changed() {
    let refusal = Response::failure(403, "Forbidden", "replicasets.apps is forbidden");
    let server = server_with(&[serving("a", "1a"), stuck("c", "2b")], refusal);
    let gathered = read(&server, shop()).unwrap();
    let gaps = gathered.store().gaps();
    let gaps: Vec<_> = gaps.into_iter().map(|gap| (gap.kind, gap.why)).collect();
    assert_eq!(gaps, [(Kind::ReplicaSet, Why::Forbidden)]);
    let workload = gathered.report().workloads.remove(0);
    assert_eq!((workload.pods, workload.ready), (Some(2), Some(1)));
    assert_eq!(workload.rollout, None);
}
