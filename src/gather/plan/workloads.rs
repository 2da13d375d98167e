//! What tells of pods that were never created.
//!
//! The events of the refusals are few, and the API server selects them; the workloads are read only where one names them.

use super::{INVOLVED, Read, events_where, get, list};
use crate::snapshot::{Event, Kind, ObjectRef, Store};
use crate::triage::Scope;
use std::collections::BTreeSet;

/// The reason of an event that tells of a pod that could not be created (pkg/controller/controller_utils.go, 1.37).
const FAILED: &str = "FailedCreate";

/// Who was refused a pod; of a Deployment that was named its ReplicaSets too.
pub(super) fn of_scope(scope: &Scope, reads: &mut BTreeSet<Read>) {
    let targets = scope.targets.iter();
    let mut workloads = targets
        .filter(|target| target.kind.is_workload())
        .peekable();
    if workloads.peek().is_none() && !scope.targets.is_empty() {
        return;
    }
    let namespace = scope.namespace.as_deref();
    reads.insert(events_where(namespace, "reason", FAILED));
    for target in workloads {
        match target.kind {
            Kind::Deployment => reads.insert(list(Kind::ReplicaSet, namespace)),
            Kind::CronJob => reads.insert(list(Kind::Job, namespace)),
            _ => true,
        };
    }
}

/// The workloads that events of refusals are about, with all of their events, and the quotas of their namespaces.
pub(super) fn refused(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    if scope.only_pods() {
        return;
    }
    let refusals = store.events().iter().filter(|event| event.reason == FAILED);
    for event in refusals {
        let Event { about, message, .. } = event;
        let ObjectRef {
            namespace: Some(namespace),
            name,
            ..
        } = about
        else {
            continue;
        };
        let kind = about.known_kind().filter(|kind| kind.is_workload());
        let Some(kind) = kind.filter(|_| scope.has_namespace(namespace)) else {
            continue;
        };
        reads.insert(get(kind, namespace, name));
        // whether a pod was created since
        reads.insert(events_where(Some(namespace), INVOLVED, name));
        if message.contains("quota") {
            reads.insert(list(Kind::ResourceQuota, Some(namespace)));
        }
    }
}
