//! What repeats the scheduler's arithmetic: the nodes, and the pods that take room on them.
//!
//! All pods of a cluster are much to read for one that waits. Where the waiting pods leave themselves but few of many nodes, and
//! mind no pods elsewhere, the pods of these nodes are enough: the others reject them before any pod on them is looked at
//! (NodeAffinity comes before the filters that count pods). Read besides are the pods that are not bound, for which preemption
//! may make room, and those of their own namespaces, which are their siblings. What stays unread is whether a pod on another
//! node keeps them away by an anti-affinity; [`PodsRead`](crate::scheduler::PodsRead) tells.

use super::awaited::is_read;
use super::{LIVE, Read, get, list, nodes, records, waits, workload_of};
use crate::kubernetes::affinity;
use crate::kubernetes::affinity::{pod_affinity, pod_anti_affinity};
use crate::kubernetes::selector::label_selector_is_empty;
use crate::kubernetes::taints::untolerated;
use crate::snapshot::{Event, Kind, Node, PodView, Store};
use crate::triage::scope::Scope;
use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};
use std::collections::BTreeSet;

/// The field by which the pods of a node are selected; the API server has an index of it.
pub(super) const ON_NODE: &str = "spec.nodeName=";
/// At most so many nodes are asked for their pods one by one.
const FEW: usize = 32;
/// And only where they are at most this part of all: one list costs less than many.
const PART: usize = 20;

/// The scheduler's words where a pod, perhaps on another node, keeps the pod away or is one that it keeps away from.
const KEPT_AWAY: &str = "anti-affinity";

/// The second wave.
pub(super) fn of_waiting(scope: &Scope, suspects: &[&PodView], reads: &mut BTreeSet<Read>) {
    let waiting: Vec<_> = suspects.iter().filter(|pod| waits(pod)).collect();
    if waiting.is_empty() {
        return;
    }
    reads.insert(nodes());
    if !has_all(scope) && !waiting.iter().all(|pod| may_need_few(pod)) {
        reads.insert(records(None, "", ""));
    }
    for pod in waiting {
        // whether a rollout may remove an old pod before it makes a new one
        workload_of(pod, reads);
        let spec = pod.spec();
        let mut terms = pod_affinity(spec).iter().chain(pod_anti_affinity(spec));
        if terms.any(selects_namespaces) {
            reads.insert(list(Kind::Namespace, None));
        }
        if pod.status().nominated_node_name.is_some() {
            // preemption makes room: whose pods go is a matter of budgets too
            reads.insert(list(Kind::PodDisruptionBudget, None));
        }
    }
}

/// The third wave, where it needed the nodes to tell which pods matter.
pub(super) fn of_nodes(
    scope: &Scope,
    suspects: &[&PodView],
    store: &Store,
    reads: &mut BTreeSet<Read>,
) {
    let waiting: Vec<_> = suspects.iter().filter(|pod| waits(pod)).collect();
    if waiting.is_empty() || has_all(scope) {
        return;
    }
    let Some(few) = admitted(&waiting, store) else {
        reads.insert(records(None, "", ""));
        return;
    };
    reads.extend(
        few.iter()
            .map(|node| records(None, &format!("{ON_NODE}{node},"), "")),
    );
    reads.insert(records(None, &format!("{ON_NODE},"), ""));
    let namespaces = waiting.iter().map(|pod| pod.namespace());
    let namespaces = namespaces.filter(|namespace| !is_read(scope, namespace));
    reads.extend(namespaces.map(|namespace| records(Some(namespace), "", "")));
}

/// Whether the scope's own list holds all pods.
fn has_all(scope: &Scope) -> bool {
    scope.is_everywhere() && scope.selector.is_none() && scope.fields.is_none()
}

impl Read {
    /// The node whose pods are listed for what they occupy, one of few; empty for those that have none.
    pub fn node(&self) -> Option<&str> {
        match self {
            Read::List {
                kind: Kind::Pod,
                fields,
                records_only: true,
                ..
            } => {
                let node = fields.strip_prefix(ON_NODE)?.strip_suffix(LIVE)?;
                node.strip_suffix(',')
            }
            _ => None,
        }
    }
}

