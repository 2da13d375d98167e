//! What is told together: a root cause with the diagnoses of the workloads that it hits.

use crate::report::{Affected, Diagnosis, ObjectKey, Report, RootCause, told};
use crate::snapshot::ObjectRef;
use crate::text::Message;
use std::collections::{BTreeMap, BTreeSet};

/// A root cause, or the part of it that is told at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'r> {
    pub(super) root: &'r RootCause,
    /// The one that is told, which stands for the others.
    pub(super) first: &'r Diagnosis,
    /// All of them.
    pub(super) diagnoses: &'r [Diagnosis],
    /// What follows from those of the root cause.
    following: &'r [Diagnosis],
}

impl<'r> Block<'r> {
    /// What is wrong.
    pub(super) fn headline(&self) -> &'r Message {
        match self.diagnoses {
            [_] => &self.first.message,
            _ => &self.root.message,
        }
    }

    /// What follows from its diagnoses.
    pub(super) fn consequences(&self) -> Vec<&'r Diagnosis> {
        let is_own = |one: &&Diagnosis| {
            let mut own = self.diagnoses.iter();
            own.any(|other| one.consequence_of.as_ref() == Some(&other.fingerprint))
        };
        self.following.iter().filter(is_own).collect()
    }

    /// Whether all that it concerns has ended for good and is only kept.
    pub(super) fn has_ended(&self) -> bool {
        self.each().iter().all(|one| one.ended)
    }

    /// The objects that it keeps stuck, each once.
    pub(super) fn affected(&self) -> Vec<&'r Affected> {
        let mut objects: BTreeMap<ObjectKey<'_>, &Affected> = BTreeMap::new();
        for one in self.each() {
            objects.entry(one.key()).or_insert(one);
        }
        objects.into_values().collect()
    }

    /// The same, an object as often as it has containers in trouble.
    pub(super) fn each(&self) -> Vec<&'r Affected> {
        let all = self.diagnoses.iter().flat_map(|one| &one.affected);
        all.collect()
    }

    /// Which objects those are.
    pub(super) fn objects(&self) -> BTreeSet<ObjectKey<'r>> {
        self.affected().into_iter().map(Affected::key).collect()
    }

    /// The workloads that it hits; of bare pods, and of what is no workload's, the objects themselves.
    pub(super) fn workloads(&self) -> BTreeSet<ObjectRef> {
        let affected = self.affected().into_iter();
        let known = affected.map(|one| one.workload.clone().unwrap_or_else(|| one.object()));
        known.collect()
    }
}

/// The blocks in the report's order; in `whole` one for each diagnosis. Those about the same objects stand together, since a
/// contributing cause can be far less certain than what it contributes to, and people want one place to read about a pod.
pub(super) fn blocks(report: &Report, whole: bool) -> Vec<Block<'_>> {
    let mut rest = report.diagnoses.as_slice();
    let mut known: BTreeMap<BTreeSet<ObjectKey<'_>>, usize> = BTreeMap::new();
    let mut together: Vec<Vec<Block<'_>>> = Vec::new();
    for root in &report.root_causes {
        let (own, others) = rest.split_at(root.diagnoses.len().min(rest.len()));
        rest = others;
        let (own, following) = told(own);
        for diagnoses in own.chunks(if whole { 1 } else { own.len().max(1) }) {
            let Some(first) = diagnoses.first() else {
                continue;
            };
            let block = Block {
                root,
                first,
                diagnoses,
                following,
            };
            let at = *known.entry(block.objects()).or_insert(together.len());
            match together.get_mut(at) {
                Some(group) => group.push(block),
                None => together.push(vec![block]),
            }
        }
    }
    together.concat()
}
