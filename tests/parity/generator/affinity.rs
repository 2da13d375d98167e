//! Required affinity and anti-affinity between pods.

use super::super::random::Random;
use super::{NAMESPACES, selectors};
use serde_json::{Value, json};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// Adds affinity, anti-affinity or both to a pod.
pub(super) fn constrain(random: &mut Random, pod: &mut Value) {
    match random.below(10) {
        0 => first_of_series(random, pod),
        1..=4 => pod["spec"]["affinity"]["podAffinity"][REQUIRED] = terms(random),
        5 => {
            pod["spec"]["affinity"]["podAffinity"][REQUIRED] = terms(random);
            pod["spec"]["affinity"]["podAntiAffinity"][REQUIRED] = terms(random);
        }
        _ => keep_away(random, pod),
    }
}

/// Adds anti-affinity alone, which keeps others away as well.
pub(super) fn keep_away(random: &mut Random, pod: &mut Value) {
    pod["spec"]["affinity"]["podAntiAffinity"][REQUIRED] = terms(random);
}

fn terms(random: &mut Random) -> Value {
    let several = if random.percent(25) { 2 } else { 1 };
    let terms: Vec<Value> = (0..several).map(|_| term(random)).collect();
    json!(terms)
}

fn term(random: &mut Random) -> Value {
    let selector = selectors::selector(random);
    let mut term = json!({"topologyKey": selectors::topology_key(random)});
    if random.percent(25) {
        term["namespaces"] = json!(random.some(&NAMESPACES, 1, 2));
    }
    if random.percent(25) {
        term["namespaceSelector"] = match random.below(3) {
            0 => json!({}),
            1 => json!({"matchLabels": {"team": random.pick(&["red", "blue", "green"])}}),
            _ => {
                json!({"matchExpressions": [{"key": "stage", "operator": random.pick(&["Exists", "DoesNotExist"])}]})
            }
        };
    }
    if !selector.is_null() {
        if random.percent(20) {
            let keys = random.pick(&["matchLabelKeys", "mismatchLabelKeys"]);
            term[keys] = selectors::label_keys(random);
        }
        term["labelSelector"] = selector;
    }
    term
}

/// A pod that wants to be beside pods like itself, of which there may be none yet.
fn first_of_series(random: &mut Random, pod: &mut Value) {
    let app = random.pick(&["solo", "duo", "web"]);
    pod["metadata"]["labels"]["app"] = json!(app);
    let mut term = json!({
        "topologyKey": selectors::topology_key(random), "labelSelector": {"matchLabels": {"app": app}},
    });
    // it is not among the pods that it looks for when they are of another namespace
    if random.percent(25) {
        term["namespaces"] = json!(random.some(&NAMESPACES, 1, 2));
    }
    pod["spec"]["affinity"]["podAffinity"][REQUIRED] = json!([term]);
}
