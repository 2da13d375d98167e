//! The node of a pod for which a node may be why, and the budgets for which its drain may not come to an end.

use super::{Read, get, list, waits};
use crate::snapshot::{ContainerView, Kind, NODE_LEASES, PodView, Store};
use crate::triage::{self, Standing};
use std::collections::BTreeSet;

/// The node of a pod that is stuck without a word of its kubelet about why, which may be for the node; of one that it refused;
/// and of one that had to go and that nobody makes anew, or not well.
pub(super) fn of_pod(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let Some(node) = pod.node() else { return };
    let tells_nothing = |container: ContainerView<'_>| {
        let reason = container.waiting().map(|_| container.waiting_reason());
        matches!(reason, Some("" | "ContainerCreating" | "PodInitializing"))
    };
    let silent = || pod.phase() == "Pending" && pod.containers().all(tells_nothing);
    let marked = pod.marked_not_ready().is_some() || pod.phase() == "Unknown";
    let is_stuck = || triage::Subject::standing(&pod, &store.snapshot()) == Standing::Stuck;
    let had_to_go = pod.phase() == "Failed" && pod.condition("DisruptionTarget").is_some();
    let is_gone = had_to_go && (pod.controller().is_none() || is_stuck());
    let is_live = (marked || pod.is_terminating() || silent()) && is_stuck();
    if pod.is_refused() || is_gone || is_live {
        reads.insert(get(Kind::Node, "", node));
        let target = pod.condition("DisruptionTarget");
        let reason = target.and_then(|target| target.reason.as_deref());
        if is_live && reason == Some("EvictionByEvictionAPI") {
            reads.insert(list(Kind::PodDisruptionBudget, Some(pod.namespace())));
        }
        if is_live {
            reads.insert(get(Kind::Lease, NODE_LEASES, node));
        }
    }
}

/// The budgets, where the scheduler passes nodes by for this pod that are to be emptied and are not empty yet.
pub(super) fn of_cordons(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let scheduled = pod.condition("PodScheduled");
    let said = scheduled.and_then(|it| it.message.as_deref());
    let mut nodes = store.nodes().seen();
    let is_draining = |name: &str| store.pod_records().drained_from(name).next().is_some();
    let is_passed_by = waits(pod)
        && said.is_some_and(|said| said.contains("unschedulable"))
        && nodes.any(|((_, name), node)| node.is_to_be_emptied() && is_draining(name));
    if is_passed_by {
        reads.insert(list(Kind::PodDisruptionBudget, None));
    }
}
