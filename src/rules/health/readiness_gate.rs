//! `readiness-gate`: every container is ready, and a condition that the pod's readinessGates name is not True.

use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::text::say;

/// Every container is ready, and a condition that the pod's readinessGates name is not True.
pub static RULE: Rule = Rule {
    cause: "readiness-gate",
    layer: Layer::Health,
    title: "a readiness gate of the pod is not open",
    seen_as: &["Running", "ReadinessGatesNotReady"],
    explanation: include_str!("readiness_gate.md"),
    reads: &[],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

/// The reason of the Ready condition (pkg/kubelet/status/generate.go).
const REASON: &str = "ReadinessGatesNotReady";

fn check(case: &Case<'_>) -> Vec<Finding> {
    finding(case).into_iter().collect()
}

fn finding(case: &Case<'_>) -> Option<Finding> {
    let ready = case.pod().condition("Ready")?;
    // a description leaves the reason out, and shows that the containers are ready
    let described = case.pod().is_described() && {
        let containers = case.pod().condition("ContainersReady");
        containers.is_some_and(|containers| containers.status == "True")
    };
    if ready.status != "False" || (ready.reason.as_deref() != Some(REASON) && !described) {
        return None;
    }
    let closed = closed(case);
    let (first, _) = closed.first()?;
    let (domain, _) = first.split_once('/').unwrap_or((first, ""));
    let (path, message) = match ready.message.as_deref() {
        None if described => ("status.conditions[Ready].status", "False"),
        message => (
            "status.conditions[Ready].message",
            message.unwrap_or(REASON),
        ),
    };
    let gates: Vec<String> = closed.iter().map(|(gate, _)| (*gate).to_owned()).collect();
    let missing = closed.iter().all(|(_, condition)| condition.is_none());
    let headline = if missing {
        say!(
            "readiness-gate.not-set",
            "every container is ready, but nobody has set readiness {gates|gate|gates} {gates}"
        )
    } else {
        say!(
            "readiness-gate.not-true",
            "every container is ready, but readiness {gates|gate|gates} {gates} {gates|is|are} not True[: {said}]"
        )
    };
    let said = match closed.as_slice() {
        [(gate, Some(_))] => case
            .pod()
            .condition(gate)
            .and_then(|it| it.message.as_deref()),
        _ => None,
    };
    let proof = case.field(path, message);
    let sure = if described {
        Certainty::Likely
    } else {
        Certainty::Proven
    };
    let finding = Finding::new(case.subject(), headline, proof)
        .certainty(sure)
        .fact("gates", gates)
        .fact("domain", domain)
        .fact_if("said", said.filter(|said| !said.is_empty()))
        .evidence(closed.into_iter().filter_map(|(_, condition)| condition))
        .why(say!(
            "readiness-gate.why",
            "a gate is opened by a controller outside Kubernetes that sets the condition of that name, often one for load balancers"
        ))
        .inspect(if missing {
            NextCommand::default()
        } else {
            // shows who has set it
            let words = ["get", &case.object().argument(), "-o", "yaml", "--show-managed-fields"];
            case.kubectl(words).into()
        });
    Some(finding.fix([Fix::advice(
        say!(
            "readiness-gate.check-controller",
            "look at the controller of {domain}: whether it runs, and what it says about this pod"
        ),
        Who::Admin,
    )]))
}

/// The gates that are not open, with what their condition says.
fn closed<'a>(case: &Case<'a>) -> Vec<(&'a str, Option<Evidence>)> {
    let gates = case.pod().spec().readiness_gates.iter().flatten();
    gates
        .map(|gate| gate.condition_type.as_str())
        .filter_map(|gate| match case.pod().condition(gate) {
            Some(condition) if condition.status == "True" => None,
            Some(condition) => {
                let words = [
                    condition.status.as_str(),
                    condition.reason.as_deref().unwrap_or_default(),
                    condition.message.as_deref().unwrap_or_default(),
                ];
                let quote = words.join(" ");
                let path = format!("status.conditions[{gate}]");
                Some((gate, Some(case.field(path, quote.trim_end()))))
            }
            None => Some((gate, None)),
        })
        .collect()
}
