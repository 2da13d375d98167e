//! What the cluster autoscaler says about its node groups, none of which it lets grow for a pod.

use crate::messages::autoscaler::{Group, GroupSays};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::Event;
use crate::text::{Sentence, say};

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

/// What it says of its node groups, as a finding.
pub(super) fn finding(case: &Case<'_>, event: &Event, groups: &[Group]) -> Finding {
    let mut limits = groups
        .iter()
        .filter_map(|group| Some((group, limit(&group.says)?)));
    if let Some((group, (headline, change))) = limits.next() {
        return Finding::new(case.subject(), headline, case.event(event))
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
        Finding::new(case.subject(), say!("autoscaler-cannot-help.no-reason", "the cluster autoscaler adds no node for the pod, and does not say why"), case.event(event))
            .why(say!("autoscaler-cannot-help.no-reason-why", "it says the same when a group is at its maximal size and when the pod fits no node of any group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.compare-groups", "compare the pod's requests with the node groups, and the groups with their maximal sizes"), Who::Admin)])
    } else {
        Finding::new(case.subject(), say!("autoscaler-cannot-help.would-not-fit", "the cluster autoscaler adds no node: the pod would fit none that it could add: {reasons}"), case.event(event))
            .fact("reasons", reasons)
            .why(say!("autoscaler-cannot-help.would-not-fit-why", "its counts are of node groups, not of nodes; it runs the scheduler's filters on a new node of each group"))
            .fix([Fix::advice(say!("autoscaler-cannot-help.add-a-group", "clear what keeps the pod from the nodes that are there, or add a node group that suits it"), Who::Owner)])
    }
}
