//! How the workloads stand whose pods are stuck, or who lack some: what still serves, and what their rollout changed.

use super::template_changes::changes;
use crate::report::{RevisionReport, RolloutReport, WorkloadReport};
use crate::snapshot::{
    ByRevision, Kind, ObjectRef, PodNumbers, PodTemplate, PodView, Seen, Snapshot, Workload,
};
use crate::triage::{Subject, Triage, WorkloadSubject};
use std::collections::BTreeMap;

/// What of a workload needs an explanation.
#[derive(Debug, Default)]
struct Stuck<'t> {
    pods: Vec<&'t PodView>,
    workloads: Vec<WorkloadSubject<'t>>,
}

/// Every workload with something stuck, in order.
pub(super) fn reports(triage: &Triage<'_>, snapshot: &Snapshot<'_>) -> Vec<WorkloadReport> {
    let mut stuck: BTreeMap<ObjectRef, Stuck<'_>> = BTreeMap::new();
    for pod in &triage.pods.stuck {
        // a static pod belongs to its node
        if pod.controller().is_some_and(|(kind, _)| kind != "Node") {
            let known = stuck.entry(snapshot.owner(pod)).or_default();
            known.pods.push(pod);
        }
    }
    for workload in &triage.workloads.stuck {
        let known = stuck.entry(workload.owner(snapshot)).or_default();
        known.workloads.push(*workload);
    }
    let mut namespaces: BTreeMap<String, BTreeMap<ObjectRef, ByRevision>> = BTreeMap::new();
    let report = |(object, stuck): (ObjectRef, Stuck<'_>)| {
        let namespace = object.namespace.clone().unwrap_or_default();
        let known = namespaces
            .entry(namespace.clone())
            .or_insert_with(|| snapshot.revisions_in(&namespace));
        let counted = known.remove(&object).unwrap_or_default();
        report(object, &stuck, counted, snapshot)
    };
    stuck.into_iter().map(report).collect()
}

fn report(
    object: ObjectRef,
    stuck: &Stuck<'_>,
    counted: ByRevision,
    snapshot: &Snapshot<'_>,
) -> WorkloadReport {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let workload = snapshot.workload(&object.kind, namespace, &object.name);
    let workload = workload.and_then(|seen| seen.yes());
    let all_read = snapshot.pods().whole(namespace).is_ok();
    let told = workload.filter(|workload| workload.behind.is_none());
    let (pods, ready) = if all_read {
        let mut all = PodNumbers::default();
        counted.values().for_each(|pods| all += *pods);
        (Some(count(all.pods)), Some(count(all.ready)))
    } else {
        let ready = told.map(|workload| workload.ready.unwrap_or_default());
        (told.and_then(|workload| workload.existing), ready)
    };
    let revisions = if all_read {
        counted
    } else {
        told_by_sets(&object, snapshot)
    };
    let wanted = workload.and_then(|workload| workload.wanted);
    let wanted = wanted.or_else(|| wanted_of_sets(&object, snapshot));
    let serves = stuck.pods.iter().all(|pod| is_to_stay(pod))
        && !matches!(object.known_kind(), Some(Kind::Job | Kind::CronJob));
    WorkloadReport {
        serves_nothing: serves && ready == Some(0) && wanted != Some(0),
        rollout: rollout(&object, stuck, revisions, snapshot),
        wanted,
        pods,
        ready,
        object,
    }
}

/// Whether a pod is meant to run for good.
fn is_to_stay(pod: &PodView) -> bool {
    let policy = pod.spec().restart_policy.as_deref();
    policy.is_none_or(|policy| policy == "Always")
}

/// What the ReplicaSets of a Deployment say of their pods, where these were not all read.
fn told_by_sets(deployment: &ObjectRef, snapshot: &Snapshot<'_>) -> ByRevision {
    let sets = sets(deployment, snapshot).into_iter();
    let number = |number: Option<i64>| usize::try_from(number.unwrap_or_default()).unwrap_or(0);
    let told = sets.map(|(name, set)| {
        let numbers = PodNumbers {
            pods: number(set.existing),
            ready: number(set.ready),
        };
        (name.to_owned(), numbers)
    });
    told.filter(|(_, numbers)| numbers.pods > 0).collect()
}

