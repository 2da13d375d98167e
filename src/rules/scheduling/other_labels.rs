//! What nodes carry in place of a label that the pod asks for, and what to ask for instead.

use super::node_labels;
use super::node_selector_or_affinity::LABEL_NODES;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::node_terms::NodeRequirement;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::text::say;
use std::collections::BTreeSet;

/// No node carries this key.
pub(super) fn no_such_key(case: &Case<'_>, finding: Finding, key: &str) -> Finding {
    let likest = node_labels::nearest_key(case, key);
    let finding = match likest.or_else(|| node_labels::moved_key(case, key)) {
        Some(meant) => finding
            .fact("nearest", meant)
            .why(say!(
                "node-selector-or-affinity.key-misspelt",
                "no node carries the label {key}; there are nodes that carry {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "node-selector-or-affinity.ask-for-nearest-key",
                    "ask for {nearest}, which nodes do carry, if that was meant"
                ),
                Who::Owner,
            )]),
        None => finding.why(say!(
            "node-selector-or-affinity.no-such-key",
            "no node carries the label {key} at all"
        )),
    };
    finding.fix([
        Fix::advice(
            say!(
                "node-selector-or-affinity.remove-wanted",
                "remove {wanted} from the pod's node selector or affinity"
            ),
            Who::Owner,
        ),
        Fix::advice(LABEL_NODES, Who::Admin),
    ])
}

/// Nodes carry the key with these values.
pub(super) fn other_values(
    finding: Finding,
    requirement: &NodeRequirement,
    carried: BTreeSet<String>,
) -> Finding {
    let asked = match (requirement.operator.as_str(), requirement.values.as_slice()) {
        ("In", [value]) => Some(value.as_str()),
        _ => None,
    };
    let meant = asked
        .and_then(|asked| nearest(asked, carried.iter().map(String::as_str)))
        .map(str::to_owned);
    let why = if asked.is_some_and(|asked| carried.contains(asked)) {
        say!(
            "node-selector-or-affinity.something-else-lacks",
            "there are nodes with it, and each of them lacks something else; under {key} nodes carry {carried}"
        )
    } else {
        say!(
            "node-selector-or-affinity.other-values",
            "under {key} nodes carry {carried}"
        )
    };
    let change = match meant {
        Some(_) => say!(
            "node-selector-or-affinity.ask-for-nearest-value",
            "ask for {key}={nearest}, which nodes do carry, if that was meant"
        ),
        None => say!(
            "node-selector-or-affinity.ask-for-carried-value",
            "ask for a value that nodes carry: {carried}"
        ),
    };
    finding
        .fact("carried", carried.into_iter().collect::<Vec<_>>())
        .fact_if("nearest", meant)
        .why(why)
        .fix([
            Fix::advice(change, Who::Owner),
            Fix::advice(LABEL_NODES, Who::Admin),
        ])
}
