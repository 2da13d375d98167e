//! What the causes share that go by where other pods stand: the command that shows it, domains in words, what keeps a pod off their nodes, and the words of
//! old schedulers, which tell affinity and anti-affinity alike.

use crate::kubernetes::labels::{HOSTNAME, OLD_REGION, OLD_ZONE, REGION, ZONE};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::scheduler::ranking::nearest_feasible;
use crate::scheduler::{FilterFailure, NodeResult, What};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The command that shows where the pods of all namespaces stand, or which of them stand on a node.
pub(super) fn inspect_all_pods(node: Option<&str>) -> String {
    let of_node = node.map(|node| format!("--field-selector=spec.nodeName={node}"));
    let words = ["kubectl", "get", "pods", "-A", "-o", "wide"].into_iter();
    shell::command(words.chain(of_node.as_deref()))
}

/// The words for one domain of a key and for several: `node`, `nodes`.
pub(super) fn words(key: &str) -> (String, String) {
    match key {
        HOSTNAME => ("node".to_owned(), "nodes".to_owned()),
        ZONE | OLD_ZONE => ("zone".to_owned(), "zones".to_owned()),
        REGION | OLD_REGION => ("region".to_owned(), "regions".to_owned()),
        key => (format!("value of {key}"), format!("values of {key}")),
    }
}

/// The nodes that pass a test; of them only those that the pod could use, if it could use any.
pub(super) fn usable_if_any(
    nodes: &[NodeResult],
    test: impl Fn(&NodeResult) -> bool,
) -> Vec<&NodeResult> {
    let passing: Vec<&NodeResult> = nodes.iter().filter(|node| test(node)).collect();
    let nearest_feasible = nearest_feasible(nodes);
    let usable = passing
        .iter()
        .filter(|node| nearest_feasible.is_usable(node));
    let usable: Vec<&NodeResult> = usable.copied().collect();
    if usable.is_empty() { passing } else { usable }
}

/// Why each node was rejected on these nodes, the most frequent first; `but` is left out.
pub(super) fn other_reasons<'n>(
    nodes: impl IntoIterator<Item = &'n NodeResult>,
    but: impl Fn(&FilterFailure) -> bool,
) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for node in nodes {
        let failures = node.failures.iter().filter(|one| !but(one));
        let mut words: Vec<String> = failures.map(word).collect();
        words.sort();
        words.dedup();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut words: Vec<(String, usize)> = counts.into_iter().collect();
    words.sort_by_key(|(_, count)| Reverse(*count));
    words.into_iter().map(|(word, _)| word).collect()
}

/// Whether the scheduler says which of affinity and anti-affinity fails; up to 1.20 it has words for both beside those, and in
/// older versions at times no others.
pub(super) fn says_which(case: &Case<'_>) -> bool {
    let said = case.scheduling().and_then(|known| known.said.as_ref());
    let mut clauses = said.iter().flat_map(|said| &said.message.clauses);
    clauses.any(|clause| {
        matches!(
            clause.reason,
            Reason::PodAffinity | Reason::PodAntiAffinity | Reason::ExistingPodsAntiAffinity
        )
    })
}

fn word(failure: &FilterFailure) -> String {
    match &failure.what {
        What::Cordoned => "cordoned".to_owned(),
        What::Taint { taint, .. } => format!("taint {taint}"),
        What::Label { wanted, .. } => format!("label {wanted}"),
        What::Port { port, .. } => format!("host port {port} taken"),
        What::Resource { resource, .. } => format!("too little {resource}"),
        What::PodCount { .. } => "too many pods".to_owned(),
        _ => {
            let reason = failure.reason.as_str();
            reason.strip_prefix("node(s) ").unwrap_or(reason).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Filter;

    fn failure(what: What) -> FilterFailure {
        FilterFailure {
            filter: Filter::PodTopologySpread,
            reason: "node(s) didn't match pod topology spread constraints".to_owned(),
            what,
        }
    }

    #[test]
    fn the_most_frequent_hindrance_comes_first_and_each_once_a_node() {
        let on = |node: &str, whats: &[What]| NodeResult {
            node: node.to_owned(),
            failures: whats.iter().cloned().map(failure).collect(),
        };
        let other = What::Other(String::new());
        let nodes = [
            on("a", &[What::OtherNode, What::Cordoned, What::Cordoned]),
            on("b", &[other.clone(), other]),
            on("c", &[What::OtherNode, What::Other(String::new())]),
        ];
        let found = other_reasons(&nodes, |one| one.what == What::OtherNode);
        assert_eq!(
            found,
            ["didn't match pod topology spread constraints", "cordoned"]
        );
    }

    #[test]
    fn well_known_keys_have_words_of_their_own() {
        assert_eq!(words("kubernetes.io/hostname").1, "nodes");
        assert_eq!(words("topology.kubernetes.io/zone").0, "zone");
        assert_eq!(words("rack").1, "values of rack");
    }
}
