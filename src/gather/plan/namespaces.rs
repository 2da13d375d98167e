//! Whether the namespace that is looked at is being deleted.

use super::{Read, get};
use crate::snapshot::{Kind, Store};
use crate::triage::Scope;
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
