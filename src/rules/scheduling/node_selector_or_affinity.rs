//! No node carries the labels that the pod's node selector or required node affinity asks for.

use super::node_labels;
use super::other_labels::{no_such_key, other_values};
use crate::kubernetes::affinity::node_affinity;
use crate::kubernetes::node_terms::{NODE_NAME, NodeRequirement};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, What};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};
use std::collections::BTreeMap;
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

pub(super) const LABEL_NODES: Sentence = say!(
    "node-selector-or-affinity.label-nodes",
    "label the nodes that the pod is meant for"
);

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| match &failure.what {
            // DaemonSets pin each of their pods to a name, which is no label
            What::Label { wanted, .. } => wanted.key != NODE_NAME,
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
            .inspect(node_labels::inspect(None));
    };
    let key = requirement.key.as_str();
    let carried = node_labels::carried(case, key);
    let headline = say!(
        "node-selector-or-affinity.no-node",
        "no node that could run the pod has {wanted|{wanted}, which the pod asks for|all that the pod asks for: {wanted}}"
    );
    let finding = matched
        .finding(case, headline)
        .fact("wanted", wanted)
        .fact("key", key)
        .inspect(node_labels::inspect(Some(key)));
    if carried.is_empty() {
        no_such_key(case, finding, key)
    } else {
        other_values(finding, requirement, carried)
    }
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let headline = if matched.says(&Reason::AffinityTermsConflict) {
        say!(
            "node-selector-or-affinity.terms-conflict",
            "the names of nodes that the pod's affinity asks for exclude each other"
        )
    } else if matched.says(&Reason::NodeAffinity) {
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
        .inspect(node_labels::inspect(None))
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
