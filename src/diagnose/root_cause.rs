//! Root causes: diagnoses that are put right together are one, whichever workloads they hit.
//!
//! One host that does not resolve keeps the pods of eight Deployments from starting: eight diagnoses, each with its own
//! fix, and one root cause. What diagnoses must have in common is said by the rule ([`Root`]). Diagnoses of different
//! certainty stay apart: a root cause claims no more than each of its diagnoses proves.

use super::consequences;
use super::merge::{MergeKey, Merged};
use crate::report::{Diagnosis, RootCause, WorkloadReport};
use crate::rules::finding::{Certainty, Finding};
use crate::rules::{Layer, Root, UNEXPLAINED};
use crate::snapshot::ObjectRef;
use crate::text::Message;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the finding has in common with others of its root cause.
pub(super) fn shared(root: Root, finding: &Finding) -> Option<Message> {
    let Root::Facts(sentence) = root else {
        return None;
    };
    let mut facts = finding.facts.clone();
    if let Some(namespace) = &finding.subject.namespace {
        facts
            .0
            .entry("namespace")
            .or_insert_with(|| namespace.as_str().into());
    }
    Some(Message::with(sentence, &[&facts])).filter(Message::is_whole)
}

/// Survives a new pod of the same workload, and changes with the cause and what decides it: the start of the SHA-256 of both.
pub(super) fn fingerprint(key: &MergeKey, merged: &Merged) -> String {
    let (cause, subject, _, container, nth, _) = key;
    let args = merged.shared.as_ref().map(|message| &message.args);
    let mut text = format!("{cause}\n{subject}\n{container:?}\n{nth}\n{args:?}");
    if let Some(old) = &merged.diagnosis.old_revision {
        let _ = write!(text, "\n{old}");
    }
    digest(&text)
}

/// As [`fingerprint`], of what no rule explains: the layer is all that is known of why.
pub(super) fn fingerprint_unexplained(subject: &ObjectRef, layer: Layer) -> String {
    digest(&format!("{UNEXPLAINED}\n{subject}\n{layer}"))
}

fn digest(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let start = digest.as_ref().iter().take(8);
    start.fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What makes diagnoses of a cause one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum KnownBy {
    /// What the rule says they have in common.
    Shared(Message),
    /// The same sentence with the same facts: of what a scheduler refuses that is all there is to know.
    Said(Message),
    /// The object to change.
    Subject(ObjectRef),
}

/// A cause, and what it is known by.
type RootKey = (&'static str, Certainty, KnownBy);

fn known_by(merged: &Merged) -> KnownBy {
    let diagnosis = &merged.diagnosis;
    match &merged.shared {
        Some(shared) => KnownBy::Shared(shared.clone()),
        None if diagnosis.layer == Layer::Scheduling => KnownBy::Said(diagnosis.message.clone()),
        None => KnownBy::Subject(diagnosis.subject.clone()),
    }
}

/// The diagnoses by root cause, in the order in which a person should read them: what is held on purpose behind what is
/// wrong, and what has ended behind both; first where nothing serves; certain before likely, earlier layer before
/// later, the present revision before an old one, more objects before fewer, then names.
pub(super) fn in_order(
    diagnoses: impl Iterator<Item = Merged>,
    workloads: &[WorkloadReport],
) -> (Vec<RootCause>, Vec<Diagnosis>) {
    let (following, diagnoses): (Vec<Merged>, Vec<Merged>) =
        diagnoses.partition(|merged| !merged.because_of.is_empty());
    let (following, alone) = consequences::of(following, &diagnoses);
    let mut roots: BTreeMap<RootKey, Vec<Merged>> = BTreeMap::new();
    for merged in diagnoses.into_iter().chain(alone) {
        let key = (
            merged.diagnosis.cause,
            merged.diagnosis.certainty,
            known_by(&merged),
        );
        roots.entry(key).or_default().push(merged);
    }
    let root = |merged| root_cause(merged, workloads);
    let mut roots: Vec<(u32, RootCause, Vec<Diagnosis>)> =
        roots.into_values().filter_map(root).collect();
    let is_old = |all: &[Diagnosis]| all.iter().all(|one| one.old_revision.is_some());
    // the map's own order, by name, decides what is left
    roots.sort_by_key(|(rank, root, all)| {
        (
            root.ended,
            root.role,
            root.serve_nothing == 0,
            root.certainty,
            root.layer,
            is_old(all),
            Reverse(root.affected),
            *rank,
        )
    });
    let mut causes = Vec::new();
    let mut all = Vec::new();
    let mut following = following;
    for (_, mut root, diagnoses) in roots {
        let own = consequences::take(&mut following, &diagnoses);
        root.follow(&own);
        causes.push(root);
        all.extend(diagnoses);
        all.extend(own);
    }
    (causes, all)
}

fn root_cause(
    merged: Vec<Merged>,
    workloads: &[WorkloadReport],
) -> Option<(u32, RootCause, Vec<Diagnosis>)> {
    let rank = merged.iter().map(|one| one.rank).min()?;
    let shared = merged.first()?.shared.clone();
    let diagnoses: Vec<Diagnosis> = merged.into_iter().map(|one| one.diagnosis).collect();
    let root = RootCause::of(&diagnoses, shared.as_ref(), workloads)?;
    Some((rank, root, diagnoses))
}
