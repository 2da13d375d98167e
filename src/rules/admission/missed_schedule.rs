//! A CronJob says that it made no Job when it was time.
//!
//! Source: pkg/controller/cronjob/cronjob_controllerv2.go, utils.go, 1.37; the controller up to 1.20 for FailedNeedsStart.

use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Kind, ObjectRef, Schedule, Workload};
use crate::text::{Sentence, say};
use crate::triage::SKIPPED;

/// What is said of it, where it stands.
pub(super) fn finding(case: &WorkloadCase<'_>) -> Option<Finding> {
    let Some(event) = case.it.missed(case.snapshot) else {
        return overdue(case);
    };
    let (headline, change) = says(&event.reason);
    let running = running(case);
    let finding = Finding::new(case.subject(), headline, case.event(event))
        .fact("times", event.count)
        .fact_if("job", running.map(|(name, _)| format!("job/{name}")))
        .fact_if("schedule", schedule(case).map(|it| it.cron.as_str()))
        .fix([Fix::advice(change, Who::Owner)])
        .refers_to_quotes();
    if event.reason != SKIPPED {
        return Some(finding);
    }
    // it may be meant to take so long
    let job = |name| ObjectRef::new(Kind::Job, case.namespace(), name);
    let look = running.map(|(name, _)| job(name).diagnose());
    let look = look.unwrap_or_else(|| case.kubectl(["get", "jobs"]));
    Some(finding.certainty(Certainty::Likely).inspect(look))
}

fn schedule<'a>(case: &WorkloadCase<'a>) -> Option<&'a Schedule> {
    case.it.workload.schedule.as_ref()
}

/// Nothing is said of it, and it has made none for longer than its schedule leaves.
fn overdue(case: &WorkloadCase<'_>) -> Option<Finding> {
    case.it.overdue(case.snapshot)?;
    let schedule = schedule(case)?;
    let last = schedule.last.map(|last| last.to_string());
    let (path, words) = match &last {
        Some(last) => ("status.lastScheduleTime", last.as_str()),
        None => ("spec.schedule", schedule.cron.as_str()),
    };
    let running = running(case);
    // under another policy a Job that runs hinders nothing
    let is_running = schedule.forbids && case.it.workload.existing.unwrap_or_default() > 0;
    let (headline, change) = if is_running {
        let headline = say!(
            "job-failed.overdue-at-work",
            "the CronJob makes no Job, though its schedule {schedule} has come due more than once since {since}: {job|{job}|a Job of it} is still at work"
        );
        (headline, says(SKIPPED).1)
    } else {
        (
            say!(
                "job-failed.overdue",
                "the CronJob makes no Job: its schedule {schedule} has come due more than once since {since}"
            ),
            say!(
                "job-failed.look-at-the-controller",
                "look whether kube-controller-manager works and what it says of the CronJob: nothing else makes its Jobs"
            ),
        )
    };
    let since = last
        .clone()
        .or_else(|| Some(case.it.workload.created?.to_string()));
    let finding = Finding::new(case.subject(), headline, case.field(path, words))
        .fact_if("since", since)
        .fact_if("job", running.map(|(name, _)| format!("job/{name}")))
        .fact("schedule", schedule.cron.as_str())
        .fix([Fix::advice(change, Who::Owner)])
        .certainty(Certainty::Likely);
    Some(match running.filter(|_| is_running) {
        Some((name, _)) => {
            let job = ObjectRef::new(Kind::Job, case.namespace(), name);
            finding.inspect(job.diagnose())
        }
        None => finding,
    })
}

/// The oldest of its Jobs that is not finished.
fn running<'a>(case: &WorkloadCase<'a>) -> Option<(&'a str, &'a Workload)> {
    let jobs = case.snapshot.store().jobs().seen_in(case.namespace());
    let own = jobs.filter(|(_, job)| {
        let controller = job.controller.as_ref();
        job.finished().is_none()
            && controller
                .is_some_and(|(kind, name)| kind == Kind::CronJob.as_str() && name == case.it.name)
    });
    own.min_by_key(|(name, job)| (job.created, *name))
}

/// The headline and what to change.
fn says(reason: &str) -> (Sentence, Sentence) {
    match reason {
        SKIPPED => (
            say!(
                "job-failed.skipped",
                "{times} {times|run was|runs were} left out: {job|{job}|a Job} is still at work, and concurrencyPolicy Forbid lets no second one start"
            ),
            say!(
                "job-failed.end-the-job",
                "find out why the Job does not end; activeDeadlineSeconds ends one that takes too long, concurrencyPolicy Replace puts the next in its place"
            ),
        ),
        "UnparseableSchedule" => (
            say!(
                "job-failed.schedule",
                "the schedule {schedule} cannot be read: no Job is made"
            ),
            say!("job-failed.correct-schedule", "correct spec.schedule"),
        ),
        "UnknownTimeZone" => (
            say!(
                "job-failed.time-zone",
                "the time zone of the CronJob is not known to its controller: no Job is made"
            ),
            say!(
                "job-failed.correct-time-zone",
                "name a zone of the IANA database in spec.timeZone"
            ),
        ),
        "TooManyMissedTimes" | "FailedNeedsStart" => (
            say!(
                "job-failed.too-many-missed",
                "the CronJob has missed more than 100 of its times"
            ),
            say!(
                "job-failed.set-deadline",
                "set spec.startingDeadlineSeconds, so that only times within it count, and look whether clocks agree and kube-controller-manager was down"
            ),
        ),
        _ => (
            say!(
                "job-failed.missed",
                "the CronJob has missed a time: its controller came to it later than startingDeadlineSeconds"
            ),
            say!(
                "job-failed.raise-deadline",
                "raise spec.startingDeadlineSeconds, or leave it out; below 10 seconds the controller may not look often enough"
            ),
        ),
    }
}
