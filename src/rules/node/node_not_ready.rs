//! Nodes that could take the pod are not ready: the kubelet or the network is down, or not up yet.

use super::state_taints::{find, with_conditions};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::leaving;
use crate::rules::shared::matching::Match;
use crate::rules::shared::taint_meaning::Meaning;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::scheduler::Filter;
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

/// `node-not-ready`
pub static RULE: Rule = Rule {
    cause: "node-not-ready",
    layer: Layer::Node,
    title: "nodes that could take the pod are not ready",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "NodeNotReady",
        "NotReady",
        "KubeletNotReady",
        "NetworkNotReady",
        "NetworkPluginNotReady",
        "NetworkUnavailable",
        "NodeStatusUnknown",
        "NodeUnreachable",
    ],
    explanation: include_str!("node_not_ready.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some((matched, meanings)) = find(case, Meaning::is_not_ready) else {
        return Vec::new();
    };
    let only = meanings.first().filter(|_| meanings.len() == 1);
    let (headline, why, fix) = sentences(only.copied());
    let finding = matched
        .finding(case, headline)
        .why(why)
        .refers_to_quotes()
        .fix([Fix::advice(fix, Who::Admin)]);
    let finding = with_conditions(case, &matched, finding);
    let finding = leaving(case, &matched, finding);
    vec![matched.close(case, finding, Filter::TaintToleration)]
}

/// Nodes that somebody takes away do not become ready again.
fn leaving(case: &Case<'_>, matched: &Match<'_>, finding: Finding) -> Finding {
    let nodes = matched.places.iter().map(|place| &*place.result.node);
    let mark = leaving::of_all(nodes, case.snapshot);
    let Some((leaving, mark)) = mark.filter(|(leaving, _)| leaving.is_final()) else {
        return finding;
    };
    let other = say!(
        "node-not-ready.other-node",
        "let another node take the pod, or add one: {share|this one goes|these go}"
    );
    let mut finding = finding
        .fact("leaving", leaving::words(leaving))
        .evidence([mark])
        .why(say!("node-not-ready.leaving-why", "{leaving}"));
    finding.fixes = vec![Fix::advice(other, Who::Admin)];
    finding
}

/// The headline, how it comes about, and what to change, by what all the taints mean.
fn sentences(only: Option<Meaning>) -> (Sentence, Sentence, Sentence) {
    match only {
        Some(Meaning::Uninitialized) => (
            say!(
                "node-not-ready.uninitialized",
                "the cloud controller has not taken in {anywhere}"
            ),
            say!(
                "node-not-ready.uninitialized-why",
                "a kubelet that is told of an external cloud provider starts with a taint, which the cloud controller manager removes"
            ),
            say!(
                "node-not-ready.check-cloud-controller",
                "check that the cloud controller manager runs and has the rights that it needs"
            ),
        ),
        Some(Meaning::NetworkUnavailable) => (
            say!(
                "node-not-ready.network-unavailable",
                "the network for pods is not set up on {anywhere}"
            ),
            say!(
                "node-not-ready.network-unavailable-why",
                "the network plugin, or the cloud's route controller, has not set the node's network up"
            ),
            say!(
                "node-not-ready.check-network-plugin",
                "check the network plugin's pods there"
            ),
        ),
        Some(Meaning::Unreachable) => (
            say!(
                "node-not-ready.unreachable",
                "nothing is heard from the {share|kubelet|kubelets} of {where}"
            ),
            say!(
                "node-not-ready.unreachable-why",
                "such a node is down or cut off, or its kubelet has stopped"
            ),
            say!(
                "node-not-ready.bring-back",
                "bring the node or its kubelet back, or remove the node"
            ),
        ),
        _ => (
            say!(
                "node-not-ready.headline",
                "the pod is kept off {where}, which {share|is|are} not ready"
            ),
            say!(
                "node-not-ready.why",
                "the kubelet says so itself, most often since the container runtime or the network plugin is not up"
            ),
            say!(
                "node-not-ready.clear-ready-condition",
                "clear what the node's Ready condition names"
            ),
        ),
    }
}
