//! Whether the namespace that is looked at is being deleted.

use super::{Read, get};
use crate::snapshot::{Kind, Store};
use crate::triage::{Scope, Standing, Subject, WorkloadSubject};
use std::collections::BTreeSet;

/// Of a scan of one namespace, where none of its pods is there to stay: its controller deletes these first of all.
pub(super) fn of_scope(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    let Some(namespace) = scope.only_place().filter(|_| scope.is_scan()) else {
        return;
    };
    let mut pods = store.pod_records().in_namespace(namespace);
    if pods.all(|pod| pod.terminating) {
        reads.insert(get(Kind::Namespace, "", namespace));
    }
}

/// Of workloads that lack pods and are refused none by what anybody said: of a namespace that is going their controllers say
/// nothing (pkg/controller/controller_utils.go createPods, 1.37).
pub(super) fn of_short_workloads(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    let snapshot = store.snapshot();
    for subject in WorkloadSubject::all(&snapshot, scope) {
        if subject.is_in(scope, store)
            && subject.standing(&snapshot) == Standing::Stuck
            && subject.lacks_pods(store)
            && subject.refusal(&snapshot).is_none()
        {
            reads.insert(get(Kind::Namespace, "", subject.namespace));
        }
    }
}
