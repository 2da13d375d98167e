//! No node carries the labels that the pod's node selector or required node affinity asks for.

use crate::kubernetes::affinity::node_affinity;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::node_terms::NodeRequirement;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, What};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};
use std::collections::{BTreeMap, BTreeSet};
use std::slice;

/// `node-selector-or-affinity`
pub static RULE: Rule = Rule {
    cause: "node-selector-or-affinity",
    layer: Layer::Scheduling,
    title: "no node has the labels that the pod asks for",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("node_selector_or_affinity.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// A pinned name is no label; DaemonSets pin each of their pods.
const NAME: &str = "metadata.name";

const LABEL_NODES: Sentence = say!(
    "node-selector-or-affinity.label-nodes",
    "label the nodes that the pod is meant for"
);

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| match &failure.what {
            What::Label { wanted, .. } => wanted.key != NAME,
            _ => failure.filter == Filter::NodeAffinity,
        },
        reason: |reason: &Reason| match reason {
            Reason::NodeAffinity | Reason::AffinityTermsConflict => Some(Certainty::Likely),
            // a policy of the scheduler's configuration, which cannot be read
            Reason::AddedAffinity | Reason::LegacyPolicy => Some(Certainty::Possible),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = if matched.is_computed() {
        computed(case, &matched)
    } else {
        from_message(case, &matched)
    };
    vec![matched.close(case, finding, Filter::NodeAffinity)]
}

fn computed(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let labels: BTreeMap<(&str, String), &NodeRequirement> = matched
        .failures()
        .filter_map(|(_, failure)| match &failure.what {
            What::Label { wanted, .. } => Some(((wanted.key.as_str(), wanted.to_string()), wanted)),
            _ => None,
        })
        .collect();
    let wanted: Vec<String> = labels.values().map(ToString::to_string).collect();
    let Some(requirement) = labels.values().next().copied() else {
        return matched
            .finding(
                case,
                say!(
                    "node-selector-or-affinity.empty-terms",
                    "the pod's required node affinity matches no node"
                ),
            )
            .why(say!(
                "node-selector-or-affinity.empty-terms-why",
                "its terms are empty, and an empty term matches nothing"
            ))
            .fix([Fix::advice(
                say!(
                    "node-selector-or-affinity.fill-the-terms",
                    "write what the nodes shall have into the terms, or remove the affinity"
                ),
                Who::Owner,
            )])
            .inspect(inspect(None));
    };
    let key = requirement.key.as_str();
    let carried = carried(case, key);
    let headline = say!(
        "node-selector-or-affinity.no-node",
        "no node that could run the pod has {wanted|{wanted}, which the pod asks for|all that the pod asks for: {wanted}}"
    );
    let finding = matched
        .finding(case, headline)
        .fact("wanted", wanted)
        .fact("key", key)
        .inspect(inspect(Some(key)));
    if carried.is_empty() {
        no_such_key(case, finding, key)
    } else {
        other_values(finding, requirement, carried)
    }
}

/// The values that nodes carry under a key.
fn carried(case: &Case<'_>, key: &str) -> BTreeSet<String> {
    let nodes = case.snapshot.nodes().seen();
    nodes
        .filter_map(|(_, node)| node.labels.get(key).cloned())
        .collect()
}

fn no_such_key(case: &Case<'_>, finding: Finding, key: &str) -> Finding {
    let keys: BTreeSet<&str> = case
        .snapshot
        .nodes()
        .seen()
        .flat_map(|(_, node)| node.labels.keys().map(String::as_str))
        .collect();
    let likest = nearest(key, keys.iter().copied());
    let moved = || {
        keys.iter()
            .copied()
            .find(|other| name_of(other) == name_of(key))
    };
    let finding = match likest.or_else(moved) {
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

/// The name behind a key's domain: labels that moved to another domain kept it.
fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

fn other_values(
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

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let says = |reason: Reason| {
        let mut clauses = matched.clauses.iter();
        clauses.any(|clause| clause.reason == reason)
    };
    let headline = if says(Reason::AffinityTermsConflict) {
        say!(
            "node-selector-or-affinity.terms-conflict",
            "the names of nodes that the pod's affinity asks for exclude each other"
        )
    } else if says(Reason::NodeAffinity) {
        say!(
            "node-selector-or-affinity.from-message",
            "labels that the pod asks for are missing on {share}[: {wanted}]"
        )
    } else {
        say!(
            "node-selector-or-affinity.of-configuration",
            "labels that the scheduler's own configuration demands are missing on {share}"
        )
    };
    let wanted = asked(case);
    matched
        .finding(case, headline)
        .fact_if("wanted", (!wanted.is_empty()).then_some(wanted))
        .why(say!(
            "node-selector-or-affinity.not-compared",
            "which labels the nodes carry could not be compared, since nodes were not read"
        ))
        .fix([
            Fix::advice(
                say!(
                    "node-selector-or-affinity.compare-labels",
                    "compare the pod's node selector and affinity with the labels of the nodes"
                ),
                Who::Owner,
            )
            .looks_at(Kind::Node),
            Fix::advice(LABEL_NODES, Who::Admin),
        ])
        .inspect(inspect(None))
}

/// What the pod asks of labels.
fn asked(case: &Case<'_>) -> Vec<String> {
    let spec = case.pod().spec();
    let pairs = spec
        .node_selector
        .iter()
        .flatten()
        .map(|(key, value)| NodeRequirement::one_of(key, slice::from_ref(value)));
    let terms = node_affinity(spec).unwrap_or_default();
    let expressions = terms
        .iter()
        .flat_map(|term| term.match_expressions.iter().flatten())
        .map(NodeRequirement::from);
    let all = pairs.chain(expressions);
    all.map(|requirement| requirement.to_string()).collect()
}

/// The command that shows the labels of the nodes.
fn inspect(key: Option<&str>) -> String {
    match key {
        Some(key) => shell::cluster(["get", "nodes", "-L", key]),
        None => shell::cluster(["get", "nodes", "--show-labels"]),
    }
}
