//! Whom else a failed sandbox hits: pods of the same node, and of others.

use crate::messages::sandbox::{self, SandboxFailure};
use crate::rules::finding::Finding;
use crate::rules::shared::failed_sandbox::FailedSandbox;
use crate::snapshot::Store;
use crate::text::say;
use crate::triage::creation;
use std::collections::{BTreeMap, BTreeSet};
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

/// The node of each pod whose sandbox fails now, and how, worked out once for all that ask: so many that [`COMPARED`] are left to
/// each, whichever node is its own.
fn failing(store: &Store) -> Vec<(String, Discriminant<SandboxFailure>)> {
    let mut found = Vec::new();
    let mut on_node: BTreeMap<&str, usize> = BTreeMap::new();
    let mut most = 0;
    for pod in store.whole_pods() {
        let newest = creation::of_sandbox(store.events(), pod).into_iter().next();
        let Some((node, event)) = pod.node().zip(newest) else {
            continue;
        };
        found.push((
            node.to_owned(),
            discriminant(&sandbox::read(&event.message)),
        ));
        let count = on_node.entry(node).or_default();
        *count += 1;
        most = most.max(*count);
        if found.len() - most >= COMPARED {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Encoded, Kind, Retention, Why};
    use serde_json::{Value, json};

    /// Two hundred pods whose sandbox fails, on so many nodes.
    fn failing_on(nodes: usize) -> Vec<String> {
        let mut store = Store::new(Why::NotAsked);
        let mut insert = |kind, object: Value| {
            let json = object.to_string();
            let taken = store.insert(kind, Encoded::Json(json.as_bytes()), Retention::Whole);
            taken.unwrap();
        };
        for number in 0..200 {
            let name = format!("web-{number:03}");
            let pod = json!({"metadata": {"name": name, "namespace": "shop", "uid": name}, "status": {"phase": "Pending"},
                "spec": {"nodeName": format!("n{}", number % nodes), "containers": [{"name": "app"}]}});
            let about = json!({"kind": "Pod", "namespace": "shop", "name": name, "uid": name});
            let event = json!({"metadata": {"name": name, "namespace": "shop"}, "involvedObject": about, "type": "Warning",
                "reason": "FailedCreatePodSandBox", "message": "Failed to create pod sandbox: no network"});
            insert(Kind::Pod, pod);
            insert(Kind::Event, event);
        }
        failing(&store).into_iter().map(|(node, _)| node).collect()
    }

    #[test]
    fn no_more_pods_are_looked_at_than_can_be_compared_and_each_node_finds_as_many_others() {
        for nodes in [3, 100, 200] {
            let found = failing_on(nodes);
            let others = |own: &String| found.iter().filter(|node| *node != own).count();
            let fewest = found.iter().map(others).min();
            assert_eq!(fewest, Some(COMPARED), "{nodes} nodes: {found:?}");
        }
        assert_eq!(failing_on(1).len(), 200);
    }
}
