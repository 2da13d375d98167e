//! An admission webhook was asked and says no: a policy engine, a service mesh, an operator.
//!
//! Its words are its author's. Which policies they name is known of some engines (`messages::admission::policy`).

use super::refusal::{READS, Refusal, SEEN_AS};
use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::messages::admission::policy::{Engine, Verdict, verdicts};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// `webhook-denied`
pub static RULE: Rule = Rule {
    cause: "webhook-denied",
    layer: Layer::Admission,
    title: "an admission webhook says no",
    seen_as: SEEN_AS,
    explanation: include_str!("webhook_denied.md"),
    reads: READS,
    refines: &[],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refusal::of(case).and_then(|refusal| match &refusal.refused.denial {
        Denial::WebhookDenied { webhook, said } => Some(finding(&refusal, webhook, said)),
        _ => None,
    });
    finding.into_iter().collect()
}

fn finding(refusal: &Refusal<'_, '_>, webhook: &str, said: &str) -> Finding {
    let verdicts = verdicts(said);
    let engine = Engine::of(webhook);
    let first = verdicts.first();
    let policies: Vec<String> = verdicts.iter().filter_map(policy).collect();
    let is_named = !policies.is_empty();
    let others = verdicts.len().saturating_sub(1);
    let words = first.map(|verdict| verdict.words.clone());
    let finding = refusal
        .finding(refusal.case.subject(), headline(is_named, words.is_some()))
        .why(say!(
            "webhook-denied.why",
            "the webhook was asked about {what} and refuses; {again}"
        ))
        .fact("webhook", webhook)
        .fact("owner", refusal.case.subject().argument())
        .fact_if("engine", engine.map(Engine::as_str))
        .fact_if("words", words)
        .fact_if("others", (others > 0).then_some(others))
        .fact_if("first", policies.first().cloned())
        .when(is_named, |finding| {
            finding.fact("policies", policies.clone())
        })
        .fix(fixes(engine, is_named, first.is_some()));
    match look(engine, first) {
        Some(command) => finding.inspect(command),
        None => finding,
    }
}

/// The policy, with its rule.
fn policy(verdict: &Verdict) -> Option<String> {
    let Verdict { policy, rule, .. } = verdict;
    let named = if rule.is_empty() {
        policy.clone()
    } else {
        format!("{policy}/{rule}")
    };
    (!policy.is_empty()).then_some(named)
}

fn headline(is_named: bool, has_words: bool) -> Sentence {
    match (is_named, has_words) {
        (true, _) => say!(
            "webhook-denied.by-policy",
            "policy {first}[ of {engine}] denies {what}: {words}[, and {others} more]"
        ),
        (false, true) => say!(
            "webhook-denied.headline",
            "webhook {webhook} denies {what}: {words}"
        ),
        (false, false) => say!(
            "webhook-denied.silent",
            "webhook {webhook} denies {what} and does not say why"
        ),
    }
}

fn fixes(engine: Option<Engine>, is_named: bool, has_words: bool) -> Vec<Fix> {
    let keep = match (is_named, has_words) {
        (true, _) => say!(
            "webhook-denied.keep-to-policy",
            "change {owner} so that it keeps to {policies}"
        ),
        (false, true) => say!(
            "webhook-denied.keep",
            "change {owner} so that the webhook admits {what}"
        ),
        (false, false) => say!(
            "webhook-denied.ask",
            "look into the log of the webhook: its refusal gives no reason"
        ),
    };
    let who = if has_words { Who::Owner } else { Who::Admin };
    let except = match engine.filter(|_| is_named) {
        Some(Engine::Gatekeeper) => say!(
            "webhook-denied.except-gatekeeper",
            "let {policies} leave namespace {namespace} out (spec.match.excludedNamespaces of the constraint)"
        ),
        Some(Engine::Kyverno) => say!(
            "webhook-denied.except-kyverno",
            "except it from {policies} by a PolicyException"
        ),
        _ => say!(
            "webhook-denied.except",
            "let the webhook leave namespace {namespace} out (namespaceSelector of its configuration)"
        ),
    };
    vec![
        Fix::advice(keep, who).when(has_words, Fix::of_template),
        Fix::advice(except, Who::Admin),
    ]
}

/// What shows the policy.
fn look(engine: Option<Engine>, first: Option<&Verdict>) -> Option<String> {
    let policy = &first?.policy;
    let words: &[&str] = match engine? {
        _ if policy.is_empty() => return None,
        Engine::Gatekeeper => &["get", "constraints", "-o", "wide"],
        Engine::Kyverno => &["get", "clusterpolicies,policies", "-A"],
        Engine::Kubewarden => return None,
    };
    Some(shell::cluster(words))
}
