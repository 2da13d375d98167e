//! How a workload stands with what it makes: whether it has as many pods as it wants.
//!
//! Of a Deployment its ReplicaSets are asked, and it itself only where none of those that were read wants a pod, or where it is
//! refused one, held, or makes no progress (`held`, `stall`). A CronJob makes Jobs, which are asked themselves (`schedule`).

mod held;
mod refusal;
mod schedule;
mod stall;

pub(super) use refusal::{CREATED, REFUSED, is_retried, is_there};
pub use refusal::{RETRY, Refusal, is_refusal, refusal_reasons};
pub use schedule::SKIPPED;
pub use stall::Stall;

use super::subject::StatusText;
use super::{Because, Hold, Layer, Scope, Standing, Subject};
use crate::snapshot::{Kind, ObjectRef, PodRecord, PodView, Snapshot, Store, Workload};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Seconds for which a workload may lack pods after it, its pods or its controller last did anything.
const MAKING: i64 = 60;
/// The same for a Job of which a pod has failed (pkg/controller/job/job_controller.go MaxJobPodFailureBackOff, 1.37).
const BACK_OFF: i64 = 600 + MAKING;
/// Seconds for which refusals may be those of a namespace whose ServiceAccount is yet to come, or of an API server that was busy.
const GLITCH: i64 = 5;
/// Seconds for which a namespace that is being deleted may take its workloads and their pods with it.
const EMPTYING: i64 = 300;

/// A workload with its name.
#[derive(Debug, Clone, Copy)]
pub struct WorkloadSubject<'s> {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: &'s str,
    /// Its name.
    pub name: &'s str,
    /// The workload.
    pub workload: &'s Workload,
}

impl<'s> WorkloadSubject<'s> {
    /// The workloads that were read and are asked.
    pub fn all(snapshot: &Snapshot<'s>, scope: &Scope) -> Vec<Self> {
        if scope.only_pods() || scope.fields.is_some() {
            return Vec::new();
        }
        let catalogs = snapshot.store().workload_catalogs();
        let every = catalogs.flat_map(|(kind, catalog)| {
            let seen = catalog.seen();
            seen.map(move |((namespace, name), workload)| WorkloadSubject {
                kind,
                namespace,
                name,
                workload,
            })
        });
        asked(every.collect(), snapshot)
    }

    /// Those of one namespace.
    pub fn all_in(snapshot: &Snapshot<'s>, namespace: &'s str) -> Vec<Self> {
        let catalogs = snapshot.store().workload_catalogs();
        let every = catalogs.flat_map(|(kind, catalog)| {
            let seen = catalog.seen_in(namespace);
            seen.map(move |(name, workload)| WorkloadSubject {
                kind,
                namespace,
                name,
                workload,
            })
        });
        asked(every.collect(), snapshot)
    }

    /// How many pods it wants.
    pub fn wanted(&self) -> i64 {
        self.workload.wanted.unwrap_or_default()
    }

    /// How many it has, as far as its controller has counted or they were read. What a DaemonSet counts are nodes.
    pub fn existing(&self, store: &Store) -> i64 {
        let counted = self.workload.existing.unwrap_or_default();
        if counted >= self.wanted() || self.kind == Kind::DaemonSet {
            return counted;
        }
        let own = self.pods(store).filter(|pod| !pod.terminating);
        counted.max(number(own.count()))
    }

    /// Whether it has fewer than it wants.
    pub fn lacks_pods(&self, store: &Store) -> bool {
        self.workload.finished().is_none() && self.existing(store) < self.wanted()
    }

