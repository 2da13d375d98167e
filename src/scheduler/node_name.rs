//! NodeName: a pod that names a node fits no other.
//!
//! A pod whose `spec.nodeName` was set by hand never comes to the scheduler; the filter matters where a pod is looked at that has
//! a node already.
//!
//! Source: kube-scheduler `framework/plugins/nodename` (1.37).

use super::{Filter, FilterFailure, Incoming, NodeView, What};
use crate::messages::scheduler::Reason;

/// The other node, if the pod names one.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let wanted = pod.pod.node_name.as_deref().unwrap_or_default();
    let failure = || FilterFailure {
        filter: Filter::NodeName,
        reason: Reason::NodeName.text(),
        what: What::OtherNode,
    };
    (!wanted.is_empty() && wanted != node.name())
        .then(failure)
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{found, node, pod};

    #[test]
    fn only_the_named_node_will_do() {
        let n1 = node("n1", "4", "8Gi");
        assert!(found(&pod("web"), &n1, &[]).is_empty());
        assert!(found(&pod("web").on("n1"), &n1, &[]).is_empty());
        assert_eq!(
            found(&pod("web").on("n2"), &n1, &[]),
            ["NodeName: node(s) didn't match the requested node name"]
        );
    }
}
