//! `init-container-failing`: an init container does not end well, and so nothing behind it starts.
//!
//! It says where the pod stands, not why: the init container's own cause is a finding of its own.

use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::{Crash, crashes};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Role;
use crate::text::say;

/// An init container does not end well, and so nothing behind it starts.
pub static RULE: Rule = Rule {
    cause: "init-container-failing",
    layer: Layer::Container,
    title: "an init container fails, and the containers behind it do not start",
    seen_as: &["CrashLoopBackOff", "Error", "OOMKilled"],
    explanation: include_str!("init_container_failing.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    crashes(case)
        .iter()
        .filter(|crash| crash.container.role == Role::Init && crash.end.exit_code != 0)
        .map(|crash| finding(case, crash))
        .collect()
}

fn finding(case: &Case<'_>, crash: &Crash<'_>) -> Finding {
    let over = case.pod().phase() == "Failed";
    let headline = if over {
        say!(
            "init-container-failing.pod-failed",
            "init container {container} fails with exit code {exitCode}, and the pod with it"
        )
    } else {
        say!(
            "init-container-failing.headline",
            "init container {container} fails with exit code {exitCode}[; {waiting} cannot start before it succeeds]"
        )
    };
    let waiting = waiting(case, crash.container.name());
    let fix = Fix::advice(
        say!(
            "init-container-failing.let-succeed",
            "let init container {container} succeed; the next one then starts by itself"
        ),
        Who::Owner,
    );
    let mut finding = crash
        .finding(case, headline)
        .fact_if("waiting", (!waiting.is_empty()).then_some(waiting))
        .why(say!(
            "init-container-failing.why",
            "init containers run one after the other, and each has to end with exit code 0"
        ))
        .fix((!over).then_some(fix));
    // behind a cause that says why, before the one that only knows the exit code
    finding.rank = 1;
    finding
}

/// The containers that the failing one holds up.
fn waiting(case: &Case<'_>, failing: &str) -> Vec<String> {
    case.pod()
        .containers()
        .skip_while(|container| container.name() != failing)
        .skip(1)
        .map(|container| container.name().to_owned())
        .collect()
}
