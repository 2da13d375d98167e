//! Whom else a failed sandbox hits: pods of the same node, and of others.

use crate::messages::sandbox::{self, SandboxFailure};
use crate::rules::finding::Finding;
use crate::rules::shared::failed_sandbox::FailedSandbox;
use crate::snapshot::{PodView, Store};
use crate::text::say;
use crate::triage::creation;
use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};

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
    let own = case.pod().node();
    let store = case.snapshot.store();
    let all = case
        .engine
        .shared("pods without a sandbox", || failing(store));
    let others = all.iter().filter(|(node, _)| own != Some(node.as_str()));
    let alike = others
        .take(COMPARED)
        .filter(|(_, failure)| *failure == discriminant(&failed.failure))
        .map(|(node, _)| node.as_str());
    let nodes: BTreeSet<&str> = alike.collect();
    nodes.into_iter().map(str::to_owned).collect()
}

/// The node of each pod whose sandbox fails now, and how: worked out once for all that fail at once.
fn failing(store: &Store) -> Vec<(String, Discriminant<SandboxFailure>)> {
    let of_pod = |pod: &PodView| {
        let newest = creation::of_sandbox(store.events(), pod)
            .into_iter()
            .next()?;
        let failure = sandbox::read(&newest.message);
        Some((pod.node()?.to_owned(), discriminant(&failure)))
    };
    store.whole_pods().filter_map(of_pod).collect()
}
