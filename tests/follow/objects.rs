//! The objects of the [`World`], and what happens to them.

use super::world::World;
use crate::support::Kind;
use serde_json::{Value, json};

/// The time at which everything is looked at.
pub(super) const NOW: &str = "2026-11-22T09:00:00Z";
pub(super) const CREATED: &str = "2026-11-22T08:00:00Z";

fn pod(namespace: &str, name: &str, node: Option<&str>, cpu: &str, status: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "uid": format!("uid-{name}"), "creationTimestamp": CREATED, "labels": {"app": "web"}},
        "spec": {
            "nodeName": node,
            "containers": [{"name": "app", "image": "web:1", "resources": {"requests": {"cpu": cpu}}}],
        },
        "status": status,
    })
}

fn condition(kind: &str, status: &str) -> Value {
    json!({"type": kind, "status": status, "lastTransitionTime": CREATED})
}

/// A pod that is well.
pub(super) fn running(namespace: &str, name: &str, node: &str) -> Value {
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"];
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|kind| condition(kind, "True"))
        .collect();
    let started = json!({"running": {"startedAt": CREATED}});
    let container = json!({"name": "app", "ready": true, "started": true, "restartCount": 0, "image": "web:1", "imageID": "", "state": started});
    let status = json!({"phase": "Running", "startTime": CREATED, "conditions": conditions, "containerStatuses": [container]});
    pod(namespace, name, Some(node), "100m", status)
}

/// A pod whose container crashes.
pub(super) fn crashing(namespace: &str, name: &str, restarts: u64) -> Value {
    let mut pod = running(namespace, name, "node-1");
    let ended = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": CREATED, "finishedAt": CREATED}});
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}});
    pod["status"]["conditions"][3] = condition("Ready", "False");
    pod["status"]["conditions"][2] = condition("ContainersReady", "False");
    let container = &mut pod["status"]["containerStatuses"][0];
    container["ready"] = json!(false);
    container["restartCount"] = json!(restarts);
    container["state"] = waiting;
    container["lastState"] = ended;
    pod
}

/// A pod for which no node is large enough.
pub(super) fn unschedulable(namespace: &str, name: &str) -> Value {
    let mut scheduled = condition("PodScheduled", "False");
    scheduled["reason"] = json!("Unschedulable");
    scheduled["message"] = json!(
        "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
    );
    let status = json!({"phase": "Pending", "conditions": [scheduled]});
    pod(namespace, name, None, "100", status)
}

fn succeeded(namespace: &str, name: &str) -> Value {
    let mut pod = running(namespace, name, "node-1");
    pod["status"] = json!({"phase": "Succeeded"});
    pod
}

pub(super) fn node(name: &str, cpu: u64) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "uid": name, "creationTimestamp": CREATED},
        "spec": {},
        "status": {
            "allocatable": {"cpu": cpu.to_string(), "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": CREATED, "lastHeartbeatTime": CREATED}],
        },
    })
}

pub(super) fn event(
    name: &str,
    namespace: &str,
    about: &str,
    reason: &str,
    message: &str,
    component: &str,
) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": namespace, "name": name, "creationTimestamp": CREATED},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": about, "uid": format!("uid-{about}")},
        "reason": reason, "message": message, "type": "Warning", "count": 1,
        "firstTimestamp": CREATED, "lastTimestamp": CREATED, "source": {"component": component},
    })
}

/// What there is at first.
pub(super) fn some(world: &World) {
    for name in ["shop", "other"] {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        world.put(Kind::Namespace, namespace);
    }
    for name in ["node-1", "node-2"] {
        world.put(Kind::Node, node(name, 4));
    }
    for at in 0..4 {
        world.put(Kind::Pod, running("shop", &format!("web-{at}"), "node-1"));
        world.put(Kind::Pod, running("other", &format!("api-{at}"), "node-2"));
    }
}

/// One change that a cluster could see.
pub(super) fn change(world: &World) {
    let namespace = if world.below(4) == 0 { "other" } else { "shop" };
    let name = format!("web-{}", world.below(9));
    let node_name = format!("node-{}", 1 + world.below(3));
    match world.below(13) {
        12 => world.relabel(Kind::Pod, namespace, &name),
        0 | 1 => world.put(Kind::Pod, running(namespace, &name, &node_name)),
        2 | 3 => world.put(Kind::Pod, crashing(namespace, &name, 2 + world.below(3))),
        4 | 5 => world.put(Kind::Pod, unschedulable(namespace, &name)),
        6 => world.put(Kind::Pod, succeeded(namespace, &name)),
        7 | 8 => world.remove(Kind::Pod, namespace, &name),
        9 => world.put(Kind::Node, node(&node_name, 2 + world.below(8))),
        10 if world.names(Kind::Node, "").len() > 1 => world.remove(Kind::Node, "", &node_name),
        10 => world.put(Kind::Node, node("node-1", 4)),
        _ => {
            let about = world.names(Kind::Pod, namespace);
            let Some(about) = about.first() else { return };
            let message = "0/2 nodes are available: 2 Insufficient cpu.";
            let one = event(
                &format!("event-{}", world.below(6)),
                namespace,
                about,
                "FailedScheduling",
                message,
                "default-scheduler",
            );
            world.put(Kind::Event, one);
        }
    }
}
