//! What follows from a diagnosis, and comes right with it.

use super::block::Block;
use super::margin::label;
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{Affected, Diagnosis};
use crate::snapshot::ObjectRef;
use crate::text::{Message, Sentence, say};
use std::collections::BTreeSet;

/// The most objects that are named.
const NAMED: usize = 3;

/// The name of what follows.
pub(super) const SO: Sentence = say!("text.consequences.so", "so");

/// `svc/web: no endpoints, since none of its 3 pods is ready`
pub(super) fn lines(writer: &Writer, block: &Block<'_>) -> Vec<Line> {
    let mut alike: Vec<(&Message, Vec<&Diagnosis>)> = Vec::new();
    for one in block.consequences() {
        match alike.iter_mut().find(|(said, _)| **said == one.message) {
            Some((_, all)) => all.push(one),
            None => alike.push((&one.message, vec![one])),
        }
    }
    let line = |(said, all): (&Message, Vec<&Diagnosis>)| {
        let affected = all.iter().flat_map(|one| &one.affected);
        let known = |one: &Affected| one.workload.clone().unwrap_or_else(|| one.object());
        let objects: BTreeSet<ObjectRef> = affected.map(known).collect();
        let words = Message::new(say!("text.consequences.line", "{objects}: {headline}"))
            .fact("objects", arguments(writer, &objects, NAMED))
            .fact("headline", said.clone());
        Line::new().prose(Style::Plain, &writer.says(&words))
    };
    alike.into_iter().map(line).collect()
}

pub(super) fn write(writer: &mut Writer, block: &Block<'_>) {
    let mut start = label(&writer.word(SO));
    for line in lines(writer, block) {
        writer.hanging_indent(&std::mem::replace(&mut start, label("")), &line);
    }
}
