//! No node carries the labels that the pod's node selector or required node affinity asks for.

use crate::kubernetes::affinity::node_affinity;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::{Filter, FilterFailure, What};
use crate::snapshot::Kind;
use crate::text::say;
use std::collections::BTreeSet;

/// `node-selector-or-affinity`
pub static RULE: Rule = Rule {
    cause: "node-selector-or-affinity",
    layer: Layer::Scheduling,
    title: "no node has the labels that the pod asks for",
    explanation: include_str!("node_selector_or_affinity.md"),
    reads: &[Kind::Node],
    refines: &[],
    check: Check::Pod(check),
};

/// A pinned name is no label; DaemonSets pin each of their pods.
const NAME: &str = "metadata.name";

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| match &failure.what {
            What::Label { key, .. } => key != NAME,
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
        told(case, &matched)
    };
    vec![matched.close(case, finding, Filter::NodeAffinity)]
}

fn computed(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let labels: BTreeSet<(&str, &str)> = matched
        .failures()
        .filter_map(|(_, failure)| match &failure.what {
            What::Label { wanted, key, .. } => Some((key.as_str(), wanted.as_str())),
            _ => None,
        })
        .collect();
    let wanted: Vec<String> = labels
        .iter()
        .map(|(_, wanted)| (*wanted).to_owned())
        .collect();
    let Some((key, expression)) = labels.first().copied() else {
        return matched
            .finding(
                case,
                say!(
                    "node-selector-or-affinity.text",
                    "the pod's required node affinity matches no node"
                ),
            )
            .why(say!(
                "node-selector-or-affinity.computed-why",
                "its terms are empty, and an empty term matches nothing"
            ))
            .fix([Fix::advice(
                say!(
                    "node-selector-or-affinity.computed-fix",
                    "write what the nodes shall have into the terms, or remove the affinity"
                ),
                Who::Owner,
            )])
            .look(look(None));
    };
    let carried = carried(case, key);
    let finding = match wanted.len() {
        1 => matched.finding(
            case,
            say!(
                "node-selector-or-affinity.text-2",
                "no node that could run the pod has {wanted}, which the pod asks for"
            ),
        ),
        _ => matched.finding(
            case,
            say!(
                "node-selector-or-affinity.text-3",
                "no node that could run the pod has all that the pod asks for: {wanted}"
            ),
        ),
    }
    .fact("wanted", wanted)
    .fact("key", key)
    .look(look(Some(key)));
    if carried.is_empty() {
        no_such_key(case, finding, key)
    } else {
        other_values(finding, expression, carried)
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
    match likest.or_else(moved) {
        Some(meant) => finding
            .fact("nearest", meant)
            .why(say!(
                "node-selector-or-affinity.no-such-key-why",
                "no node carries the label {key}; there are nodes that carry {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "node-selector-or-affinity.no-such-key-fix",
                    "ask for {nearest}, which nodes do carry, if that was meant"
                ),
                Who::Owner,
            )]),
        None => finding.why(say!(
            "node-selector-or-affinity.no-such-key-why-2",
            "no node carries the label {key} at all"
        )),
    }
    .fix([
        Fix::advice(
            say!(
                "node-selector-or-affinity.no-such-key-fix-2",
                "remove {wanted} from the pod's node selector or affinity"
            ),
            Who::Owner,
        ),
        Fix::advice(
            say!(
                "node-selector-or-affinity.no-such-key-fix-3",
                "label the nodes that the pod is meant for"
            ),
            Who::Admin,
        ),
    ])
}

/// The name behind a key's domain: labels that moved to another domain kept it.
fn name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

