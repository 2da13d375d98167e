//! A workload starts nothing because somebody wants it so: paused, suspended, scaled to zero. Nothing is wrong.
//!
//! Sources: pkg/controller/deployment/sync.go (a paused Deployment is scaled, and its template not rolled out),
//! job_controller.go, cronjob_controllerv2.go, 1.37; Kueue `pkg/controller/jobframework` (a Job with a queue is suspended
//! until that admits it).

use crate::kubernetes::patch;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind};
use crate::text::{Sentence, say};
use crate::triage::{Because, Standing, Subject};
use serde_json::Value;

/// `workload-paused`
pub static RULE: Rule = Rule {
    cause: "workload-paused",
    layer: Layer::Admission,
    title: "the workload is paused, suspended or scaled to zero",
    seen_as: &["DeploymentPaused", "Suspended", "JobSuspended"],
    explanation: include_str!("workload_paused.md"),
    reads: &[Kind::Deployment, Kind::Job, Kind::CronJob],
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = match case.it.standing(case.snapshot) {
        Standing::Healthy(Because::Paused) => Some(paused(case)),
        Standing::Healthy(Because::Suspended) if case.it.kind == Kind::Job => Some(suspended(case)),
        Standing::Healthy(Because::Suspended) => Some(no_jobs(case)),
        Standing::Healthy(Because::ScaledToZero) => Some(scaled_to_zero(case)),
        _ => None,
    };
    finding.map(Finding::held).into_iter().collect()
}

fn paused(case: &WorkloadCase<'_>) -> Finding {
    let workload = case.it.workload;
    let updated = workload.updated.unwrap_or_default();
    let headline = if updated > 0 {
        say!(
            "workload-paused.half",
            "the Deployment is paused in the middle of a rollout: {updated} of {wanted} pods are of its present template"
        )
    } else {
        say!(
            "workload-paused.change",
            "the Deployment is paused: its present template is rolled out when it is resumed"
        )
    };
    let resume = say!(
        "workload-paused.resume",
        "resume it when the change is to be rolled out"
    );
    let fix = Fix::edit(
        resume,
        Who::Owner,
        case.object(),
        vec![patch::replace("/spec/paused", false)],
        &Value::Null,
    );
    Finding::new(case.subject(), headline, case.field("spec.paused", "true"))
        .why(say!(
            "workload-paused.why",
            "somebody has paused it (kubectl rollout pause); until then it keeps the pods that it has, and only their number follows"
        ))
        .fact("updated", updated)
        .fact("wanted", case.it.wanted())
        .evidence(said(case, "Progressing"))
        .fix([fix])
}

fn suspended(case: &WorkloadCase<'_>) -> Finding {
    let queue = case.it.workload.queue.as_deref();
    let owner = case.subject();
    let own = owner.known_kind().is_some_and(Kind::is_workload);
    let headline = if queue.is_some() {
        say!(
            "workload-paused.queued",
            "the Job is suspended: it starts when queue {queue} of Kueue lets it in"
        )
    } else {
        say!(
            "workload-paused.suspended",
            "the Job is suspended: it starts no pods before it is resumed"
        )
    };
    let finding = Finding::new(owner.clone(), headline, case.field("spec.suspend", "true"))
        .evidence(said(case, "Suspended"))
        .fact_if("queue", queue);
    if queue.is_some() {
        let wait = say!(
            "workload-paused.wait-for-queue",
            "find out why Kueue has not let it in: its Workload says so"
        );
        return finding
            .fix([Fix::advice(wait, Who::Owner)])
            .inspect(case.kubectl(["get", "workloads.kueue.x-k8s.io"]));
    }
    finding
        .why((!own).then_some(say!(
            "workload-paused.by-owner",
            "it belongs to {owner}, which may be what holds it"
        )))
        .fact("owner", owner.argument())
        .fix([resume(
            case,
            say!(
                "workload-paused.resume-job",
                "resume it when it is to start"
            ),
        )])
}

fn no_jobs(case: &WorkloadCase<'_>) -> Finding {
    let resume_it = say!(
        "workload-paused.resume-cron-job",
        "resume it when it is to make Jobs again"
    );
    let headline = say!(
        "workload-paused.no-jobs",
        "the CronJob is suspended: it makes no Job before it is resumed"
    );
    Finding::new(case.subject(), headline, case.field("spec.suspend", "true"))
        .why(say!(
            "workload-paused.cron-job-why",
            "what it has made runs to its end; the times that pass meanwhile count as missed"
        ))
        .fix([resume(case, resume_it)])
}

fn resume(case: &WorkloadCase<'_>, change: Sentence) -> Fix {
    let patch = vec![patch::replace("/spec/suspend", false)];
    Fix::edit(change, Who::Owner, case.object(), patch, &Value::Null)
}

fn scaled_to_zero(case: &WorkloadCase<'_>) -> Finding {
    let field = if case.it.kind == Kind::Job {
        "spec.parallelism"
    } else {
        "spec.replicas"
    };
    let scale = say!(
        "workload-paused.scale",
        "scale it up when it is to run; where an autoscaler has it, that one does"
    );
    let object = case.object().argument();
    let command = case.kubectl(["scale", &object, "--replicas=NUMBER"]);
    let headline = say!(
        "workload-paused.zero",
        "scaled to zero: it wants no pods, and has none"
    );
    let scales = case.it.kind.scales();
    Finding::new(case.subject(), headline, case.field(field, "0"))
        .fix(scales.then(|| Fix::advice(scale, Who::Owner).template(command)))
}

/// The words of a condition about it.
fn said(case: &WorkloadCase<'_>, kind: &str) -> Option<Evidence> {
    let condition = case.it.workload.condition(kind)?;
    let message = condition.message.clone()?;
    let path = format!("status.conditions[{kind}].message");
    let reason = condition.reason.as_deref().unwrap_or_default();
    let is_about_it = reason == "DeploymentPaused" || kind == "Suspended";
    is_about_it.then(|| case.field(path, message))
}
