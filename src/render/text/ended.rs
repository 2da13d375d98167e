//! Pods that have ended and are only kept: one line each, apart from what waits for something.

use super::block::Block;
use super::consequences;
use super::diagnosis::certainty;
use super::unexplained::Group;
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::Affected;
use crate::rules::UNEXPLAINED;
use crate::rules::finding::Certainty;
use crate::text::{Fact, Message, Seconds, Sentence, say};

/// Lines.
const LINES: usize = 5;
/// Objects that a line names.
const OBJECTS: usize = 3;

/// What stands above them.
pub(super) const TITLE: Sentence = say!("text.ended.title", "ended and kept:");

/// Writes a line a root cause, with what follows from it, and one an owner of what nothing explains.
pub(super) fn write(writer: &mut Writer, blocks: &[Block<'_>], groups: &[Group<'_>]) {
    let diagnosed = blocks.iter().flat_map(|block| {
        let following = consequences::lines(writer, block);
        [of_block(writer, block)].into_iter().chain(following)
    });
    let unexplained = groups.iter().map(|group| of_group(writer, group));
    let lines: Vec<Line> = diagnosed.chain(unexplained).collect();
    if lines.is_empty() {
        return;
    }
    writer.blank_line();
    let title = writer.word(TITLE);
    writer.line(&Line::of(Style::Label, &title));
    for line in lines.iter().take(LINES) {
        writer.paragraph(&Line::new().pad(2), &Line::new().pad(4), line);
    }
    let left = lines.len().saturating_sub(LINES);
    if left > 0 {
        let words = Message::new(say!("text.ended.more", "+ {left} more with -o wide"));
        let words = writer.says(&words.fact("left", left));
        writer.line(&Line::new().pad(2).with(Style::Faint, &words));
    }
}

/// `pod/web-1 -n shop: evicted: 3h ago, node worker-1 ran short of memory and evicted the pod`
pub(super) fn of_block(writer: &Writer, block: &Block<'_>) -> Line {
    let cause = certainty(writer, block.root.cause, block.root.certainty);
    line(writer, &block.affected(), &cause, block.headline())
}

/// The same of what no rule explains.
pub(super) fn of_group(writer: &Writer, group: &Group<'_>) -> Line {
    let cause = certainty(writer, UNEXPLAINED, Certainty::Proven);
    line(writer, &group.affected(), &cause, &group.headline())
}

fn line(writer: &Writer, affected: &[&Affected], cause: &Line, headline: &Message) -> Line {
    let objects: Vec<_> = affected.iter().map(|one| one.object()).collect();
    let age = affected.iter().filter_map(|one| one.since_seconds).max();
    let said = Message::new(say!("text.ended.line", "[{age} ago, ]{headline}"))
        .fact_if("age", age.map(Seconds).map(Fact::from))
        .fact("headline", headline.clone());
    Line::of(Style::Object, &arguments(writer, &objects, OBJECTS))
        .plain(": ")
        .append(cause)
        .plain(": ")
        .prose(Style::Plain, &writer.says(&said))
}
