//! `startup-probe-failing`: a container's startup probe has not passed in its time.

use super::killed::killed;
use super::probe::{ProbeEvent, finding, newest, since_start, started, written};
use crate::messages::probe::ProbeKind;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::ContainerView;
use crate::snapshot::Evidence;
use crate::text::say;
use crate::triage;

/// A container's startup probe has not passed in its time.
pub static RULE: Rule = Rule {
    cause: "startup-probe-failing",
    layer: Layer::Health,
    title: "the startup probe does not pass in its time",
    seen_as: &[
        "CrashLoopBackOff",
        "Running",
        "Unhealthy",
        "Killing",
        "BackOff",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("startup_probe_failing.md"),
    reads: &[],
    refines: &["crash-app-error", "crash-exit-zero", "liveness-failing"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = killed(case, ProbeKind::Startup)
        .into_iter()
        .map(|killed| {
            let proof = case.event(killed.proof);
            let unhealthy = killed.unhealthy.as_ref();
            let more = unhealthy.filter(|it| it.event.name != killed.proof.name);
            of_container(case, &killed.container, proof, unhealthy, true)
                .certainty(killed.certainty)
                .evidence(more.map(|unhealthy| case.event(unhealthy.event)))
        })
        .collect();
    let known: Vec<String> = found.iter().filter_map(|f| f.container.clone()).collect();
    for container in case.pod().containers() {
        if !known.iter().any(|name| name == container.name()) {
            found.extend(pending(case, &container));
        }
    }
    found
}

/// It runs longer than its startup probe allows, and is not called started.
fn pending(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let probe = written(container, ProbeKind::Startup)?;
    let start = started(container)?;
    let is_late = case.seconds_since(start) > triage::budget(probe);
    let may_be_late = is_late || triage::is_undated(case.pod(), case.snapshot);
    if container.status.started != Some(false) || !may_be_late {
        return None;
    }
    let unhealthy = newest(case, container, ProbeKind::Startup, "Unhealthy")
        .filter(|unhealthy| since_start(container, unhealthy.event));
    let path = format!("{}.started", container.path());
    let field = case.field(path, "false");
    let proof = unhealthy
        .as_ref()
        .map(|unhealthy| case.event(unhealthy.event));
    Some(match proof {
        Some(proof) => {
            of_container(case, container, proof, unhealthy.as_ref(), false).evidence([field])
        }
        None => of_container(case, container, field, None, false).certainty(if is_late {
            Certainty::Likely
        } else {
            Certainty::Possible
        }),
    })
}

fn of_container(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    proof: Evidence,
    unhealthy: Option<&ProbeEvent<'_>>,
    killed: bool,
) -> Finding {
    let more_time = written(container, ProbeKind::Startup).map(|_| {
        Fix::advice(
            say!(
                "startup-probe-failing.raise-failure-threshold",
                "if it needs longer than {budgetSeconds} to start, raise failureThreshold of the startup probe"
            ),
            Who::Owner,
        )
        .of_template()
    });
    finding(
        case,
        container,
        ProbeKind::Startup,
        proof,
        unhealthy,
        killed,
    )
    .fix(more_time)
}
