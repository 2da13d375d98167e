//! The PriorityClass that the template names does not exist, so that the API server refuses the pods.
//!
//! Source: kube-apiserver `plugin/pkg/admission/priority` (1.37).

use super::missing_name::{MissingName, OF_SYSTEM, Says};
use crate::kubernetes::{patch, shell};
use crate::messages::admission::Denial;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef, PriorityClass};
use crate::text::{Fact, Message, say};

/// `priority-class-missing`
pub static RULE: Rule = Rule {
    cause: "priority-class-missing",
    layer: Layer::Admission,
    title: "the PriorityClass of the pods does not exist",
    seen_as: &["FailedCreate", "ReplicaFailure"],
    explanation: include_str!("priority_class_missing.md"),
    reads: &[Kind::PriorityClass],
    refines: &[],
    root: Root::Facts(say!(
        "priority-class-missing.root",
        "PriorityClass {name} does not exist"
    )),
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refused::of(case.it, case.snapshot).and_then(|refused| match &refused.denial {
        Denial::PriorityClassMissing { name } => Some(missing(case, &refused, name)),
        _ => None,
    });
    finding.into_iter().collect()
}

fn missing(case: &WorkloadCase<'_>, refused: &Refused<'_>, name: &str) -> Finding {
    let object = ObjectRef::new(Kind::PriorityClass, "", name);
    let classes = case.snapshot.store().priority_classes();
    let missing = MissingName::look(case, refused, object, "priorityClassName", classes);
    let says = Says {
        missing: say!(
            "priority-class-missing.headline",
            "PriorityClass {name} does not exist[; {nearest} does]"
        ),
        by_now: say!(
            "priority-class-missing.by-now",
            "PriorityClass {name} did not exist, and does by now"
        ),
        why: say!(
            "priority-class-missing.why",
            "the template of {template} names it, and the API server lets no pod in whose PriorityClass does not exist[; there {classes|is|are} {classes}]"
        ),
    };
    let others = classes
        .seen()
        .filter(|((_, name), _)| !name.starts_with(OF_SYSTEM));
    let others: Vec<Message> = others.map(|((_, name), class)| told(name, class)).collect();
    missing
        .finding(&says, [leave_out(&missing), create(&missing)])
        .fact_if("classes", (!others.is_empty()).then_some(others))
        .inspect(shell::cluster(["get", "priorityclasses"]))
}

/// `batch (priority 1000)`
fn told(name: &str, class: &PriorityClass) -> Message {
    let sentence = if class.global_default {
        say!(
            "priority-class-missing.default-class",
            "{class} (priority {value}, the default)"
        )
    } else {
        say!("priority-class-missing.class", "{class} (priority {value})")
    };
    Message::new(sentence)
        .fact("class", name)
        .fact("value", Fact::Number(class.value))
}

fn leave_out(missing: &MissingName<'_, '_>) -> Fix {
    let change = say!(
        "priority-class-missing.leave-out",
        "leave priorityClassName out of the template of {template}: its pods then have the default priority"
    );
    missing.edit(change, missing.path().map(|path| patch::remove(&path)))
}

fn create(missing: &MissingName<'_, '_>) -> Fix {
    let change = say!(
        "priority-class-missing.create",
        "create PriorityClass {name} with a value that suits the others"
    );
    let name = missing.object.name.as_str();
    let template = shell::cluster(["create", "priorityclass", name, "--value=PRIORITY"]);
    Fix::advice(change, Who::Admin).template(template)
}
