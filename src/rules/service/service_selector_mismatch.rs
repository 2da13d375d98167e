//! `service-selector-mismatch`: a Service's selector matches no pod.
//!
//! Triage has seen that no pod carries the labels, nor any workload's template, and that the Service is not new. Here it is
//! said which pods come nearest, and in what they differ.

use super::certainty::certainty;
use super::nearest_labels::{Candidate, find, pods_beside};
use super::selector_fixes::{ServiceCase, agree, label, reselect, written};
use crate::kubernetes::shell;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind};
use crate::text::{Sentence, say};

/// A Service's selector matches no pod.
pub static RULE: Rule = Rule {
    cause: "service-selector-mismatch",
    layer: Layer::Service,
    title: "a Service's selector matches no pod",
    seen_as: &[],
    explanation: include_str!("service_selector_mismatch.md"),
    reads: &[
        Kind::Service,
        Kind::ReplicationController,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::CronJob,
    ],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

/// The most candidates that are named and quoted.
const NAMED: usize = 3;

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let store = case.snapshot.store();
    let has_selector = !case.it.service.selector.is_empty();
    if !has_selector || case.it.members(store).pods > 0 || case.it.workload(store).is_some() {
        return Vec::new();
    }
    let selector = written(&case.it.service.selector);
    let near = find(case);
    let is_idle = near.is_empty() && !case.it.is_routed_to(store);
    let proof = case.field("spec.selector", &selector);
    let finding = match near.as_slice() {
        [] => Finding::new(case.subject(), alone(case), proof).fix([Fix::advice(
            say!(
                "service-selector-mismatch.make-the-pods",
                "create the workload whose pods it is for, or correct the selector; a Service that nobody needs any more can be deleted"
            ),
            Who::Owner,
        )]),
        [one] => nearest(case, one, Finding::new(case.subject(), headline(one), proof)),
        several => {
            let names = several.iter().map(|one| one.owner.argument());
            let example = several.iter().find_map(|one| Some((one.carried().pop()?, one)));
            let headline = say!(
                "service-selector-mismatch.several",
                "the selector {selector} matches no pod; {workloads} come equally near"
            );
            Finding::new(case.subject(), headline, proof)
                .fact("workloads", names.take(NAMED).collect::<Vec<_>>())
                .fact_if("example", example.as_ref().map(|(label, _)| label.as_str()))
                .fact_if("workload", example.map(|(_, one)| one.owner.argument()))
                .fix([Fix::advice(
                    say!(
                        "service-selector-mismatch.choose",
                        "select labels that only the pods meant carry[, such as {example} for {workload}]"
                    ),
                    Who::Owner,
                )])
        }
    };
    let (certainty, why) = certainty(case, &near);
    let pods = pods_beside(case);
    let is_empty = pods == 0;
    let finding = finding
        .when(is_idle, Finding::idle)
        .when(is_empty, |finding| {
            let elsewhere = ["get", "pods", "-A", "-l", &selector];
            finding.inspect(shell::cluster(elsewhere))
        })
        .when(!is_empty, |finding| {
            finding.inspect(case.kubectl(["get", "pods", "--show-labels"]))
        })
        .fact("selector", selector.as_str())
        .fact("podsInNamespace", pods)
        .evidence(near.iter().take(NAMED).map(|one| quoted(case, one)))
        .certainty(certainty)
        .why(why);
    vec![finding]
}

fn alone(case: &ServiceCase<'_>) -> Sentence {
    if pods_beside(case) == 0 {
        return say!(
            "service-selector-mismatch.no-pods",
            "the selector {selector} matches no pod, and the namespace has none"
        );
    }
    say!(
        "service-selector-mismatch.none-near",
        "the selector {selector} matches no pod, and {podsInNamespace|the one pod of the namespace does not come|none of the {podsInNamespace} pods of the namespace comes} near it"
    )
}

fn headline(near: &Candidate<'_>) -> Sentence {
    match &near.pod {
        None if near.is_scaled_to_zero() => say!(
            "service-selector-mismatch.nearest-scaled-to-zero",
            "the selector {selector} matches no pod; the nearest is {workload}, which is scaled to 0[, with {carried}][, without the {missing|label|labels} {missing}]"
        ),
        None => say!(
            "service-selector-mismatch.nearest-template",
            "the selector {selector} matches no pod; the nearest is the template of {workload}[, with {carried}][, without the {missing|label|labels} {missing}], of which there are no pods now"
        ),
        Some(pod) if *pod == near.owner => say!(
            "service-selector-mismatch.nearest-pod",
            "the selector {selector} matches no pod; the nearest is {workload}[, which carries {carried}][, without the {missing|label|labels} {missing}]"
        ),
        Some(_) => say!(
            "service-selector-mismatch.nearest",
            "the selector {selector} matches no pod; the nearest {pods|is the one pod|are the {pods} pods} of {workload}[, which {pods|carries|carry} {carried}][, without the {missing|label|labels} {missing}]"
        ),
    }
}

fn nearest(case: &ServiceCase<'_>, near: &Candidate<'_>, finding: Finding) -> Finding {
    let (carried, missing) = (near.carried(), near.missing());
    let some = |names: Vec<String>| (!names.is_empty()).then_some(names);
    let only_missing = carried.is_empty();
    let finding = finding
        .fact("workload", near.owner.argument())
        .fact("pods", near.pods)
        .fact_if("carried", some(carried))
        .fact_if("missing", some(missing));
    // a label that only the Service knows is more likely missing than too much
    let (first, second) = if only_missing {
        (label(case, near), reselect(case, near))
    } else {
        (reselect(case, near), label(case, near))
    };
    let finding = finding.fix(first).fix(second);
    if finding.fixes.is_empty() {
        return finding.fix(agree(case, near));
    }
    finding
}

/// The labels of one of the pods, or of the template.
fn quoted(case: &ServiceCase<'_>, near: &Candidate<'_>) -> Evidence {
    let labels = written(near.labels);
    match (&near.pod, &near.workload) {
        (Some(pod), _) => case.field_of(pod.clone(), "metadata.labels", labels),
        (None, Some((workload, _))) => {
            case.field_of(workload.clone(), "spec.template.metadata.labels", labels)
        }
        (None, None) => case.field_of(near.owner.clone(), "metadata.labels", labels),
    }
}
