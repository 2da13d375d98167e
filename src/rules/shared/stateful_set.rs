//! What is left to do once the template of a StatefulSet is changed.
//!
//! One that makes its pods in order goes on only when each is ready, and so never replaces a pod that will not be:
//! somebody has to delete it ("Forced rollback" of the documentation of StatefulSets; pkg/controller/statefulset,
//! 1.37). A failed pod it deletes itself.

use crate::rules::Case;
use crate::rules::finding::{Finding, Fix};
use crate::snapshot::{Kind, ObjectRef, Propagation, Seen, TemplateOwner};
use crate::text::{Facts, Message, Sentence, say};

/// The findings about a pod, each change of its StatefulSet's template with what has to follow.
pub(in crate::rules) fn told(case: &Case<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    // most pods have nothing wrong with them
    if findings.is_empty() {
        return findings;
    }
    let Some(owner) = waiting(case) else {
        return findings;
    };
    let set = case
        .snapshot
        .workload(&owner.kind, case.namespace(), &owner.name);
    let then = match set.and_then(Seen::yes) {
        Some(set) if set.ordered => say!(
            "stateful-set.then-delete",
            "{change}; then delete pod {pod}, for which the StatefulSet waits"
        ),
        Some(_) => return findings,
        None => say!(
            "stateful-set.then-delete-unless-parallel",
            "{change}; then delete pod {pod}, for which the StatefulSet waits unless its podManagementPolicy is Parallel"
        ),
    };
    findings
        .into_iter()
        .map(|finding| with_deletion(case, &owner, then, finding))
        .collect()
}

/// The StatefulSet of a pod that is not ready and would have to follow its template.
fn waiting(case: &Case<'_>) -> Option<ObjectRef> {
    let pod = case.pod();
    let ready = pod.condition("Ready").map(|ready| ready.status.as_str());
    if ready == Some("True") || pod.is_terminating() || pod.phase() == "Failed" {
        return None;
    }
    let of = TemplateOwner::of(pod, case.snapshot);
    let owner = of.object;
    if of.propagation != Propagation::Rollout || owner.known_kind() != Some(Kind::StatefulSet) {
        return None;
    }
    Some(owner)
}

fn with_deletion(
    case: &Case<'_>,
    owner: &ObjectRef,
    then: Sentence,
    mut finding: Finding,
) -> Finding {
    for fix in &mut finding.fixes {
        if changes_template(fix, owner) {
            let change = Message::with(fix.change, &[&fix.facts, &finding.facts]);
            fix.change = then;
            fix.facts = Facts::default();
            fix.facts.0.insert("change", change.into());
            fix.facts.0.insert("pod", case.pod().name().into());
        }
    }
    finding
}

/// Whether a fix changes the template, by its patch or by a command that has to be filled in.
fn changes_template(fix: &Fix, owner: &ObjectRef) -> bool {
    let path = |operation: &serde_json::Value| {
        let path = operation.get("path").and_then(|path| path.as_str());
        path.is_some_and(|path| path.starts_with("/spec/template/"))
    };
    let sets = |command: &str| {
        let argument = owner.argument();
        command.contains(" set ") && command.split(' ').any(|word| word == argument)
    };
    let is_target = fix.target.as_ref() == Some(owner);
    (is_target && fix.patch.iter().any(path)) || sets(&fix.template) || sets(&fix.command)
}
