//! Pods that are there: on nodes in every phase, going, ended, resized, or with a node kept for them.

use super::super::random::Random;
use super::{Group, affinity, pod, volumes};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Keeps a deleted pod from going.
pub(crate) const FINALIZER: &str = "parity.example.com/stay";

pub(super) fn existing(
    random: &mut Random,
    groups: &BTreeSet<Group>,
    nodes: &[Value],
) -> Vec<Value> {
    let count = random.between(0, 200.min(nodes.len() * 8));
    let mut all: Vec<Value> = (0..count)
        .map(|index| {
            let mut pod = one(random, groups, nodes, &format!("o{index:03}"));
            if pod["spec"]["nodeName"].is_string() {
                // of pods alike the one that started last gives way
                let (minutes, seconds) = (index * 7 % 60, index % 60);
                pod["status"]["startTime"] = json!(format!(
                    "2026-01-01T{:02}:{minutes:02}:{seconds:02}Z",
                    index % 24
                ));
            }
            pod
        })
        .collect();
    spare_the_book(&mut all);
    all
}

/// Leaves each host port of a node to one pod, rather to one that has not ended. The scheduler's book keeps a port once
/// and forgets it when one of two holders ends or gives way; what is computed is the truth of the node
/// (`src/scheduler/ports.rs`).
fn spare_the_book(all: &mut [Value]) {
    let has_ended = |pod: &Value| {
        let phase = pod["status"]["phase"].as_str();
        phase.is_some_and(|phase| matches!(phase, "Succeeded" | "Failed"))
    };
    let mut held = BTreeSet::new();
    for ended in [false, true] {
        let pods = all.iter_mut().filter(|pod| has_ended(pod) == ended);
        for pod in pods.filter(|pod| pod["spec"]["nodeName"].is_string()) {
            let node = pod["spec"]["nodeName"].to_string();
            let mut is_first = |port: &Value| held.insert((node.clone(), in_the_book(port)));
            for kind in ["containers", "initContainers"] {
                let containers = pod["spec"].get_mut(kind).and_then(Value::as_array_mut);
                let ports = containers
                    .into_iter()
                    .flatten()
                    .filter_map(|container| container.get_mut("ports")?.as_array_mut());
                ports.for_each(|ports| ports.retain(&mut is_first));
            }
        }
    }
}

/// Address, protocol and number.
fn in_the_book(port: &Value) -> String {
    let address = port["hostIP"].as_str().unwrap_or("0.0.0.0");
    format!("{address} {} {}", port["protocol"], port["hostPort"])
}

fn one(random: &mut Random, groups: &BTreeSet<Group>, nodes: &[Value], name: &str) -> Value {
    let mut pod = pod::plain(random, name);
    let node = &random.one(nodes)["metadata"]["name"];
    pod::requests(random, &mut pod, 350);
    if random.percent(20) {
        pod::host_ports(random, &mut pod);
    }
    if random.percent(8) {
        pod::ask(&mut pod["spec"]["containers"][0], "example.com/gpu", "1");
    }
    if groups.contains(&Group::Affinity) && random.percent(10) {
        affinity::keep_away(random, &mut pod);
    }
    if groups.contains(&Group::Volumes) && random.percent(25) {
        volumes::occupy(random, &mut pod);
    }
    match random.below(10) {
        0 => pod::prioritise(&mut pod, "existing-low"),
        1 => pod::prioritise(&mut pod, "existing-high"),
        _ => {}
    }
    if random.percent(4) {
        nominated(random, &mut pod, node);
        return pod;
    }
    pod["spec"]["nodeName"] = node.clone();
    let phase = match random.below(100) {
        0..=69 => "Running",
        70..=81 => "Pending",
        82..=88 => "Succeeded",
        89..=94 => "Failed",
        _ => "Unknown",
    };
    pod["status"]["phase"] = json!(phase);
    if phase == "Running" && random.percent(12) {
        resized(random, &mut pod);
    }
    if random.percent(10) {
        pod["metadata"]["finalizers"] = json!([FINALIZER]);
        pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    if random.percent(5) {
        pod["spec"]["schedulerName"] = json!("another");
    }
    pod
}

/// Not bound, with a node kept for it. A gate keeps it from being bound; of another scheduler's pods the default one keeps no
/// book.
fn nominated(random: &mut Random, pod: &mut Value, node: &Value) {
    pod["status"] = json!({"phase": "Pending", "nominatedNodeName": node});
    if random.percent(75) {
        pod["spec"]["schedulingGates"] = json!([{"name": "parity.example.com/wait"}]);
    } else {
        pod["spec"]["schedulerName"] = json!("another");
    }
}

/// In the middle of a resize in place: the node holds what is in force, or what is wished unless that cannot be.
fn resized(random: &mut Random, pod: &mut Value) {
    let in_force = json!({"cpu": pod::cpu(random, 600), "memory": pod::memory(random, 600)});
    let mut status = json!({
        "name": "c0", "image": "app", "imageID": "app", "ready": true, "restartCount": 0,
        "resources": {"requests": in_force},
    });
    if random.percent(50) {
        status["allocatedResources"] =
            json!({"cpu": pod::cpu(random, 600), "memory": pod::memory(random, 600)});
    }
    pod["status"]["containerStatuses"] = json!([status]);
    // the kubelet's own sums
    if random.percent(25) {
        let amounts = |random: &mut Random| json!({"cpu": pod::cpu(random, 600), "memory": pod::memory(random, 600)});
        pod["status"]["resources"] = json!({"requests": amounts(random)});
        if random.percent(70) {
            pod["status"]["allocatedResources"] = amounts(random);
        }
    }
    if random.percent(60) {
        let reason = random.pick(&["Infeasible", "Deferred"]);
        pod["status"]["conditions"] =
            json!([{"type": "PodResizePending", "status": "True", "reason": reason}]);
    }
}
