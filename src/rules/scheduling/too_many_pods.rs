//! Nodes run as many pods as they may.

use super::cluster_autoscaler;
use super::topology::inspect_all_pods;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::lie_on_a_host;
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, What};
use crate::snapshot::Kind;
use crate::text::say;

/// `too-many-pods`
pub static RULE: Rule = Rule {
    cause: "too-many-pods",
    layer: Layer::Scheduling,
    title: "the nodes run as many pods as they may",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("too_many_pods.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(&failure.what, What::PodCount { .. }),
        reason: |reason: &Reason| (*reason == Reason::TooManyPods).then_some(Certainty::Likely),
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let mut failures = matched.failures();
    let first = failures.find_map(|(node, failure)| match failure.what {
        What::PodCount { running, limit } => Some((node, running, limit)),
        _ => None,
    });
    let finding = matched
        .finding(case, say!("too-many-pods.headline", "the limit of pods is reached on {share}[: {node} runs {running} of {limit}]"))
        .why(say!("too-many-pods.why", "the limit counts pods of any size, those of the cluster itself and those being deleted among them"))
        .fix([
            Fix::advice(
                if lie_on_a_host(case) {
                    say!("too-many-pods.remove-pods-there", "remove pods that are not needed")
                } else {
                    say!("too-many-pods.remove-pods", "remove pods that are not needed, or add a node")
                },
                Who::Owner,
            ),
            Fix::advice(
                say!("too-many-pods.raise-max-pods", "raise the kubelet's maxPods, where the node's network has addresses for more"),
                Who::Admin,
            ),
        ]);
    let finding = match first {
        Some((node, running, limit)) => finding
            .fact("node", node)
            .fact("running", running)
            .fact("limit", limit)
            .inspect(inspect_all_pods(Some(node))),
        None => finding.inspect(shell::cluster([
            "get",
            "nodes",
            "-o",
            "custom-columns=NODE:.metadata.name,PODS:.status.allocatable.pods",
        ])),
    };
    let finding = matched.close(case, finding, Filter::NodeResourcesFit);
    vec![cluster_autoscaler::awaited(case, finding)]
}