/// Whether the pods of few nodes may be all that decides, as far as the pod tells.
fn may_need_few(pod: &PodView) -> bool {
    let spec = pod.spec();
    let refusal = pod.condition("PodScheduled");
    let refusal = refusal.and_then(|condition| condition.message.as_deref());
    affinity::chooses_nodes(spec)
        && !affinity::minds_pods_elsewhere(spec)
        && !refusal.is_some_and(|message| message.contains(KEPT_AWAY))
}

/// The nodes that these pods admit, where each admits one that is open to it, they are few, and all nodes were read. A pod that
/// has none needs to hear which others would take it.
fn admitted<'s>(waiting: &[&&PodView], store: &'s Store) -> Option<BTreeSet<&'s str>> {
    store.nodes().whole_cluster().ok()?;
    let is_kept_away = |event: &Event| event.message.contains(KEPT_AWAY);
    if !waiting.iter().all(|pod| may_need_few(pod)) || store.events().iter().any(is_kept_away) {
        return None;
    }
    let mut few = BTreeSet::new();
    for pod in waiting {
        let admits = |node: &&Node| affinity::admits(pod.spec(), &node.labels, &node.name);
        let nodes = store.nodes().seen().map(|(_, node)| node);
        let own: Vec<&Node> = nodes.filter(admits).collect();
        own.iter().find(|node| is_open(node, pod.spec()))?;
        few.extend(own.iter().map(|node| &*node.name));
        if few.len() > FEW || few.len() * PART > store.nodes().len() {
            return None;
        }
    }
    Some(few)
}

/// Whether neither a taint nor a cordon keeps the pod off the node.
fn is_open(node: &Node, spec: &PodSpec) -> bool {
    let tolerations = spec.tolerations.as_deref().unwrap_or_default();
    !node.unschedulable && untolerated(&node.taints, tolerations).next().is_none()
}

/// Why no more pods are read than those of few nodes, where that is so.
pub fn of_few_nodes(reads: &[Read], store: &Store) -> Option<String> {
    let is_of_node = |read: &&Read| read.node().is_some_and(|node| !node.is_empty());
    let few = reads.iter().filter(is_of_node).count();
    let all = store.nodes().len();
    (few > 0).then(|| {
        format!("pods of {few} of {all} nodes: the pods that wait admit no others by their nodeSelector and affinity")
    })
}

/// What a watch follows in place of the pods of few nodes, which may become others.
pub(super) fn widened(read: Read) -> Read {
    match read.node() {
        Some(_) => records(None, "", ""),
        None => read,
    }
}

/// The fourth wave: the labels of the namespaces of pods that wait, where a pod that was read keeps others away by such.
pub(super) fn of_guards(suspects: &[&PodView], store: &Store, reads: &mut BTreeSet<Read>) {
    let mut waiting = suspects.iter().filter(|pod| waits(pod)).peekable();
    if waiting.peek().is_some() && by_namespaces(store) {
        reads.extend(waiting.map(|pod| get(Kind::Namespace, "", pod.namespace())));
    }
}

/// Whether a pod that is bound keeps others away by the labels of the others' namespaces.
fn by_namespaces(store: &Store) -> bool {
    let pod_records = store.pod_records();
    let mut bound = pod_records
        .iter()
        .filter(|pod_record| pod_record.node.is_some());
    bound.any(|pod_record| {
        let terms = &pod_records.footprint(pod_record).anti_affinity;
        terms.iter().any(selects_namespaces)
    })
}

/// Whether a term can only be decided with the labels of namespaces. An empty selector takes all of them.
fn selects_namespaces(term: &PodAffinityTerm) -> bool {
    let selector = term.namespace_selector.as_ref();
    selector.is_some_and(|selector| !label_selector_is_empty(selector))
}
