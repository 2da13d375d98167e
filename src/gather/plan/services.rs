//! What tells of Services that have no pods.

use super::{Read, list};
use crate::snapshot::{Kind, Store};
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
        if wants_pods && subject.pods(store) == 0 && subject.is_in(scope, store) {
            let workloads = Kind::all().filter(|kind| kind.is_workload());
            reads.extend(workloads.map(|kind| list(kind, Some(namespace))));
        }
    }
}
