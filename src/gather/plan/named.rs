//! What tells more of what was named, also where it is well: who names it has found it wanting.
//!
//! Of a workload the autoscaler that numbers its pods, of a DaemonSet the nodes that it leaves out, of a pod or claim its events,
//! of a pod that goes its node, of a node that is to be emptied the budgets that its pods have.

use super::{INVOLVED, Read, events_where, get, list};
use crate::snapshot::{Kind, PodView, Seen, Store};
use crate::triage::Scope;
use std::collections::BTreeSet;

/// The first wave.
pub(super) fn of_scope(scope: &Scope, reads: &mut BTreeSet<Read>) {
    for target in scope.targets.iter().filter(|it| it.name.is_some()) {
        if target.kind.scales() {
            reads.insert(list(Kind::HorizontalPodAutoscaler, scope.place(target)));
        }
        if target.kind == Kind::DaemonSet {
            reads.insert(list(Kind::Node, None));
        }
    }
}

/// The second.
pub(super) fn of_store(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    for target in &scope.targets {
        let Some(name) = target.name.as_deref() else {
            continue;
        };
        let namespace = scope.place(target).unwrap_or_default();
        let is_there = || store.pod_records().get(namespace, name).is_some();
        let tells = match target.kind {
            Kind::Pod => is_there(),
            Kind::PersistentVolumeClaim => true,
            _ => false,
        };
        if tells {
            reads.insert(events_where(Some(namespace), INVOLVED, name));
        }
        let whole = (target.kind == Kind::Pod).then(|| store.whole_pod(namespace, name));
        let going = whole.flatten().filter(|pod| pod.is_terminating());
        if let Some(node) = going.and_then(PodView::node) {
            reads.insert(get(Kind::Node, "", node));
        }
        let node = (target.kind == Kind::Node).then(|| store.nodes().get("", name));
        if let Some(Seen::Yes(node)) = node
            && node.is_to_be_emptied()
        {
            reads.insert(list(Kind::PodDisruptionBudget, None));
        }
    }
}
