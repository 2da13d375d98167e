//! Pods that look for a node, each with one to three constraints.

use super::super::random::Random;
use super::{Group, PROBE, affinity, basic, pod, spread, volumes};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const COUNT: usize = 150;

pub(super) fn probes(random: &mut Random, groups: &BTreeSet<Group>, nodes: &[Value]) -> Vec<Value> {
    (0..COUNT)
        .map(|index| probe(random, groups, nodes, &format!("p{index:03}")))
        .collect()
}

/// Gives a probe an owner: a fix is written into the owner's template, or into the pod itself.
fn own(probe: &mut Value, name: &str) {
    let number: usize = name
        .get(1..)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default();
    let (kind, owner) = match number % 4 {
        0 => ("ReplicaSet", name.to_owned()),
        1 => {
            // by this label and the name the owner's owner is known: a Deployment
            probe["metadata"]["labels"]["pod-template-hash"] = json!("5d4f8");
            ("ReplicaSet", format!("{name}-5d4f8"))
        }
        2 => ("StatefulSet", name.to_owned()),
        _ => return,
    };
    probe["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": format!("uid-{name}"), "controller": true,
    }]);
}

fn probe(random: &mut Random, groups: &BTreeSet<Group>, nodes: &[Value], name: &str) -> Value {
    let mut probe = pod::plain(random, name);
    probe["metadata"]["labels"][PROBE] = json!("probe");
    own(&mut probe, name);
    let class = random.pick(&["probe-low", "probe-middle", "probe-high"]);
    pod::prioritise(&mut probe, class);
    let constraints = match random.below(20) {
        0 => 0,
        1..=7 => 1,
        8..=14 => 2,
        _ => 3,
    };
    let groups: Vec<Group> = groups.iter().copied().collect();
    for _ in 0..constraints {
        match random.pick(&groups) {
            Group::Basic => basic::constrain(random, &mut probe, nodes),
            Group::Spread => spread::constrain(random, &mut probe),
            Group::Affinity => affinity::constrain(random, &mut probe),
            Group::Volumes => volumes::constrain(random, &mut probe),
        }
    }
    probe
}
