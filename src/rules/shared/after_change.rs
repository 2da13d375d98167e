//! What is left to do once the template of a pod is changed.
//!
//! A StatefulSet that makes its pods in order goes on only when each is ready, and so never replaces a pod that will not be:
//! somebody has to delete it ("Forced rollback" of the documentation of StatefulSets; pkg/controller/statefulset,
//! 1.37). A failed pod it deletes itself. Of a pod itself, and of a Job's template, hardly anything can be changed
//! (pkg/apis/core/validation, pkg/apis/batch/validation).

use crate::rules::Case;
use crate::rules::finding::{Finding, Fix};
use crate::snapshot::{Kind, ObjectRef, PodView, Propagation, Seen, TemplateOwner};
use crate::text::{Facts, Message, Sentence, say};

/// Where the template of the owner is fixed.
pub(in crate::rules) const OWNER_ANEW: Sentence = say!(
    "after-change.owner-anew",
    "{change}: delete {owner} and create it anew, since its template cannot be changed"
);
/// Where a changed template makes no pods before somebody resumes the owner.
pub(in crate::rules) const THEN_RESUME: Sentence = say!(
    "after-change.then-resume",
    "{change}; then resume {owner}, which is paused (kubectl rollout resume)"
);

/// The findings about a pod, each change of its template with what has to follow.
pub(in crate::rules) fn told(case: &Case<'_>, mut findings: Vec<Finding>) -> Vec<Finding> {
    // most pods have nothing wrong with them
    if findings.is_empty() {
        return findings;
    }
    let of = TemplateOwner::of(case.pod(), case.snapshot);
    let Some(then) = then(case, &of) else {
        return findings;
    };
    for finding in &mut findings {
        let facts = &finding.facts;
        let changes = finding.fixes.iter_mut();
        for fix in changes
            .filter(|fix| fix.of_template || !of.is_pod() && changes_template(fix, &of.object))
        {
            let change = Message::with(fix.change, &[&fix.facts, facts]);
            fix.change = then;
            fix.facts = Facts::default();
            fix.facts.0.insert("change", change.into());
            fix.facts.0.insert("pod", case.pod().name().into());
            fix.facts.0.insert("owner", of.object.argument().into());
        }
    }
    findings
}

fn then(case: &Case<'_>, of: &TemplateOwner) -> Option<Sentence> {
    match of.propagation {
        Propagation::Immutable if of.is_pod() => Some(say!(
            "after-change.pod-anew",
            "{change}: delete the pod and create it anew, since this cannot be changed in it"
        )),
        Propagation::Immutable => Some(OWNER_ANEW),
        Propagation::Rollout if case.snapshot.is_halted(&of.object) => Some(THEN_RESUME),
        Propagation::Rollout if is_waited_for(case.pod(), &of.object) => {
            let set = case
                .snapshot
                .workload(&of.object.kind, case.namespace(), &of.object.name);
            match set.and_then(Seen::yes) {
                Some(set) if set.ordered => Some(say!(
                    "stateful-set.then-delete",
                    "{change}; then delete pod {pod}, for which the StatefulSet waits"
                )),
                Some(_) => None,
                None => Some(say!(
                    "stateful-set.then-delete-unless-parallel",
                    "{change}; then delete pod {pod}, for which the StatefulSet waits unless its podManagementPolicy is Parallel"
                )),
            }
        }
        _ => None,
    }
}

/// Whether a StatefulSet has to wait for a pod before it replaces it.
fn is_waited_for(pod: &PodView, owner: &ObjectRef) -> bool {
    let ready = pod.condition("Ready").map(|ready| ready.status.as_str());
    owner.known_kind() == Some(Kind::StatefulSet)
        && ready != Some("True")
        && !pod.is_terminating()
        && pod.phase() != "Failed"
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
