//! What follows from another diagnosis is told with it, once: the Service that has no endpoints with what keeps its pods from
//! being ready.

use super::merge::Merged;
use crate::report::Diagnosis;
use crate::rules::finding::Role;
use crate::snapshot::ObjectRef;
use std::collections::BTreeMap;

/// Those of which nothing that they follow from was diagnosed stand alone; the others, by what they follow from.
pub(super) fn of(
    following: Vec<Merged>,
    diagnoses: &[Merged],
) -> (Vec<(Merged, Vec<String>)>, Vec<Merged>) {
    let mut known: BTreeMap<ObjectRef, Vec<&str>> = BTreeMap::new();
    if !following.is_empty() {
        for one in diagnoses.iter().map(|merged| &merged.diagnosis) {
            for affected in &one.affected {
                let objects = affected.workload.clone().into_iter();
                for object in objects.chain([affected.object()]) {
                    known.entry(object).or_default().push(&one.fingerprint);
                }
            }
        }
    }
    let (mut told, mut alone) = (Vec::new(), Vec::new());
    for merged in following {
        let causes = merged.because_of.iter();
        let causes = causes.filter_map(|object| known.get(object)).flatten();
        let causes: Vec<String> = causes
            .map(|fingerprint| (*fingerprint).to_owned())
            .collect();
        if causes.is_empty() {
            alone.push(merged);
        } else {
            told.push((merged, causes));
        }
    }
    (told, alone)
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
