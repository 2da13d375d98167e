//! `node-shutdown`: a pod was ended, or refused, since its node went away or had to make room for others.
//!
//! Nothing is wrong with such a pod. What matters is whether anybody makes another one.

use crate::kubernetes::shell;
use crate::messages::disruption::{Disruption, Evictor};
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::shared::leaving::{self, Removal};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::text::{Sentence, say};

/// A pod was ended, or refused, since its node went away or had to make room for others.
pub static RULE: Rule = Rule {
    cause: "node-shutdown",
    layer: Layer::Node,
    title: "the pod was ended for its node or for other pods: shutdown, drain, taint or preemption",
    seen_as: &[
        "NodeShutdown",
        "Terminated",
        "Shutdown",
        "Preempting",
        "Preempted",
        "DisruptionTarget",
        "PreemptionByScheduler",
        "EvictionByEvictionAPI",
        "DeletionByTaintManager",
        "DeletionByPodGC",
        "TerminationByKubelet",
        "TaintManagerEviction",
        "Error",
        "Failed",
    ],
    explanation: include_str!("node_shutdown.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "node-shutdown.root",
        "node {goingNode} was shut down, and its pods were ended"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().phase() != "Failed" {
        return Vec::new();
    }
    let found = leaving::of_pod(case.pod(), case.snapshot)
        .and_then(|removal| finding(case, removal.disruption?, &removal));
    found.into_iter().collect()
}

fn finding(case: &Case<'_>, disruption: Disruption, removal: &Removal) -> Option<Finding> {
    let status = case.pod().status();
    let reason = status.reason.as_deref().unwrap_or_default();
    let message = status.message.as_deref().unwrap_or_default();
    let proof = match (message, reason) {
        ("", "") => removal.proof.first()?.clone(),
        ("", reason) => case.field("status.reason", reason),
        (message, _) => case.field("status.message", message),
    };
    let node = case.pod().node().unwrap_or_default();
    let is_shutdown = matches!(
        disruption,
        Disruption::Shutdown | Disruption::RefusedAtShutdown
    );
    let is_made_again = case.subject() != case.object();
    let more = removal.proof.iter();
    let more: Vec<Evidence> = more
        .filter(|more| more.quote != proof.quote)
        .cloned()
        .collect();
    let finding = Finding::new(case.subject(), headline(disruption, removal), proof)
        .evidence(more)
        .fact("node", node)
        .fact_if("leaving", removal.leaving.map(leaving::words))
        .fact_if("goingNode", is_shutdown.then_some(node))
        .why(why(is_made_again))
        .when(disruption == Disruption::ByKubelet, |finding| {
            finding.certainty(Certainty::Likely)
        });
    let remove = case.kubectl(["delete", &case.object().argument()]);
    let anew = say!(
        "node-shutdown.make-anew",
        "delete the pod and make it anew, best by a Deployment or a Job: nobody makes a pod again that has no controller"
    );
    let look = say!(
        "node-shutdown.see-successor",
        "see why the pod that {owner} made in its stead, if it made one, does not run; this one can be deleted"
    );
    let fix = if is_made_again {
        Fix::advice(look, Who::Owner).fact("owner", case.subject().argument())
    } else {
        Fix::command(anew, Who::Owner, case.object(), remove)
    };
    Some(finding.fix([fix]).inspect(inspect(case, is_shutdown)))
}

/// A node that was shut down tells whether it is back; the others are as they were.
fn inspect(case: &Case<'_>, is_shutdown: bool) -> NextCommand {
    match case.pod().node().filter(|_| is_shutdown) {
        Some(node) => shell::cluster(["describe", &format!("node/{node}")]).into(),
        None => NextCommand::from(case.kubectl(["get", "pods", "-o", "wide"])),
    }
}

fn headline(disruption: Disruption, removal: &Removal) -> Sentence {
    match disruption {
        Disruption::Shutdown => say!(
            "node-shutdown.headline",
            "node {node} was shut down and ended the pod[: {leaving}]"
        ),
        Disruption::RefusedAtShutdown => say!(
            "node-shutdown.refused",
            "node {node} was being shut down and refused the pod"
        ),
        Disruption::PreemptedByKubelet => say!(
            "node-shutdown.preempted-by-kubelet",
            "the kubelet of {node} ended the pod to make room for a critical one"
        ),
        Disruption::PreemptedByScheduler => say!(
            "node-shutdown.preempted",
            "the scheduler had the pod ended to make room on {node} for one of higher priority"
        ),
        Disruption::EvictedByApi if removal.evictor == Some(Evictor::Descheduler) => say!(
            "node-shutdown.descheduled",
            "the descheduler evicted the pod from {node}, for a better place"
        ),
        Disruption::EvictedByApi if removal.leaving.is_some() => say!(
            "node-shutdown.emptied",
            "the pod was evicted from {node}: {leaving}"
        ),
        Disruption::EvictedByApi => say!(
            "node-shutdown.drained",
            "the pod was evicted from {node} by kubectl drain or another client of the eviction API"
        ),
        Disruption::Tainted => say!(
            "node-shutdown.tainted",
            "the pod was deleted from {node}, since it does not tolerate a NoExecute taint there[: {leaving}]"
        ),
        Disruption::DeviceTainted => say!(
            "node-shutdown.device-tainted",
            "the pod was deleted from {node}, since it does not tolerate a NoExecute taint of its device"
        ),
        Disruption::NodeGone => say!(
            "node-shutdown.node-gone",
            "node {node} was deleted, and the pod with it"
        ),
        Disruption::ByKubelet => say!(
            "node-shutdown.by-kubelet",
            "the kubelet of {node} ended the pod, and does not say what for[; {leaving}]"
        ),
    }
}

fn why(is_made_again: bool) -> Sentence {
    if is_made_again {
        return say!(
            "node-shutdown.why",
            "such a pod stays listed as Failed; its controller makes another one elsewhere"
        );
    }
    say!(
        "node-shutdown.why-bare",
        "such a pod stays listed as Failed and does not come back when the node does"
    )
}
