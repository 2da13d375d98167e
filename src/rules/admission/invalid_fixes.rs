//! What to change where a field of a workload's pods is invalid or forbidden, as far as that follows.

use super::refusal::Refusal;
use super::refused_template::Template;
use crate::messages::admission::{Denial, Fault};
use crate::messages::form::search;
use crate::rules::finding::{Fix, Who};
use crate::text::{Message, Sentence, say};

/// One change for all fields of which the same is to be said.
pub(super) fn of(refusal: &Refusal<'_, '_>, faults: &[Fault]) -> Vec<Fix> {
    let mut changes: Vec<(Sentence, Vec<String>)> = Vec::new();
    for fault in faults {
        let change = change(fault);
        match changes.iter_mut().find(|(known, _)| *known == change) {
            Some((_, fields)) => fields.push(fault.field.clone()),
            None => changes.push((change, vec![fault.field.clone()])),
        }
    }
    let owner = refusal.case.subject().argument();
    let fix = |(at, (change, fields)): (usize, (Sentence, Vec<String>))| {
        let change = Message::new(change)
            .fact("owner", owner.as_str())
            .fact("fields", fields);
        let change = Message::with(change.sentence, &[&change.args]);
        let fix = Fix::advice(change, Who::Owner).of_template();
        fix.when(at > 0, Fix::follows)
    };
    changes.into_iter().enumerate().map(fix).collect()
}

fn change(fault: &Fault) -> Sentence {
    if is_derived_name(fault) {
        say!(
            "invalid-spec.shorter-name",
            "give {owner} a shorter name: what its controller makes of it does not fit into {fields}"
        )
    } else if search("must be less than or equal to {} limit", &fault.why).is_some() {
        say!(
            "invalid-spec.set-limit",
            "set limits that are no less than {fields}"
        )
    } else {
        say!(
            "invalid-spec.set-field",
            "let the template set {fields} so that the API server accepts {fields|it|them}, or find what sets {fields|it|them}: a webhook, a default"
        )
    }
}

/// A label or a name that holds the name of the workload (pkg/controller/statefulset, pkg/controller/job).
fn is_derived_name(fault: &Fault) -> bool {
    let is_of_name = [
        "metadata.labels",
        "metadata.name",
        "spec.hostname",
        "metadata.generateName",
    ]
    .iter()
    .any(|field| fault.field.starts_with(field));
    let is_long =
        fault.kind == "Too long" || search("must be no more than {}", &fault.why).is_some();
    is_of_name && is_long
}

pub(super) fn of_contradiction(refusal: &Refusal<'_, '_>) -> Vec<Fix> {
    match refusal.refused.denial {
        Denial::Priority => of_priority(refusal),
        Denial::NodeSelectorConflict | Denial::TolerationsConflict => {
            let change = say!(
                "invalid-spec.agree",
                "let the template agree with the annotations scheduler.alpha.kubernetes.io of namespace {namespace}, or change those"
            );
            vec![Fix::advice(change, Who::Owner).of_template()]
        }
        _ => vec![
            Fix::advice(
                say!(
                    "invalid-spec.leave-out",
                    "leave out of the template what is not admitted"
                ),
                Who::Owner,
            )
            .of_template(),
        ],
    }
}

/// Classes of the system are admitted in kube-system, and where a quota is for them (plugin/pkg/admission/resourcequota
/// limits them where the API server is told to).
fn of_priority(refusal: &Refusal<'_, '_>) -> Vec<Fix> {
    let words = refusal.words();
    let class = search("pods with {} priorityClass is not permitted", &words);
    let Some(class) = class.map(|captures| captures.own(0)) else {
        let change = say!(
            "invalid-spec.no-number",
            "leave priority out of the template: it follows from priorityClassName"
        );
        let template = Template::of(refusal.case).map(|mut template| {
            template.remove("/priority");
            template.fix(change.into())
        });
        let words = || Fix::advice(change, Who::Owner).of_template();
        return vec![template.unwrap_or_else(words)];
    };
    let change = Message::new(say!(
        "invalid-spec.no-class",
        "leave priority class {class} out of the template, or use one that is not the system's"
    ));
    let change = change.fact("class", class.as_str());
    let template = Template::of(refusal.case).map(|mut template| {
        template.remove("/priorityClassName");
        template.remove("/priority");
        template.fix(change.clone())
    });
    let elsewhere = Fix::advice(
        say!(
            "invalid-spec.in-kube-system",
            "if the cluster cannot do without it, let it run in namespace kube-system"
        ),
        Who::Admin,
    );
    let words = || Fix::advice(change.clone(), Who::Owner).of_template();
    vec![template.unwrap_or_else(words), elsewhere]
}
