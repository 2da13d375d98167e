//! `crash-exit-zero`: a container ends well, and is started again and again because the pod says so.

use super::command_not_found::written;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Role;
use crate::text::say;

/// A container ends well, and is started again and again because the pod says so.
pub static RULE: Rule = Rule {
    cause: "crash-exit-zero",
    layer: Layer::Container,
    title: "the container ends with exit code 0 and is restarted, because its pod always restarts it",
    seen_as: &["CrashLoopBackOff", "Completed", "NotReady", "BackOff"],
    explanation: include_str!("crash_exit_zero.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.end.exit_code == 0 && crash.reason() != "OOMKilled")
        .map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let why = if crash.container.role == Role::Sidecar {
        say!(
            "crash-exit-zero.why-sidecar",
            "a sidecar is to run as long as its pod (restartPolicy Always); its program is done or goes to the background"
        )
    } else {
        say!(
            "crash-exit-zero.why",
            "the pod's restartPolicy is Always, which is for programs that do not end; this one is done, has nothing to do without a terminal or arguments, or goes to the background"
        )
    };
    let policy = case.pod().spec().restart_policy.as_deref();
    let batch = Template::of(case).is_some() || case.pod().controller().is_none();
    let as_job = batch && crash.container.role == Role::Main;
    let headline = say!(
        "crash-exit-zero.headline",
        "{role} {container} ends with exit code 0[ after {lasted}] and is restarted each time"
    );
    crash
        .finding(case, headline)
        .evidence(policy.map(|policy| case.field("spec.restartPolicy", policy)))
        .evidence(written(case, &crash.container))
        .why(why)
        .fix([Fix::advice(
            say!(
                "crash-exit-zero.stay-in-foreground",
                "let the program of {role} {container} stay in the foreground: correct its command and args"
            ),
            Who::Owner,
        )
        .of_template()])
        .fix(as_job.then(|| {
            Fix::advice(
                say!(
                    "crash-exit-zero.run-as-job",
                    "if the work is done when the program ends, run it as a Job or CronJob"
                ),
                Who::Owner,
            )
        }))
}
