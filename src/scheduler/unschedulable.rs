//! NodeUnschedulable: a cordoned node takes only pods that tolerate being there.
//!
//! Source: kube-scheduler `framework/plugins/nodeunschedulable` (1.37).

use super::{Filter, FilterFailure, Incoming, NodeView, View, What, control_plane};
use crate::kubernetes::taints::tolerates;
use crate::messages::scheduler::Reason;
use k8s_openapi::api::core::v1::Taint;

/// The key of the taint that stands for a cordon, whether or not the node has the taint.
pub(super) const KEY: &str = "node.kubernetes.io/unschedulable";

/// Whether a taint only repeats what `spec.unschedulable` says; the node lifecycle controller adds it to cordoned nodes.
pub(super) fn repeats(taint: &Taint) -> bool {
    taint.key == KEY
        && taint.effect == "NoSchedule"
        && taint.value.as_deref().unwrap_or_default().is_empty()
}

/// The cordon, if it keeps the pod off.
pub(super) fn failures(
    pod: &Incoming<'_, '_>,
    node: &NodeView<'_>,
    view: &View<'_>,
) -> Vec<FilterFailure> {
    if !node.node.unschedulable {
        return Vec::new();
    }
    let cordon = Taint {
        key: KEY.to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    };
    let mut tolerations = pod.tolerations().iter();
    if tolerations.any(|toleration| tolerates(toleration, &cordon)) {
        return Vec::new();
    }
    vec![FilterFailure {
        filter: Filter::NodeUnschedulable,
        reason: Reason::Unschedulable.text(),
        what: What::Cordoned {
            keeps_free: control_plane::is_kept_free(node, view),
        },
    }]
}

#[cfg(test)]
mod tests {
    use crate::scheduler::testing::{found, node, pod};
    use serde_json::json;

    #[test]
    fn a_cordon_is_tolerated_like_a_taint() {
        let cordoned = node("n1", "4", "8Gi").set("/spec/unschedulable", json!(true));
        let words = "NodeUnschedulable: node(s) were unschedulable";
        for (toleration, expected) in [
            (None, vec![words]),
            (Some(json!({"operator": "Exists"})), vec![]),
            (
                Some(
                    json!({"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}),
                ),
                vec![],
            ),
            (
                Some(
                    json!({"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoExecute"}),
                ),
                vec![words],
            ),
        ] {
            let mut web = pod("web");
            if let Some(toleration) = toleration {
                web = web.set("/spec/tolerations", json!([toleration]));
            }
            assert_eq!(found(&web, &cordoned, &[]), expected);
        }
    }

    #[test]
    fn the_taint_of_a_cordon_is_told_once() {
        let cordoned = node("n1", "4", "8Gi").set(
            "/spec",
            json!({"unschedulable": true, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}),
        );
        assert_eq!(found(&pod("web"), &cordoned, &[]).len(), 1);
        let tainted = cordoned.set("/spec/unschedulable", json!(false));
        assert_eq!(
            found(&pod("web"), &tainted, &[]),
            ["TaintToleration: node(s) had untolerated taint(s)"]
        );
    }
}
