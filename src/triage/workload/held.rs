//! What starts nothing because somebody wants it so, and since when.

use super::{Stall, WorkloadSubject};
use crate::snapshot::{Kind, Snapshot};
use crate::triage::{Because, Hold, Standing, Subject};
use jiff::Timestamp;

impl WorkloadSubject<'_> {
    /// Whether a Deployment is paused while its template has a change that is not rolled out.
    pub(super) fn has_change_pending(&self) -> bool {
        let workload = self.workload;
        let updated = workload.updated.unwrap_or_default();
        let is_paused = self.kind == Kind::Deployment && workload.halted;
        is_paused && workload.behind.is_none() && updated < self.wanted()
    }

    /// What is held of one that stands so. The ReplicaSets of a Deployment are held by that.
    pub(super) fn hold(&self, standing: &Standing) -> Option<Hold> {
        let is_own = self.workload.controller.is_none();
        match standing {
            Standing::Healthy(Because::Paused) => Some(Hold::Work),
            Standing::Healthy(Because::Suspended) if self.kind == Kind::Job => Some(Hold::Work),
            Standing::Healthy(Because::Suspended) => Some(Hold::Nothing),
            Standing::Healthy(Because::ScaledToZero) if is_own => Some(Hold::Nothing),
            _ => None,
        }
    }

    /// Since when a pod of it, or its controller, has let it wait, or a CronJob has missed its times.
    pub(super) fn delayed(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        match self.stall(snapshot) {
            Some(Stall::EarlierPod(pod) | Stall::Going(pod)) => pod.since(snapshot),
            Some(Stall::Unseen) => self.workload.written,
            Some(Stall::Deadline) => None,
            None if self.kind == Kind::CronJob => self.missed(snapshot)?.first,
            None => self.predecessor(snapshot)?.since(snapshot),
        }
    }

    /// When it was paused or suspended, came to its end, or had no more time to make progress.
    pub(super) fn changed(&self) -> Option<Timestamp> {
        const REASONS: [&str; 2] = ["DeploymentPaused", "ProgressDeadlineExceeded"];
        const ENDS: [&str; 3] = ["Failed", "FailureTarget", "Suspended"];
        let mut conditions = self.workload.conditions.iter();
        let tells = conditions.find(|one| {
            let reason = one.reason.as_deref().unwrap_or_default();
            REASONS.contains(&reason) || ENDS.contains(&one.r#type.as_str()) && one.status == "True"
        });
        tells?.last_transition_time
    }
}
