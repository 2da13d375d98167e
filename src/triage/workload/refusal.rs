//! What a controller was told that was refused what it makes, and whether that still counts.

use super::WorkloadSubject;
use crate::snapshot::{Event, Kind, Snapshot, Store, Workload, WorkloadCondition};
use crate::triage::Subject;
use jiff::Timestamp;

/// The most seconds between two attempts to create a pod (client-go `util/workqueue` DefaultTypedControllerRateLimiter, 0.37).
pub const RETRY: i64 = 1000;

/// The reason of an event that tells of a pod that could not be created (pkg/controller/controller_utils.go, 1.37), and of a
/// CronJob's Job (pkg/controller/cronjob/cronjob_controllerv2.go).
pub(in crate::triage) const REFUSED: &str = "FailedCreate";
/// The same of one that was.
pub(in crate::triage) const CREATED: &str = "SuccessfulCreate";
/// The reason of an event, and of a Deployment's condition Progressing, that tells of a ReplicaSet that could not be created
/// (pkg/controller/deployment/sync.go getNewReplicaSet, 1.37).
const SET_REFUSED: &str = "ReplicaSetCreateError";
/// The reason of a Deployment's event when it was.
const SET_SCALED: &str = "ScalingReplicaSet";

/// The reasons of events that tell of refusals, a Deployment's own behind that of all others.
pub fn refusal_reasons() -> [&'static str; 2] {
    [REFUSED, SET_REFUSED]
}

/// Whether it is of a workload that was refused what it makes, of whatever API.
pub fn is_refusal(event: &Event) -> bool {
    refusal_reasons().contains(&event.reason.as_str())
        && event.about.known_kind().is_none_or(Kind::is_workload)
}

/// The words of a controller that was refused what it makes.
#[derive(Debug, Clone, Copy)]
pub enum Refusal<'s> {
    /// Its newest event of a refusal.
    Event(&'s Event),
    /// The condition ReplicaFailure, or a Deployment's Progressing. Its message is that of the first refusal, since
    /// controllers do not change it while it stands (pkg/controller/replicaset/replica_set_utils.go calculateStatus,
    /// pkg/controller/deployment/util/deployment_util.go SetDeploymentCondition, 1.37).
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

    /// What was not made: a Deployment's ReplicaSet, a CronJob's Job, else a pod.
    pub fn lacks(self) -> Kind {
        let (reason, about) = match self {
            Refusal::Event(event) => (event.reason.as_str(), event.about.known_kind()),
            Refusal::Condition(condition) => {
                (condition.reason.as_deref().unwrap_or_default(), None)
            }
        };
        match about {
            Some(Kind::CronJob) => Kind::Job,
            _ if reason == SET_REFUSED => Kind::ReplicaSet,
            _ => Kind::Pod,
        }
    }
}

impl<'s> WorkloadSubject<'s> {
    /// Why its controller could not create what it makes, unless it has since: the newer of event and condition.
    pub fn refusal(&self, snapshot: &Snapshot<'s>) -> Option<Refusal<'s>> {
        let condition = self.refusing_condition();
        let event = self.refused(snapshot).pop();
        match (event, condition) {
            (Some(event), Some(condition)) if event.last < condition.last_transition_time => {
                Some(Refusal::Condition(condition))
            }
            (Some(event), None) if self.is_over(event, snapshot) => None,
            (Some(event), _) => Some(Refusal::Event(event)),
            (None, condition) => condition.map(Refusal::Condition),
        }
    }

    /// Whether it is a Deployment that is refused its ReplicaSet.
    pub(super) fn is_refused_a_set(&self, snapshot: &Snapshot<'s>) -> bool {
        let refusal = self.refusal(snapshot);
        refusal.is_some_and(|refusal| refusal.lacks() == Kind::ReplicaSet)
    }

    /// Whether the refusal is of the last attempt: the condition goes with the next success, and events come with each attempt.
    pub fn is_current(&self, refusal: Refusal<'_>, snapshot: &Snapshot<'_>) -> bool {
        match refusal {
            Refusal::Event(event) => {
                self.refusing_condition().is_some() || is_retried(event, snapshot)
            }
            Refusal::Condition(_) => true,
        }
    }

    /// The condition that says so. A Deployment also has a copy of its ReplicaSets'.
    pub(super) fn refusing_condition(&self) -> Option<&'s WorkloadCondition> {
        let set = self.workload.condition("Progressing");
        let set = set.filter(|c| c.status == "False" && c.reason.as_deref() == Some(SET_REFUSED));
        let pods = self.workload.condition("ReplicaFailure");
        let pods =
            pods.filter(|c| c.status == "True" && c.reason.as_deref() != Some("FailedDelete"));
        set.or(pods)
    }

