//! NodeAffinity: `nodeSelector` and the required node affinity.
//!
//! All pairs of the selector must hold, and one term of the affinity. Of several terms the one with the fewest unmet
//! requirements counts, the first of equals.
//!
//! Source: kube-scheduler `framework/plugins/nodeaffinity` (1.37); its PreFilter cuts the nodes down to those that terms pin by
//! `metadata.name`, and the others fail here before any other filter runs. A profile's `addedAffinity` cannot be read.

use super::{Filter, FilterFailure, Incoming, NodeView, Other, What};
use crate::kubernetes::affinity;
use crate::kubernetes::label_set::LabelSet;
use crate::kubernetes::node_terms::{NODE_NAME, NodeRequirement};
use crate::kubernetes::selector::{node_selector_requirement_matches, node_selector_term_matches};
use crate::messages::scheduler::Reason;
use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm};
use std::collections::BTreeSet;
use std::slice;

/// The nodes that the terms of a pod pin by name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pinned<'a> {
    /// A term leaves the name open.
    No,
    /// Only these nodes are looked at.
    To(BTreeSet<&'a str>),
    /// The names exclude each other.
    Conflict,
}

/// Names that exclude each other: the scheduler looks at no node then.
pub(super) fn conflict(pod: &Incoming<'_, '_>) -> Option<FilterFailure> {
    let pinned = pinned(pod.node_affinity()?);
    (pinned == Pinned::Conflict).then(|| FilterFailure {
        filter: Filter::NodeAffinity,
        reason: Reason::AffinityTermsConflict.text(),
        what: What::Other(Other::NamesConflict),
    })
}

/// The unmet pairs and expressions.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let terms = pod.node_affinity();
    let reason = match terms.map_or(Pinned::No, pinned) {
        Pinned::Conflict => Reason::AffinityTermsConflict,
        Pinned::To(names) if !names.contains(node.name()) => {
            Reason::ExcludedByPlugins(vec![Filter::NodeAffinity.as_str().to_owned()])
        }
        _ => Reason::NodeAffinity,
    };
    let labels = &node.node.labels;
    let pairs = pod.spec.node_selector.iter().flatten();
    let pairs = pairs
        .filter(|(key, value)| labels.get(key) != Some(value))
        .map(|(key, value)| label(NodeRequirement::one_of(key, slice::from_ref(value)), labels));
    let unmet_terms = terms.map(|terms| nearest(terms, node)).unwrap_or_default();
    pairs
        .chain(unmet_terms)
        .map(|what| FilterFailure {
            filter: Filter::NodeAffinity,
            reason: reason.text(),
            what,
        })
        .collect()
}

/// Whether selector and affinity admit the node.
pub(super) fn admits(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> bool {
    affinity::admits(pod.spec, &node.node.labels, node.name())
}

fn pinned(terms: &[NodeSelectorTerm]) -> Pinned<'_> {
    let mut names = BTreeSet::new();
    for term in terms {
        let fields = term.match_fields.iter().flatten();
        let mut of_term: Option<BTreeSet<&str>> = None;
        for field in fields.filter(|field| field.key == NODE_NAME && field.operator == "In") {
            let listed = field.values.iter().flatten().map(String::as_str).collect();
            of_term = Some(match of_term {
                Some(before) => &before & &listed,
                None => listed,
            });
        }
        match of_term {
            Some(of_term) => names.extend(of_term),
            None => return Pinned::No,
        }
    }
    match (terms.is_empty(), names.is_empty()) {
        (true, _) => Pinned::No,
        (false, true) => Pinned::Conflict,
        (false, false) => Pinned::To(names),
    }
}

/// What is unmet of the term that comes nearest; nothing when a term holds.
fn nearest(terms: &[NodeSelectorTerm], node: &NodeView<'_>) -> Vec<What> {
    let labels = &node.node.labels;
    let holds = |term| node_selector_term_matches(term, labels, node.name());
    if terms.iter().any(holds) {
        return Vec::new();
    }
    terms
        .iter()
        .map(|term| unmet(term, node))
        .filter(|unmet| !unmet.is_empty())
        .min_by_key(Vec::len)
        .unwrap_or_else(|| vec![What::Other(Other::EmptyTerms)])
}

fn unmet(term: &NodeSelectorTerm, node: &NodeView<'_>) -> Vec<What> {
    let labels = &node.node.labels;
    let expressions = term.match_expressions.iter().flatten();
    let expressions = expressions
        .filter(|requirement| !node_selector_requirement_matches(requirement, labels))
        .map(|requirement| label(requirement.into(), labels));
    let fields = term.match_fields.iter().flatten();
    let fields = fields
        .filter(|requirement| !field_holds(requirement, node.name()))
        .map(|requirement| What::Label {
            wanted: requirement.into(),
            found: (requirement.key == NODE_NAME).then(|| node.name().to_owned()),
        });
    expressions.chain(fields).collect()
}

fn field_holds(field: &NodeSelectorRequirement, name: &str) -> bool {
    let alone = NodeSelectorTerm {
        match_fields: Some(vec![field.clone()]),
        match_expressions: None,
    };
    node_selector_term_matches(&alone, &LabelSet::default(), name)
}

