//! `crash-exit-zero`: a container ends well, and is started again and again because the pod says so.

use crate::text::say;
use super::command_not_found::written;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Role;

/// A container ends well, and is started again and again because the pod says so.
pub static RULE: Rule = Rule {
    cause: "crash-exit-zero",
    layer: Layer::Container,
    title: "the container ends with exit code 0 and is restarted, because its pod always restarts it",
    explanation: include_str!("crash_exit_zero.md"),
    reads: &[],
    refines: &[],
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
    let headline = match crash.lasted() {
        Some(_) => {
            say!("crash-exit-zero.text", "{role} {container} ends with exit code 0 after {lasted} and is restarted each time")
        }
        None => say!("crash-exit-zero.text-2", "{role} {container} ends with exit code 0 and is restarted each time"),
    };
    let policy = match crash.container.role {
        Role::Sidecar => {
            say!("crash-exit-zero.text-3", "a sidecar is to run as long as its pod (restartPolicy Always); its program is done or goes to the background")
        }
        _ => {
            say!("crash-exit-zero.text-4", "the pod's restartPolicy is Always, which is for programs that do not end; this one is done, has nothing to do without a terminal or arguments, or goes to the background")
        }
    };
    let path = "spec.restartPolicy";
    let value = case.pod().spec().restart_policy.as_deref();
    let batch = Template::of(case).is_some() || case.pod().controller().is_none();
    let once = if batch && crash.container.role == Role::Main {
        Some(Fix::advice(
            say!("crash-exit-zero.fix", "if the work is done when the program ends, run it as a Job or CronJob"),
            Who::Owner,
        ))
    } else {
        None
    };
    crash
        .finding(case, headline)
        .evidence(value.map(|value| case.field(path, value)))
        .evidence(written(case, &crash.container))
        .why(policy)
        .fix([Fix::advice(
            say!("crash-exit-zero.fix-2", "let the program of {role} {container} stay in the foreground: correct its command and args"),
            Who::Owner,
        )])
        .fix(once)
}