/// The number of pods that the newest ReplicaSet says its Deployment wants.
fn wanted_of_sets(deployment: &ObjectRef, snapshot: &Snapshot<'_>) -> Option<i64> {
    let sets = sets(deployment, snapshot).into_iter();
    let (_, newest) = sets.max_by_key(|(_, set)| set.revision)?;
    newest.desired
}

fn sets<'s>(deployment: &ObjectRef, snapshot: &Snapshot<'s>) -> Vec<(&'s str, &'s Workload)> {
    if deployment.known_kind() != Some(Kind::Deployment) {
        return Vec::new();
    }
    let namespace = deployment.namespace.as_deref().unwrap_or_default();
    let seen = snapshot.store().replica_sets().seen_in(namespace);
    let is_own = |set: &Workload| {
        let controller = set.controller.as_ref();
        controller.is_some_and(|(kind, name)| (kind, name) == (&deployment.kind, &deployment.name))
    };
    seen.filter(|(_, set)| is_own(set)).collect()
}

/// A revision with what is known of it.
struct Known<'s> {
    number: Option<i64>,
    name: String,
    numbers: PodNumbers,
    template: Option<&'s PodTemplate>,
}

/// The rollout of a workload whose pods are of several revisions. Which is the newest its status says, as a StatefulSet's does,
/// or their numbers, where all were read.
fn rollout(
    workload: &ObjectRef,
    stuck: &Stuck<'_>,
    mut revisions: ByRevision,
    snapshot: &Snapshot<'_>,
) -> Option<RolloutReport> {
    for subject in &stuck.workloads {
        if subject.kind == Kind::ReplicaSet {
            revisions.entry(subject.name.to_owned()).or_default();
        }
    }
    let known = |(name, numbers): (String, PodNumbers)| {
        let revision = snapshot.store().revision(workload, &name);
        let revision = revision.and_then(Seen::yes);
        Known {
            number: revision.and_then(|revision| revision.number),
            template: revision.and_then(|revision| revision.template),
            name,
            numbers,
        }
    };
    let mut known: Vec<Known<'_>> = revisions.into_iter().map(known).collect();
    let namespace = workload.namespace.as_deref().unwrap_or_default();
    let present = snapshot.workload(&workload.kind, namespace, &workload.name);
    let present = present.and_then(Seen::yes);
    let named = present.and_then(|present| present.update_revision.as_deref());
    let numbered = known.iter().all(|revision| revision.number.is_some());
    let nameless = known.iter().any(|revision| revision.name.is_empty());
    // of two that are old, which is the older one is not told
    if !numbered && (named.is_none() || nameless || known.len() > 2) {
        return None;
    }
    known.sort_by_key(|revision| (named == Some(revision.name.as_str()), revision.number));
    let new = known.pop()?;
    // the newest may have no pod yet
    let is_newest = match named {
        Some(named) => new.name == named,
        None => present.and_then(|present| present.revision) <= new.number,
    };
    if !is_newest {
        return None;
    }
    let serving = known.iter().rposition(|old| old.numbers.ready > 0);
    let old = known.get(serving.unwrap_or(known.len().checked_sub(1)?))?;
    let fields = |template: Option<&PodTemplate>| template.map(PodTemplate::fields);
    let templates = fields(old.template).zip(fields(new.template));
    let report = |revision: &Known<'_>| {
        let of = |pod: &&&PodView| pod.identity().revision().as_ref() == Some(&revision.name);
        RevisionReport {
            revision: revision.number,
            name: revision.name.clone(),
            pods: count(revision.numbers.pods),
            ready: count(revision.numbers.ready),
            stuck: count(stuck.pods.iter().filter(of).count()),
        }
    };
    Some(RolloutReport {
        new: report(&new),
        old: report(old),
        changes: templates.map(|(old, new)| changes(&old, &new)),
    })
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
