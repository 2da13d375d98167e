//! Nodes that could take the pod are not ready: the kubelet or the network is down, or not up yet.

use super::state_taints::{find, with_conditions};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::taint_meaning::Meaning;
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::Filter;
use crate::snapshot::Kind;

/// `node-not-ready`
pub static RULE: Rule = Rule {
    cause: "node-not-ready",
    layer: Layer::Node,
    title: "nodes that could take the pod are not ready",
    explanation: include_str!("node_not_ready.md"),
    reads: &[Kind::Node],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some((matched, meanings)) = find(case, Meaning::is_not_ready) else {
        return Vec::new();
    };
    let only = |meaning: Meaning| meanings.iter().all(|known| *known == meaning);
    let finding = if only(Meaning::Uninitialized) {
        matched
            .finding(case, "the cloud controller has not taken in {where}")
            .why("a kubelet that is told of an external cloud provider starts with a taint, which the cloud controller manager removes")
            .fix([Fix::advice("check that the cloud controller manager runs and has the rights that it needs", Who::Admin)])
    } else if only(Meaning::NetworkUnavailable) {
        matched
            .finding(case, "the network for pods is not set up on {where}")
            .why("the network plugin, or the cloud's route controller, has not set the node's network up")
            .fix([Fix::advice("check the network plugin's pods there", Who::Admin)])
    } else if only(Meaning::Unreachable) {
        matched
            .finding(
                case,
                if matched.is_of_one_node() {
                    "nothing is heard from the kubelet of {where}"
                } else {
                    "nothing is heard from the kubelets of {where}"
                },
            )
            .why("such a node is down or cut off, or its kubelet has stopped")
            .fix([Fix::advice(
                "bring the node or its kubelet back, or remove the node",
                Who::Admin,
            )])
    } else {
        matched
            .finding(case, if matched.is_of_one_node() { "the pod is kept off {where}, which is not ready" } else { "the pod is kept off {where}, which are not ready" })
            .why("the kubelet says so itself, most often since the container runtime or the network plugin is not up")
            .fix([Fix::advice("clear what the node's Ready condition names", Who::Admin)])
    };
    let finding = with_conditions(case, &matched, finding);
    vec![matched.close(case, finding, Filter::TaintToleration)]
}
