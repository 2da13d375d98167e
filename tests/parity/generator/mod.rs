//! A random cluster from a seed: nodes, what occupies them, and probes, pods that ask something of them.
//!
//! The same seed and the same groups of constraints give the same cluster on every machine.

mod affinity;
mod basic;
mod existing;
mod labels;
mod nodes;
mod pod;
mod probes;
mod selectors;
mod spread;
mod volumes;

pub(crate) use nodes::DECLARED;

use super::preemptions::PREEMPTOR;
use super::random::Random;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Kinds of constraints that can be asked for alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Resources, ports, taints, node affinity.
    Basic,
    /// Topology spread.
    Spread,
    /// Affinity and anti-affinity between pods.
    Affinity,
    /// Claims, volumes, drivers.
    Volumes,
}

impl Group {
    pub(crate) const ALL: [Group; 4] =
        [Group::Basic, Group::Spread, Group::Affinity, Group::Volumes];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Group::Basic => "basic",
            Group::Spread => "spread",
            Group::Affinity => "affinity",
            Group::Volumes => "volumes",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.as_str() == word)
    }
}

/// The namespaces in which pods live; they are there from the beginning and only their labels change.
pub(crate) const NAMESPACES: [&str; 3] = ["shop", "bank", "lab"];

/// The label that all probes carry.
pub(crate) const PROBE: &str = "parity";

/// A cluster.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) seed: u64,
    /// Everything but pods, in the order in which it can be created.
    pub(crate) objects: Vec<Value>,
    /// Pods that are there before the probes.
    pub(crate) existing: Vec<Value>,
    /// Pods that look for a node.
    pub(crate) probes: Vec<Value>,
}

/// The cluster of a seed.
pub(crate) fn world(seed: u64, groups: &BTreeSet<Group>) -> World {
    let stream = |part: u64| Random::new(seed.wrapping_mul(1_000_003).wrapping_add(part));
    let mut random = stream(0);
    let nodes = nodes::nodes(&mut random);
    let mut objects = namespaces(&mut random);
    objects.extend(classes());
    objects.extend(nodes.iter().cloned());
    if groups.contains(&Group::Volumes) {
        objects.extend(volumes::objects(&mut stream(3), &nodes));
    }
    World {
        seed,
        existing: existing::existing(&mut stream(1), groups, &nodes),
        probes: probes::probes(&mut stream(2), groups, &nodes),
        objects,
    }
}

fn namespaces(random: &mut Random) -> Vec<Value> {
    let namespace = |name: &&str| {
        let mut labels = json!({"kubernetes.io/metadata.name": name});
        for (key, values) in [("team", ["red", "blue"]), ("stage", ["test", "live"])] {
            if random.percent(70) {
                labels[key] = json!(random.pick(&values));
            }
        }
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    };
    NAMESPACES.iter().map(namespace).collect()
}

/// Priorities by name; a probe's own never preempts, so that it changes nothing.
const PRIORITIES: [(&str, i32); 6] = [
    ("existing-low", -10),
    ("existing-high", 1000),
    ("probe-low", -5),
    ("probe-middle", 0),
    ("probe-high", 100),
    (PREEMPTOR, 500),
];

/// What pods of a RuntimeClass take beside their containers.
const OVERHEAD: [(&str, &str); 2] = [("cpu", "150m"), ("memory", "64Mi")];

fn classes() -> Vec<Value> {
    let priority = |(name, value): (&str, i32)| {
        let preempts = if name.starts_with("probe") {
            "Never"
        } else {
            "PreemptLowerPriority"
        };
        json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
            "value": value, "preemptionPolicy": preempts,
        })
    };
    let overhead: serde_json::Map<String, Value> = OVERHEAD
        .iter()
        .map(|(name, amount)| ((*name).to_owned(), json!(amount)))
        .collect();
    let heavy = json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "heavy"},
        "handler": "heavy", "overhead": {"podFixed": overhead},
    });
    PRIORITIES
        .into_iter()
        .map(priority)
        .chain([heavy])
        .collect()
}
