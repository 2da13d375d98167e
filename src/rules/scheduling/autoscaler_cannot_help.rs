//! The cluster autoscaler or Karpenter adds no node for the pod. Beside another cause it says why that one does not heal by itself.

use crate::messages::autoscaler::{self, Autoscaler, Group, GroupSays};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Event;

/// `autoscaler-cannot-help`
pub static RULE: Rule = Rule {
    cause: "autoscaler-cannot-help",
    layer: Layer::Scheduling,
    title: "the autoscaler adds no node for the pod",
    explanation: include_str!("autoscaler_cannot_help.md"),
    reads: &[],
    refines: &[],
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
        Autoscaler::MaxNodesTotal => new(case, event, "the cluster autoscaler adds no node: the cluster has as many as it may have")
            .fix([Fix::advice("raise --max-nodes-total of the cluster autoscaler, or make room on the nodes that are there", Who::Admin)]),
        Autoscaler::KarpenterFailed { pools } => karpenter(case, event, pools),
        _ => return Vec::new(),
    };
    let age = event.last.map(|last| case.seconds_since(last));
    let certainty = match age {
        Some(age) if age <= FRESH => Certainty::Likely,
        _ => Certainty::Possible,
    };
    vec![
        finding
            .certainty(certainty)
            .companion()
            .look(case.describe_pod()),
    ]
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

fn new(case: &Case<'_>, event: &Event, headline: &'static str) -> Finding {
    Finding::new(case.subject(), headline, case.event(event))
}

/// What rejects node groups that the pod would fit.
fn limit(says: &GroupSays) -> Option<(&'static str, &'static str)> {
    Some(match says {
        GroupSays::MaxSize => (
            "the cluster autoscaler adds no node: {groups} that may take the pod may not grow",
            "raise the maximal size of the node group",
        ),
        GroupSays::Backoff => (
            "the cluster autoscaler adds no node: it waits after {groups} could not grow",
            "look why the scale-up failed: at the events of the ConfigMap cluster-autoscaler-status, and at the cloud's quotas and stock",
        ),
        GroupSays::NotReady => (
            "the cluster autoscaler adds no node: {groups} may not grow while nodes of it are not ready",
            "clear what keeps the group's nodes from being ready",
        ),
        GroupSays::ClusterLimit => (
            "the cluster autoscaler adds no node: a limit of the whole cluster is reached",
            "raise the limit that the event names",
        ),
        GroupSays::Failed => (
            "the cluster autoscaler adds no node: the cloud did not give any for {groups}",
            "look at the cloud's error: at the events of the ConfigMap cluster-autoscaler-status",
        ),
        GroupSays::WouldNotFit(_) | GroupSays::NotChosen | GroupSays::Other => return None,
    })
}

fn cluster_autoscaler(case: &Case<'_>, event: &Event, groups: &[Group]) -> Finding {
    let limited = groups
        .iter()
        .find_map(|group| Some((group, limit(&group.says)?)));
    if let Some((group, (headline, change))) = limited {
        return new(case, event, headline)
            .fact("groups", share(group))
            .fact("words", group.text.as_str())
            .why("its counts are of node groups, not of nodes")
            .fix([Fix::advice(change, Who::Admin)]);
    }
    let reasons: Vec<String> = groups.iter().map(|group| group.text.clone()).collect();
    if reasons.is_empty() {
        new(case, event, "the cluster autoscaler adds no node for the pod, and does not say why")
            .why("it says the same when a group is at its maximal size and when the pod fits no node of any group")
            .fix([Fix::advice("compare the pod's requests with the node groups, and the groups with their maximal sizes", Who::Admin)])
    } else {
        new(case, event, "the cluster autoscaler adds no node: the pod would fit none that it could add: {reasons}")
            .fact("reasons", reasons)
            .why("its counts are of node groups, not of nodes; it runs the scheduler's filters on a new node of each group")
            .fix([Fix::advice("clear what keeps the pod from the nodes that are there, or add a node group that suits it", Who::Owner)])
    }
}

/// `2 node groups`
fn share(group: &Group) -> String {
    match group.count {
        Some(1) => "the node group".to_owned(),
        Some(count) => format!("the {count} node groups"),
        None => "the node groups".to_owned(),
    }
}

fn karpenter(case: &Case<'_>, event: &Event, pools: &[String]) -> Finding {
    let limited = |pool: &String| {
        pool.contains("exceed limits for nodepool") || pool.contains("limits have been exhausted")
    };
    let none = |pool: &String| pool.contains("no nodepools found");
    let (headline, change, who) = if pools.iter().any(none) {
        (
            "Karpenter adds no node: there is no NodePool",
            "create a NodePool",
            Who::Admin,
        )
    } else if pools.iter().any(limited) {
        (
            "Karpenter adds no node: a NodePool that may take the pod has reached its limits",
            "raise the limits of the NodePool",
            Who::Admin,
        )
    } else {
        (
            "Karpenter adds no node: the pod suits no node that it could make",
            "clear what the message names, or add a NodePool that suits the pod",
            Who::Owner,
        )
    };
    new(case, event, headline)
        .fact("pools", pools.to_vec())
        .why("its message gives a reason for each NodePool")
        .fix([Fix::advice(change, who)])
}
