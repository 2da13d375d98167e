//! What tells of Services that have no pods, and what of those that were named.

use super::{Read, list};
use crate::snapshot::{Kind, Store};
use crate::triage::scope::Target;
use crate::triage::{Scope, ServiceSubject, Subject};
use std::collections::BTreeSet;

/// Of a scan the Services; their pods are read anyway.
pub(super) fn of_scope(scope: &Scope, reads: &mut BTreeSet<Read>) {
    if scope.is_scan() {
        reads.insert(list(Kind::Service, scope.namespace.as_deref()));
    }
}

/// The workloads whose pods a Service without any would have.
pub(super) fn without_pods(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    for ((namespace, name), service) in store.services().seen() {
        let subject = ServiceSubject {
            namespace,
            name,
            service,
        };
        let wants_pods = !service.selector.is_empty() && !service.terminating;
        if wants_pods && subject.members(store).pods == 0 && subject.is_in(scope, store) {
            let workloads = Kind::all().filter(|kind| kind.is_workload());
            reads.extend(workloads.map(|kind| list(kind, Some(namespace))));
            // whoever routes to it expects somebody there
            reads.insert(list(Kind::Ingress, Some(namespace)));
        }
    }
}

/// Who reaches a Service that was named: who names one has found it wanting.
pub(super) fn named(scope: &Scope, reads: &mut BTreeSet<Read>) {
    let is_named = |target: &&Target| target.kind == Kind::Service && target.name.is_some();
    for target in scope.targets.iter().filter(is_named) {
        let namespace = scope.place(target);
        reads.insert(list(Kind::NetworkPolicy, namespace));
        reads.insert(list(Kind::Ingress, namespace));
    }
}
