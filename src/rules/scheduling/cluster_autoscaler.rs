//! What the cluster autoscaler says about its node groups, none of which it lets grow for a pod.

use super::autoscaler_cannot_help::{self, FRESH};
use crate::messages::autoscaler::{Autoscaler, Group, GroupSays};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::snapshot::Event;
use crate::text::{Seconds, Sentence, say};

/// Puts first that a node is being added for the pod, where an autoscaler has just said so.
pub(super) fn awaited(case: &Case<'_>, mut finding: Finding) -> Finding {
    let newest = autoscaler_cannot_help::newest(case);
    let Some((event, says)) = newest else {
        return finding;
    };
    let age = event.last.map(|last| case.seconds_since(last));
    let (change, nodes) = match says {
        Autoscaler::Triggered { groups } => (
            say!(
                "autoscaler.adds-a-node",
                "wait for the node that the cluster autoscaler adds for the pod, as it said {age} ago[: {nodes}]"
            ),
            groups,
        ),
        Autoscaler::KarpenterNominated { target } => (
            say!(
                "autoscaler.nominates-a-node",
                "wait for the node that Karpenter has in mind for the pod, as it said {age} ago[: {nodes}]"
            ),
            vec![target],
        ),
        _ => return finding,
    };
    let Some(age) = age.filter(|age| *age <= FRESH) else {
        return finding;
    };
    let mut wait = Fix::advice(change, Who::Owner)
        .fact("age", Seconds(age))
        .risk(Risk::Reads);
    if !nodes.is_empty() {
        wait = wait.fact("nodes", nodes);
    }
    finding.fixes.insert(0, wait);
    finding.evidence([case.event(event)])
}

/// What keeps node groups that the pod would fit from growing, and what to change.
pub(super) fn limit(says: &GroupSays) -> Option<(Sentence, Sentence)> {
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
                "the cluster autoscaler adds no node: {groups|the node group|the[ {groups}] node groups} failed to grow, and it waits before it tries again"
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
                "the cluster autoscaler adds no node: a limit of the whole cluster is reached[: {limit}]"
            ),
            say!(
                "autoscaler-cannot-help.raise-cluster-limit",
                "raise the limit that the event names[, {limit}]"
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

/// The limit of the whole cluster that is reached (cluster-autoscaler 1.35 names its quota and the resources).
fn cluster_limit(group: &Group) -> Option<String> {
    let limit = group.text.strip_prefix("exceeded quota: ")?;
    Some(match limit.split_once(", resources: ") {
        Some((quota, resources)) => format!("quota {} ({resources})", quota.trim_matches('"')),
        None => format!("quota {}", limit.trim_matches('"')),
    })
}

/// What it says of its node groups, as a finding.
pub(super) fn finding(case: &Case<'_>, event: &Event, groups: &[Group]) -> Finding {
    let mut limits = groups
        .iter()
        .filter_map(|group| Some((group, limit(&group.says)?)));
    if let Some((group, (headline, change))) = limits.next() {
        return Finding::new(case.subject(), headline, case.event(event))
            .fact_if("groups", group.count)
            .fact("reason", group.text.as_str())
            .fact_if("limit", cluster_limit(group))
            .why(say!(
                "autoscaler-cannot-help.counts-groups",
                "the numbers in its message count node groups, not nodes"
            ))
            .refers_to_quotes()
            .fix([Fix::advice(change, Who::Admin)]);
    }
    let reasons: Vec<String> = groups.iter().map(|group| group.text.clone()).collect();
    if reasons.is_empty() {
        Finding::new(case.subject(), say!("autoscaler-cannot-help.no-reason", "the cluster autoscaler adds no node for the pod, and does not say why"), case.event(event))
            .why(say!("autoscaler-cannot-help.no-reason-why", "it says the same when a group is at its maximal size and when the pod fits no node of any group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.compare-groups", "compare the pod's requests with the node groups, and the groups with their maximal sizes"), Who::Admin)])
    } else {
        Finding::new(case.subject(), say!("autoscaler-cannot-help.would-not-fit", "the cluster autoscaler adds no node: the pod would fit none that it could add: {reasons}"), case.event(event))
            .fact("reasons", reasons)
            .why(say!("autoscaler-cannot-help.would-not-fit-why", "the numbers in its message count node groups, not nodes; it runs the scheduler's filters on a new node of each group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.add-a-group", "clear what keeps the pod from the nodes that are there, or add a node group that suits it"), Who::Owner)])
    }
}
