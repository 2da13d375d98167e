use super::{key, without_ids};
use crate::scheduler::Engine;
use crate::scheduler::testing::{Cluster, Object, node, object, pod};
use crate::snapshot::Kind;
use serde_json::{Value, json};

/// A pod whose image cannot be pulled, by what its kubelet says.
fn waits(name: &str, node: &str, said: &str) -> Object {
    let state = json!({"waiting": {"reason": "ImagePullBackOff", "message": said}});
    let status = json!([{"name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": state}]);
    let web = pod(name).on(node).of("ReplicaSet", "web").phase("Pending");
    web.set("/status/containerStatuses", status)
}

fn event(pod: &str, message: &str, minute: u32) -> Object {
    let event = json!({
        "metadata": {"name": format!("{pod}.1"), "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod, "uid": format!("uid-{pod}")},
        "reason": "Failed", "message": message, "type": "Warning",
        "lastTimestamp": format!("2026-01-01T00:{minute:02}:00Z"),
    });
    object(Kind::Event, event)
}

fn keys(objects: Vec<Object>) -> Vec<Option<String>> {
    let cluster = objects.into_iter().fold(Cluster::new(), Cluster::with);
    let snapshot = cluster.snapshot();
    let engine = Engine::new(&snapshot);
    let pods = snapshot.store().whole_pods();
    pods.map(|pod| key(pod, &engine)).collect()
}

fn are_alike(objects: Vec<Object>) -> bool {
    let keys = keys(objects);
    assert_eq!(keys.len(), 2);
    keys[0].is_some() && keys[0] == keys[1]
}

const SAID: &str = "Back-off pulling image \"x\"";

#[test]
fn pods_of_one_template_whose_kubelets_say_the_same_are_alike() {
    let said = |name: &str| format!("Error in pod {name}_shop(uid-{name}), back-off 40s");
    assert!(are_alike(vec![
        waits("web-x1", "n1", SAID),
        waits("web-y2", "n2", SAID),
        event("web-x1", &said("web-x1"), 10),
        event("web-y2", &said("web-y2").replace("40s", "1m20s"), 10),
    ]));
}

#[test]
fn what_tells_two_pods_apart_keeps_them_apart() {
    let beside = |other: Object| are_alike(vec![waits("web-x1", "n1", SAID), other]);
    assert!(!beside(waits("web-y2", "n1", "not found")));
    assert!(!beside(waits("web-y2", "n1", SAID).of("ReplicaSet", "api")));
    let image = waits("web-y2", "n1", SAID).set("/spec/containers/0/image", json!("y"));
    assert!(!beside(image));
    let revised =
        waits("web-y2", "n1", SAID).set("/metadata/labels", json!({"pod-template-hash": "2"}));
    assert!(!beside(revised));
    let arm = node("n2", "1", "1Gi").label("kubernetes.io/arch", "arm64");
    let on_arm = vec![
        waits("web-x1", "n1", SAID),
        waits("web-y2", "n2", SAID),
        node("n1", "1", "1Gi"),
        arm,
    ];
    assert!(!are_alike(on_arm));
}

#[test]
fn events_of_another_time_or_text_keep_a_pod_apart() {
    let two = |message: &str, minute: u32| {
        are_alike(vec![
            waits("web-x1", "n1", SAID),
            waits("web-y2", "n1", SAID),
            event("web-x1", "code 403", 50),
            event("web-y2", message, minute),
        ])
    };
    assert!(two("code 403", 50));
    assert!(!two("code 503", 50));
    assert!(!two("code 403", 1));
}

#[test]
fn what_is_a_pods_own_is_looked_at_itself() {
    let web = || waits("web-x1", "n1", SAID);
    let silent = json!({"waiting": {"reason": "ContainerCreating"}});
    let deleted = json!("2026-01-01T00:00:00Z");
    let marked: Value = json!([{"type": "Ready", "status": "False"}]);
    for own in [
        web().set("/metadata/ownerReferences", json!([])),
        web().set("/status/containerStatuses/0/state", silent),
        web().set("/metadata/deletionTimestamp", deleted),
        web().set("/status/conditions", marked),
        web().mounts(&["data"]),
        web().phase("Failed"),
    ] {
        assert_eq!(keys(vec![own]), [None]);
    }
}

#[test]
fn ids_and_durations_are_left_out_and_codes_stay() {
    let plain = without_ids("back-off 2m40s: sandbox 4f2ac1d0b7e6f5a4, status 503, 10.0.0.3:443");
    assert_eq!(plain, "back off #  sandbox #  status 503  10 0 0 3 443");
}
