//! `service-selector-mismatch`: a Service's selector matches no pod.
//!
//! Triage has seen that no pod carries the labels, nor any workload's template, and that the Service is not new. Here it is
//! said which pods come nearest, and in what they differ.

use super::nearest_labels::{Candidate, Difference, find};
use super::selector_fixes::{ServiceCase, label, reselect, written};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, Why};
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
    let selector = written(&case.it.service.selector);
    let near = find(case);
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
            let headline = say!(
                "service-selector-mismatch.several",
                "the selector {selector} matches no pod; {workloads} come equally near"
            );
            Finding::new(case.subject(), headline, proof)
                .fact("workloads", names.take(NAMED).collect::<Vec<_>>())
                .fix([Fix::advice(
                    say!(
                        "service-selector-mismatch.choose",
                        "select labels that the pods carry, and that only the pods meant carry"
                    ),
                    Who::Owner,
                )])
        }
    };
    let pods = case.snapshot.pod_records().in_namespace(case.it.namespace);
    let finding = finding
        .fact("selector", selector)
        .fact("podsInNamespace", pods.count())
        .evidence(near.iter().take(NAMED).map(|one| quoted(case, one)))
        .certainty(certainty(case, &near))
        .why(say!(
            "service-selector-mismatch.why",
            "a Service leads to the pods that carry every label of its selector; without any it has no endpoints"
        ))
        .inspect(case.kubectl(["get", "pods", "--show-labels"]));
    vec![finding]
}

/// What was not read may be a workload whose pods it would have.
fn certainty(case: &ServiceCase<'_>, near: &[Candidate<'_>]) -> Certainty {
    let store = case.snapshot.store();
    let all_read =
        store
            .workload_catalogs()
            .all(|(_, catalog)| match catalog.whole(case.it.namespace) {
                Ok(()) => true,
                Err(gap) => gap.why == Why::NotServed,
            });
    let another = |candidate: &Candidate<'_>| {
        let mut others = candidate.differences.iter();
        others.any(|one| one.is_another_value() && !candidate.is_of_template(one.key()))
    };
    if near.iter().any(another) {
        // set while the pods run, as an operator does with roles: nobody may have this one at present
        return Certainty::Possible;
    }
    let mut differences = near.iter().flat_map(|one| &one.differences);
    match (all_read, differences.any(Difference::is_another_value)) {
        (true, false) => Certainty::Proven,
        // other pods may be meant, which nobody has made yet
        (true, true) => Certainty::Likely,
        // the pods that it is for may only be scaled to zero
        (false, another) if another || near.is_empty() => Certainty::Possible,
        (false, _) => Certainty::Likely,
    }
}

fn alone(case: &ServiceCase<'_>) -> Sentence {
    let records = case.snapshot.pod_records();
    if records.in_namespace(case.it.namespace).next().is_none() {
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
    let none = finding.fixes.is_empty();
    finding.when(none, |finding| {
        finding.fix([Fix::advice(
            say!(
                "service-selector-mismatch.agree",
                "let the selector and the labels of the pods meant agree"
            ),
            Who::Owner,
        )])
    })
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
