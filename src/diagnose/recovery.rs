//! Failed pods that no longer matter: another pod of the same controller has taken their place.

use crate::rules::Case;
use crate::snapshot::{Kind, Seen, Workload};

/// Whether the pod is a leftover: its Job is complete, or its owner runs a ready pod in its stead.
pub(super) fn recovered(case: &Case<'_>) -> bool {
    if case.pod().phase() != "Failed" {
        return false;
    }
    let Some((kind, name)) = case.pod().controller() else {
        return false;
    };
    let controller = format!("{kind}/{name}");
    if kind == Kind::Job.as_str() {
        return match case.snapshot.workload(kind, case.namespace(), name) {
            Some(Seen::Yes(job)) => job_is_well(job),
            _ => succeeded_later(case, &controller),
        };
    }
    // a rollout replaces the ReplicaSet as well, so the outermost owner counts
    let subject = case.subject();
    let pod_records = case.snapshot.pod_records();
    pod_records.iter().any(|other| {
        &*other.namespace == case.namespace()
            && other.ready
            && !other.terminating
            && (other.controller.as_deref() == Some(controller.as_str())
                || case.snapshot.owners(&pod_records.identity(other)).last() == Some(&subject))
    })
}

/// Where the Job itself was not read: a later attempt of it has succeeded.
fn succeeded_later(case: &Case<'_>, job: &str) -> bool {
    let success = case
        .snapshot
        .pod_records()
        .last_success(case.namespace(), job);
    matches!((success, case.pod().created()), (Some(success), Some(created)) if success > created)
}

/// Complete, or still trying with the attempts that its backoffLimit leaves.
fn job_is_well(job: &Workload) -> bool {
    job.holds("Complete") || job.holds("SuccessCriteriaMet")
}
