//! What helps a workload whose own pods hold the host ports that its next pod wants.
//!
//! A rolling update that may not stop an old pod before a new one is ready waits for ever on a port that both want; and a host
//! port lets no more replicas run than there are nodes.
//!
//! Source: kubernetes `pkg/controller/deployment/rolling.go` (1.37): with maxSurge 0 and maxUnavailable 1 an old pod goes first.

use super::Remedy;
use super::carrier::Carrier;
use crate::finding::{Fix, Who};
use crate::kubernetes::shell;
use crate::scheduler::ranking::closest;
use crate::scheduler::{Filter, Holder, NodeObstacles, View, What, judge};
use crate::snapshot::{Kind, Seen, Snapshot, StuckPod};
use serde_json::json;
use std::collections::BTreeSet;

/// How the holder of a port is related to the pod that wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kin {
    /// Made by the same controller.
    Sibling,
    /// Made by an earlier ReplicaSet of the same Deployment.
    Elder,
    /// Neither.
    Stranger,
}

/// The remedies for ports that only pods of the same workload hold.
pub(super) fn propose(
    pod: &StuckPod,
    snapshot: &Snapshot,
    view: &View<'_>,
    judged: &[NodeObstacles],
    proven: bool,
) -> Option<Remedy> {
    let carrier = Carrier::of(pod, snapshot);
    let mut elders: BTreeSet<Holder> = BTreeSet::new();
    let mut nodes_of_siblings = 0;
    for node in closest(judged).nodes() {
        let Some(holders) = only_ports(node) else {
            continue;
        };
        let kin: Vec<Kin> = holders
            .iter()
            .map(|holder| kin(pod, snapshot, &carrier, holder))
            .collect();
        if kin.contains(&Kin::Elder) && !kin.contains(&Kin::Stranger) {
            let is_elder =
                |(holder, kin): (&&Holder, &Kin)| (*kin == Kin::Elder).then(|| (*holder).clone());
            elders.extend(holders.iter().zip(&kin).filter_map(is_elder));
        } else if kin.iter().all(|kin| *kin == Kin::Sibling) {
            nodes_of_siblings += 1;
        }
    }
    if elders.is_empty() {
        return fewer_replicas(snapshot, &carrier, nodes_of_siblings);
    }
    replace_in_place(pod, snapshot, &carrier, view, &elders, proven)
}

/// The holders, when nothing but ports stands against the pod there.
fn only_ports(node: &NodeObstacles) -> Option<Vec<&Holder>> {
    node.obstacles
        .iter()
        .map(|obstacle| match &obstacle.what {
            What::Port { holder, .. } => Some(holder),
            _ => None,
        })
        .collect()
}

fn kin(pod: &StuckPod, snapshot: &Snapshot, carrier: &Carrier, holder: &Holder) -> Kin {
    let own = pod
        .controller()
        .map(|(kind, name)| format!("{kind}/{name}"));
    if holder.namespace != pod.namespace() || holder.controller.is_none() {
        return Kin::Stranger;
    }
    if holder.controller == own {
        return Kin::Sibling;
    }
    let replica_set = holder.controller.as_deref();
    let replica_set = replica_set.and_then(|controller| controller.strip_prefix("ReplicaSet/"));
    let (Some(Kind::Deployment), Some(replica_set)) = (carrier.object.known_kind(), replica_set)
    else {
        return Kin::Stranger;
    };
    let deployment = match snapshot.workload("ReplicaSet", pod.namespace(), replica_set) {
        Some(Seen::Yes(read)) => read.controller.as_ref().map(|(_, name)| name.as_str()),
        // `<deployment>-<hash of the template>` (pkg/controller/deployment/sync.go)
        _ => replica_set.rsplit_once('-').map(|(name, _)| name),
    };
    match deployment == Some(carrier.object.name.as_str()) {
        true => Kin::Elder,
        false => Kin::Stranger,
    }
}

fn replace_in_place(
    pod: &StuckPod,
    snapshot: &Snapshot,
    carrier: &Carrier,
    view: &View<'_>,
    elders: &BTreeSet<Holder>,
    proven: bool,
) -> Option<Remedy> {
    let workload = snapshot.workload("Deployment", pod.namespace(), &carrier.object.name);
    let strategy = workload
        .and_then(Seen::yes)
        .and_then(|read| read.strategy.as_ref())
        .and_then(|strategy| strategy.get("type"));
    if strategy.is_some_and(|kind| kind == "Recreate") {
        return None;
    }
    let without = view.without(|occupant| {
        let is = |elder: &Holder| {
            *elder.name == *occupant.name && *elder.namespace == *occupant.namespace
        };
        elders.iter().any(is)
    });
    let takers = judge::takers(pod.pod(), &without);
    if takers.is_empty() {
        return None;
    }
    let patch = vec![
        json!({"op": "add", "path": "/spec/strategy", "value": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}}),
    ];
    let mut words = carrier.kubectl(&["patch"]);
    words.extend(["--type", "json", "-p"].map(str::to_owned));
    words.push(serde_json::Value::from(patch.clone()).to_string());
    let fix = Fix::command(
        "let rolling updates stop an old pod before they start a new one (maxSurge 0, maxUnavailable 1)",
        Who::Owner,
        carrier.object.clone(),
        shell::command(words),
    );
    Some(Remedy {
        fix: Fix {
            verified: proven.then_some(takers),
            ..fix.patch(patch)
        },
        removes: vec![Filter::NodePorts],
    })
}

/// Every node that could take one has one: `nodes` is as many as can run.
fn fewer_replicas(snapshot: &Snapshot, carrier: &Carrier, nodes: u32) -> Option<Remedy> {
    let kind = carrier.object.known_kind()?;
    let scales = matches!(
        kind,
        Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController
    );
    let namespace = carrier.object.namespace.as_deref().unwrap_or_default();
    let workload = snapshot.workload(kind.as_str(), namespace, &carrier.object.name);
    let wanted = workload.and_then(Seen::yes).and_then(|read| read.wanted);
    if !scales || nodes == 0 || wanted.is_some_and(|wanted| wanted <= i64::from(nodes)) {
        return None;
    }
    let mut words = carrier.kubectl(&["scale"]);
    words.push(format!("--replicas={nodes}"));
    let fix = Fix::command(
        "run {replicas} replicas: a host port lets each node run one, and no further node can take one",
        Who::Owner,
        carrier.object.clone(),
        shell::command(words),
    );
    let patch = vec![json!({"op": "add", "path": "/spec/replicas", "value": nodes})];
    Some(Remedy {
        fix: fix.fact("replicas", nodes).patch(patch),
        removes: vec![Filter::NodePorts],
    })
}
