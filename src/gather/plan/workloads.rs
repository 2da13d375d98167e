//! What tells of pods that were never created.
//!
//! The events of the refusals are few, and the API server selects them. A scan lists the workloads that people make, of which
//! some are paused, stalled or late though no pod and no event says so; their ReplicaSets, ten times as many, are read only where
//! an event names one.

use super::{INVOLVED, Read, SINGLES, events_where, get, list, refusals};
use crate::messages::admission::{self, Denial};
use crate::snapshot::{Kind, ObjectRef, Store};
use crate::triage::{
    Because, Scope, Standing, Subject, WorkloadSubject, is_refusal, refusal_reasons,
};
use std::collections::{BTreeMap, BTreeSet};

/// What people make, and what makes pods for them.
const MADE_BY_PEOPLE: [Kind; 5] = [
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
];
/// The events of CronJobs that may tell of a time at which no Job was made: not those of each run.
const OF_CRON_JOBS: &str =
    "CronJob,reason!=SuccessfulCreate,reason!=SawCompletedJob,reason!=SuccessfulDelete";

/// Who was refused a pod; of a scan the workloads, of a Deployment that was named its ReplicaSets.
pub(super) fn of_scope(scope: &Scope, reads: &mut BTreeSet<Read>) {
    if !scope.means_workloads() {
        return;
    }
    // a Deployment has a reason of its own for them
    let is_asked = scope.targets.is_empty() || !scope.names_no(Kind::Deployment);
    let [of_all, of_deployments] = refusal_reasons();
    let reasons = [of_all]
        .into_iter()
        .chain(is_asked.then_some(of_deployments));
    let places = scope.places();
    for reason in reasons {
        let of_place = |place: &Option<&str>| events_where(*place, "reason", reason);
        reads.extend(places.iter().map(of_place));
    }
    if scope.is_scan() {
        let of_kind = |kind| list(kind, scope.namespace.as_deref());
        reads.extend(MADE_BY_PEOPLE.map(of_kind));
    }
    for target in &scope.targets {
        let namespace = scope.place(target);
        match target.kind {
            Kind::Deployment => reads.insert(list(Kind::ReplicaSet, namespace)),
            Kind::CronJob => reads.insert(list(Kind::Job, namespace)),
            _ => true,
        };
    }
}

/// The workloads that were refused what they make, with all of their events, which tell whether one was created since; and where
/// a quota is why, the quotas of their namespaces and whom else it refuses.
pub(super) fn refused(scope: &Scope, store: &Store, reads: &mut BTreeSet<Read>) {
    if scope.only_pods() || scope.fields.is_some() {
        return;
    }
    let meant: Vec<Refused<'_>> = of_events(scope, store)
        .chain(of_status(scope, store))
        .collect();
    let namespace = |about: &ObjectRef| about.namespace.clone().unwrap_or_default();
    let quotas: BTreeSet<(String, String)> = meant
        .iter()
        .filter_map(|(about, message)| Some((namespace(about), quota(message)?)))
        .collect();
    let by_the_same = |about: &ObjectRef, message: &str| {
        let quota = quota(message).filter(|_| !quotas.is_empty());
        quota.is_some_and(|quota| quotas.contains(&(namespace(about), quota)))
    };
    let others = refusals(store, by_the_same);
    let mut by_namespace: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let all: BTreeSet<Refused<'_>> = meant.into_iter().chain(others).collect();
    for (about, message) in all {
        let namespace = namespace(&about);
        refusals::of_message(scope, &namespace, message, reads);
        if message.contains("quota") {
            reads.insert(list(Kind::ResourceQuota, Some(&namespace)));
        }
        if message.contains("RuntimeClass") {
            reads.insert(list(Kind::RuntimeClass, None));
        }
        if message.contains("service account") {
            reads.insert(list(Kind::ServiceAccount, Some(&namespace)));
        }
        if message.contains("PriorityClass") {
            reads.insert(list(Kind::PriorityClass, None));
        }
        if message.contains("it is being terminated") {
            reads.insert(get(Kind::Namespace, "", &namespace));
        }
        if let Some(kind) = about.known_kind().filter(|kind| kind.is_workload()) {
            reads.insert(get(kind, &namespace, &about.name));
        }
        by_namespace
            .entry(namespace)
            .or_default()
            .insert(about.name);
    }
    if scope.is_scan() && cron_jobs_at_work(scope, store) {
        let kind = "involvedObject.kind";
        reads.insert(events_where(scope.namespace.as_deref(), kind, OF_CRON_JOBS));
    }
    for (namespace, name) in cron_jobs(scope, store) {
        by_namespace.entry(namespace).or_default().insert(name);
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

/// The CronJobs that were named: their events tell of times at which they made no Job.
fn cron_jobs(scope: &Scope, store: &Store) -> impl Iterator<Item = (String, String)> {
    let seen = store.cron_jobs().seen();
    let meant = seen.filter(|((namespace, name), _)| {
        scope.names(&ObjectRef::new(Kind::CronJob, namespace, name))
    });
    meant.map(|((namespace, name), _)| (namespace.to_string(), name.to_string()))
}

/// Whether a CronJob of the scope makes Jobs.
fn cron_jobs_at_work(scope: &Scope, store: &Store) -> bool {
    let mut seen = store.cron_jobs().seen();
    seen.any(|((namespace, _), it)| !it.halted && scope.has_namespace(namespace))
}

/// A workload and what the refusal says.
pub(super) type Refused<'s> = (ObjectRef, &'s str);

/// The workloads of the scope that events of refusals are about.
pub(super) fn of_events<'s>(
    scope: &'s Scope,
    store: &'s Store,
) -> impl Iterator<Item = Refused<'s>> {
    refusals(store, |about, _| is_meant(about, scope, store))
}

/// The workloads that these events of refusals are about.
fn refusals<'s>(
    store: &'s Store,
    is_wanted: impl Fn(&ObjectRef, &str) -> bool,
) -> impl Iterator<Item = Refused<'s>> {
    let all = store.events().iter().filter(|event| is_refusal(event));
    all.filter(move |event| is_wanted(&event.about, &event.message))
        .map(|event| (ObjectRef::clone(&event.about), event.message.as_str()))
}

fn is_meant(workload: &ObjectRef, scope: &Scope, store: &Store) -> bool {
    scope.has_namespace(workload.namespace.as_deref().unwrap_or_default())
        && (scope.targets.is_empty()
            || scope.names(workload)
            || scope.names(&store.outermost(workload.clone()))
            // whose pods a Service is for is known when the workload is read
            || !scope.names_no(Kind::Service))
}

/// The quota that a refusal is by.
fn quota(message: &str) -> Option<String> {
    let denial = message
        .contains("quota")
        .then(|| admission::read(message))?;
    match denial {
        Denial::QuotaExceeded { quota, .. } => Some(quota),
        _ => None,
    }
}

/// The workloads of the scope that lack pods by their status, and what that says.
fn of_status<'s>(scope: &'s Scope, store: &'s Store) -> impl Iterator<Item = Refused<'s>> {
    let snapshot = store.snapshot();
    let subjects = WorkloadSubject::all(&snapshot, scope).into_iter();
    let lacks_pods = move |subject: &WorkloadSubject<'_>| {
        subject.is_in(scope, store)
            && matches!(
                subject.standing(&snapshot),
                Standing::Stuck | Standing::Progressing(Because::MakingPods, _)
            )
    };
    subjects.filter(lacks_pods).map(move |subject| {
        let refusal = subject.refusal(&snapshot);
        let message = refusal.map_or("", |refusal| refusal.message());
        (subject.object(), message)
    })
}
