//! A Job has failed for good, or a CronJob has missed its time.
//!
//! Source: pkg/controller/job/job_controller.go, pod_failure_policy.go, 1.37. What keeps CronJobs from making Jobs is told by
//! `missed_schedule`. A Job over its deadline is a cause of its own.

use super::missed_schedule;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, PodView, WorkloadCondition};
use crate::text::{Fact, Sentence, say};
use jiff::Timestamp;

/// `job-failed`
pub static RULE: Rule = Rule {
    cause: "job-failed",
    layer: Layer::Admission,
    title: "a Job has failed for good, or a CronJob has missed its time",
    seen_as: &[
        "BackoffLimitExceeded",
        "PodFailurePolicy",
        "FailedIndexes",
        "MaxFailedIndexesExceeded",
        "MissSchedule",
        "TooManyMissedTimes",
        "FailedNeedsStart",
        "UnparseableSchedule",
        "UnknownTimeZone",
        "JobAlreadyActive",
    ],
    explanation: include_str!("job_failed.md"),
    reads: &[Kind::Job, Kind::CronJob],
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = match case.it.kind {
        Kind::Job => failed(case),
        Kind::CronJob => missed_schedule::finding(case),
        _ => None,
    };
    finding.into_iter().collect()
}

fn failed(case: &WorkloadCase<'_>) -> Option<Finding> {
    let job = case.it.workload;
    if job.finished() != Some(false) {
        return None;
    }
    let failed = job.condition("Failed").or(job.condition("FailureTarget"))?;
    let reason = failed.reason.as_deref().unwrap_or_default();
    if reason == "DeadlineExceeded" {
        return None;
    }
    let first = first_failed(case);
    let finding = Finding::new(case.subject(), headline(reason), proof(case, failed))
        .fact_if("failed", (job.failed > 0).then_some(job.failed))
        .fact_if(
            "limit",
            job.backoff_limit
                .filter(|_| job.failed > 0)
                .map(Fact::Number),
        )
        .fact_if("indexes", job.failed_indexes.as_deref().map(ranges))
        .fact_if("pod", first.map(|pod| pod.name()))
        .why(first.and_then(exit_code).map(|_| {
            say!(
                "job-failed.first",
                "the first of its pods that failed is {pod}, with exit code {code}"
            )
        }))
        .fact_if("code", first.and_then(exit_code).map(Fact::from))
        .evidence(first.and_then(|pod| last_words(case, pod)))
        .fix(again(case))
        .refers_to_quotes();
    // why a pod failed is a finding of its own
    Some(finding.because_of(first.map(PodView::object).into_iter().collect()))
}

/// `0`, `3-5`
fn ranges(indexes: &str) -> Vec<String> {
    indexes.split(',').map(str::to_owned).collect()
}

fn headline(reason: &str) -> Sentence {
    match reason {
        "BackoffLimitExceeded" => say!(
            "job-failed.backoff",
            "the Job has failed for good[: {failed} {failed|pod|pods} failed][, and backoffLimit allows {limit}]"
        ),
        "PodFailurePolicy" => say!(
            "job-failed.policy",
            "the Job has failed for good: a rule of its podFailurePolicy ended it"
        ),
        "MaxFailedIndexesExceeded" => say!(
            "job-failed.too-many-indexes",
            "the Job has failed for good: more indexes failed than maxFailedIndexes allows"
        ),
        "FailedIndexes" => say!(
            "job-failed.indexes",
            "the Job has failed: not all of its indexes succeeded[: {indexes} failed]"
        ),
        _ => say!("job-failed.other", "the Job has failed for good"),
    }
}

fn proof(case: &WorkloadCase<'_>, failed: &WorkloadCondition) -> Evidence {
    let words = failed.message.as_deref().or(failed.reason.as_deref());
    let path = format!("status.conditions[{}].message", failed.r#type);
    case.field(path, words.unwrap_or("True"))
}

/// The first of its failed pods that are still there.
fn first_failed<'a>(case: &WorkloadCase<'a>) -> Option<&'a PodView> {
    let own = Some((case.it.kind.as_str(), case.it.name));
    let pods = case.snapshot.store().whole_pods_in(case.namespace());
    let failed = pods.filter(|pod| pod.controller() == own && pod.phase() == "Failed");
    failed.min_by_key(|pod| (ended(pod), pod.name()))
}

fn ended(pod: &PodView) -> Option<Timestamp> {
    let ends = pod.containers().filter_map(|one| {
        let (_, end) = one.last_end()?;
        Some(end.finished_at.as_ref()?.0)
    });
    ends.min()
}

/// With what the container ended for which it failed.
fn exit_code(pod: &PodView) -> Option<i32> {
    let mut codes = pod
        .containers()
        .filter_map(|one| Some(one.terminated()?.exit_code));
    codes.find(|code| *code != 0)
}

fn last_words(case: &WorkloadCase<'_>, pod: &PodView) -> Option<Evidence> {
    let mut failed = pod.containers().filter_map(|one| {
        let end = one.terminated().filter(|end| end.exit_code != 0)?;
        let words = end.message.as_deref().filter(|words| !words.is_empty());
        Some((one, words.or(end.reason.as_deref())?))
    });
    let (container, words) = failed.next()?;
    let path = format!("{}.state.terminated", container.path());
    Some(case.field_of(pod.object(), path, words))
}

/// What has failed stays so: the same is made anew.
fn again(case: &WorkloadCase<'_>) -> Vec<Fix> {
    let owner = case.subject();
    if owner.known_kind() == Some(Kind::CronJob) {
        let change = say!(
            "job-failed.run-now",
            "when the reason is put right, wait for the next time of {owner}, or run it now"
        );
        let from = format!("--from=cronjob/{}", owner.name);
        let name = format!("{}-again", owner.name);
        let command = case.kubectl(["create", "job", &name, &from]);
        let argument = owner.argument();
        return vec![Fix::command(change, Who::Owner, owner, command).fact("owner", argument)];
    }
    let change = say!(
        "job-failed.make-anew",
        "when the reason is put right, delete the Job and make it anew: one that has failed is not tried again"
    );
    vec![Fix::advice(change, Who::Owner).risk(Risk::Destroys)]
}
