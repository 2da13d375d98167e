//! Whether what was named has come to where it was sent: everything runs, and of a workload all pods are of its newest revision.
//!
//! For workloads these are the questions of `kubectl rollout status` (kubectl `pkg/polymorphichelpers/rollout_status.go`, 1.37).
//! That nothing is stuck is not enough: old pods serve on while new ones come up.

use super::{Because, Scope, ServiceSubject, Standing, Subject, WorkloadSubject};
use crate::kubernetes::selector::carries;
use crate::snapshot::{
    Kind, ObjectRef, PodIdentity, PodView, ReadScope, Seen, Snapshot, Store, Workload,
};
use std::collections::BTreeSet;

/// Whether [`awaited`] says all that there is to wait for of one that is named: of nodes and claims that is how their pods stand.
pub fn is_awaited(kind: Kind) -> bool {
    kind.is_workload() || matches!(kind, Kind::Pod | Kind::Service)
}

/// What is still waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Awaits {
    /// The object itself.
    Object,
    /// That its controller sees its present spec.
    Controller,
    /// That somebody resumes it.
    Resume,
    /// Pods of the newest revision: so many of so many.
    Updated(i64, i64),
    /// That so many old pods go.
    OldPods(i64),
    /// Pods that are available: so many of so many.
    Available(i64, i64),
    /// That a Job completes.
    Completion,
    /// Nothing any more: a Job or a pod has failed for good.
    Failed,
    /// That it is ready.
    Ready,
    /// That a container of one of its pods that was started again outlives its last run.
    Steady,
    /// A ready pod of a Service.
    Endpoint,
    /// That it can be read.
    Sight,
    /// That its pods can be.
    SightOfPods,
}

/// What is waited for, of each object that was named and is not there yet, and of each workload of a kind that was.
pub fn awaited(snapshot: &Snapshot<'_>, scope: &Scope) -> Vec<(ObjectRef, Awaits)> {
    let targets = scope.targets.iter();
    let named = targets.flat_map(|target| match &target.name {
        Some(name) => {
            let namespace = scope.place(target).unwrap_or_default();
            vec![ObjectRef::new(target.kind, namespace, name)]
        }
        None => all(target.kind, snapshot, scope),
    });
    let unsteady = unsteady(snapshot, scope);
    let awaited = named.filter_map(|object| {
        let steady = || unsteady.contains(&object).then_some(Awaits::Steady);
        let pods = || are_hidden(&object, snapshot).then_some(Awaits::SightOfPods);
        let awaits = of_object(&object, snapshot).or_else(pods).or_else(steady)?;
        Some((object, awaits))
    });
    awaited.collect()
}

/// The workloads of a kind that are meant, but for those that are being deleted.
fn all(kind: Kind, store: &Store, scope: &Scope) -> Vec<ObjectRef> {
    let workloads = store.workloads(kind).into_iter();
    let seen = workloads.flat_map(|workloads| workloads.seen());
    let meant = seen.filter_map(|((namespace, name), workload)| {
        let subject = WorkloadSubject {
            kind,
            namespace,
            name,
            workload,
        };
        let is_meant = !workload.terminating && subject.is_in(scope, store);
        is_meant.then(|| subject.object())
    });
    meant.collect()
}

/// Whether the pods of what makes some may not be read: then nobody knows whether they keep running.
fn are_hidden(object: &ObjectRef, store: &Store) -> bool {
    let makes_pods = object.known_kind().is_some_and(Kind::is_workload);
    let namespace = object.namespace.clone().unwrap_or_default();
    let pods = store.outcome(Kind::Pod, &ReadScope::Namespace(namespace));
    makes_pods && pods.is_some_and(Result::is_err)
}

/// The pods of the scope in which a container that was started again has not outlived its last run, and their owners: between its
/// crashes a container is ready, too.
fn unsteady(snapshot: &Snapshot<'_>, scope: &Scope) -> BTreeSet<ObjectRef> {
    let pods = snapshot.store().whole_pods();
    let unsteady = pods.filter(|pod| {
        let standing = || pod.standing(snapshot);
        pod.is_in(scope, snapshot)
            && !is_of_old_revision(pod, snapshot)
            && matches!(standing(), Standing::Progressing(Because::Restarted, _))
    });
    let with_owners = unsteady.flat_map(|pod| {
        let owners = snapshot.owners(&pod.identity()).into_iter();
        owners.chain([pod.object()])
    });
    with_owners.collect()
}

