//! The namespace is being deleted: nothing is made in it any more.
//!
//! What keeps it is `namespace-stuck`, from which this follows.
//!
//! Source: kube-apiserver `staging/apiserver/pkg/admission/plugin/namespace/lifecycle` (1.37).

use crate::kubernetes::shell;
use crate::messages::admission::Denial;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::namespace_left::quotes;
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Seconds, Sentence, say};
use crate::triage::{NamespaceSubject, Standing, Subject};

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

/// The namespace that is going, with the refusal that says so. Controllers that are told so say nothing of it
/// (pkg/controller/controller_utils.go createPods, 1.37): then the Namespace tells.
fn terminating<'a>(case: &WorkloadCase<'a>) -> Option<(String, Option<Refused<'a>>)> {
    let Some(refused) = Refused::of(case.it, case.snapshot) else {
        let own = case.it.namespace;
        // its controllers go on for a while, until they go themselves
        let is_late = |it: NamespaceSubject<'_>| it.standing(case.snapshot) == Standing::Stuck;
        let is_going = deleted(case, own).is_some_and(is_late) && case.it.lacks_pods(case.snapshot);
        return is_going.then(|| (own.to_owned(), None));
    };
    match &refused.denial {
        Denial::NamespaceTerminating { namespace } => Some((namespace.clone(), Some(refused))),
        _ => None,
    }
}

fn key(case: &WorkloadCase<'_>) -> Option<String> {
    let (namespace, refused) = terminating(case)?;
    let certainty = refused.map(|refused| refused.certainty(case.snapshot));
    Some(format!("{namespace} {certainty:?}"))
}

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = terminating(case).map(|(namespace, refused)| {
        let object = ObjectRef::new(Kind::Namespace, "", &namespace);
        let left = deleted(case, &namespace).map(|it| quotes(case, it));
        let left = left.unwrap_or_default();
        let holds = !left.is_empty();
        let finding = match &refused {
            Some(refused) => refused.finding(case, object.clone(), HEADLINE),
            None => Finding::new(object.clone(), HEADLINE, deletion(case, &object)),
        };
        finding
            .certainty(certainty(case, refused.as_ref(), &namespace))
            .why(say!(
                "namespace-terminating.why",
                "a deletion cannot be taken back: the API server lets nothing new in, and the workloads go with the namespace"
            ))
            .fact("namespace", namespace.as_str())
            .fact_if("age", since(case, &namespace))
            .evidence(left)
            .fix(fixes(holds))
            .inspect(shell::cluster(["describe", &object.argument()]))
            .because_of(vec![object])
    });
    finding.into_iter().collect()
}

const HEADLINE: Sentence = say!(
    "namespace-terminating.headline",
    "namespace {namespace} was deleted[ {age} ago] and is not gone yet: nothing is made in it any more"
);

/// When it was deleted.
fn deletion(case: &WorkloadCase<'_>, namespace: &ObjectRef) -> Evidence {
    let read = case.snapshot.store().namespaces().get("", &namespace.name);
    let time = read
        .yes()
        .and_then(|read| read.metadata.deletion_timestamp.as_ref());
    let time = time.map(|time| time.0.to_string()).unwrap_or_default();
    case.field_of(namespace.clone(), "metadata.deletionTimestamp", time)
}

/// For how long it has been going is told by the Namespace alone: it may be in its first minutes.
fn certainty(case: &WorkloadCase<'_>, refused: Option<&Refused<'_>>, namespace: &str) -> Certainty {
    let is_read = since(case, namespace).is_some();
    let least = if is_read {
        Certainty::Proven
    } else {
        Certainty::Likely
    };
    let said = refused.map(|refused| refused.certainty(case.snapshot));
    said.map_or(least, |said| said.max(least))
}

/// The namespace, where it was read.
fn deleted<'a>(case: &WorkloadCase<'a>, namespace: &str) -> Option<NamespaceSubject<'a>> {
    let namespaces = case.snapshot.store().namespaces();
    NamespaceSubject::of(namespaces.get("", namespace).yes()?)
}

/// How long ago it was deleted.
fn since(case: &WorkloadCase<'_>, namespace: &str) -> Option<Seconds> {
    let since = deleted(case, namespace)?.since(case.snapshot)?;
    let seconds = case.seconds_since(since);
    (seconds > 0).then_some(Seconds(seconds))
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
