//! Control planes: by what they are known, and which of them a cordon keeps free in place of their taint.

use super::{NodeView, View};
use crate::kubernetes::node_terms::NodeRequirement;

/// Keys of the taints that keep workloads off control planes, and of the labels that tell their role, the newer first
/// (renamed in 1.24).
pub(super) const KEYS: [&str; 2] = [
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
];

/// Told roles before they had a prefix, and is still printed as one (kube-apiserver `pkg/printers/internalversion`).
const ROLE: &str = "kubernetes.io/role";

/// What names one node.
const NAMES: [&str; 2] = ["kubernetes.io/hostname", "metadata.name"];

fn is_one(node: &NodeView<'_>) -> bool {
    let has = |key: &&str| node.label(key).is_some();
    let role = node.label(ROLE);
    KEYS.iter().any(has) || matches!(role, Some("control-plane" | "master"))
}

/// Whether a cordoned node is a control plane that is kept free so: others are there for workloads, and no control plane
/// takes them. Where one does, as in k3s, a cordon is what it is on any node.
pub(super) fn is_kept_free(node: &NodeView<'_>, view: &View<'_>) -> bool {
    let is_guarded = |node: &NodeView<'_>| {
        let mut taints = node.node.taints.iter();
        node.node.unschedulable || taints.any(|taint| KEYS.contains(&taint.key.as_str()))
    };
    is_one(node)
        && view.nodes().any(|other| !is_one(other))
        && view
            .nodes()
            .all(|other| !is_one(other) || is_guarded(other))
}

/// Whether who wants this means control planes, or one node: then it is no matter that workloads are kept off.
pub(super) fn is_meant(wanted: &NodeRequirement) -> bool {
    let key = wanted.key.as_str();
    matches!(wanted.operator.as_str(), "In" | "Exists")
        && (key == ROLE || KEYS.contains(&key) || NAMES.contains(&key))
}
