//! The cluster autoscaler or Karpenter adds no node for the pod. Beside another cause it says why that one does not
//! heal by itself.

use crate::kubernetes::shell;
use crate::messages::autoscaler::{self, Autoscaler, Group, GroupSays};
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
const FRESH: i64 = 900;

fn check(case: &Case<'_>) -> Vec<Finding> {
    let waits = case.pod().node().is_none() && case.pod().phase() == "Pending";
    if !waits {
        return Vec::new();
    }
    let Some((event, says)) = newest(case) else {
        return Vec::new();
    };
    let finding = match &says {
        Autoscaler::NotTriggered { groups } => cluster_autoscaler(case, event, groups),
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
        Autoscaler::KarpenterFailed { pools } => karpenter(case, event, pools),
        _ => return Vec::new(),
    };
    let look = match says {
        Autoscaler::KarpenterFailed { .. } => shell::cluster(["get", "nodepools,nodeclaims"]),
        _ => {
            let status = "configmap/cluster-autoscaler-status";
            shell::kubectl("kube-system", ["get", status, "-o", "yaml"])
        }
    };
    let age = event.last.map(|last| case.seconds_since(last));
    let certainty = match age {
        Some(age) if age <= FRESH => Certainty::Likely,
        _ => Certainty::Possible,
    };
    vec![finding.certainty(certainty).contributing().inspect(look)]
}

/// The newest event in which an autoscaler speaks of the pod. A later promise of a node outlives a refusal.
fn newest<'a>(case: &Case<'a>) -> Option<(&'a Event, Autoscaler)> {
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

/// What keeps node groups that the pod would fit from growing, and what to change.
fn limit(says: &GroupSays) -> Option<(Sentence, Sentence)> {
    Some(match says {
        GroupSays::MaxSize => (
            say!(
                "autoscaler-cannot-help.max-size",
                "the cluster autoscaler adds no node: {groups|the node group|the[ {groups}] node groups} that may take the pod may not grow"
            ),
            say!(
                "autoscaler-cannot-help.raise-max-size",
                "raise the maximal size of the node group"
            ),
        ),
        GroupSays::Backoff => (
            say!(
                "autoscaler-cannot-help.backoff",
                "the cluster autoscaler adds no node: it waits after {groups|the node group|the[ {groups}] node groups} could not grow"
            ),
            say!(
                "autoscaler-cannot-help.inspect-backoff",
                "look why the scale-up failed: at the events of the ConfigMap cluster-autoscaler-status, and at the cloud's quotas and stock"
            ),
        ),
        GroupSays::NotReady => (
            say!(
                "autoscaler-cannot-help.not-ready",
                "the cluster autoscaler adds no node: {groups|the node group|the[ {groups}] node groups} may not grow while nodes of {groups|it|them} are not ready"
            ),
            say!(
                "autoscaler-cannot-help.make-nodes-ready",
                "clear what keeps the group's nodes from being ready"
            ),
        ),
        GroupSays::ClusterLimit => (
            say!(
                "autoscaler-cannot-help.cluster-limit",
                "the cluster autoscaler adds no node: a limit of the whole cluster is reached"
            ),
            say!(
                "autoscaler-cannot-help.raise-cluster-limit",
                "raise the limit that the event names"
            ),
        ),
        GroupSays::Failed => (
            say!(
                "autoscaler-cannot-help.cloud-failed",
                "the cluster autoscaler adds no node: the cloud did not give any for {groups|the node group|the[ {groups}] node groups}"
            ),
            say!(
                "autoscaler-cannot-help.inspect-cloud-error",
                "look at the cloud's error: at the events of the ConfigMap cluster-autoscaler-status"
            ),
        ),
        GroupSays::WouldNotFit(_) | GroupSays::NotChosen | GroupSays::Other => return None,
    })
}

fn cluster_autoscaler(case: &Case<'_>, event: &Event, groups: &[Group]) -> Finding {
    let mut limits = groups
        .iter()
        .filter_map(|group| Some((group, limit(&group.says)?)));
    if let Some((group, (headline, change))) = limits.next() {
        return new(case, event, headline)
            .fact_if("groups", group.count)
            .fact("reason", group.text.as_str())
            .why(say!(
                "autoscaler-cannot-help.counts-groups",
                "its counts are of node groups, not of nodes"
            ))
            .refers_to_quotes()
            .fix([Fix::advice(change, Who::Admin)]);
    }
    let reasons: Vec<String> = groups.iter().map(|group| group.text.clone()).collect();
    if reasons.is_empty() {
        new(case, event, say!("autoscaler-cannot-help.no-reason", "the cluster autoscaler adds no node for the pod, and does not say why"))
            .why(say!("autoscaler-cannot-help.no-reason-why", "it says the same when a group is at its maximal size and when the pod fits no node of any group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.compare-groups", "compare the pod's requests with the node groups, and the groups with their maximal sizes"), Who::Admin)])
    } else {
        new(case, event, say!("autoscaler-cannot-help.would-not-fit", "the cluster autoscaler adds no node: the pod would fit none that it could add: {reasons}"))
            .fact("reasons", reasons)
            .why(say!("autoscaler-cannot-help.would-not-fit-why", "its counts are of node groups, not of nodes; it runs the scheduler's filters on a new node of each group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.add-a-group", "clear what keeps the pod from the nodes that are there, or add a node group that suits it"), Who::Owner)])
    }
}

fn karpenter(case: &Case<'_>, event: &Event, pools: &[String]) -> Finding {
    let limited = |pool: &String| {
        pool.contains("exceed limits for nodepool") || pool.contains("limits have been exhausted")
    };
    let none = |pool: &String| pool.contains("no nodepools found");
    let (headline, change, who) = if pools.iter().any(none) {
        (
            say!(
                "autoscaler-cannot-help.no-nodepool",
                "Karpenter adds no node: there is no NodePool"
            ),
            say!(
                "autoscaler-cannot-help.create-nodepool",
                "create a NodePool"
            ),
            Who::Admin,
        )
    } else if pools.iter().any(limited) {
        (
            say!(
                "autoscaler-cannot-help.nodepool-limits",
                "Karpenter adds no node: a NodePool that may take the pod has reached its limits"
            ),
            say!(
                "autoscaler-cannot-help.raise-nodepool-limits",
                "raise the limits of the NodePool"
            ),
            Who::Admin,
        )
    } else {
        (
            say!(
                "autoscaler-cannot-help.nodepools-do-not-fit",
                "Karpenter adds no node: the pod suits no node that it could make"
            ),
            say!(
                "autoscaler-cannot-help.add-a-nodepool",
                "clear what the message names, or add a NodePool that suits the pod"
            ),
            Who::Owner,
        )
    };
    new(case, event, headline)
        .fact("pools", pools.to_vec())
        .why(say!(
            "autoscaler-cannot-help.karpenter-why",
            "its message gives a reason for each NodePool"
        ))
        .refers_to_quotes()
        .fix([Fix::advice(change, who)])
}
