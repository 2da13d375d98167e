use super::Transitions;
use crate::diagnose::diagnose;
use crate::report::{Requests, Transition};
use crate::scheduler::testing::{Cluster, Object, node, object, pod};
use crate::snapshot::Kind;
use crate::triage::Scope;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const NOON: &str = "2026-01-01T12:00:00Z";

/// A time so many seconds after noon.
fn after(seconds: i64) -> String {
    let noon: Timestamp = NOON.parse().unwrap();
    (noon + SignedDuration::from_secs(seconds)).to_string()
}

/// A pod whose container is in this state, after so many restarts; the last run ended at noon after a second.
fn container(name: &str, restarts: u64, ready: bool, state: &Value) -> Object {
    let last = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": after(-1), "finishedAt": NOON}});
    let status = json!([{"name": "app", "image": "", "imageID": "", "ready": ready, "restartCount": restarts, "state": state, "lastState": last}]);
    let condition = json!([{"type": "Ready", "status": if ready { "True" } else { "False" }}]);
    let pod = pod(name).on("n").phase("Running");
    let pod = pod.set("/metadata/creationTimestamp", json!("2026-01-01T11:59:00Z"));
    pod.set("/status/conditions", condition)
        .set("/status/containerStatuses", status)
}

fn crashing(name: &str, restarts: u64) -> Object {
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}});
    container(name, restarts, false, &waiting)
}

fn running(name: &str, restarts: u64, since: i64) -> Object {
    let running = json!({"running": {"startedAt": after(since)}});
    container(name, restarts, true, &running)
}

fn ready() -> Object {
    let conditions = json!([{"type": "Ready", "status": "True"}]);
    node("n", "4", "4Gi").set("/status/conditions", conditions)
}

/// What is told of each of these clusters, which are so many seconds after noon.
fn told(scenes: impl IntoIterator<Item = (i64, Vec<Object>)>) -> Vec<Vec<Transition>> {
    let mut transitions = Transitions::default();
    let told = scenes.into_iter().map(|(seconds, objects)| {
        let mut cluster = Cluster::new().with(ready()).all(objects);
        let at = after(seconds).parse().unwrap();
        let store = cluster.store();
        store.set_time(at);
        let report = diagnose(&store.snapshot(), &Scope::everything(), Requests::default());
        transitions.of(&report, at)
    });
    told.collect()
}

fn words(told: &[Vec<Transition>]) -> Vec<String> {
    let word = |one: &Transition| {
        let value = serde_json::to_value(one.transition).unwrap();
        format!("{} {}", value.as_str().unwrap(), one.finding.subject.name)
    };
    let each = told.iter();
    each.map(|of| of.iter().map(word).collect::<Vec<_>>().join(", "))
        .collect()
}

#[test]
fn between_its_first_crashes_it_is_not_solved() {
    let again = [
        (5, vec![crashing("a", 1)]),
        (15, vec![running("a", 1, 10)]),
        (20, vec![running("a", 1, 10)]),
        (40, vec![crashing("a", 2)]),
        (60, vec![running("a", 2, 55)]),
        (90, vec![running("a", 2, 55)]),
        (116, vec![running("a", 2, 55)]),
        (117, vec![running("a", 2, 55)]),
    ];
    // two seconds of a run that took one, and a minute
    let expected = ["stuck a", "", "", "", "", "", "", "solved a"];
    assert_eq!(words(&told(again)), expected);
}

#[test]
fn what_comes_and_goes_within_seconds_is_not_told() {
    let scenes = [
        (0, vec![]),
        (5, vec![crashing("a", 1)]),
        (7, vec![]),
        (10, vec![crashing("b", 1)]),
        (13, vec![crashing("b", 1)]),
        (14, vec![]),
        (17, vec![]),
    ];
    let expected = ["", "", "", "", "new b", "", "solved b"];
    assert_eq!(words(&told(scenes)), expected);
}

