//! Whom else a failed sandbox hits: pods of the same node, and of others.

use crate::messages::sandbox;
use crate::rules::finding::Finding;
use crate::rules::shared::failed_sandbox::FailedSandbox;
use crate::text::say;
use crate::triage::creation;
use std::collections::BTreeSet;
use std::mem::discriminant;

/// The finding with what the other pods tell: where one on the same node has begun since and is well, the node's network works;
/// where pods of other nodes fail alike, it is not the node.
pub(super) fn told(failed: &FailedSandbox<'_>, finding: Finding) -> Finding {
    let case = failed.case;
    let others = other_nodes(failed);
    if !others.is_empty() {
        return finding.fact("others", others).why(say!(
            "neighbours.other-nodes",
            "pods on {others} fail alike: it is not {node} alone"
        ));
    }
    let records = case.snapshot.pod_records();
    let node = case.pod().node().unwrap_or_default();
    let since = failed.event.first;
    let mut well = records.on_node(node).filter(|record| {
        record.ready
            && !records.footprint(record).host_network
            && since.is_some_and(|since| record.started.is_some_and(|started| started > since))
    });
    match well.next() {
        Some(peer) => finding
            .fact("peer", format!("{}/{}", peer.namespace, peer.name))
            .why(say!(
                "neighbours.works-there",
                "pod {peer} has begun on {node} since and is ready: it is not the whole node"
            )),
        None => finding,
    }
}

/// Other nodes on which a pod's sandbox fails in the same way now.
fn other_nodes(failed: &FailedSandbox<'_>) -> Vec<String> {
    let case = failed.case;
    let store = case.snapshot.store();
    let own = case.pod().node();
    let mut nodes: BTreeSet<&str> = BTreeSet::new();
    for pod in store.whole_pods().filter(|pod| pod.node() != own) {
        let Some(node) = pod.node() else { continue };
        let events = creation::of_sandbox(store.events(), pod);
        let is_alike = events.first().is_some_and(|event| {
            discriminant(&sandbox::read(&event.message)) == discriminant(&failed.failure)
        });
        nodes.extend(is_alike.then_some(node));
    }
    nodes.into_iter().map(str::to_owned).collect()
}
