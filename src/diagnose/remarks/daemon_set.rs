//! The nodes on which a DaemonSet wants no pod, and why: by its own node selector and affinity, or by their taints.
//!
//! Source: pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod) and util/daemonset_util.go
//! (AddOrUpdateDaemonPodTolerations), 1.37: neither a cordon nor a state of the node keeps such a pod off.

use crate::kubernetes::pod::Pod;
use crate::report::Remark;
use crate::scheduler::{Engine, Filter, FilterFailure, What};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodTemplate, Snapshot};
use crate::text::{Fact, Message, say};
use k8s_openapi::api::core::v1::Toleration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reasons that are told, and the nodes of each.
const TOLD: usize = 3;

/// The states of a node that the controller has its pods tolerate.
const TOLERATED: [&str; 7] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/network-unavailable",
];

/// What is said of a DaemonSet.
pub(super) fn remark(object: &ObjectRef, snapshot: &Snapshot<'_>) -> Option<Remark> {
    let namespace = object.namespace.as_deref()?;
    let store = snapshot.store();
    let set = store.daemon_sets().get(namespace, &object.name).yes()?;
    if store.nodes().whole_cluster().is_err() || set.behind.is_some() {
        return None;
    }
    let pod = pod(set.template.as_ref()?)?;
    let results = Engine::new(snapshot).run_filters(&pod);
    let mut reasons: BTreeMap<Message, Vec<String>> = BTreeMap::new();
    for node in &results.nodes {
        if let Some(reason) = node.failures.iter().find_map(reason) {
            reasons
                .entry(reason)
                .or_default()
                .push(node.node.to_string());
        }
    }
    let left_out = reasons.values().map(Vec::len).sum::<usize>();
    let wanted = set.wanted.unwrap_or_default().to_string();
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    let told = reasons.iter().take(TOLD).map(|(reason, nodes)| {
        Message::new(say!("remark.left-out-for", "{nodes} ({reason})"))
            .fact("nodes", names(nodes))
            .fact("reason", reason.clone())
    });
    let message = Message::new(say!(
        "remark.left-out",
        "it wants no pod on {share}: {reasons}[, + {more} more {more|reason|reasons}]"
    ))
    .fact("reasons", told.collect::<Vec<_>>())
    .fact(
        "share",
        Fact::Share {
            some: u64::try_from(left_out).ok(),
            all: u64::try_from(results.nodes.len()).ok(),
        },
    )
    .fact_if("more", (reasons.len() > TOLD).then(|| reasons.len() - TOLD));
    let set = ObjectRef::new(Kind::DaemonSet, namespace, &object.name);
    let proof = Evidence::of_field(set, "status.desiredNumberScheduled", wanted);
    (left_out > 0).then(|| Remark::new(message, proof))
}

fn names(nodes: &[String]) -> Fact {
    if nodes.len() > TOLD {
        let some = u64::try_from(nodes.len()).ok();
        return Fact::Share { some, all: None };
    }
    nodes.to_vec().into()
}

/// A pod as the controller makes it, but for its node.
fn pod(template: &PodTemplate) -> Option<Pod> {
    let mut pod = template.pod()?;
    let spec = Arc::make_mut(pod.spec.as_mut()?);
    let tolerations = spec.tolerations.get_or_insert_default();
    tolerations.extend(TOLERATED.map(|key| Toleration {
        key: Some(key.to_owned()),
        operator: Some("Exists".to_owned()),
        ..Toleration::default()
    }));
    Some(pod)
}

/// Why the controller makes no pod for the node; nothing for what it leaves to the scheduler.
fn reason(failure: &FilterFailure) -> Option<Message> {
    let (sentence, what) = match (failure.filter, &failure.what) {
        (Filter::TaintToleration, What::Taint { taint, .. }) => {
            (say!("remark.tainted", "taint {what}"), taint.clone())
        }
        (Filter::NodeAffinity, What::Label { wanted, .. }) => (
            say!("remark.not-labelled", "not {what}"),
            wanted.to_string(),
        ),
        (Filter::NodeAffinity | Filter::NodeName, _) => (
            say!("remark.not-meant", "{what}"),
            failure.reason.to_string(),
        ),
        _ => return None,
    };
    Some(Message::new(sentence).fact("what", what))
}
