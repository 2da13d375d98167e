//! What stands above a block about the same objects is not said again.

use super::shown;
use crate::render::terms;
use crate::report::{Affected, Diagnosis, FixReport};
use crate::snapshot::Evidence;
use crate::text::{Message, say};

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

/// Whether the same objects are stuck, in whichever container.
pub(super) fn affect_the_same(one: &Diagnosis, other: &Diagnosis) -> bool {
    let one = one.affected.iter().map(Affected::key);
    one.eq(other.affected.iter().map(Affected::key))
}