fn of_object(object: &ObjectRef, store: &Store) -> Option<Awaits> {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let name = object.name.as_str();
    match object.known_kind()? {
        Kind::Pod => of_pod(namespace, name, store),
        Kind::Service => match store.services().get(namespace, name) {
            Seen::Yes(service) => of_service(&ServiceSubject::of(namespace, name, service), store),
            Seen::No => Some(Awaits::Object),
            Seen::Unknown(_) => Some(Awaits::Sight),
        },
        kind if kind.is_workload() => match store.workload(&object.kind, namespace, name)? {
            Seen::Yes(workload) => of_workload(&WorkloadSubject {
                kind,
                namespace,
                name,
                workload,
            }),
            Seen::No => Some(Awaits::Object),
            Seen::Unknown(_) => Some(Awaits::Sight),
        },
        // whose pods are judged instead; that it may not be read is a gap
        Kind::Node => matches!(store.nodes().get("", name), Seen::No).then_some(Awaits::Object),
        Kind::PersistentVolumeClaim => {
            matches!(store.claims().get(namespace, name), Seen::No).then_some(Awaits::Object)
        }
        _ => None,
    }
}

fn of_pod(namespace: &str, name: &str, store: &Store) -> Option<Awaits> {
    let whole = store.whole_pod(namespace, name);
    let record = store.pod_records().get(namespace, name);
    if whole.is_some_and(|pod| pod.phase() == "Succeeded") {
        return None;
    }
    if whole.is_some_and(|pod| pod.phase() == "Failed") {
        return Some(Awaits::Failed);
    }
    match (whole, record) {
        (None, None) => match store.pods().get(namespace, name) {
            Seen::Unknown(_) => Some(Awaits::Sight),
            _ => Some(Awaits::Object),
        },
        (_, Some(record)) if record.ready && !record.terminating => None,
        _ => Some(Awaits::Ready),
    }
}

fn of_service(subject: &ServiceSubject<'_>, store: &Store) -> Option<Awaits> {
    let service = subject.service;
    if service.selector.is_empty() {
        return None;
    }
    let records = store.pod_records();
    let mut pods = records.in_namespace(subject.namespace);
    let serves = pods.any(|pod| {
        let PodIdentity { labels, .. } = records.identity(pod);
        pod.ready && carries(labels, &service.selector)
    });
    (!serves).then_some(Awaits::Endpoint)
}

fn of_workload(subject: &WorkloadSubject<'_>) -> Option<Awaits> {
    let Workload {
        behind,
        halted,
        updated,
        available,
        existing,
        ready,
        ..
    } = subject.workload;
    let count = |number: &Option<i64>| number.unwrap_or_default();
    let (wanted, updated, ready) = (subject.wanted(), count(updated), count(ready));
    if behind.is_some() {
        return Some(Awaits::Controller);
    }
    let updates = match subject.kind {
        Kind::CronJob => return None,
        Kind::Job => {
            return match subject.workload.finished() {
                Some(true) => None,
                Some(false) => Some(Awaits::Failed),
                None if *halted => Some(Awaits::Resume),
                None => Some(Awaits::Completion),
            };
        }
        Kind::Deployment if *halted => return Some(Awaits::Resume),
        Kind::Deployment => true,
        Kind::DaemonSet | Kind::StatefulSet => subject.updates_itself(),
        _ => false,
    };
    let of_newest = (wanted - subject.partition()).max(0);
    let is_old = subject.kind != Kind::StatefulSet || subject.workload.revisions_differ;
    if updates && is_old && updated < of_newest {
        return Some(Awaits::Updated(updated, of_newest));
    }
    if subject.kind == Kind::Deployment && count(existing) > updated {
        return Some(Awaits::OldPods(count(existing) - updated));
    }
    let up = match subject.kind {
        Kind::Deployment | Kind::DaemonSet => count(available),
        _ => ready,
    };
    (up < wanted).then_some(Awaits::Available(up, wanted))
}

impl WorkloadSubject<'_> {
    /// Whether it replaces its pods when its template changes (`OnDelete` leaves that to others).
    pub(super) fn updates_itself(&self) -> bool {
        let strategy = self.workload.strategy.as_ref();
        strategy.is_none_or(|strategy| strategy["type"] != "OnDelete")
    }

    /// So many pods of a StatefulSet stay as they are.
    pub(super) fn partition(&self) -> i64 {
        let strategy = self.workload.strategy.as_ref();
        let partition =
            strategy.and_then(|strategy| strategy.pointer("/rollingUpdate/partition")?.as_i64());
        partition.unwrap_or_default()
    }
}

/// Whether the pod is of an earlier revision of its Deployment, which the newest one replaces.
pub fn is_of_old_revision(pod: &PodView, store: &Store) -> bool {
    let Some(("ReplicaSet", set)) = pod.controller() else {
        return false;
    };
    let namespace = pod.namespace();
    let sets = store.replica_sets();
    let Seen::Yes(own) = sets.get(namespace, set) else {
        return false;
    };
    let of_same = sets
        .seen_in(namespace)
        .filter(|(_, other)| other.controller == own.controller);
    own.controller.is_some() && of_same.map(|(_, other)| other.revision).max() > Some(own.revision)
}
