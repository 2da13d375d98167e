//! What tells of pods that were never created.
//!
//! The events of the refusals are few, and the API server selects them; the workloads are read only where one names them, or
//! where somebody has.

use super::{INVOLVED, Read, SINGLES, events_where, get, list};
use crate::snapshot::{Kind, ObjectRef, Store};
use crate::triage::{Because, REFUSED, Scope, Standing, Subject, WorkloadSubject};
use std::collections::{BTreeMap, BTreeSet};

/// Who was refused a pod; of a Deployment that was named its ReplicaSets too.
pub(super) fn of_scope(scope: &Scope, reads: &mut BTreeSet<Read>) {
    let targets = scope.targets.iter();
    let workloads = targets.filter(|target| target.kind.is_workload());
    let of_service = !scope.names_no(Kind::Service);
    let of_pods = !scope.targets.is_empty() && workloads.clone().next().is_none() && !of_service;
    if of_pods || scope.fields.is_some() {
        return;
    }
    let namespace = scope.namespace.as_deref();
    reads.insert(events_where(namespace, "reason", REFUSED));
    for target in workloads {
        match target.kind {
            Kind::Deployment => reads.insert(list(Kind::ReplicaSet, namespace)),
            Kind::CronJob => reads.insert(list(Kind::Job, namespace)),
            _ => true,
        };
    }
}

/// The workloads that were refused pods, with all of their events, which tell whether one was created since; and the quotas of
/// their namespaces, where a quota is why.
pub(super) fn refused(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    if scope.only_pods() || scope.fields.is_some() {
        return;
    }
    let mut by_namespace: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (workload, message) in of_events(scope, store).chain(of_status(scope, store)) {
        let ObjectRef {
            namespace: Some(namespace),
            name,
            ..
        } = workload
        else {
            continue;
        };
        if message.contains("quota") {
            reads.insert(list(Kind::ResourceQuota, Some(&namespace)));
        }
        by_namespace.entry(namespace).or_default().insert(name);
    }
    for (workload, _) in of_events(scope, store) {
        let namespace = workload.namespace.as_deref().unwrap_or_default();
        let seen = store.workload(&workload.kind, namespace, &workload.name);
        if let (Some(kind), Some(true)) =
            (workload.known_kind(), seen.map(|seen| seen.is_unknown()))
        {
            reads.insert(get(kind, namespace, &workload.name));
        }
    }
    for (namespace, names) in by_namespace {
        if names.len() > SINGLES {
            reads.insert(list(Kind::Event, Some(&namespace)));
            continue;
        }
        let of_name = |name: &String| events_where(Some(&namespace), INVOLVED, name);
        reads.extend(names.iter().map(of_name));
    }
}

/// The workloads of the scope that events of refusals are about, and what these say.
pub(super) fn of_events<'s>(
    scope: &'s Scope,
    store: &'s Store,
) -> impl Iterator<Item = (ObjectRef, &'s str)> + use<'s> {
    let refusals = store
        .events()
        .iter()
        .filter(|event| event.reason == REFUSED);
    let is_meant = |workload: &ObjectRef| {
        let kind = workload.known_kind();
        kind.is_some_and(Kind::is_workload)
            && scope.has_namespace(workload.namespace.as_deref().unwrap_or_default())
            && (scope.targets.is_empty()
                || scope.names(workload)
                || scope.names(&store.outermost(workload.clone()))
                // whose pods a Service is for is known when the workload is read
                || !scope.names_no(Kind::Service))
    };
    refusals
        .filter(move |event| is_meant(&event.about))
        .map(|event| (event.about.clone(), event.message.as_str()))
}

/// The workloads of the scope that lack pods by their status, and what that says.
fn of_status<'s>(
    scope: &'s Scope,
    store: &'s Store,
) -> impl Iterator<Item = (ObjectRef, &'s str)> + use<'s> {
    let snapshot = store.snapshot();
    let subjects = WorkloadSubject::all(store, scope).into_iter();
    let lacks_pods = move |subject: &WorkloadSubject<'_>| {
        subject.is_in(scope, store)
            && matches!(
                subject.standing(&snapshot),
                Standing::Stuck | Standing::Progressing(Because::MakingPods, _)
            )
    };
    subjects.filter(lacks_pods).map(move |subject| {
        let refusal = subject.refusal(&snapshot);
        (subject.object(), refusal.map_or("", |it| it.message()))
    })
}
