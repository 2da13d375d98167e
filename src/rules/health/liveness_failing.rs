//! `liveness-failing`: the kubelet kills a container again and again because its liveness probe fails.

use super::killed::{Killed, killed};
use super::probe::{advice, facts, headline, why, written};
use crate::messages::probe::{ProbeFailure, ProbeKind};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::log;
use crate::rules::{Case, Check, Layer, Rule};
use crate::text::{Seconds, say};
use crate::triage::budget;

/// The kubelet kills a container again and again because its liveness probe fails.
pub static RULE: Rule = Rule {
    cause: "liveness-failing",
    layer: Layer::Health,
    title: "the liveness probe fails, and the kubelet restarts the container",
    explanation: include_str!("liveness_failing.md"),
    reads: &[],
    refines: &["crash-app-error", "crash-exit-zero"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    killed(case, ProbeKind::Liveness)
        .iter()
        .map(|killed| finding(case, killed))
        .collect()
}

fn finding(case: &Case<'_>, killed: &Killed<'_>) -> Finding {
    let container = &killed.container;
    let failure = killed
        .unhealthy
        .as_ref()
        .map(|unhealthy| &unhealthy.text.failure);
    let finding = Finding::new(
        case.subject(),
        headline(failure, true),
        case.event(killed.proof),
    )
    .certainty(killed.certainty)
    .look(log(case, container));
    let unhealthy = killed.unhealthy.as_ref();
    let more = unhealthy.filter(|unhealthy| unhealthy.event.name != killed.proof.name);
    let mut finding = facts(case, container, ProbeKind::Liveness, unhealthy, finding)
        .evidence(more.map(|unhealthy| case.event(unhealthy.event)));
    finding.why = failure.and_then(why);
    if let Some((field, end)) = container.last_end() {
        let path = format!("{}.{field}.exitCode", container.path());
        finding = finding
            .fact("exitCode", end.exit_code)
            .evidence([case.field(path, end.exit_code.to_string())]);
    }
    finding
        .fix(patience(killed, failure))
        .fix(failure.and_then(|failure| advice(case, container, ProbeKind::Liveness, failure)))
}

/// A program that answers late or not yet may only need time to start.
fn patience(killed: &Killed<'_>, failure: Option<&ProbeFailure>) -> Option<Fix> {
    let slow = matches!(
        failure,
        None | Some(ProbeFailure::Refused | ProbeFailure::Timeout | ProbeFailure::GrpcUnreachable)
    );
    let probe = written(&killed.container, ProbeKind::Liveness)?;
    let has_startup = written(&killed.container, ProbeKind::Startup).is_some();
    (slow && !has_startup).then(|| {
        Fix::advice(
            say!(
                "liveness-failing.add-startup-probe",
                "if it needs longer than {patienceSeconds} to start, add a startupProbe that gives it that time: the liveness probe then waits"
            ),
            Who::Owner,
        )
        .fact("patienceSeconds", Seconds(budget(probe)))
    })
}
