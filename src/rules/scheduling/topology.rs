//! What the causes share that go by where other pods are: the command that shows it, what a domain is called, why the nodes of
//! other domains were rejected, and the messages of old schedulers, which tell affinity and anti-affinity alike.

use crate::kubernetes::labels::{HOSTNAME, OLD_REGION, OLD_ZONE, REGION, ZONE};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::scheduler::ranking::nearest_feasible;
use crate::scheduler::{FilterFailure, NodeResult, What};
use crate::text::{Fact, Message, say};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The command that shows where the pods of all namespaces are, or which of them are on a node.
pub(super) fn inspect_all_pods(node: Option<&str>) -> String {
    let of_node = node.map(|node| format!("--field-selector=spec.nodeName={node}"));
    let words = ["get", "pods", "-A", "-o", "wide"].into_iter();
    shell::cluster(words.chain(of_node.as_deref()))
}

/// What one domain of a key is called, and what several are: `node`, `nodes`.
pub(super) fn domain_names(key: &str) -> (Fact, Fact) {
    let of_key = |sentence| Message::new(sentence).fact("key", key).into();
    match key {
        HOSTNAME => (
            say!("topology.node", "node").into(),
            say!("topology.nodes", "nodes").into(),
        ),
        ZONE | OLD_ZONE => (
            say!("topology.zone", "zone").into(),
            say!("topology.zones", "zones").into(),
        ),
        REGION | OLD_REGION => (
            say!("topology.region", "region").into(),
            say!("topology.regions", "regions").into(),
        ),
        _ => (
            of_key(say!("topology.value", "value of {key}")),
            of_key(say!("topology.values", "values of {key}")),
        ),
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

/// Why these nodes were rejected, the most frequent reason first; `but` is left out.
pub(super) fn other_reasons<'n>(
    nodes: impl IntoIterator<Item = &'n NodeResult>,
    but: impl Fn(&FilterFailure) -> bool,
) -> Vec<Message> {
    let mut counts: BTreeMap<String, (Message, usize)> = BTreeMap::new();
    for node in nodes {
        let failures = node.failures.iter().filter(|one| !but(one));
        let reasons: BTreeMap<String, Message> = failures
            .map(reason)
            .map(|reason| (reason.english(), reason))
            .collect();
        for (english, reason) in reasons {
            counts.entry(english).or_insert((reason, 0)).1 += 1;
        }
    }
    let mut reasons: Vec<(Message, usize)> = counts.into_values().collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    reasons.into_iter().map(|(reason, _)| reason).collect()
}

/// Whether the scheduler says which of affinity and anti-affinity fails; up to 1.20 it has a reason for both beside those, and in
/// older versions at times no other.
pub(super) fn says_which(case: &Case<'_>) -> bool {
    let said = case
        .scheduling()
        .and_then(|known| known.scheduler_message.as_ref());
    let mut clauses = said.iter().flat_map(|said| &said.message.clauses);
    clauses.any(|clause| {
        matches!(
            clause.reason,
            Reason::PodAffinity | Reason::PodAntiAffinity | Reason::ExistingPodsAntiAffinity
        )
    })
}

fn reason(failure: &FilterFailure) -> Message {
    match &failure.what {
        What::Cordoned => say!("topology.cordoned", "cordoned").into(),
        What::Taint { taint, .. } => {
            Message::new(say!("topology.taint", "taint {taint}")).fact("taint", taint.as_str())
        }
        What::Label { wanted, .. } => {
            Message::new(say!("topology.label", "label {wanted}")).fact("wanted", wanted.as_str())
        }
        What::Port { port, .. } => Message::new(say!("topology.port", "host port {port} taken"))
            .fact("port", port.to_string()),
        What::Resource { resource, .. } => {
            Message::new(say!("topology.resource", "too little {resource}"))
                .fact("resource", resource.as_str())
        }
        What::PodCount { .. } => say!("topology.pod-count", "too many pods").into(),
        _ => {
            let reason = failure.reason.as_str();
            let reason = reason.strip_prefix("node(s) ").unwrap_or(reason);
            Message::new(say!("topology.reason", "{reason}")).fact("reason", reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Filter;
    use crate::text::ENGLISH;

    fn failure(what: What) -> FilterFailure {
        FilterFailure {
            filter: Filter::NodeName,
            reason: "node(s) didn't match the requested node name".to_owned(),
            what,
        }
    }

    #[test]
    fn the_most_frequent_reason_comes_first_and_each_once_a_node() {
        let on = |node: &str, whats: &[What]| NodeResult {
            node: node.to_owned(),
            failures: whats.iter().cloned().map(failure).collect(),
        };
        let full = What::PodCount {
            running: 1,
            limit: 1,
        };
        let nodes = [
            on("a", &[full.clone(), What::Cordoned, What::Cordoned]),
            on("b", &[What::OtherNode, What::OtherNode]),
            on("c", &[full.clone(), What::OtherNode]),
        ];
        let found = other_reasons(&nodes, |one| one.what == full);
        let found: Vec<String> = found.iter().map(Message::english).collect();
        assert_eq!(found, ["didn't match the requested node name", "cordoned"]);
    }

    #[test]
    fn well_known_keys_have_names_of_their_own() {
        let names = |key: &str| {
            let (one, many) = domain_names(key);
            (ENGLISH.fact(&one), ENGLISH.fact(&many))
        };
        assert_eq!(names("kubernetes.io/hostname").1, "nodes");
        assert_eq!(names("topology.kubernetes.io/zone").0, "zone");
        assert_eq!(names("rack").1, "values of rack");
    }
}
