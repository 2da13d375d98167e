//! Selectors of pods, and the keys by which pods are spread or kept together.

use super::super::random::Random;
use super::labels::{HOSTNAME, REGION, ZONE};
use super::pod::APPS;
use serde_json::{Value, json};

/// A key of nodes; rarely one that none carries.
pub(super) fn topology_key(random: &mut Random) -> &'static str {
    match random.below(20) {
        0 => "absent",
        1..=3 => REGION,
        4..=6 => "example.com/rack",
        7..=12 => HOSTNAME,
        _ => ZONE,
    }
}

/// A selector over the label `app`; null and empty ones mean different things in different places.
pub(super) fn selector(random: &mut Random) -> Value {
    let app = random.pick(&APPS);
    match random.below(20) {
        0 => Value::Null,
        1 => json!({}),
        2 => json!({"matchLabels": {"app": "nobody"}}),
        3 | 4 => {
            let values = random.some(&APPS, 1, 3);
            let operator = random.pick(&["In", "NotIn"]);
            json!({"matchExpressions": [{"key": "app", "operator": operator, "values": values}]})
        }
        5 => {
            let operator = random.pick(&["Exists", "DoesNotExist"]);
            json!({"matchExpressions": [{"key": random.pick(&["app", "tier"]), "operator": operator}]})
        }
        6 => json!({
            "matchLabels": {"app": app},
            "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}],
        }),
        _ => json!({"matchLabels": {"app": app}}),
    }
}

/// Keys whose values the API server takes from the pod; not those of the selector.
pub(super) fn label_keys(random: &mut Random) -> Value {
    json!(random.some(&["version", "stage", "absent"], 1, 2))
}