    /// Its live pods that were read.
    fn pods<'a>(&self, store: &'a Store) -> impl Iterator<Item = &'a PodRecord> + use<'a> {
        let controller = self.object().short();
        store
            .pod_records()
            .of_controller(self.namespace, &controller)
    }

    /// Those of its pods that are kept whole; some have ended.
    fn whole_pods<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = &'a PodView> {
        let own = Some((self.kind.as_str(), self.name));
        let pods = store.whole_pods_in(self.namespace);
        pods.filter(move |pod| pod.controller() == own)
    }

    /// Why it wants no pod, if so. What a DaemonSet wants its controller has to count first.
    fn wants_none(&self) -> Option<Because> {
        if self.wanted() > 0 || self.is_uncounted() {
            return None;
        }
        Some(match self.kind {
            Kind::DaemonSet => Because::NoNode,
            Kind::Job if self.workload.halted => Because::Suspended,
            Kind::Job if !self.workload.scaled_to_zero => Because::Completed,
            _ => Because::ScaledToZero,
        })
    }

    fn is_uncounted(&self) -> bool {
        let workload = self.workload;
        self.kind == Kind::DaemonSet && (workload.wanted.is_none() || workload.behind.is_some())
    }

    /// What of its own pods it waits for before it makes others. How long that may take they say themselves.
    fn waits(&self, existing: i64, store: &Store) -> Option<Because> {
        let workload = self.workload;
        match self.kind {
            Kind::StatefulSet if workload.ordered => {
                let ready = workload.ready.unwrap_or_default();
                let up = workload
                    .available
                    .map_or(ready, |available| available.min(ready));
                let going = self.pods(store).filter(|pod| pod.terminating).count();
                if existing > up {
                    return Some(Because::WaitsForReady(existing.saturating_sub(up)));
                }
                (going > 0).then(|| Because::WaitsForGone(number(going)))
            }
            Kind::Job => {
                let enough = existing.saturating_add(workload.leaving) >= self.wanted();
                enough.then_some(Because::WaitsForGone(workload.leaving))
            }
            Kind::Deployment => {
                let going = self.going(store);
                (going > 0).then(|| Because::WaitsForGone(number(going)))
            }
            _ => None,
        }
    }

    /// How many pods of its ReplicaSets have to go before it makes others.
    fn going(&self, store: &Store) -> usize {
        let strategy = self.workload.strategy.as_ref();
        if strategy.is_none_or(|strategy| strategy["type"] != "Recreate") {
            return 0;
        }
        let (records, object) = (store.pod_records(), self.object());
        let going = records.in_namespace(self.namespace);
        let is_own = |pod: &&PodRecord| {
            pod.terminating && store.owners(&records.identity(pod)).last() == Some(&object)
        };
        going.filter(is_own).count()
    }

    /// It makes its pods, and may take its time for it since anything was last done. Where nothing tells when that was,
    /// nobody can say how long.
    fn making(&self, snapshot: &Snapshot<'_>) -> Standing {
        let store = snapshot.store();
        let workload = self.workload;
        let mut whole = self.whole_pods(store);
        let retries = self.kind == Kind::Job
            && (workload.ended > 0 || whole.any(|pod| pod.phase() == "Failed"));
        let events = || store.events_of(&self.object(), self.uid());
        let tells = workload.written.is_some() || !events().is_unknown();
        let since = match (workload.behind, retries) {
            // when the present spec was written
            (Some(_), _) => workload.written,
            (None, true) if !tells => self.whole_pods(store).filter_map(newest).max(),
            _ => self.acted(snapshot),
        };
        let budget = if retries { BACK_OFF } else { MAKING };
        match since {
            Some(since) => Standing::within(Because::MakingPods, since, budget, snapshot.clock()),
            None => Standing::Progressing(Because::MakingPods, None),
        }
    }

    /// When it, its pods or its controller last did anything, as far as known.
    fn acted(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        let store = snapshot.store();
        let object = self.object();
        let events = store.events().of(&object, self.uid());
        let events = events.filter_map(|event| event.last);
        let started = self.pods(store).filter_map(|pod| pod.started());
        let ended = self.whole_pods(store).filter_map(newest);
        let controller = format!("{}/{}", self.kind, self.name);
        let completed = store.pod_records().completed();
        let completed = completed.of_controller(self.namespace, &controller);
        let ended = ended.chain(completed.filter_map(|pod| pod.newest));
        let told = events.chain(started).chain(ended).max();
        told.max(self.workload.newest()).max(self.workload.written)
    }

    /// Whether the CronJob of a Job, if it has one, has made another since.
    fn is_followed(&self, snapshot: &Snapshot<'_>) -> bool {
        let workload = self.workload;
        let is_later = |other: &Workload| {
            other.controller == workload.controller && other.created > workload.created
        };
        let mut jobs = snapshot.jobs().seen_in(self.namespace);
        workload.controller.is_some() && jobs.any(|(_, other)| is_later(other))
    }

    /// A first refusal may pass. Without a clock its words are all that there is, and no guess.
    fn refused_for_long(&self, snapshot: &Snapshot<'_>) -> Standing {
        let namespace = snapshot.store().namespaces().get("", self.namespace).yes();
        let deleted = namespace.and_then(|it| it.metadata.deletion_timestamp.as_ref());
        if let Some(deleted) = deleted {
            return Standing::within(Because::Deleting, deleted.0, EMPTYING, snapshot.clock());
        }
        let since = self.since(snapshot).filter(|_| snapshot.clock().exact);
        since.map_or(Standing::Stuck, |since| {
            Standing::within(Because::MakingPods, since, GLITCH, snapshot.clock())
        })
    }

    /// What its status counts, for one that no rule explains.
    fn counts(&self) -> Vec<StatusText> {
        let workload = self.workload;
        let count = |count: Option<i64>| count.unwrap_or_default();
        let (wanted, made) = (self.wanted(), count(workload.existing));
        let ready = count(workload.ready);
        let field = |path: &str, words: String| StatusText::new(path, words);
        let mut counts = match self.kind {
            Kind::CronJob => Vec::new(),
            Kind::Job => vec![field("status", format!("active {made}, ready {ready}"))],
            Kind::DaemonSet => vec![field(
                "status",
                format!(
                    "desiredNumberScheduled {wanted}, currentNumberScheduled {made}, numberReady {ready}"
                ),
            )],
            _ => vec![
                field("spec.replicas", wanted.to_string()),
                field("status", format!("replicas {made}, readyReplicas {ready}")),
            ],
        };
        if let Some((seen, present)) = workload.behind {
            counts.push(field("metadata.generation", present.to_string()));
            counts.push(field("status.observedGeneration", seen.to_string()));
        }
        counts
    }
}

