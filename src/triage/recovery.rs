//! Failed pods that no longer matter: another pod of the same controller has taken their place.

use crate::snapshot::{Kind, PodView, Seen, Store, Workload};

/// Whether the pod is a leftover: its Job is complete, or its owner runs a ready pod in its stead.
pub(super) fn recovered(pod: &PodView, store: &Store) -> bool {
    if pod.phase() != "Failed" {
        return false;
    }
    let Some((kind, name)) = pod.controller() else {
        return false;
    };
    let controller = format!("{kind}/{name}");
    if kind == Kind::Job.as_str() {
        return match store.workload(kind, pod.namespace(), name) {
            Some(Seen::Yes(job)) => job_is_well(job),
            _ => succeeded_later(pod, store, &controller),
        };
    }
    // a rollout replaces the ReplicaSet as well, so the outermost owner counts
    let subject = store.owner(pod);
    let pod_records = store.pod_records();
    pod_records.iter().any(|other| {
        &*other.namespace == pod.namespace()
            && other.ready
            && !other.terminating
            && (other.controller.as_deref() == Some(controller.as_str())
                || store.owners(&pod_records.identity(other)).last() == Some(&subject))
    })
}

/// Where the Job itself was not read: a later attempt of it has succeeded.
fn succeeded_later(pod: &PodView, store: &Store, job: &str) -> bool {
    let success = store.pod_records().last_success(pod.namespace(), job);
    matches!((success, pod.created()), (Some(success), Some(created)) if success > created)
}

/// Complete, or still trying with the attempts that its backoffLimit leaves.
fn job_is_well(job: &Workload) -> bool {
    job.holds("Complete") || job.holds("SuccessCriteriaMet")
}
