//! A ValidatingAdmissionPolicy refuses what a workload makes.
//!
//! Source: apiserver `pkg/admission/plugin/policy/validating` (0.37).

use super::refusal::{READS, Refusal, SEEN_AS};
use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::messages::form::strip_prefix;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::text::say;

/// `policy-denied`
pub static RULE: Rule = Rule {
    cause: "policy-denied",
    layer: Layer::Admission,
    title: "a ValidatingAdmissionPolicy says no",
    seen_as: SEEN_AS,
    explanation: include_str!("policy_denied.md"),
    reads: READS,
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refusal::of(case).and_then(|refusal| match &refusal.refused.denial {
        Denial::Policy {
            policy,
            binding,
            said,
        } => Some(finding(&refusal, policy, binding, said)),
        _ => None,
    });
    finding.into_iter().collect()
}

fn finding(refusal: &Refusal<'_, '_>, policy: &str, binding: &str, said: &str) -> Finding {
    // the text of a policy that has no message of its own, or whose expression cannot be evaluated
    let is_broken =
        strip_prefix(said, "expression '").is_some() && said.contains("resulted in error");
    let headline = if is_broken {
        say!(
            "policy-denied.broken",
            "an expression of ValidatingAdmissionPolicy {policy} cannot be evaluated for {what}: {words}"
        )
    } else {
        say!(
            "policy-denied.headline",
            "ValidatingAdmissionPolicy {policy} denies {what}: {words}"
        )
    };
    let keep = Fix::advice(
        say!(
            "policy-denied.keep",
            "change {owner} so that it keeps to the policy"
        ),
        Who::Owner,
    );
    let mend = Fix::advice(
        say!(
            "policy-denied.mend",
            "mend the expression, such as by has() before a field that may be absent"
        ),
        Who::Admin,
    );
    let except = Fix::advice(
        say!(
            "policy-denied.except",
            "let binding {binding} leave namespace {namespace} out (spec.matchResources.namespaceSelector)"
        ),
        Who::Admin,
    );
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    refusal
        .finding(refusal.case.subject(), headline)
        .why(say!(
            "policy-denied.why",
            "binding {binding} has the policy checked on {what}; {again}"
        ))
        .fact("policy", policy)
        .fact("binding", binding)
        .fact("owner", refusal.case.subject().argument())
        .fact("words", words)
        .fix([if is_broken { mend } else { keep.of_template() }, except])
        .inspect(shell::cluster([
            "get",
            &format!("validatingadmissionpolicy/{policy}"),
            "-o",
            "yaml",
        ]))
}
