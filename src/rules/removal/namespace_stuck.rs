//! `namespace-stuck`: a namespace was deleted and cannot go.
//!
//! Its controller asks which kinds there are, deletes what it finds of each, and takes the finalizer `kubernetes` away when
//! nothing is left. Where it cannot go on it says so in conditions of the namespace, anew with each attempt.
//!
//! Sources: kube-controller-manager `pkg/controller/namespace/deletion` (1.16 to 1.37); apiserver
//! `registry/core/namespace/storage/storage.go`.

use super::namespace_fixes::{Kept, fixes, inspect};
use crate::messages::namespace::{CONTENT, DELETION, DISCOVERY, FINALIZERS};
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::namespace_left::quotes;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, PodView};
use crate::text::{Seconds, Sentence, say};
use crate::triage::{NamespaceSubject, Subject};

/// A namespace was deleted and cannot go.
pub static RULE: Rule = Rule {
    cause: "namespace-stuck",
    layer: Layer::Removal,
    title: "a namespace that was deleted does not go away",
    seen_as: &[
        "Terminating",
        "SomeResourcesRemain",
        "SomeFinalizersRemain",
        "DiscoveryFailed",
        "GroupVersionParsingFailed",
        "ContentDeletionFailed",
        DISCOVERY,
        DELETION,
        FINALIZERS,
        CONTENT,
    ],
    explanation: include_str!("namespace_stuck.md"),
    reads: &[Kind::Namespace],
    refines: &[],
    root: Root::Subject,
    check: Check::Namespace(check),
};

/// The case of a namespace.
pub(super) type NamespaceCase<'a> = Case<'a, NamespaceSubject<'a>>;

fn check(case: &NamespaceCase<'_>) -> Vec<Finding> {
    let kept = Kept::of(case);
    let (headline, why, proof) = told(case, &kept);
    let since = case.it.since(case.snapshot);
    let since = since.map(|since| Seconds(case.seconds_since(since)));
    let certainty = if kept.is_silent() {
        Certainty::Likely
    } else {
        Certainty::Proven
    };
    let finding = Finding::new(case.subject(), headline, proof)
        .certainty(certainty)
        .why(why)
        .fact("namespace", case.it.name)
        .fact_if("age", since)
        .fact_if("apis", kept.apis())
        .fact_if("left", kept.left())
        .fact_if("finalizers", kept.finalizers())
        .fact_if("dependents", kept.dependents())
        .fact_if("domains", kept.domains())
        .evidence(quotes(case, case.it).into_iter().skip(1))
        .fix(fixes(case, &kept))
        .inspect(inspect(case, &kept))
        .fact_if("pods", kept.pods())
        // why they do not go is said of them
        .because_of(kept.pods.iter().map(|pod| pod.object()).collect());
    vec![finding]
}

/// The headline, how it comes about, and what says so.
fn told(case: &NamespaceCase<'_>, kept: &Kept<'_>) -> (Sentence, Option<Sentence>, Evidence) {
    let first = || quotes(case, case.it).into_iter().next();
    let (headline, why) = match (kept, kept.pods.first()) {
        (Kept { apis, .. }, _) if !apis.is_empty() => (UNANSWERED, Some(UNANSWERED_WHY)),
        _ if kept.is_undiscovered => (UNDISCOVERED, Some(UNANSWERED_WHY)),
        _ if kept.is_undeletable => (UNDELETABLE, None),
        (Kept { finalizers, .. }, _) if !finalizers.is_empty() => (KEPT, Some(KEPT_WHY)),
        (Kept { left, .. }, _) if !left.is_empty() => (LEFT, None),
        (_, Some(pod)) => return (PODS, Some(PODS_WHY), deletion(case, pod)),
        (Kept { own, .. }, _) if !own.is_empty() => {
            return (OWN, Some(OWN_WHY), own_list(case, own));
        }
        _ => (SILENT, Some(SILENT_WHY)),
    };
    let proof = first().unwrap_or_else(|| own_list(case, &[]));
    (headline, why, proof)
}

/// The list in which the first of these stands.
fn own_list(case: &NamespaceCase<'_>, own: &[&str]) -> Evidence {
    let meta = case.it.namespace.metadata.finalizers.as_deref();
    let meta = meta.unwrap_or_default();
    let is_in_meta = own
        .first()
        .is_some_and(|first| meta.iter().any(|one| one == first));
    if is_in_meta {
        return case.field("metadata.finalizers", meta.join(", "));
    }
    case.field("spec.finalizers", case.it.finalizers().join(", "))
}

/// When a pod was to be gone.
fn deletion(case: &NamespaceCase<'_>, pod: &PodView) -> Evidence {
    let time = pod.pod().metadata.deletion_timestamp.as_ref();
    let time = time.map(|time| time.0.to_string());
    case.field_of(
        pod.object(),
        "metadata.deletionTimestamp",
        time.unwrap_or_default(),
    )
}

const UNANSWERED: Sentence = say!(
    "namespace-stuck.unanswered",
    "namespace {namespace} was deleted {age} ago and cannot go: {apis|API|APIs} {apis} {apis|does|do} not answer, so that what of {apis|it|them} is left in it is not known[; of others there is {left}]"
);
const UNANSWERED_WHY: Sentence = say!(
    "namespace-stuck.unanswered-why",
    "a namespace goes when nothing is left in it of any kind, and its controller has to ask each API which kinds it has; this keeps every namespace that is deleted"
);
const UNDISCOVERED: Sentence = say!(
    "namespace-stuck.undiscovered",
    "namespace {namespace} was deleted {age} ago and cannot go: its controller cannot ask which kinds it may hold"
);
const UNDELETABLE: Sentence = say!(
    "namespace-stuck.undeletable",
    "namespace {namespace} was deleted {age} ago and cannot go: not all that is in it can be deleted[; left are {left}]"
);
const KEPT: Sentence = say!(
    "namespace-stuck.finalizers",
    "namespace {namespace} was deleted {age} ago and cannot go: {finalizers|finalizer|finalizers} {finalizers} {finalizers|keeps|keep} what is left in it[: {left}]"
);
const KEPT_WHY: Sentence = say!(
    "namespace-stuck.finalizers-why",
    "what is left was deleted as well, and each entry in its list of finalizers is taken away by the controller that put it there"
);
const LEFT: Sentence = say!(
    "namespace-stuck.left",
    "namespace {namespace} was deleted {age} ago and cannot go before what is left in it: {left}"
);
const OWN: Sentence = say!(
    "namespace-stuck.own",
    "namespace {namespace} was deleted {age} ago and cannot go: it has the {finalizers|finalizer|finalizers} {finalizers} of its own"
);
const OWN_WHY: Sentence = say!(
    "namespace-stuck.own-why",
    "nothing is left in it; what stands among its finalizers besides kubernetes is taken away by whoever put it there"
);
const PODS: Sentence = say!(
    "namespace-stuck.pods",
    "namespace {namespace} was deleted {age} ago and cannot go before its {pods|pod|pods} {pods}"
);
const PODS_WHY: Sentence = say!(
    "namespace-stuck.pods-why",
    "its controller deletes the pods first, and nothing else before the last of them is gone"
);
const SILENT: Sentence = say!(
    "namespace-stuck.silent",
    "namespace {namespace} was deleted {age} ago, and its controller does not say what keeps it"
);
const SILENT_WHY: Sentence = say!(
    "namespace-stuck.silent-why",
    "the controller, a part of kube-controller-manager, writes what is left into its conditions and takes the finalizer kubernetes away at the end"
);