fn label(wanted: NodeRequirement, labels: &LabelSet) -> What {
    What::Label {
        found: labels.get(&wanted.key).map(str::to_owned),
        wanted,
    }
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{Cluster, node, pod};
    use crate::scheduler::{View, What, run_filters};
    use serde_json::{Value, json};

    /// `reason: wanted (found)` for each filter failure on a node `n1` with labels disk=ssd, cores=8, name=eight.
    fn unmet(selector: Value, terms: Value) -> Vec<String> {
        let n1 = node("n1", "4", "8Gi").set(
            "/metadata/labels",
            json!({"disk": "ssd", "cores": "8", "name": "eight"}),
        );
        let mut web = pod("web").set("/spec/nodeSelector", selector);
        if !terms.is_null() {
            let required = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
            web = web.set("/spec/affinity", required);
        }
        let cluster = Cluster::new().with(n1).snapshot();
        let results = run_filters(&web.pod(), &View::of(&cluster)).nodes;
        let failures = results[0].failures.iter();
        failures
            .map(|failure| match &failure.what {
                What::Label { wanted, found } => {
                    format!("{wanted} ({})", found.as_deref().unwrap_or("-"))
                }
                What::Other(other) => format!("{other:?}"),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn expression(key: &str, operator: &str, values: &[&str]) -> Value {
        json!({"key": key, "operator": operator, "values": values})
    }

    fn one(expression: Value) -> Value {
        json!([{"matchExpressions": [expression]}])
    }

    #[test]
    fn every_pair_of_the_selector_must_hold() {
        assert!(unmet(json!({"disk": "ssd"}), Value::Null).is_empty());
        assert_eq!(
            unmet(
                json!({"disk": "hdd", "gpu": "a100", "cores": "8"}),
                Value::Null
            ),
            ["disk=hdd (ssd)", "gpu=a100 (-)"]
        );
    }

    #[test]
    fn expressions_hold_as_the_scheduler_reads_them() {
        for (key, operator, values, expected) in [
            (
                "disk",
                "In",
                &["hdd", "nvme"][..],
                Some("disk in (hdd, nvme) (ssd)"),
            ),
            ("disk", "In", &["ssd", "nvme"], None),
            ("disk", "NotIn", &["ssd"], Some("disk!=ssd (ssd)")),
            ("gpu", "NotIn", &["a100"], None),
            ("gpu", "Exists", &[], Some("gpu (-)")),
            ("gpu", "DoesNotExist", &[], None),
            ("disk", "DoesNotExist", &[], Some("!disk (ssd)")),
            ("cores", "Gt", &["7"], None),
            ("cores", "Gt", &["8"], Some("cores > 8 (8)")),
            ("cores", "Lt", &["9"], None),
            ("name", "Gt", &["7"], Some("name > 7 (eight)")),
            ("absent", "Lt", &["7"], Some("absent < 7 (-)")),
        ] {
            let said = unmet(json!({}), one(expression(key, operator, values)));
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(said, expected, "{key} {operator} {values:?}");
        }
    }

    #[test]
    fn one_term_is_enough_and_the_nearest_is_told() {
        let far = json!({"matchExpressions": [expression("a", "Exists", &[]), expression("b", "Exists", &[])]});
        let near = json!({"matchExpressions": [expression("disk", "In", &["ssd"]), expression("c", "Exists", &[])]});
        let fits = json!({"matchExpressions": [expression("disk", "Exists", &[])]});
        assert!(unmet(json!({}), json!([far, fits])).is_empty());
        assert_eq!(unmet(json!({}), json!([far, near])), ["c (-)"]);
        // the selector must hold besides
        assert_eq!(unmet(json!({"x": "y"}), json!([far, fits])), ["x=y (-)"]);
    }

    #[test]
    fn empty_terms_match_nothing() {
        for terms in [json!([]), json!([{}])] {
            assert_eq!(unmet(json!({}), terms).len(), 1);
        }
    }

    #[test]
    fn nodes_that_no_term_names_are_cut_off_before() {
        let pin = |names: Value| json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": names}]});
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .with(node("n2", "4", "8Gi"))
            .snapshot();
        let reasons = |terms: Value| -> Vec<String> {
            let required = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
            let web = pod("web").set("/spec/affinity", required).pod();
            let results = run_filters(&web, &View::of(&cluster)).nodes;
            let first = |node: &crate::scheduler::NodeResult| {
                let first = node.failures.first();
                first.map_or_else(|| "fits".to_owned(), |failure| failure.reason.to_string())
            };
            results.iter().map(first).collect()
        };
        assert_eq!(
            reasons(json!([pin(json!(["n1"]))])),
            ["fits", "node(s) didn't satisfy plugin(s) [NodeAffinity]"]
        );
        let open = json!({"matchExpressions": [{"key": "x", "operator": "Exists"}]});
        assert_eq!(
            reasons(json!([pin(json!(["n1"])), open])),
            ["fits", "node(s) didn't match Pod's node affinity/selector"]
        );
        let torn = json!({"matchFields": [
            {"key": "metadata.name", "operator": "In", "values": ["n1"]},
            {"key": "metadata.name", "operator": "In", "values": ["n2"]},
        ]});
        assert_eq!(reasons(json!([torn])), ["pod affinity terms conflict"; 2]);
    }
}
