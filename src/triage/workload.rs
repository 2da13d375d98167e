//! How a workload stands with the pods that it makes: whether it has as many as it wants.
//!
//! Only a controller that makes pods itself is asked: the ReplicaSet and not its Deployment, unless none of its ReplicaSets
//! that were read wants any.

use super::subject::Said;
use super::{Because, Layer, Scope, Standing, Subject};
use crate::snapshot::{Event, Kind, ObjectRef, Snapshot, Store, Workload, WorkloadCondition};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Seconds for which a new workload may be without any pod.
const MAKING: i64 = 60;
/// Seconds for which refusals may be those of a namespace whose ServiceAccount is yet to come, or of an API server that was busy.
const GLITCH: i64 = 5;
/// The most seconds between two attempts to create a pod (client-go `util/workqueue` DefaultTypedControllerRateLimiter, 0.37).
pub const RETRY: i64 = 1000;

/// The reason of an event that tells of a pod that could not be created (pkg/controller/controller_utils.go, 1.37).
pub const REFUSED: &str = "FailedCreate";
/// The same of one that was.
const CREATED: &str = "SuccessfulCreate";

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

/// The words of a controller that was refused a pod.
#[derive(Debug, Clone, Copy)]
pub enum Refusal<'s> {
    /// Its newest event FailedCreate.
    Event(&'s Event),
    /// The condition ReplicaFailure. Its message is that of the first refusal, since the ReplicaSet controller does not change
    /// it while it stands (pkg/controller/replicaset/replica_set_utils.go calculateStatus, 1.37).
    Condition(&'s WorkloadCondition),
}

impl<'s> Refusal<'s> {
    /// What the API server said.
    pub fn message(self) -> &'s str {
        match self {
            Refusal::Event(event) => &event.message,
            Refusal::Condition(condition) => condition.message.as_deref().unwrap_or_default(),
        }
    }
}

