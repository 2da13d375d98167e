//! CronJobs: how one stands between its Jobs, and what it says of a time at which it made none.

use super::WorkloadSubject;
use crate::kubernetes::cron;
use crate::snapshot::{Event, Schedule, Snapshot};
use crate::triage::{Because, Standing, Subject};
use jiff::Timestamp;

/// Reasons of the events in which its controller says so (pkg/controller/cronjob/cronjob_controllerv2.go, 1.37;
/// FailedNeedsStart up to 1.20).
const MISSED: [&str; 6] = [
    "MissSchedule",
    "TooManyMissedTimes",
    "FailedNeedsStart",
    "UnparseableSchedule",
    "UnknownTimeZone",
    SKIPPED,
];
/// A Job of it is still at work, and it wants no two at once.
pub const SKIPPED: &str = "JobAlreadyActive";
/// One time may just have come.
const TWICE: usize = 2;
/// A Job that takes longer than planned is let be for so many times.
const OFTEN: u32 = 3;

impl<'s> WorkloadSubject<'s> {
    /// How a CronJob stands between its Jobs.
    pub(super) fn between_jobs(&self, schedule: &Schedule, snapshot: &Snapshot<'_>) -> Standing {
        if self.workload.halted {
            return Standing::Healthy(Because::Suspended);
        }
        if self.refusal(snapshot).is_some() {
            return self.refused_for_long(snapshot);
        }
        if self.missed(snapshot).is_some() {
            return Standing::Stuck;
        }
        if self.overdue(snapshot).is_some() {
            return Standing::Stuck;
        }
        let running = self.workload.existing.unwrap_or_default();
        if running > 0 {
            return Standing::Healthy(Because::JobsRun(running));
        }
        let last = self.made(snapshot.store());
        let last = last.max_by_key(|(name, job)| (job.created, *name));
        match (last, schedule.last) {
            (Some((name, job)), _) if job.finished() == Some(false) => {
                Standing::Ended(Because::LastJobFailed(name.to_owned()))
            }
            (_, Some(last)) => Standing::Healthy(Because::LastJobDue(last)),
            (_, None) => Standing::Healthy(Because::NothingDueYet(schedule.cron.clone())),
        }
    }

    /// When its schedule had come due twice since it made a Job, where neither is made: what it says of that is gone within the
    /// hour, or its controller says nothing. With a deadline it makes up for nothing that was due before it was changed.
    pub fn overdue(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        let workload = self.workload;
        let schedule = workload.schedule.as_ref().filter(|_| !workload.halted)?;
        let made = self.last_made(snapshot.store()).max(workload.created);
        let since = match (schedule.has_deadline, workload.written) {
            (false, _) => made,
            (true, Some(written)) => made.max(Some(written)),
            (true, None) => None,
        };
        let due = cron::due(&schedule.cron, since?, TWICE)?;
        (due < snapshot.clock().at).then_some(due)
    }

    /// What it said last of a time at which it made no Job, unless it has made one since. Of a Job that is still at work it
    /// says so each time.
    pub fn missed(&self, snapshot: &Snapshot<'s>) -> Option<&'s Event> {
        let store = snapshot.store();
        let events = store.events().of(&self.object(), self.uid());
        let missed = events.filter(|event| MISSED.contains(&event.reason.as_str()));
        let event = missed.max_by_key(|event| event.last)?;
        let is_over = self
            .last_made(store)
            .is_some_and(|made| event.last.is_some_and(|last| last < made));
        let is_rare = event.reason == SKIPPED
            && (event.count < OFTEN || self.workload.existing.unwrap_or_default() == 0);
        (!is_over && !is_rare && !self.workload.halted).then_some(event)
    }
}
