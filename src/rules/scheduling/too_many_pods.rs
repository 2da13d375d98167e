//! Nodes run as many pods as they may.

use super::grounds::{Grounds, Sought};
use crate::finding::{Certainty, Finding, Fix, Who};
use crate::kubernetes::shell;
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::Reason;
use crate::scheduler::{Filter, Obstacle, What};
use crate::snapshot::Kind;

/// `too-many-pods`
pub static RULE: Rule = Rule {
    cause: "too-many-pods",
    layer: Layer::Scheduling,
    title: "the nodes run as many pods as they may",
    explanation: include_str!("too_many_pods.md"),
    reads: &[Kind::Node],
    refines: &[],
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let sought = Sought {
        obstacle: |obstacle: &Obstacle| matches!(&obstacle.what, What::PodCount { .. }),
        reason: |reason: &Reason| (*reason == Reason::TooManyPods).then_some(Certainty::Proven),
    };
    let Some(grounds) = Grounds::find(case, &sought) else {
        return Vec::new();
    };
    let advice = [
        Fix::advice("remove pods that are not needed, or add a node", Who::Owner),
        Fix::advice(
            "raise the kubelet's maxPods, where the node's network has addresses for more",
            Who::Admin,
        ),
    ];
    let first = grounds
        .obstacles()
        .find_map(|(node, obstacle)| match obstacle.what {
            What::PodCount { running, limit } => Some((node, running, limit)),
            _ => None,
        });
    let finding = match first {
        Some((node, running, limit)) => grounds
            .finding(
                case,
                "the limit of pods is reached on {share}: {node} runs {running} of {limit}",
            )
            .fact("node", node)
            .fact("running", running)
            .fact("limit", limit)
            .look(shell::command([
                "kubectl",
                "get",
                "pods",
                "-A",
                "--field-selector",
                &format!("spec.nodeName={node}"),
            ])),
        None => grounds
            .finding(case, "the limit of pods is reached on {share}")
            .look(shell::command([
                "kubectl",
                "get",
                "nodes",
                "-o",
                "custom-columns=NODE:.metadata.name,PODS:.status.allocatable.pods",
            ])),
    };
    let finding = finding
        .why("the limit counts pods of any size, those of the cluster itself and those being deleted among them")
        .fix(advice);
    vec![grounds.close(case, finding, Filter::NodeResourcesFit)]
}
