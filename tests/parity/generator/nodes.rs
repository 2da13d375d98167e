//! Nodes: labels, taints, cordons, and what pods may take of them.

use super::super::random::Random;
use super::labels;
use serde_json::{Value, json};

/// Taints that occur. An empty value and none are the same to a toleration.
pub(super) const TAINTS: [(&str, &str); 8] = [
    ("team", "a"),
    ("team", "b"),
    ("gpu", "true"),
    ("gpu", ""),
    ("example.com/lab", "1"),
    ("node.kubernetes.io/unschedulable", ""),
    ("node.kubernetes.io/not-ready", ""),
    ("node.kubernetes.io/memory-pressure", ""),
];

/// What a kubelet of today declares, and one of yesterday does not.
pub(crate) const DECLARED: &str = "RestartAllContainersOnContainerExits";

pub(super) const EFFECTS: [&str; 3] = ["NoSchedule", "NoExecute", "PreferNoSchedule"];

/// How many of a hundred nodes are tainted, cordoned, and nearly closed by what they allow.
#[derive(Clone, Copy)]
struct Strictness {
    tainted: usize,
    cordoned: usize,
    small: usize,
}

/// Half the clusters are open, so that what filters find later is not hidden by the first ones.
pub(super) fn nodes(random: &mut Random) -> Vec<Value> {
    let strictness = if random.percent(50) {
        Strictness {
            tainted: 35,
            cordoned: 8,
            small: 40,
        }
    } else {
        Strictness {
            tainted: 15,
            cordoned: 4,
            small: 10,
        }
    };
    let count = match random.below(12) {
        0 => random.between(1, 3),
        1..=7 => random.between(4, 15),
        _ => random.between(16, 40),
    };
    (0..count)
        .map(|index| node(random, strictness, &format!("n{index:02}")))
        .collect()
}

fn node(random: &mut Random, strictness: Strictness, name: &str) -> Value {
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": labels::labels(random, name)},
        "spec": {},
        "status": {
            "allocatable": allocatable(random, strictness.small),
            "conditions": [{"type": "Ready", "status": if random.percent(95) { "True" } else { "Unknown" }}],
        },
    });
    if random.percent(70) {
        node["status"]["declaredFeatures"] = json!([DECLARED]);
    }
    node["status"]["capacity"] = node["status"]["allocatable"].clone();
    if random.percent(strictness.tainted) {
        let taint = |(key, value): (&str, &str), random: &mut Random| {
            let mut taint = json!({"key": key, "effect": random.pick(&EFFECTS)});
            if !value.is_empty() {
                taint["value"] = json!(value);
            }
            taint
        };
        let mut chosen = random.some(&TAINTS, 1, 2);
        // one key and effect may stand once
        chosen.dedup_by_key(|(key, _)| *key);
        let taints: Vec<Value> = chosen.into_iter().map(|of| taint(of, random)).collect();
        node["spec"]["taints"] = json!(taints);
    }
    if random.percent(strictness.cordoned) {
        node["spec"]["unschedulable"] = json!(true);
    }
    node
}

fn allocatable(random: &mut Random, small: usize) -> Value {
    if random.percent(2) {
        return json!({});
    }
    let mut allocatable = json!({
        "cpu": random.pick(&["1", "1500m", "2", "4", "3900m", "0.5", "1e0", "999900u"]),
        "memory": random.pick(&["1Gi", "2Gi", "1500M", "4096Mi", "1e9", "1234567890123m", "3Gi"]),
        "pods": if random.percent(small) { random.pick(&["30", "8", "4", "2", "1", "0"]) } else { "110" },
    });
    for (resource, amounts, share) in [
        ("ephemeral-storage", &["10Gi", "1Gi", "500M", "0"][..], 85),
        ("example.com/gpu", &["0", "1", "2", "4"], 35),
        ("hugepages-2Mi", &["0", "64Mi", "128Mi"], 40),
        ("hugepages-1Gi", &["0", "1Gi"], 10),
        ("requests.example.com/odd", &["3"], 5),
        ("vendor.io/nic", &["1k", "8"], 20),
    ] {
        if random.percent(share) {
            allocatable[resource] = json!(random.pick(amounts));
        }
    }
    allocatable
}
