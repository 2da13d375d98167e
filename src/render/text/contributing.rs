//! Causes that contribute to the same trouble: diagnoses of the same objects stand together, and say once what they share.
//!
//! The report orders diagnoses by certainty, so a likely cause can stand far below a proven one of the
//! same pod; scripts want that order, and people one place to read about a pod.

use super::shown;
use crate::render::terms;
use crate::report::{Diagnosis, FixReport};
use crate::snapshot::{Evidence, ObjectRef};
use crate::text::{Message, say};
use std::collections::BTreeMap;

/// The diagnoses, each behind the first that is about the same objects.
pub(super) fn together(diagnoses: &[Diagnosis]) -> Vec<&Diagnosis> {
    let mut known: BTreeMap<(&ObjectRef, Vec<ObjectKey<'_>>), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<&Diagnosis>> = Vec::new();
    for diagnosis in diagnoses {
        let key = (&diagnosis.subject, affected(diagnosis));
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(diagnosis),
            None => groups.push(vec![diagnosis]),
        }
    }
    groups.concat()
}

/// Whether the same objects are stuck, in whichever container.
pub(super) fn affect_the_same(one: &Diagnosis, other: &Diagnosis) -> bool {
    affected(one) == affected(other)
}

/// A kind, a namespace and a name.
type ObjectKey<'a> = (&'a str, Option<&'a str>, &'a str);

fn affected(diagnosis: &Diagnosis) -> Vec<ObjectKey<'_>> {
    let objects = diagnosis.affected.iter();
    objects
        .map(|object| {
            (
                object.kind.as_str(),
                object.namespace.as_deref(),
                object.name.as_str(),
            )
        })
        .collect()
}

/// What blocks above a block about the same objects have shown already.
#[derive(Debug, Default)]
pub(super) struct Above<'a> {
    /// Those whose objects are stuck at the same layer, and have passed the others by the same evidence.
    blocks: Vec<&'a Diagnosis>,
    /// Whether everything was shown.
    whole: bool,
}

impl<'a> Above<'a> {
    /// What `diagnosis` need not repeat. One at another layer is told in full.
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
            let mut quotes = shown::quotes(&block.proof, &block.evidence, self.whole);
            quotes.any(|quote| quote == evidence)
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
        blocks.any(|block| shown::fixes(&block.fixes, self.whole).contains(fix))
    }

    /// `stuck at scheduling, as above, with the same quote and nodes`
    pub(super) fn message(&self, diagnosis: &Diagnosis) -> Message {
        let same = match (self.quoted(&diagnosis.proof), self.has_nodes(diagnosis)) {
            (false, false) => None,
            (true, false) => Some(say!("text.above.quote", "quote")),
            (false, true) => Some(say!("text.above.nodes", "nodes")),
            (true, true) => Some(say!("text.above.quote-and-nodes", "quote and nodes")),
        };
        let sentence = say!(
            "text.above.stuck",
            "stuck at {layer}, as above[, with the same {same}]"
        );
        Message::new(sentence)
            .fact("layer", terms::layer(diagnosis.next.layer))
            .fact_if("same", same)
    }
}
