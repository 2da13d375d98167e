//! The API server refuses what a workload makes because a field is invalid, or contradicts what the cluster or the
//! namespace says.
//!
//! A template is checked when it is written, so what is invalid later was added: a default, a webhook's change, a label that the
//! controller derives from a name, another version of the API server.
//!
//! Sources: kubernetes `pkg/apis/core/validation`, `plugin/pkg/admission/{priority,runtimeclass,podnodeselector,…}` (1.37).

use super::invalid_fixes;
use super::refusal::{READS, Refusal, SEEN_AS};
use crate::messages::admission::{Denial, Fault};
use crate::rules::finding::Finding;
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// `invalid-spec`
pub static RULE: Rule = Rule {
    cause: "invalid-spec",
    layer: Layer::Admission,
    title: "the API server calls a field of the pods invalid, or forbids it",
    seen_as: SEEN_AS,
    explanation: include_str!("invalid_spec.md"),
    reads: READS,
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refusal::of(case).and_then(|refusal| match &refusal.refused.denial {
        Denial::Invalid(faults) => invalid(&refusal, faults),
        denial => forbidden(denial).map(|headline| contradiction(&refusal, headline)),
    });
    finding.into_iter().collect()
}

fn invalid(refusal: &Refusal<'_, '_>, faults: &[Fault]) -> Option<Finding> {
    let first = faults.first()?;
    let headline = match (&first.value, first.why.is_empty()) {
        (Some(_), false) => say!(
            "invalid-spec.value",
            "{field} of {what} is invalid: \"{value}\" {why}[, and {others} more {others|field|fields}]"
        ),
        (None, true) => say!(
            "invalid-spec.kind",
            "{field} of {what} is invalid ({kind})[, and {others} more {others|field|fields}]"
        ),
        (Some(_), true) => say!(
            "invalid-spec.only-value",
            "{field} of {what} is invalid ({kind}: \"{value}\")[, and {others} more {others|field|fields}]"
        ),
        (None, false) => say!(
            "invalid-spec.why-alone",
            "{field} of {what} is invalid ({kind}: {why})[, and {others} more {others|field|fields}]"
        ),
    };
    let others = faults.len().saturating_sub(1);
    let finding = refusal
        .finding(refusal.case.subject(), headline)
        .why(say!(
            "invalid-spec.why",
            "the template was accepted, so this came with the pods: by a default, a webhook, or what the controller derives; {again}"
        ))
        .fact("field", first.field.as_str())
        .fact("kind", first.kind.as_str())
        .fact_if("value", first.value.clone())
        .fact("why", first.why.as_str())
        .fact_if("others", (others > 0).then_some(others))
        .fix(invalid_fixes::of(refusal, faults));
    Some(finding)
}

/// What contradicts the pods; none for a refusal of another kind.
fn forbidden(denial: &Denial) -> Option<Sentence> {
    Some(match denial {
        Denial::Priority => say!(
            "invalid-spec.priority",
            "the priority of {what} is not admitted: {words}"
        ),
        Denial::RuntimeClassConflict => say!(
            "invalid-spec.runtime-class",
            "the template contradicts its RuntimeClass: {words}"
        ),
        Denial::NodeSelectorConflict => say!(
            "invalid-spec.node-selector",
            "the node selector of {what} contradicts that of namespace {namespace}"
        ),
        Denial::TolerationsConflict => say!(
            "invalid-spec.tolerations",
            "the tolerations of {what} contradict those of namespace {namespace}"
        ),
        Denial::AntiAffinityTopology => say!(
            "invalid-spec.anti-affinity",
            "the anti-affinity of {what} is not admitted: {words}"
        ),
        _ => return None,
    })
}

fn contradiction(refusal: &Refusal<'_, '_>, headline: Sentence) -> Finding {
    refusal
        .finding(refusal.case.subject(), headline)
        .why(say!(
            "invalid-spec.forbidden-why",
            "an admission plugin of the API server compares {what} with what the cluster or the namespace says; {again}"
        ))
        .fact("words", refusal.words())
        .fix(invalid_fixes::of_contradiction(refusal))
}
