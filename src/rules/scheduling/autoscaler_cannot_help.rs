//! The cluster autoscaler or Karpenter adds no node for the pod. Beside another cause it says why that one does not heal by itself.

use crate::text::{Sentence, say};
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
        Autoscaler::MaxNodesTotal => new(case, event, say!("autoscaler-cannot-help.text", "the cluster autoscaler adds no node: the cluster has as many as it may have"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.fix", "raise --max-nodes-total of the cluster autoscaler, or make room on the nodes that are there"), Who::Admin)]),
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

fn new(case: &Case<'_>, event: &Event, headline: Sentence) -> Finding {
    Finding::new(case.subject(), headline, case.event(event))
}

/// What rejects node groups that the pod would fit.
fn limit(says: &GroupSays) -> Option<(Sentence, Sentence)> {
    Some(match says {
        GroupSays::MaxSize => (
            say!("autoscaler-cannot-help.limit", "the cluster autoscaler adds no node: {groups} that may take the pod may not grow"),
            say!("autoscaler-cannot-help.limit-2", "raise the maximal size of the node group"),
        ),
        GroupSays::Backoff => (
            say!("autoscaler-cannot-help.limit-3", "the cluster autoscaler adds no node: it waits after {groups} could not grow"),
            say!("autoscaler-cannot-help.limit-4", "look why the scale-up failed: at the events of the ConfigMap cluster-autoscaler-status, and at the cloud's quotas and stock"),
        ),
        GroupSays::NotReady => (
            say!("autoscaler-cannot-help.limit-5", "the cluster autoscaler adds no node: {groups} may not grow while nodes of it are not ready"),
            say!("autoscaler-cannot-help.limit-6", "clear what keeps the group's nodes from being ready"),
        ),
        GroupSays::ClusterLimit => (
            say!("autoscaler-cannot-help.limit-7", "the cluster autoscaler adds no node: a limit of the whole cluster is reached"),
            say!("autoscaler-cannot-help.limit-8", "raise the limit that the event names"),
        ),
        GroupSays::Failed => (
            say!("autoscaler-cannot-help.limit-9", "the cluster autoscaler adds no node: the cloud did not give any for {groups}"),
            say!("autoscaler-cannot-help.limit-10", "look at the cloud's error: at the events of the ConfigMap cluster-autoscaler-status"),
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
            .why(say!("autoscaler-cannot-help.cluster-autoscaler-why", "its counts are of node groups, not of nodes"))
            .fix([Fix::advice(change, Who::Admin)]);
    }
    let reasons: Vec<String> = groups.iter().map(|group| group.text.clone()).collect();
    if reasons.is_empty() {
        new(case, event, say!("autoscaler-cannot-help.cluster-autoscaler", "the cluster autoscaler adds no node for the pod, and does not say why"))
            .why(say!("autoscaler-cannot-help.cluster-autoscaler-why-2", "it says the same when a group is at its maximal size and when the pod fits no node of any group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.cluster-autoscaler-fix", "compare the pod's requests with the node groups, and the groups with their maximal sizes"), Who::Admin)])
    } else {
        new(case, event, say!("autoscaler-cannot-help.cluster-autoscaler-2", "the cluster autoscaler adds no node: the pod would fit none that it could add: {reasons}"))
            .fact("reasons", reasons)
            .why(say!("autoscaler-cannot-help.cluster-autoscaler-why-3", "its counts are of node groups, not of nodes; it runs the scheduler's filters on a new node of each group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.cluster-autoscaler-fix-2", "clear what keeps the pod from the nodes that are there, or add a node group that suits it"), Who::Owner)])
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
            say!("autoscaler-cannot-help.karpenter", "Karpenter adds no node: there is no NodePool"),
            say!("autoscaler-cannot-help.karpenter-2", "create a NodePool"),
            Who::Admin,
        )
    } else if pools.iter().any(limited) {
        (
            say!("autoscaler-cannot-help.karpenter-3", "Karpenter adds no node: a NodePool that may take the pod has reached its limits"),
            say!("autoscaler-cannot-help.karpenter-4", "raise the limits of the NodePool"),
            Who::Admin,
        )
    } else {
        (
            say!("autoscaler-cannot-help.karpenter-5", "Karpenter adds no node: the pod suits no node that it could make"),
            say!("autoscaler-cannot-help.karpenter-6", "clear what the message names, or add a NodePool that suits the pod"),
            Who::Owner,
        )
    };
    new(case, event, headline)
        .fact("pools", pools.to_vec())
        .why(say!("autoscaler-cannot-help.karpenter-why", "its message gives a reason for each NodePool"))
        .fix([Fix::advice(change, who)])
}