/// Without the Deployments of which a ReplicaSet is asked, unless they are refused one, held, or make no progress themselves.
fn asked<'s>(
    mut all: Vec<WorkloadSubject<'s>>,
    snapshot: &Snapshot<'s>,
) -> Vec<WorkloadSubject<'s>> {
    let sets = all
        .iter()
        .filter(|set| set.kind == Kind::ReplicaSet && set.wanted() > 0);
    let known: BTreeSet<(&str, &str)> = sets
        .filter_map(|set| {
            let (_, deployment) = set.workload.controller.as_ref()?;
            Some((set.namespace, deployment.as_str()))
        })
        .collect();
    all.retain(|subject| {
        subject.kind != Kind::Deployment
            || !known.contains(&(subject.namespace, subject.name))
            || subject.is_refused_a_set(snapshot)
            || subject.has_change_pending()
            || subject.stall(snapshot).is_some()
    });
    all
}

/// When a pod was made, or the last of its containers ended.
fn newest(pod: &PodView) -> Option<Timestamp> {
    let ends = pod.containers().filter_map(|container| {
        let (_, end) = container.last_end()?;
        Some(end.finished_at.as_ref()?.0)
    });
    ends.max().max(pod.created())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl<'s> Subject<'s> for WorkloadSubject<'s> {
    const LAYERS: &'static [Layer] = &[
        Layer::Admission,
        Layer::Scheduling,
        Layer::Node,
        Layer::Volume,
        Layer::Network,
        Layer::Image,
        Layer::Container,
        Layer::Health,
        Layer::Service,
    ];

    fn object(&self) -> ObjectRef {
        ObjectRef::new(self.kind, self.namespace, self.name)
    }

    fn namespace(self) -> &'s str {
        self.namespace
    }

    fn uid(self) -> Option<&'s str> {
        self.workload.uid.as_deref()
    }

    fn owner(&self, store: &Store) -> ObjectRef {
        store.outermost(self.object())
    }

    fn shown(&self, store: &Store) -> ObjectRef {
        self.owner(store)
    }

    fn is_in(&self, scope: &Scope, store: &Store) -> bool {
        scope.has_namespace(self.namespace)
            && scope
                .selector
                .as_ref()
                .is_none_or(|selector| selector.matches(&self.workload.template_labels))
            && (scope.targets.is_empty()
                || scope.names(&self.object())
                || scope.names(&self.owner(store))
                || scope.selects(self.namespace, &self.workload.template_labels, store))
    }

    fn has_ended(&self, _: &Store) -> bool {
        self.workload.finished().is_some()
    }

    fn held(&self, snapshot: &Snapshot<'_>) -> Option<Hold> {
        self.hold(&self.standing(snapshot))
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        let workload = self.workload;
        if workload.terminating {
            return Standing::Progressing(Because::Deleting, None);
        }
        if let Some(schedule) = &workload.schedule {
            return self.between_jobs(schedule, snapshot);
        }
        match (workload.finished(), &workload.managed_by) {
            (Some(true), _) => return Standing::Healthy(Because::Completed),
            (Some(false), _) if self.is_followed(snapshot) => {
                return Standing::Ended(Because::JobFailed);
            }
            (Some(false), _) => return Standing::Stuck,
            (None, Some(by)) => return Standing::Healthy(Because::ManagedBy(by.clone())),
            (None, None) => {}
        }
        if let Some(because) = self.wants_none() {
            return Standing::Healthy(because);
        }
        let refusal = self.refusal(snapshot);
        if refusal.is_some_and(|refusal| refusal.lacks() == Kind::ReplicaSet) {
            return self.refused_for_long(snapshot);
        }
        if self.has_change_pending() {
            return Standing::Healthy(Because::Paused);
        }
        let existing = self.existing(snapshot);
        if self.stall(snapshot).is_some() {
            return Standing::Stuck;
        }
        if existing >= self.wanted() && !self.is_uncounted() {
            return Standing::Healthy(Because::HasPods(existing));
        }
        if refusal.is_some() && workload.behind.is_none() {
            return self.refused_for_long(snapshot);
        }
        match self.waits(existing, snapshot) {
            Some(_) if self.predecessor(snapshot).is_some() => Standing::Stuck,
            Some(because) => Standing::Progressing(because, None),
            None => self.making(snapshot),
        }
    }

    fn status(&self, _: &Store) -> String {
        let number = |count: Option<i64>| count.unwrap_or_default();
        if self.kind == Kind::CronJob {
            // as `kubectl get` shows it under ACTIVE
            return format!("{} active", number(self.workload.existing));
        }
        // and under READY
        format!("{}/{}", number(self.workload.ready), self.wanted())
    }

    fn raw_status(&self) -> Vec<StatusText> {
        let conditions = self.workload.conditions.iter();
        let telling = conditions.filter(|c| c.status != "True" || c.r#type == "ReplicaFailure");
        let telling = telling.filter_map(|c| {
            let path = format!("status.conditions[{}].message", c.r#type);
            Some(StatusText::new(path, c.message.clone()?))
        });
        telling.chain(self.counts()).collect()
    }

    fn since(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        let transition = self
            .refusing_condition()
            .and_then(|c| c.last_transition_time);
        let refused = self.refused(snapshot);
        let first = refused.iter().filter_map(|event| event.first).min();
        let is_without = self.kind != Kind::CronJob && self.existing(snapshot) == 0;
        let created = self.workload.created.filter(|_| is_without);
        let told = transition.or(first).or(self.changed());
        let told = told.or_else(|| self.delayed(snapshot)).or(created);
        told.or_else(|| self.overdue(snapshot))
    }
}

#[cfg(test)]
mod tests;
