//! Pods that have ended and are only kept: one line each, apart from what waits for something.

use super::block::Block;
use super::diagnosis::certainty;
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::text::{Fact, Message, Seconds, say};

/// Lines.
const LINES: usize = 5;
/// Objects that a line names.
const OBJECTS: usize = 3;

/// Writes a line a root cause.
pub(super) fn write(writer: &mut Writer, blocks: &[Block<'_>]) {
    if blocks.is_empty() {
        return;
    }
    writer.blank_line();
    let title = writer.word(say!("text.ended.title", "ended and kept:"));
    writer.line(&Line::of(Style::Label, &title));
    for block in blocks.iter().take(LINES) {
        let objects: Vec<_> = block.affected().iter().map(|one| one.object()).collect();
        let age = block.root.longest_seconds.map(Seconds).map(Fact::from);
        let said = Message::new(say!("text.ended.line", "[{age} ago, ]{headline}"))
            .fact_if("age", age)
            .fact("headline", block.headline().clone());
        let line = Line::of(Style::Object, &arguments(writer, &objects, OBJECTS))
            .plain(": ")
            .append(&certainty(writer, block.root.cause, block.root.certainty))
            .plain(" ")
            .prose(Style::Plain, &writer.says(&said));
        writer.paragraph(&Line::new().pad(2), &Line::new().pad(4), &line);
    }
    let left = blocks.len().saturating_sub(LINES);
    if left > 0 {
        let words = Message::new(say!("text.ended.more", "+ {left} more with -o wide"));
        let words = writer.says(&words.fact("left", left));
        writer.line(&Line::new().pad(2).with(Style::Faint, &words));
    }
}