    /// Whether a condition would stand if this refusal still did.
    fn is_over(&self, event: &Event, snapshot: &Snapshot<'_>) -> bool {
        match self.kind {
            Kind::ReplicaSet | Kind::ReplicationController => !is_retried(event, snapshot),
            Kind::Deployment => {
                let progressing = self.workload.condition("Progressing");
                progressing.is_some_and(|c| c.last_transition_time >= event.last)
                    || progressing.is_some() && !is_retried(event, snapshot)
            }
            _ => false,
        }
    }

    /// Its events of refusals since it last made something, oldest first. One about a pod that is there by now is no longer so.
    pub(super) fn refused(&self, snapshot: &Snapshot<'s>) -> Vec<&'s Event> {
        let object = self.object();
        let store = snapshot.store();
        let mut events: Vec<&Event> = store.events().of(&object, self.uid()).collect();
        if !events.iter().any(|event| is_refusal(event)) {
            return Vec::new();
        }
        let created = events
            .iter()
            .filter(|event| [CREATED, SET_SCALED].contains(&event.reason.as_str()));
        let created = created.filter_map(|event| event.last).max();
        let created = created.max(self.last_made(store));
        // nothing else tells whether what is no pod is still lacking, and a second attempt may follow within the same second
        let is_counted = !matches!(self.kind, Kind::Deployment | Kind::CronJob);
        let is_since = |event: &Event| {
            created.is_none() || event.last > created || is_counted && event.last == created
        };
        events.retain(|event| {
            is_refusal(event) && is_since(event) && !is_there(event, self.namespace, store)
        });
        events
    }

    /// When a Deployment or a CronJob last made something, by what it has made and by its status.
    pub(super) fn last_made(&self, store: &Store) -> Option<Timestamp> {
        let schedule = self.workload.schedule.as_ref();
        let told = schedule.and_then(|schedule| schedule.last.max(schedule.last_success));
        let made = self.made(store).filter_map(|(_, made)| made.created);
        made.max().max(told)
    }

    /// The ReplicaSets of a Deployment and the Jobs of a CronJob that were read.
    pub(super) fn made<'a>(
        &'a self,
        store: &'a Store,
    ) -> impl Iterator<Item = (&'a str, &'a Workload)> {
        let made = match self.kind {
            Kind::Deployment => Some(store.replica_sets()),
            Kind::CronJob => Some(store.jobs()),
            _ => None,
        };
        let seen = made
            .into_iter()
            .flat_map(|made| made.seen_in(self.namespace));
        seen.filter(|(_, made)| {
            let controller = made.controller.as_ref();
            controller.is_some_and(|(kind, name)| kind == self.kind.as_str() && name == self.name)
        })
    }
}

/// Whether the controller may be yet to try again.
pub(in crate::triage) fn is_retried(event: &Event, snapshot: &Snapshot<'_>) -> bool {
    event
        .last
        .is_none_or(|last| snapshot.seconds_since(last) <= RETRY)
}

/// Whether the pod that a refusal names is there by now.
pub(in crate::triage) fn is_there(event: &Event, namespace: &str, store: &Store) -> bool {
    let name = pod_of(&event.message);
    name.is_some_and(|name| store.pod_records().get(namespace, name).is_some())
}

fn pod_of(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("pods \"")?;
    Some(rest.split_once('"')?.0)
}
