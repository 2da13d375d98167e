//! Diagnoses of the same object and pods stand together, and say once what they share.
//!
//! The report orders diagnoses by certainty, so a likely cause can stand far below a proven one of the
//! same pod; scripts want that order, and people one place to read about a pod.

use super::{evidence, fixes};
use crate::report::{Diagnosis, FixReport};
use crate::snapshot::Evidence;
use crate::snapshot::ObjectRef;
use std::collections::BTreeMap;

/// The diagnoses, each behind the first of its object and pods.
pub(super) fn together(diagnoses: &[Diagnosis]) -> Vec<&Diagnosis> {
    let mut known: BTreeMap<(&ObjectRef, Names<'_>), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Diagnosis>> = Vec::new();
    for diagnosis in diagnoses {
        let key = (&diagnosis.subject, names(diagnosis));
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(diagnosis),
            None => groups.push(vec![diagnosis]),
        }
    }
    groups.concat()
}

/// Whether they are about the same objects.
pub(super) fn same_pods(one: &Diagnosis, other: &Diagnosis) -> bool {
    names(one) == names(other)
}

/// Objects, by kind, namespace and name.
type Names<'a> = Vec<(&'a str, &'a str, &'a str)>;

fn names(diagnosis: &Diagnosis) -> Names<'_> {
    let objects = diagnosis.affected.iter();
    objects
        .map(|object| {
            let namespace = object.namespace.as_deref().unwrap_or_default();
            (object.kind.as_str(), namespace, object.name.as_str())
        })
        .collect()
}

/// What blocks above a block about the same pods have shown already.
#[derive(Debug, Default)]
pub(super) struct Above<'a> {
    /// Those whose pods are stuck in the same place, on the same evidence of passage.
    blocks: Vec<&'a Diagnosis>,
    /// Whether everything was shown.
    whole: bool,
}

impl<'a> Above<'a> {
    /// What `diagnosis` need not repeat. Pods that are stuck elsewhere are told in full.
    pub(super) fn of(diagnosis: &Diagnosis, above: &[&'a Diagnosis], whole: bool) -> Self {
        let same = |other: &&&Diagnosis| other.ladder == diagnosis.ladder;
        Above {
            blocks: above.iter().filter(same).copied().collect(),
            whole,
        }
    }

    /// Whether there is no such block.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Whether a block quoted it.
    pub(super) fn quoted(&self, evidence: &Evidence) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| {
            let mut shown = evidence::shown(&block.proof, &block.evidence, self.whole);
            shown.any(|shown| shown == evidence)
        })
    }

    /// Whether a block has the same table of nodes.
    pub(super) fn has_nodes(&self, diagnosis: &Diagnosis) -> bool {
        let mut blocks = self.blocks.iter();
        !diagnosis.nodes.is_empty() && blocks.any(|block| block.nodes == diagnosis.nodes)
    }

    /// Whether a block compared with the scheduler in the same way.
    pub(super) fn has_agreement(&self, diagnosis: &Diagnosis) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| block.agreement == diagnosis.agreement)
    }

    /// Whether a block offered the same change.
    pub(super) fn offered(&self, fix: &FixReport) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| fixes::shown(&block.fixes, self.whole).contains(fix))
    }

    /// `stuck at scheduling, as above, with the same quote and nodes`
    pub(super) fn words(&self, diagnosis: &Diagnosis) -> String {
        let words = format!("stuck at {}, as above", diagnosis.next.layer);
        match (self.quoted(&diagnosis.proof), self.has_nodes(diagnosis)) {
            (false, false) => words,
            (true, false) => format!("{words}, with the same quote"),
            (false, true) => format!("{words}, with the same nodes"),
            (true, true) => format!("{words}, with the same quote and nodes"),
        }
    }
}
