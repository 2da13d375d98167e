//! What follows from another diagnosis is told with it, once: the Service that has no endpoints with what keeps its pods from
//! being ready.

use super::merge::Merged;
use crate::report::Diagnosis;
use crate::rules::finding::Role;
use crate::snapshot::ObjectRef;
use std::collections::{BTreeMap, BTreeSet};

/// Those of which nothing that they follow from was diagnosed stand alone; the others, by the first link of what they follow
/// from.
pub(super) fn of(
    following: Vec<Merged>,
    diagnoses: &[Merged],
) -> (Vec<(Merged, Vec<String>)>, Vec<Merged>) {
    let mut known: BTreeMap<ObjectRef, Vec<String>> = BTreeMap::new();
    if !following.is_empty() {
        for one in diagnoses.iter().map(|merged| &merged.diagnosis) {
            for object in objects(one) {
                let fingerprints = known.entry(object).or_default();
                fingerprints.push(one.fingerprint.clone());
            }
        }
    }
    let (mut told, mut alone, mut firsts) = (Vec::new(), following, Vec::new());
    loop {
        let links = |merged: Merged| {
            let causes = merged.because_of.iter();
            let causes = causes.filter_map(|object| known.get(object)).flatten();
            let causes: Vec<String> = causes.cloned().collect();
            (merged, causes)
        };
        let linked = alone.into_iter().map(links);
        let (found, rest): (Vec<_>, Vec<_>) = linked.partition(|(_, causes)| !causes.is_empty());
        alone = rest.into_iter().map(|(merged, _)| merged).collect();
        if found.is_empty() {
            let others: BTreeSet<ObjectRef> = alone
                .iter()
                .flat_map(|one| objects(&one.diagnosis))
                .collect();
            let follows = |one: &Merged| one.because_of.iter().any(|it| others.contains(it));
            let (rest, first): (Vec<_>, Vec<_>) = alone.into_iter().partition(follows);
            let is_end = first.is_empty() || rest.is_empty();
            for one in first.iter().map(|merged| &merged.diagnosis) {
                for object in objects(one) {
                    let fingerprints = known.entry(object).or_default();
                    fingerprints.push(one.fingerprint.clone());
                }
            }
            firsts.extend(first);
            alone = rest;
            if is_end {
                firsts.extend(alone);
                return (told, firsts);
            }
            continue;
        }
        // what follows from these follows from the same
        for (merged, causes) in &found {
            for object in objects(&merged.diagnosis) {
                known.entry(object).or_default().extend(causes.clone());
            }
        }
        told.extend(found);
    }
}

/// What a diagnosis affects, with the workloads that it is of.
fn objects(diagnosis: &Diagnosis) -> impl Iterator<Item = ObjectRef> {
    diagnosis.affected.iter().flat_map(|affected| {
        let workload = affected.workload.clone().into_iter();
        workload.chain([affected.object()])
    })
}

/// Takes out what follows from these first: who comes later does not tell it again.
pub(super) fn take(
    following: &mut Vec<(Merged, Vec<String>)>,
    diagnoses: &[Diagnosis],
) -> Vec<Diagnosis> {
    let mut own = Vec::new();
    for (mut merged, causes) in std::mem::take(following) {
        let mut firsts = diagnoses.iter().map(|one| &one.fingerprint);
        match firsts.find(|fingerprint| causes.contains(fingerprint)) {
            Some(first) => {
                merged.diagnosis.role = Role::Consequence;
                merged.diagnosis.consequence_of = Some(first.clone());
                own.push(merged.diagnosis);
            }
            None => following.push((merged, causes)),
        }
    }
    own
}
