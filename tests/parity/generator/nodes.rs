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

pub(super) const EFFECTS: [&str; 3] = ["NoSchedule", "NoExecute", "PreferNoSchedule"];

pub(super) fn nodes(random: &mut Random) -> Vec<Value> {
    let count = match random.below(12) {
        0 => random.between(1, 3),
        1..=7 => random.between(4, 15),
        _ => random.between(16, 40),
    };
    (0..count)
        .map(|index| node(random, &format!("n{index:02}")))
        .collect()
}

fn node(random: &mut Random, name: &str) -> Value {
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": labels::labels(random, name)},
        "spec": {},
        "status": {
            "allocatable": allocatable(random),
            "conditions": [{"type": "Ready", "status": if random.percent(95) { "True" } else { "Unknown" }}],
        },
    });
    node["status"]["capacity"] = node["status"]["allocatable"].clone();
    if random.percent(30) {
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
    if random.percent(8) {
        node["spec"]["unschedulable"] = json!(true);
    }
    node
}

fn allocatable(random: &mut Random) -> Value {
    if random.percent(2) {
        return json!({});
    }
    let mut allocatable = json!({
        "cpu": random.pick(&["1", "1500m", "2", "4", "3900m", "0.5", "1e0", "999900u"]),
        "memory": random.pick(&["1Gi", "2Gi", "1500M", "4096Mi", "1e9", "1234567890123m", "3Gi"]),
        "pods": random.pick(&["110", "110", "110", "30", "4", "2", "1", "0"]),
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
