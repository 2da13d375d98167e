//! `deadline-exceeded`: a pod or a Job was at work for longer than it may be.
//!
//! Nothing need be wrong with the program. What it was doing until then tells whether it is slow, or never began.

use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{ContainerView, Evidence, Kind, Role};
use crate::text::{Message, Seconds, say};
use crate::triage::WorkloadSubject;

/// A pod or a Job was at work for longer than it may be.
pub static RULE: Rule = Rule {
    cause: "deadline-exceeded",
    layer: Layer::Container,
    title: "activeDeadlineSeconds of the pod or of its Job is over",
    seen_as: &[
        "DeadlineExceeded",
        "Failed",
        "Error",
        "ContainerCreating",
        "ErrImagePull",
        "ImagePullBackOff",
    ],
    explanation: include_str!("deadline_exceeded.md"),
    reads: &[Kind::Job],
    refines: &["crash-app-error"],
    root: Root::Subject,
    check: Check::PodOrWorkload {
        pod: of_pod,
        workload: of_job,
    },
};

fn of_pod(case: &Case<'_>) -> Vec<Finding> {
    let pod = case.pod();
    let status = pod.status();
    if pod.phase() != "Failed" || status.reason.as_deref() != Some("DeadlineExceeded") {
        return Vec::new();
    }
    let message = status.message.as_deref().filter(|text| !text.is_empty());
    let proof = match message {
        Some(message) => case.field("status.message", message),
        None => case.field("status.reason", "DeadlineExceeded"),
    };
    let deadline = pod.spec().active_deadline_seconds;
    let written =
        deadline.map(|seconds| case.field("spec.activeDeadlineSeconds", seconds.to_string()));
    let (doing, more) = doing(case);
    let finding = Finding::new(
        case.subject(),
        say!(
            "deadline-exceeded.pod",
            "the pod was ended: it may be on its node for {deadline} only[; {doing}]"
        ),
        proof,
    );
    vec![
        finding
            .fact("deadline", deadline_fact(deadline))
            .fact_if("doing", doing)
            .evidence(written)
            .evidence(more)
            .why(say!(
                "deadline-exceeded.pod-why",
                "activeDeadlineSeconds counts from the pod's startTime, pulls, init containers and restarts included"
            ))
            .fix([raise(), shorten()]),
    ]
}

/// Its pods are deleted when the time is over (pkg/controller/job/job_controller.go, 1.37).
fn of_job<'a>(case: &Case<'a, WorkloadSubject<'a>>) -> Vec<Finding> {
    let job = case.it.workload;
    let failed = job.condition("Failed").or(job.condition("FailureTarget"));
    let Some(failed) = failed.filter(|it| it.reason.as_deref() == Some("DeadlineExceeded")) else {
        return Vec::new();
    };
    let message = failed.message.as_deref().unwrap_or("DeadlineExceeded");
    let path = format!("status.conditions[{}].message", failed.r#type);
    let deadline = job.deadline;
    // those that the deadline ended count as failed
    let succeeded = job.ended - job.failed;
    let written =
        deadline.map(|seconds| case.field("spec.activeDeadlineSeconds", seconds.to_string()));
    let finding = Finding::new(
        case.subject(),
        say!(
            "deadline-exceeded.job",
            "the Job was ended: it may be at work for {deadline} only[; {succeeded} {succeeded|pod|pods} had succeeded by then]"
        ),
        case.field(path, message),
    );
    vec![
        finding
            .fact("deadline", deadline_fact(deadline))
            .fact_if("succeeded", (succeeded > 0).then_some(succeeded))
            .evidence(written)
            .certainty(Certainty::Proven)
            .why(say!(
                "deadline-exceeded.job-why",
                "the deadline counts from the Job's start, all tries and back-offs included; its pods are deleted when it is over, and their logs with them"
            ))
            .fix([raise(), shorten()]),
    ]
}

fn deadline_fact(deadline: Option<i64>) -> crate::text::Fact {
    let unknown = say!("deadline-exceeded.a-time", "a time");
    deadline.map_or(unknown.into(), |seconds| Seconds(seconds).into())
}

fn raise() -> Fix {
    Fix::advice(
        say!(
            "deadline-exceeded.raise",
            "raise activeDeadlineSeconds, if the work takes longer; of a Job's template only later runs take it"
        ),
        Who::Owner,
    )
}

fn shorten() -> Fix {
    Fix::advice(
        say!("deadline-exceeded.shorten", "see what took the time"),
        Who::Owner,
    )
}

/// What the pod was doing until then: the first container that had not come to its end.
fn doing(case: &Case<'_>) -> (Option<Message>, Option<Evidence>) {
    let ran = |one: &ContainerView<'_>| {
        let (_, end) = one.last_end()?;
        let (start, end) = (end.started_at.as_ref()?, end.finished_at.as_ref()?);
        Some(end.0.as_second() - start.0.as_second())
    };
    let done = |one: &ContainerView<'_>| {
        one.role == Role::Init && one.terminated().is_some_and(|end| end.exit_code == 0)
    };
    let Some(one) = case.pod().containers().find(|one| !done(one)) else {
        return (None, None);
    };
    if let Some(waiting) = one.waiting().filter(|_| one.last_end().is_none()) {
        let reason = waiting.reason.as_deref().unwrap_or("ContainerCreating");
        let message = Message::new(say!(
            "deadline-exceeded.not-started",
            "container {name} had not started: {reason}"
        ))
        .fact("name", one.name())
        .fact("reason", reason);
        let path = format!("{}.state.waiting.message", one.path());
        let quote = waiting
            .message
            .as_deref()
            .map(|text| case.field(path, text));
        return (Some(message), quote);
    }
    let restarts = one.status.restart_count;
    let message = Message::new(match restarts {
        0 => say!(
            "deadline-exceeded.ran",
            "container {name} had run for {ran} by then"
        ),
        _ => say!(
            "deadline-exceeded.restarted",
            "container {name} had been restarted {restarts} {restarts|time|times}, the last run took {ran}"
        ),
    });
    let message = ran(&one).map(|ran| {
        message
            .fact("name", one.name())
            .fact("restarts", restarts)
            .fact("ran", Seconds(ran))
    });
    (message, None)
}
