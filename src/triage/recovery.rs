//! Failed pods that no longer matter: another pod of the same controller has taken their place.
//!
//! Where a kubelet has just evicted several of them, the one that is ready now may be the next.

use super::since;
use crate::snapshot::{Kind, ObjectRef, PodView, Seen, Snapshot, Store};
use std::collections::HashSet;

/// Seconds within which evictions follow each other.
const LATELY: i64 = 600;

/// Who runs a ready pod: controllers by namespace and name, and their outermost owners.
#[derive(Debug, Default)]
pub(super) struct Ready<'s> {
    controllers: HashSet<(&'s str, &'s str)>,
    owners: HashSet<ObjectRef>,
    /// Owners of which more than one pod was evicted lately.
    evicted_again: HashSet<ObjectRef>,
}

impl<'s> Ready<'s> {
    pub(super) fn of(snapshot: &Snapshot<'s>) -> Self {
        let store = snapshot.store();
        let records = store.pod_records();
        let mut all = Ready::default();
        for pod in records.iter().filter(|pod| pod.ready && !pod.terminating) {
            let Some(controller) = pod.controller.as_deref() else {
                continue;
            };
            if all.controllers.insert((&pod.namespace, controller)) {
                let mut owners = store.owners(&records.identity(pod));
                all.owners.extend(owners.pop());
            }
        }
        let mut evicted = HashSet::new();
        for pod in store
            .whole_pods()
            .filter(|pod| is_evicted_lately(pod, snapshot))
        {
            let owner = store.owner(pod);
            if !evicted.insert(owner.clone()) {
                all.evicted_again.insert(owner);
            }
        }
        all
    }

    /// Whether the pod is a leftover: its Job is complete or has other attempts at work, or its owner runs a ready pod in its
    /// stead.
    pub(super) fn replaces(&self, pod: &PodView, snapshot: &Snapshot<'_>) -> bool {
        let store = snapshot.store();
        let Some((kind, name)) = pod.controller() else {
            return false;
        };
        let controller = format!("{kind}/{name}");
        if kind == Kind::Job.as_str() {
            return match store.workload(kind, pod.namespace(), name) {
                Some(Seen::Yes(job)) => {
                    let wanted =
                        usize::try_from(job.wanted.unwrap_or_default()).unwrap_or_default();
                    let others = store
                        .pod_records()
                        .of_controller(pod.namespace(), &controller);
                    // an attempt that has not outlived the failed one may end as it did
                    let at_work = others.filter(|other| {
                        let uptime = other
                            .started()
                            .map(|started| snapshot.seconds_since(started));
                        let outlives = uptime.is_some_and(|uptime| since::outlives(pod, uptime));
                        other.ready && !other.terminating && outlives
                    });
                    job.finished() == Some(true) || (wanted > 0 && at_work.count() >= wanted)
                }
                _ => succeeded_later(pod, store, &controller),
            };
        }
        if is_evicted_lately(pod, snapshot) && self.evicted_again.contains(&store.owner(pod)) {
            return false;
        }
        // a rollout replaces the ReplicaSet as well, so the outermost owner counts
        self.controllers
            .contains(&(pod.namespace(), controller.as_str()))
            || self.owners.contains(&store.owner(pod))
    }
}

/// Whether a kubelet evicted it lately. Without a clock nothing tells that.
fn is_evicted_lately(pod: &PodView, snapshot: &Snapshot<'_>) -> bool {
    let is_evicted = pod.phase() == "Failed" && pod.status().reason.as_deref() == Some("Evicted");
    let since = || pod.newest().map(|newest| snapshot.seconds_since(newest));
    is_evicted && snapshot.clock().exact && since().is_some_and(|since| since <= LATELY)
}

/// Where the Job itself was not read: a later attempt of it has succeeded.
fn succeeded_later(pod: &PodView, store: &Store, job: &str) -> bool {
    let records = store.pod_records();
    let mut others = records.completed().of_controller(pod.namespace(), job);
    others.any(|other| pod.created().is_some() && other.created > pod.created())
}
