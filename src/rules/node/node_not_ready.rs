//! Nodes that could take the pod are not ready: the kubelet or the network is down, or not up yet.

use crate::text::say;
use super::state_taints::{find, with_conditions};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::taint_meaning::Meaning;
use crate::rules::{Case, Layer, Rule};
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
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some((matched, meanings)) = find(case, Meaning::is_not_ready) else {
        return Vec::new();
    };
    let only = |meaning: Meaning| meanings.iter().all(|known| *known == meaning);
    let finding = if only(Meaning::Uninitialized) {
        matched
            .finding(case, say!("node-not-ready.headline", "the cloud controller has not taken in {where}"))
            .why(say!("node-not-ready.why", "a kubelet that is told of an external cloud provider starts with a taint, which the cloud controller manager removes"))
            .fix([Fix::advice(say!("node-not-ready.fix", "check that the cloud controller manager runs and has the rights that it needs"), Who::Admin)])
    } else if only(Meaning::NetworkUnavailable) {
        matched
            .finding(case, say!("node-not-ready.headline-2", "the network for pods is not set up on {where}"))
            .why(say!("node-not-ready.why-2", "the network plugin, or the cloud's route controller, has not set the node's network up"))
            .fix([Fix::advice(say!("node-not-ready.fix-2", "check the network plugin's pods there"), Who::Admin)])
    } else if only(Meaning::Unreachable) {
        matched
            .finding(
                case,
                if matched.is_of_one_node() {
                    say!("node-not-ready.headline-3", "nothing is heard from the kubelet of {where}")
                } else {
                    say!("node-not-ready.headline-4", "nothing is heard from the kubelets of {where}")
                },
            )
            .why(say!("node-not-ready.why-3", "such a node is down or cut off, or its kubelet has stopped"))
            .fix([Fix::advice(
                say!("node-not-ready.fix-3", "bring the node or its kubelet back, or remove the node"),
                Who::Admin,
            )])
    } else {
        matched
            .finding(case, if matched.is_of_one_node() { say!("node-not-ready.headline-5", "the pod is kept off {where}, which is not ready") } else { say!("node-not-ready.headline-6", "the pod is kept off {where}, which are not ready") })
            .why(say!("node-not-ready.why-4", "the kubelet says so itself, most often since the container runtime or the network plugin is not up"))
            .fix([Fix::advice(say!("node-not-ready.fix-4", "clear what the node's Ready condition names"), Who::Admin)])
    };
    let finding = with_conditions(case, &matched, finding);
    vec![matched.close(case, finding, Filter::TaintToleration)]
}
