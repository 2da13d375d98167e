//! Topology spread constraints.

use super::super::random::Random;
use super::selectors;
use serde_json::{Value, json};

/// Adds one or two constraints to a probe.
pub(super) fn constrain(random: &mut Random, probe: &mut Value) {
    let mut constraints: Vec<Value> = Vec::new();
    for _ in 0..random.between(1, 2) {
        let constraint = constraint(random);
        // one key may stand once
        if constraints
            .iter()
            .all(|other| other["topologyKey"] != constraint["topologyKey"])
        {
            constraints.push(constraint);
        }
    }
    probe["spec"]["topologySpreadConstraints"] = json!(constraints);
}

fn constraint(random: &mut Random) -> Value {
    let selector = selectors::selector(random);
    let strict = random.percent(88);
    let mut constraint = json!({
        "maxSkew": random.pick(&[1, 1, 1, 2, 3]),
        "topologyKey": selectors::topology_key(random),
        "whenUnsatisfiable": if strict { "DoNotSchedule" } else { "ScheduleAnyway" },
    });
    if strict && random.percent(30) {
        constraint["minDomains"] = json!(random.between(1, 5));
    }
    for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
        if random.percent(40) {
            constraint[policy] = json!(random.pick(&["Honor", "Ignore"]));
        }
    }
    if !selector.is_null() {
        if random.percent(25) {
            constraint["matchLabelKeys"] = selectors::label_keys(random);
        }
        constraint["labelSelector"] = selector;
    }
    constraint
}