/// A Deployment that replaces its only pod, and has none in between.
#[test]
fn a_workload_without_its_pod_is_on_its_way() {
    let deployment = || {
        let meta = json!({"name": "web", "namespace": "shop", "uid": "u", "creationTimestamp": "2026-01-01T11:00:00Z", "generation": 2});
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}});
        let spec = json!({"replicas": 1, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": {"app": "web"}}, "template": template});
        let conditions = json!([{"type": "Progressing", "status": "True", "lastUpdateTime": NOON, "lastTransitionTime": NOON}]);
        object(
            Kind::Deployment,
            json!({"metadata": meta, "spec": spec, "status": {"observedGeneration": 2, "conditions": conditions}}),
        )
    };
    let set = |name: &str, replicas: i64| {
        let owner = json!([{"kind": "Deployment", "name": "web", "uid": "u", "controller": true}]);
        let meta = json!({"name": name, "namespace": "shop", "uid": name, "creationTimestamp": NOON, "ownerReferences": owner});
        object(
            Kind::ReplicaSet,
            json!({"metadata": meta, "spec": {"replicas": replicas}, "status": {"replicas": replicas}}),
        )
    };
    let of_set = |pod: Object, set: &str| {
        let owner = json!([{"kind": "ReplicaSet", "name": set, "uid": set, "controller": true}]);
        pod.set("/metadata/ownerReferences", owner)
    };
    let waiting = |name: &str, set: &str, selector: &str| {
        let message = if selector.is_empty() {
            "0/1 nodes are available: 1 Insufficient cpu."
        } else {
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
        };
        let said = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]);
        let pod = pod(name).asks("cpu", if selector.is_empty() { "8" } else { "1" });
        let pod = pod.set("/metadata/creationTimestamp", json!(NOON));
        let pod = pod.set("/status/conditions", said);
        let pod = match selector {
            "" => pod,
            selector => pod.set("/spec/nodeSelector", json!({"disk": selector})),
        };
        of_set(pod, set)
    };
    let first = || {
        vec![
            deployment(),
            set("web-1", 1),
            waiting("web-1-a", "web-1", ""),
        ]
    };
    let between = || vec![deployment(), set("web-1", 0)];
    let second = || {
        vec![
            deployment(),
            set("web-1", 0),
            set("web-2", 1),
            waiting("web-2-a", "web-2", "ssd"),
        ]
    };
    let scenes = [
        (0, first()),
        (5, between()),
        (15, between()),
        (16, second()),
        (20, second()),
    ];
    let all = told(scenes);
    assert_eq!(words(&all), ["stuck web", "", "", "", "changed web"]);
    let changed = all.last().and_then(|last| last.first()).unwrap();
    let before = changed.before.as_ref().unwrap();
    assert_eq!(
        (before.cause.as_str(), changed.finding.cause.as_str()),
        ("insufficient-cpu", "node-selector-or-affinity")
    );
    // one that stays without a pod is stuck for another reason
    let scenes = [0, 5, 59, 61, 65].map(|at| (at, if at == 0 { first() } else { between() }));
    let expected = ["stuck web", "", "", "", "changed web"];
    assert_eq!(words(&told(scenes)), expected);
}

#[test]
fn what_ends_for_good_is_told_once() {
    let failed = |name: &str| {
        let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": NOON, "finishedAt": NOON}});
        container(name, 0, false, &ended)
            .phase("Failed")
            .set("/spec/restartPolicy", json!("Never"))
    };
    let again = || {
        let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": NOON, "finishedAt": NOON}});
        container("a", 0, false, &ended)
    };
    let scenes = [
        (0, vec![again()]),
        (5, vec![failed("a")]),
        (9, vec![failed("a")]),
    ];
    let all = told(scenes);
    assert_eq!(words(&all), ["stuck a", "ended a", ""]);
    let ended = all.iter().flatten().map(|one| one.ended);
    assert_eq!(ended.collect::<Vec<_>>(), [false, true]);
}

/// Pods of nothing else in common, of which the names and the fingerprints have other orders.
#[test]
fn at_first_what_hurts_most_is_told_first() {
    let pods = || vec![crashing("a", 9), crashing("b", 9), crashing("c", 9)];
    let mut cluster = Cluster::new().with(ready()).all(pods());
    let store = cluster.store();
    store.set_time(after(5).parse().unwrap());
    let report = diagnose(&store.snapshot(), &Scope::everything(), Requests::default());
    let shown = report.diagnoses.iter().map(|one| &one.subject.name);
    let shown: Vec<String> = shown.map(|name| format!("stuck {name}")).collect();
    assert_eq!(words(&told([(5, pods())])), [shown.join(", ")]);
}
