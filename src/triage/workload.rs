//! How a workload stands with the pods that it makes: whether it has as many as it wants.
//!
//! Only a controller that makes pods itself is asked: the ReplicaSet and not its Deployment, unless none of its ReplicaSets
//! is known.

use super::{Because, Layer, Passage, Scope, Standing, Subject};
use crate::snapshot::{Event, Kind, ObjectRef, Snapshot, Store, Workload};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Seconds for which a new workload may be without any pod.
const MAKING: i64 = 60;

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

/// The workloads that were read and make pods.
pub(super) fn candidates<'s>(snapshot: &Snapshot<'s>, scope: &Scope) -> Vec<WorkloadSubject<'s>> {
    if scope.only_pods() {
        return Vec::new();
    }
    let store = snapshot.store();
    let sets = store.replica_sets().seen();
    let known: BTreeSet<(&str, &str)> = sets
        .filter_map(|((namespace, _), set)| {
            let (_, deployment) = set.controller.as_ref()?;
            Some((namespace.as_str(), deployment.as_str()))
        })
        .collect();
    let makes_pods = |subject: &WorkloadSubject<'_>| match subject.kind {
        Kind::Deployment => !known.contains(&(subject.namespace, subject.name)),
        kind => kind != Kind::CronJob,
    };
    let catalogs = Kind::all().filter_map(|kind| Some((kind, store.workloads(kind)?)));
    catalogs
        .flat_map(|(kind, catalog)| {
            let seen = catalog.seen();
            seen.map(move |((namespace, name), workload)| WorkloadSubject {
                kind,
                namespace,
                name,
                workload,
            })
        })
        .filter(makes_pods)
        .collect()
}

impl<'s> WorkloadSubject<'s> {
    /// How many pods it wants.
    pub fn wanted(&self) -> i64 {
        self.workload.wanted.unwrap_or_default()
    }

    /// How many it has, as far as its controller has counted.
    pub fn existing(&self) -> i64 {
        self.workload.existing.unwrap_or_default()
    }

    /// Whether it has fewer pods than it wants now.
    pub fn is_short(&self) -> bool {
        !self.workload.halted && !self.workload.finished() && self.existing() < self.wanted()
    }

    /// Its newest event that tells of a pod that could not be created, unless one was created since.
    pub fn refusal<'a>(&'a self, store: &'a Store) -> Option<&'a Event> {
        let object = self.object();
        let newest =
            store.events().of(&object, self.uid()).rev().find(|event| {
                matches!(event.reason.as_str(), "FailedCreate" | "SuccessfulCreate")
            })?;
        (newest.reason == "FailedCreate").then_some(newest)
    }

    fn is_refused(&self, store: &Store) -> bool {
        self.workload.holds("ReplicaFailure") || self.refusal(store).is_some()
    }
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

    fn is_in(&self, scope: &Scope, store: &Store) -> bool {
        scope.has_namespace(self.namespace)
            && scope
                .selector
                .as_ref()
                .is_none_or(|selector| selector.matches(&self.workload.template_labels))
            && (scope.targets.is_empty()
                || scope.names(&self.object())
                || scope.names(&self.owner(store)))
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        if self.workload.halted || self.wanted() == 0 {
            return Standing::Healthy(Because::Halted);
        }
        if !self.is_short() {
            return Standing::Healthy(Because::HasPods(self.existing()));
        }
        if self.is_refused(snapshot) {
            return Standing::Stuck;
        }
        // some pods are missing for a moment whenever one is replaced; none at all is another matter
        match self.workload.created {
            Some(created) if self.existing() == 0 => {
                if snapshot.seconds_since(created) > MAKING {
                    return Standing::Stuck;
                }
                let until = created.checked_add(SignedDuration::from_secs(MAKING));
                Standing::Progressing(Because::MakingPods, until.ok())
            }
            _ => Standing::Progressing(Because::MakingPods, None),
        }
    }

    fn status(&self) -> String {
        // as `kubectl get` shows it under READY
        format!(
            "{}/{}",
            self.workload.ready.unwrap_or_default(),
            self.wanted()
        )
    }

    fn raw_status(&self) -> Vec<(String, String)> {
        let conditions = self.workload.conditions.iter();
        let telling = conditions.filter(|c| c.status != "True" || c.r#type == "ReplicaFailure");
        telling
            .filter_map(|c| {
                let path = format!("status.conditions[{}].message", c.r#type);
                Some((path, c.message.clone()?))
            })
            .collect()
    }

    fn since(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        let failing = self.workload.condition("ReplicaFailure");
        failing
            .and_then(|condition| condition.last_transition_time)
            .or_else(|| self.refusal(snapshot)?.first)
            .or(self.workload.created.filter(|_| self.existing() == 0))
    }

    fn passed(&self, _: &Snapshot<'_>, _: Layer, _: Option<Layer>) -> Option<Passage> {
        None
    }
}
