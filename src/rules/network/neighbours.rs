//! Whom else a failed sandbox hits: pods of the same node, and of others.

use crate::messages::sandbox;
use crate::rules::finding::Finding;
use crate::rules::shared::failed_sandbox::FailedSandbox;
use crate::snapshot::Event;
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
            && since.is_some_and(|since| record.started().is_some_and(|started| started > since))
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

/// Of so many other pods that fail the words are read: a thousand that fail at once need not all be compared with each other.
const COMPARED: usize = 64;

/// Other nodes on which a pod's sandbox fails in the same way now.
fn other_nodes(failed: &FailedSandbox<'_>) -> Vec<String> {
    let case = failed.case;
    let store = case.snapshot.store();
    let own = case.pod().node();
    let others = store.whole_pods().filter(|pod| pod.node() != own);
    let failing = others.filter_map(|pod| {
        let newest = creation::of_sandbox(store.events(), pod).into_iter().next();
        Some((pod.node()?, newest?))
    });
    let is_alike = |event: &Event| {
        discriminant(&sandbox::read(&event.message)) == discriminant(&failed.failure)
    };
    let alike = failing
        .take(COMPARED)
        .filter(|(_, event)| is_alike(event))
        .map(|(node, _)| node);
    let nodes: BTreeSet<&str> = alike.collect();
    nodes.into_iter().map(str::to_owned).collect()
}
