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
    let mut known = Known::default();
    if !following.is_empty() {
        diagnoses.iter().for_each(|merged| known.add_first(merged));
    }
    let (mut told, mut alone, mut left) = (Vec::new(), Vec::new(), following);
    while !left.is_empty() {
        let linked = left.into_iter().map(|merged| {
            let causes = known.causes(&merged);
            (merged, causes)
        });
        let (found, rest): (Vec<_>, Vec<_>) = linked.partition(|(_, causes)| !causes.is_empty());
        let rest = rest.into_iter().map(|(merged, _)| merged).collect();
        if found.is_empty() {
            let (first, rest) = first_links(rest);
            first.iter().for_each(|merged| known.add_first(merged));
            alone.extend(first);
            left = rest;
            continue;
        }
        for (merged, causes) in &found {
            known.add(merged, causes);
        }
        told.extend(found);
        left = rest;
    }
    (told, alone)
}

/// Those that follow from none of the others, apart from these; all where each follows from another.
fn first_links(all: Vec<Merged>) -> (Vec<Merged>, Vec<Merged>) {
    let of_all = all.iter().flat_map(|one| objects(&one.diagnosis));
    let of_all: BTreeSet<ObjectRef> = of_all.collect();
    let follows = |one: &Merged| one.because_of.iter().any(|it| of_all.contains(it));
    if all.iter().all(follows) {
        return (all, Vec::new());
    }
    let (rest, first) = all.into_iter().partition(follows);
    (first, rest)
}

/// By what each object is affected in the first place, by fingerprint.
#[derive(Default)]
struct Known(BTreeMap<ObjectRef, Vec<String>>);

impl Known {
    /// Adds what follows from nothing else.
    fn add_first(&mut self, merged: &Merged) {
        self.add(merged, std::slice::from_ref(&merged.diagnosis.fingerprint));
    }

    /// Adds what follows from these: what follows from it does, too.
    fn add(&mut self, merged: &Merged, causes: &[String]) {
        for object in objects(&merged.diagnosis) {
            self.0.entry(object).or_default().extend_from_slice(causes);
        }
    }

    fn causes(&self, merged: &Merged) -> Vec<String> {
        let because_of = merged.because_of.iter();
        let causes = because_of.filter_map(|object| self.0.get(object)).flatten();
        causes.cloned().collect()
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
