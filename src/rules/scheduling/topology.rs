//! What the causes share that go by where other pods are: the command that shows it, what a domain is called, and which
//! of some nodes the pod could use.

use crate::kubernetes::labels::{HOSTNAME, OLD_REGION, OLD_ZONE, REGION, ZONE};
use crate::kubernetes::shell;
use crate::scheduler::NodeResult;
use crate::scheduler::ranking::nearest_feasible;
use crate::text::{Fact, Message, say};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ENGLISH;

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