impl<'s> WorkloadSubject<'s> {
    /// The workloads that were read and make pods.
    pub fn all(store: &'s Store, scope: &Scope) -> Vec<Self> {
        if scope.only_pods() || scope.fields.is_some() {
            return Vec::new();
        }
        let sets = store.replica_sets().seen();
        let known: BTreeSet<(&str, &str)> = sets
            .filter(|(_, set)| set.wanted > Some(0))
            .filter_map(|((namespace, _), set)| {
                let (_, deployment) = set.controller.as_ref()?;
                Some((namespace.as_str(), deployment.as_str()))
            })
            .collect();
        let makes_pods = |subject: &WorkloadSubject<'_>| match subject.kind {
            Kind::Deployment => !known.contains(&(subject.namespace, subject.name)),
            kind => kind != Kind::CronJob,
        };
        store
            .workload_catalogs()
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
        let controller = self.object().short();
        let pods = store.pod_records().in_namespace(self.namespace);
        let own = pods.filter(|pod| {
            !pod.terminating && pod.controller.as_deref() == Some(controller.as_str())
        });
        counted.max(i64::try_from(own.count()).unwrap_or(i64::MAX))
    }

    /// Whether a pod of it was read that has ended; a Job counts it only later.
    fn has_had_pods(&self, store: &Store) -> bool {
        let own = Some((self.kind.as_str(), self.name));
        let mut pods = store.whole_pods();
        pods.any(|pod| pod.namespace() == self.namespace && pod.controller() == own)
    }

    /// Why its controller could not create a pod, unless it has created one since: the newer of event and condition.
    pub fn refusal(&self, snapshot: &Snapshot<'s>) -> Option<Refusal<'s>> {
        let condition = self
            .workload
            .condition("ReplicaFailure")
            .filter(|c| c.status == "True" && c.reason.as_deref() != Some("FailedDelete"));
        let event = self.refused(snapshot).pop();
        match (event, condition) {
            (Some(event), Some(condition)) if event.last < condition.last_transition_time => {
                Some(Refusal::Condition(condition))
            }
            (Some(event), None) if self.has_condition() && !is_retried(event, snapshot) => None,
            (Some(event), _) => Some(Refusal::Event(event)),
            (None, condition) => condition.map(Refusal::Condition),
        }
    }

    /// Whether the refusal is of the last attempt: the condition goes with the next success, and events come with each attempt.
    pub fn is_current(&self, refusal: Refusal<'_>, snapshot: &Snapshot<'_>) -> bool {
        match refusal {
            Refusal::Event(event) => {
                self.workload.holds("ReplicaFailure") || is_retried(event, snapshot)
            }
            Refusal::Condition(_) => true,
        }
    }

    /// Whether its controller writes the condition ReplicaFailure.
    fn has_condition(&self) -> bool {
        matches!(self.kind, Kind::ReplicaSet | Kind::ReplicationController)
    }

    /// Its events of refusals since a pod was created last, oldest first. One about a pod that is there by now is no longer so.
    fn refused(&self, snapshot: &Snapshot<'s>) -> Vec<&'s Event> {
        let object = self.object();
        let store = snapshot.store();
        let events: Vec<&Event> = store.events().of(&object, self.uid()).collect();
        let created = events.iter().filter(|event| event.reason == CREATED);
        let created = created.filter_map(|event| event.last).max();
        let is_there = |event: &Event| {
            let name = quoted(&event.message, "pods \"");
            name.is_some_and(|name| store.pod_records().get(self.namespace, name).is_some())
        };
        let is_refusal =
            |event: &&Event| event.reason == REFUSED && event.last >= created && !is_there(event);
        events.into_iter().filter(is_refusal).collect()
    }
}

/// It makes its pods, and may take so many seconds for it.
fn making(since: Option<Timestamp>, budget: i64, snapshot: &Snapshot<'_>) -> Standing {
    since.map_or(Standing::Stuck, |since| {
        Standing::within(Because::MakingPods, since, budget, snapshot.clock().at)
    })
}

/// Whether the controller may be yet to try again.
fn is_retried(event: &Event, snapshot: &Snapshot<'_>) -> bool {
    event
        .last
        .is_none_or(|last| snapshot.seconds_since(last) <= RETRY)
}

/// What stands behind `start`, up to the quotation mark.
fn quoted<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(start)?;
    Some(rest.split_once('"')?.0)
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
                || scope.names(&self.owner(store))
                || scope.selects(self.namespace, &self.workload.template_labels, store))
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        let workload = self.workload;
        if workload.terminating {
            return Standing::Progressing(Because::Deleting, None);
        }
        if workload.holds("Complete") {
            return Standing::Healthy(Because::Completed);
        }
        if workload.finished() {
            return Standing::Ended(Because::JobFailed);
        }
        if self.wanted() == 0 {
            return Standing::Healthy(Because::Halted);
        }
        let existing = self.existing(snapshot);
        if existing >= self.wanted() {
            return Standing::Healthy(Because::HasPods(existing));
        }
        if workload.behind {
            return Standing::Progressing(Because::MakingPods, None);
        }
        if self.refusal(snapshot).is_some() {
            // without a clock its words are all that there is, and no guess
            let since = self.since(snapshot).filter(|_| snapshot.clock().exact);
            return making(since, GLITCH, snapshot);
        }
        if workload.halted {
            return Standing::Healthy(Because::Halted);
        }
        // some pods are missing for a moment whenever one is replaced; none at all is another matter
        let never_any = existing == 0 && workload.ended == 0 && !self.has_had_pods(snapshot);
        if never_any && workload.created.is_some() {
            return making(workload.created, MAKING, snapshot);
        }
        Standing::Progressing(Because::MakingPods, None)
    }

    fn status(&self) -> String {
        // as `kubectl get` shows it under READY
        format!(
            "{}/{}",
            self.workload.ready.unwrap_or_default(),
            self.wanted()
        )
    }

    fn raw_status(&self) -> Vec<Said> {
        let conditions = self.workload.conditions.iter();
        let telling = conditions.filter(|c| c.status != "True" || c.r#type == "ReplicaFailure");
        telling
            .filter_map(|c| {
                let path = format!("status.conditions[{}].message", c.r#type);
                Some(Said::new(path, c.message.clone()?))
            })
            .collect()
    }

    fn since(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        let condition = self.workload.condition("ReplicaFailure");
        let transition = condition.and_then(|condition| condition.last_transition_time);
        let refused = self.refused(snapshot);
        let first = refused.iter().filter_map(|event| event.first).min();
        let created = self
            .workload
            .created
            .filter(|_| self.existing(snapshot) == 0);
        transition.or(first).or(created)
    }
}

#[cfg(test)]
mod tests;
