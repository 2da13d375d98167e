//! `liveness-failing`: the kubelet kills a container again and again because its liveness probe fails.

use super::killed::{Killed, killed};
use super::probe::{finding, met_by_readiness, written};
use crate::messages::probe::{ProbeFailure, ProbeKind};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Seconds, say};
use crate::triage::budget;

/// The kubelet kills a container again and again because its liveness probe fails.
pub static RULE: Rule = Rule {
    cause: "liveness-failing",
    layer: Layer::Health,
    title: "the liveness probe fails, and the kubelet restarts the container",
    seen_as: &[
        "CrashLoopBackOff",
        "Running",
        "Unhealthy",
        "Killing",
        "BackOff",
    ],
    explanation: include_str!("liveness_failing.md"),
    reads: &[],
    refines: &["crash-app-error", "crash-exit-zero"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    killed(case, ProbeKind::Liveness)
        .iter()
        .map(|killed| of_container(case, killed))
        .collect()
}

fn of_container(case: &Case<'_>, killed: &Killed<'_>) -> Finding {
    let container = &killed.container;
    let unhealthy = killed.unhealthy.as_ref();
    let more = unhealthy.filter(|unhealthy| unhealthy.event.name != killed.proof.name);
    let end = container.last_end();
    let exit_code = end.map(|(field, end)| {
        let path = format!("{}.{field}.exitCode", container.path());
        case.field(path, end.exit_code.to_string())
    });
    let proof = case.event(killed.proof);
    let mut finding = finding(case, container, ProbeKind::Liveness, proof, unhealthy, true)
        .certainty(killed.certainty)
        .fact_if("exitCode", end.map(|(_, end)| end.exit_code))
        .evidence(more.map(|unhealthy| case.event(unhealthy.event)))
        .evidence(exit_code)
        .evidence(killed.log_line.clone());
    let mut advice = std::mem::take(&mut finding.fixes);
    if let Some((met, event, fix)) = met_by_readiness(case, container, unhealthy) {
        finding = finding.fact("readinessMet", met).evidence([event]);
        advice.extend(fix);
    }
    // where another port is known to be meant, time is of no help but for a program that is also slow
    let (before, after) = if advice.iter().any(|fix| fix.facts.0.contains_key("asked")) {
        (None, patience(killed))
    } else {
        (patience(killed), None)
    };
    finding.fix(before).fix(advice).fix(after)
}

/// A program that answers late or not yet may only need time to start.
fn patience(killed: &Killed<'_>) -> Option<Fix> {
    let failure = killed.unhealthy.as_ref().map(|event| &event.text.failure);
    let slow = matches!(
        failure,
        None | Some(ProbeFailure::Refused | ProbeFailure::Timeout | ProbeFailure::GrpcUnreachable)
    );
    let probe = written(&killed.container, ProbeKind::Liveness)?;
    let has_startup = written(&killed.container, ProbeKind::Startup).is_some();
    // one that has been ready was up
    (slow && !has_startup && !killed.container.status.ready).then(|| {
        Fix::advice(
            say!(
                "liveness-failing.add-startup-probe",
                "if it needs longer than {patienceSeconds} to start, add a startupProbe that gives it that time: the liveness probe then waits"
            ),
            Who::Owner,
        )
        .fact("patienceSeconds", Seconds(budget(probe)))
        .of_template()
    })
}
