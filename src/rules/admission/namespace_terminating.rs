//! The namespace is being deleted: nothing is made in it any more.
//!
//! Sources: kube-apiserver `staging/apiserver/pkg/admission/plugin/namespace/lifecycle`; kube-controller-manager
//! `pkg/controller/namespace/deletion`, which writes what is left as conditions of the Namespace (1.37).

use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Seconds, say};

/// `namespace-terminating`
pub static RULE: Rule = Rule {
    cause: "namespace-terminating",
    layer: Layer::Admission,
    title: "the namespace is being deleted",
    seen_as: &["FailedCreate", "ReplicaFailure", "Terminating"],
    explanation: include_str!("namespace_terminating.md"),
    reads: &[Kind::Namespace],
    refines: &[],
    root: Root::Subject,
    check: Check::WorkloadsAlike { check, key },
};

/// What the controller of namespaces says while something is left or cannot be told.
const LEFT: [&str; 5] = [
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
];

fn terminating<'a>(case: &WorkloadCase<'a>) -> Option<(Refused<'a>, String)> {
    let refused = Refused::of(case.it, case.snapshot)?;
    match &refused.denial {
        Denial::NamespaceTerminating { namespace } => {
            let namespace = namespace.clone();
            Some((refused, namespace))
        }
        _ => None,
    }
}

fn key(case: &WorkloadCase<'_>) -> Option<String> {
    let (refused, namespace) = terminating(case)?;
    Some(format!(
        "{namespace} {:?}",
        refused.certainty(case.snapshot)
    ))
}

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = terminating(case).map(|(refused, namespace)| {
        let object = ObjectRef::new(Kind::Namespace, "", &namespace);
        let left = left(case, &object);
        let holds = !left.is_empty();
        refused
            .finding(case, object.clone(), say!(
                "namespace-terminating.headline",
                "namespace {namespace} was deleted[ {age} ago] and is not gone yet: nothing is made in it any more"
            ))
            .certainty(certainty(case, &refused, &namespace))
            .why(say!(
                "namespace-terminating.why",
                "a deletion cannot be taken back: the API server lets nothing new in, and the workloads go with the namespace"
            ))
            .fact("namespace", namespace.as_str())
            .fact_if("age", since(case, &namespace))
            .evidence(left)
            .fix(fixes(holds))
            .inspect(shell::cluster(["describe", &object.argument()]))
    });
    finding.into_iter().collect()
}

/// For how long it has been going is told by the Namespace alone: it may be in its first minutes.
fn certainty(case: &WorkloadCase<'_>, refused: &Refused<'_>, namespace: &str) -> Certainty {
    let is_read = since(case, namespace).is_some();
    let least = if is_read {
        Certainty::Proven
    } else {
        Certainty::Likely
    };
    refused.certainty(case.snapshot).max(least)
}

/// How long ago it was deleted.
fn since(case: &WorkloadCase<'_>, namespace: &str) -> Option<Seconds> {
    let object = case
        .snapshot
        .store()
        .namespaces()
        .get("", namespace)
        .yes()?;
    let deleted = object.metadata.deletion_timestamp.as_ref()?;
    let seconds = case.seconds_since(deleted.0);
    (seconds > 0).then_some(Seconds(seconds))
}

/// What keeps the namespace from being gone, as far as its controller says.
fn left(case: &WorkloadCase<'_>, object: &ObjectRef) -> Vec<Evidence> {
    let namespace = case
        .snapshot
        .store()
        .namespaces()
        .get("", &object.name)
        .yes();
    let status = namespace.and_then(|namespace| namespace.status.as_ref());
    let conditions = status.and_then(|status| status.conditions.as_deref());
    let stands = |kind: &str| {
        let mut conditions = conditions.unwrap_or_default().iter();
        conditions.find(|one| one.type_ == kind && one.status == "True")
    };
    let left = LEFT.iter().filter_map(|kind| stands(kind));
    left.filter_map(|condition| {
        let path = format!("status.conditions[{}].message", condition.type_);
        Some(case.field_of(object.clone(), path, condition.message.clone()?))
    })
    .collect()
}

fn fixes(holds: bool) -> Vec<Fix> {
    let finish = say!(
        "namespace-terminating.finish",
        "let the deletion come to its end: have what is left in {namespace} finished by whoever set its finalizers"
    );
    let again = say!(
        "namespace-terminating.again",
        "make the workload in another namespace, or in this one when it is gone and made anew"
    );
    let finish = holds.then(|| Fix::advice(finish, Who::Admin));
    finish
        .into_iter()
        .chain([Fix::advice(again, Who::Owner)])
        .collect()
}
