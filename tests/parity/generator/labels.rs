//! The labels of nodes, and requirements on them.

use super::super::random::Random;
use serde_json::{Value, json};

pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";
pub(super) const REGION: &str = "topology.kubernetes.io/region";

/// The keys of nodes with the values that occur, and how many of a hundred nodes carry them.
const KEYS: [(&str, &[&str], usize); 7] = [
    (ZONE, &["a", "b", "c"], 85),
    (REGION, &["east", "west"], 80),
    ("disk", &["ssd", "hdd", "nvme"], 70),
    ("kubernetes.io/arch", &["amd64", "arm64"], 95),
    (
        "cores",
        &[
            "8",
            "16",
            "032",
            "0",
            "eight",
            "",
            "9223372036854775807",
            "9223372036854775808",
        ],
        80,
    ),
    ("pool", &["general", "gpu", ""], 60),
    ("example.com/rack", &["r1", "r2", "r3", "r4"], 50),
];

/// What a node of this name may carry.
pub(super) fn labels(random: &mut Random, name: &str) -> Value {
    let mut labels = json!({});
    for (key, values, share) in KEYS {
        if random.percent(share) {
            labels[key] = json!(random.pick(values));
        }
    }
    match random.below(20) {
        0 => {}
        // a label may lie
        1 => labels[HOSTNAME] = json!("elsewhere"),
        _ => labels[HOSTNAME] = json!(name),
    }
    labels
}

/// A pair that some node may carry.
pub(super) fn pair(random: &mut Random) -> (&'static str, &'static str) {
    let (key, values, _) = random.pick(&KEYS);
    if random.percent(8) {
        return (key, "none");
    }
    (key, random.pick(values))
}

/// An expression on the labels of nodes.
pub(super) fn expression(random: &mut Random) -> Value {
    let (key, values, _) = random.pick(&KEYS);
    let key = if random.percent(5) { "absent" } else { key };
    if key == "cores" && random.percent(60) {
        let bound = random.pick(&["7", "8", "15", "0", "32", "9223372036854775806"]);
        let operator = random.pick(&["Gt", "Lt"]);
        return json!({"key": key, "operator": operator, "values": [bound]});
    }
    match random.below(10) {
        0..=4 => json!({"key": key, "operator": "In", "values": random.some(values, 1, 2)}),
        5 | 6 => json!({"key": key, "operator": "NotIn", "values": random.some(values, 1, 2)}),
        7 | 8 => json!({"key": key, "operator": "Exists"}),
        _ => json!({"key": key, "operator": "DoesNotExist"}),
    }
}
