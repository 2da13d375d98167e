//! The cluster autoscaler or Karpenter adds no node for the pod. Beside full nodes it says why that
//! does not heal by itself, and leads.

use super::{cluster_autoscaler, karpenter};
use crate::kubernetes::shell;
use crate::messages::autoscaler::{self, Autoscaler, Group, GroupSays};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Event;
use crate::text::{Sentence, say};

/// `autoscaler-cannot-help`
pub static RULE: Rule = Rule {
    cause: "autoscaler-cannot-help",
    layer: Layer::Scheduling,
    title: "the autoscaler adds no node for the pod",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "NotTriggerScaleUp",
    ],
    explanation: include_str!("autoscaler_cannot_help.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// Seconds after which an autoscaler that still refused would have said so again (cluster-autoscaler scans every ten seconds and
/// repeats its event, Karpenter drops repetitions for five minutes: `pkg/events/recorder.go`).
pub(super) const FRESH: i64 = 900;

fn check(case: &Case<'_>) -> Vec<Finding> {
    let waits = case.pod().node().is_none() && case.pod().phase() == "Pending";
    if !waits {
        return Vec::new();
    }
    let Some((event, says)) = newest(case) else {
        return Vec::new();
    };
    let finding = match &says {
        Autoscaler::NotTriggered { groups } => cluster_autoscaler::finding(case, event, groups),
        Autoscaler::MaxNodesTotal => {
            let headline = say!(
                "autoscaler-cannot-help.max-nodes-total",
                "the cluster autoscaler adds no node: the cluster has as many as it may have"
            );
            let change = say!(
                "autoscaler-cannot-help.raise-max-nodes-total",
                "raise --max-nodes-total of the cluster autoscaler, or make room on the nodes that are there"
            );
            new(case, event, headline).fix([Fix::advice(change, Who::Admin)])
        }
        Autoscaler::KarpenterFailed { pools } => karpenter::finding(case, event, pools),
        _ => return Vec::new(),
    };
    let is_failure = |groups: &[Group]| {
        let mut groups = groups.iter();
        groups.any(|group| matches!(group.says, GroupSays::Backoff | GroupSays::Failed))
    };
    let look = match &says {
        Autoscaler::KarpenterFailed { pools } => match karpenter::refusing_pool(pools) {
            Some(pool) => shell::cluster(["describe", &format!("nodepool/{pool}")]),
            None => shell::cluster(["get", "nodepools,nodeclaims"]),
        },
        Autoscaler::NotTriggered { groups } if is_failure(groups) => {
            // with its events
            let status = "configmap/cluster-autoscaler-status";
            shell::kubectl("kube-system", ["describe", status])
        }
        _ => {
            let status = "configmap/cluster-autoscaler-status";
            shell::kubectl("kube-system", ["get", status, "-o", "yaml"])
        }
    };
    vec![placed(case, event, &says, finding.inspect(look))]
}

/// Nodes that grow in number are always full: what keeps them from that comes before what is short on them.
fn placed(case: &Case<'_>, event: &Event, says: &Autoscaler, finding: Finding) -> Finding {
    let age = event.last.map(|last| case.seconds_since(last));
    let fresh = age.is_some_and(|age| age <= FRESH);
    if fresh && names_limit(says) && is_room_short(case) {
        return finding;
    }
    let certainty = if fresh {
        Certainty::Likely
    } else {
        Certainty::Possible
    };
    finding.certainty(certainty).contributing()
}

/// Whether the autoscaler names what keeps it from adding a node, rather than repeating what the scheduler says of the nodes.
fn names_limit(says: &Autoscaler) -> bool {
    match says {
        Autoscaler::NotTriggered { groups } => groups
            .iter()
            .any(|group| cluster_autoscaler::limit(&group.says).is_some()),
        Autoscaler::MaxNodesTotal | Autoscaler::KarpenterFailed { .. } => true,
        _ => false,
    }
}

/// Whether the scheduler would take the pod to a node like those that are there, but for room.
fn is_room_short(case: &Case<'_>) -> bool {
    let latest = case
        .scheduling()
        .and_then(|examination| examination.scheduler_message.as_ref());
    let clauses = latest.map_or(&[][..], |latest| latest.message.clauses.as_slice());
    clauses.iter().any(|clause| {
        matches!(
            clause.reason,
            Reason::InsufficientResource(_) | Reason::TooManyPods
        )
    })
}

/// The newest event in which an autoscaler speaks of the pod. A later promise of a node outlives a refusal.
pub(super) fn newest<'a>(case: &Case<'a>) -> Option<(&'a Event, Autoscaler)> {
    let by_autoscaler = |event: &&Event| match event.reason.as_str() {
        "NotTriggerScaleUp" | "TriggeredScaleUp" => true,
        "FailedScheduling" | "Nominated" => {
            event.component == "karpenter" || event.message.starts_with("Failed to schedule pod, ")
        }
        _ => false,
    };
    let mut events = case.events().into_iter().rev();
    let event = events.find(by_autoscaler)?;
    Some((event, autoscaler::read(&event.message)))
}

fn new(case: &Case<'_>, event: &Event, headline: Sentence) -> Finding {
    Finding::new(case.subject(), headline, case.event(event))
}
