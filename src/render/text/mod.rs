//! `-o text`: the report for a person who has to act on it.
//!
//! Few root causes, or what was named, have a block each: what is wrong, what to do, then how it is known. A scan that finds much
//! is a table, a root cause a row, and says how to see one in full; `-o wide` shows everything. The numbers come last, where the
//! screen still shows them. Each line makes sense alone, so that one can be quoted in a chat. One file a part; the order of parts
//! is here and in `diagnosis`.

mod agreement;
mod block;
mod columns;
mod consequences;
mod contributing;
mod diagnosis;
mod ended;
mod ending;
mod evidence;
mod failure_group;
mod failures;
mod fixes;
mod head;
mod hidden;
mod image;
mod ladder;
pub(super) mod listing;
mod margin;
mod names;
mod nodes;
mod numbers;
mod origin;
pub(super) mod outline;
mod overview;
mod quote;
mod rows;
mod serving;
mod shown;
mod spelled;
mod standing;
mod unexplained;
mod unread;
mod values;
mod volumes;

pub(super) use ending::no_pods;

use super::Layout;
use super::writer::{Detail, Writer};
use crate::report::{Diagnosis, Report};
use block::{Block, blocks};
use unexplained::Group;

/// More root causes than this are a table, unless what they are about was named.
const FEW: usize = 3;
/// As many of what was named.
const FEW_NAMED: usize = 10;

/// The report for people.
pub fn text(report: &Report, layout: Layout) -> String {
    let mut writer = Writer::new(layout, Detail::Short);
    lay_out(&mut writer, report);
    writer.finish()
}

/// What is waited for.
pub fn awaited(report: &Report, layout: Layout) -> String {
    let mut writer = Writer::new(layout, Detail::Short);
    ending::awaited(&mut writer, &report.awaited);
    writer.finish()
}

/// Everything from the first block or row to the summary.
pub(super) fn lay_out(writer: &mut Writer, report: &Report) {
    let mut blocks = blocks(report, writer.whole());
    let named = report
        .scope
        .targets
        .iter()
        .any(|target| target.contains('/'));
    let few = if named { FEW_NAMED } else { FEW };
    let mut unexplained = unexplained::groups(report);
    let apart = !(named || writer.whole());
    let ended: Vec<_> = blocks.extract_if(.., |block| block.has_ended()).collect();
    let ended_unexplained: Vec<_> = unexplained
        .extract_if(.., |group| group.has_ended())
        .collect();
    let in_full = writer.whole() || blocks.len() + unexplained.len() <= few;
    if in_full {
        each_in_full(writer, report, &blocks, &unexplained);
    } else {
        overview::write(writer, report, &blocks, &unexplained);
    }
    if apart {
        ended::write(writer, &ended, &ended_unexplained);
    } else {
        each_in_full(writer, report, &ended, &ended_unexplained);
    }
    ending::write(writer, report);
    if !in_full {
        overview::in_full(writer, &blocks, &unexplained);
    }
}

fn each_in_full(
    writer: &mut Writer,
    report: &Report,
    blocks: &[Block<'_>],
    unexplained: &[Group<'_>],
) {
    let mut above: Vec<&Diagnosis> = Vec::new();
    for block in blocks {
        above.retain(|other| contributing::affect_the_same(other, block.first));
        diagnosis::write(writer, report, block, &above);
        above.push(block.first);
    }
    for group in unexplained {
        unexplained::write(writer, report, group);
    }
}