fn other_values(finding: Finding, expression: &str, carried: BTreeSet<String>) -> Finding {
    let asked = expression.split_once('=').map(|(_, value)| value);
    let meant = asked
        .and_then(|asked| nearest(asked, carried.iter().map(String::as_str)))
        .map(str::to_owned);
    let carries_it = asked.is_some_and(|asked| carried.contains(asked));
    let finding = finding.fact("carried", carried.into_iter().collect::<Vec<_>>());
    let finding = if carries_it {
        finding.why(say!("node-selector-or-affinity.other-values-why", "there are nodes with it, and each of them lacks something else; under {key} nodes carry {carried}"))
    } else {
        finding.why(say!(
            "node-selector-or-affinity.other-values-why-2",
            "under {key} nodes carry {carried}"
        ))
    };
    match meant {
        Some(meant) => finding.fact("nearest", meant).fix([Fix::advice(
            say!(
                "node-selector-or-affinity.other-values-fix",
                "ask for {key}={nearest}, which nodes do carry, if that was meant"
            ),
            Who::Owner,
        )]),
        None => finding.fix([Fix::advice(
            say!(
                "node-selector-or-affinity.other-values-fix-2",
                "ask for a value that nodes carry: {carried}"
            ),
            Who::Owner,
        )]),
    }
    .fix([Fix::advice(
        say!(
            "node-selector-or-affinity.other-values-fix-3",
            "label the nodes that the pod is meant for"
        ),
        Who::Admin,
    )])
}

fn told(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let wanted = asked(case);
    let by =
        |wanted: fn(&Reason) -> bool| matched.clauses.iter().any(|clause| wanted(&clause.reason));
    let finding = if by(|reason| *reason == Reason::AffinityTermsConflict) {
        matched.finding(
            case,
            say!(
                "node-selector-or-affinity.headline",
                "the names of nodes that the pod's affinity asks for exclude each other"
            ),
        )
    } else if by(|reason| *reason == Reason::NodeAffinity) {
        if wanted.is_empty() {
            matched.finding(
                case,
                say!(
                    "node-selector-or-affinity.headline-2",
                    "labels that the pod asks for are missing on {share}"
                ),
            )
        } else {
            matched.finding(
                case,
                say!(
                    "node-selector-or-affinity.headline-3",
                    "labels that the pod asks for are missing on {share}: {wanted}"
                ),
            )
        }
    } else {
        matched.finding(
            case,
            say!(
                "node-selector-or-affinity.headline-4",
                "labels that the scheduler's own configuration demands are missing on {share}"
            ),
        )
    };
    let finding = if wanted.is_empty() {
        finding
    } else {
        finding.fact("wanted", wanted)
    };
    finding
        .why(say!(
            "node-selector-or-affinity.why",
            "which labels the nodes carry could not be compared, since nodes were not read"
        ))
        .fix([
            Fix::advice(
                say!(
                    "node-selector-or-affinity.fix",
                    "compare the pod's node selector and affinity with the labels of the nodes"
                ),
                Who::Owner,
            ),
            Fix::advice(
                say!(
                    "node-selector-or-affinity.fix-2",
                    "label the nodes that the pod is meant for"
                ),
                Who::Admin,
            ),
        ])
        .look(look(None))
}

/// What the pod asks of labels, in kubectl's spelling where that is short.
fn asked(case: &Case<'_>) -> Vec<String> {
    let spec = case.pod().spec();
    let pairs = spec
        .node_selector
        .iter()
        .flatten()
        .map(|(key, value)| format!("{key}={value}"));
    let terms = node_affinity(spec).unwrap_or_default();
    let expressions = terms
        .iter()
        .flat_map(|term| term.match_expressions.iter().flatten())
        .map(|expression| {
            let values = expression.values.as_deref().unwrap_or_default().join(", ");
            if values.is_empty() {
                format!("{} {}", expression.key, expression.operator)
            } else {
                format!("{} {} ({values})", expression.key, expression.operator)
            }
        });
    pairs.chain(expressions).collect()
}

fn look(key: Option<&str>) -> String {
    match key {
        Some(key) => shell::command(["kubectl", "get", "nodes", "-L", key]),
        None => shell::command(["kubectl", "get", "nodes", "--show-labels"]),
    }
}
