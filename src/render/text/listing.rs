//! The report as something to choose from: the rows of a scan, each of which can be shown in full.

use super::block::{Block, blocks};
use super::unexplained::{Group, groups};
use super::{each_in_full, ended, ending, overview, unexplained};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::wrap::wrap;
use crate::render::writer::Writer;
use crate::report::Report;

/// What there is to choose from.
pub(in crate::render) struct Listing {
    /// What stands above the columns.
    pub(in crate::render) titles: Option<Line>,
    /// What keeps something stuck, the most harmful first; then what has ended and is only kept.
    pub(in crate::render) entries: Vec<Listed>,
}

/// One that can be chosen.
pub(in crate::render) struct Listed {
    /// What it is known by.
    pub(in crate::render) fingerprints: Vec<String>,
    pub(in crate::render) lines: Vec<Line>,
    /// What stands above it and those that follow.
    pub(in crate::render) title: Option<Line>,
}

/// The report's blocks and groups, those that have ended apart.
struct Parts<'r> {
    blocks: Vec<Block<'r>>,
    groups: Vec<Group<'r>>,
    ended: Vec<Block<'r>>,
    ended_groups: Vec<Group<'r>>,
}

impl<'r> Parts<'r> {
    fn of(report: &'r Report) -> Self {
        let blocks = blocks(report, false).into_iter();
        let (ended, blocks) = blocks.partition(Block::has_ended);
        let groups = groups(report).into_iter();
        let (ended_groups, groups) = groups.partition(Group::has_ended);
        Parts {
            blocks,
            groups,
            ended,
            ended_groups,
        }
    }
}

/// The rows that fit the writer.
pub(in crate::render) fn listing(writer: &Writer, report: &Report) -> Listing {
    let parts = Parts::of(report);
    let rows = overview::rows_of(report, &parts.blocks, &parts.groups);
    let (titles, lines) = overview::laid_out(writer, &rows);
    let stuck = rows.iter().zip(lines).map(|(row, lines)| Listed {
        fingerprints: row
            .blocks
            .iter()
            .flat_map(of_block)
            .chain(row.unexplained.iter().flat_map(|group| of_group(group)))
            .collect(),
        lines,
        title: None,
    });
    let room = writer.room(0);
    let wrapped = |line: &Line| wrap(line, room, room.saturating_sub(4));
    let hanging = |(at, line): (usize, Line)| {
        if at == 0 {
            line
        } else {
            Line::new().pad(4).append(&line)
        }
    };
    let kept = |fingerprints: Vec<String>, line: &Line| Listed {
        fingerprints,
        lines: wrapped(line).into_iter().enumerate().map(hanging).collect(),
        title: None,
    };
    let ended = parts
        .ended
        .iter()
        .map(|block| kept(of_block(block), &ended::of_block(writer, block)));
    let ended_groups = parts
        .ended_groups
        .iter()
        .map(|group| kept(of_group(group), &ended::of_group(writer, group)));
    let mut ended: Vec<Listed> = ended.chain(ended_groups).collect();
    if let Some(first) = ended.first_mut() {
        first.title = Some(Line::of(Style::Label, &writer.word(ended::TITLE)));
    }
    let titles = titles.filter(|_| !rows.is_empty());
    Listing {
        titles,
        entries: stuck.chain(ended).collect(),
    }
}

/// Writes in full what is known by that; says whether there is any.
pub(in crate::render) fn in_full(writer: &mut Writer, report: &Report, fingerprint: &str) -> bool {
    let parts = Parts::of(report);
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut groups: Vec<&Group<'_>> = Vec::new();
    for row in overview::rows_of(report, &parts.blocks, &parts.groups) {
        let unexplained = row
            .unexplained
            .filter(|group| has(&of_group(group), fingerprint));
        groups.extend(unexplained);
        if row
            .blocks
            .iter()
            .any(|block| has(&of_block(block), fingerprint))
        {
            blocks.extend(row.blocks);
        }
    }
    let ended = parts.ended.iter();
    blocks.extend(ended.filter(|block| has(&of_block(block), fingerprint)));
    let ended = parts.ended_groups.iter();
    groups.extend(ended.filter(|group| has(&of_group(group), fingerprint)));
    each_in_full(writer, report, &blocks, &[]);
    for group in &groups {
        unexplained::write(writer, report, group);
    }
    !(blocks.is_empty() && groups.is_empty())
}

/// Writes what the rows do not tell.
pub(in crate::render) fn beside(writer: &mut Writer, report: &Report) {
    ending::without_summary(writer, report);
}

/// What it comes to.
pub(in crate::render) fn verdict(writer: &Writer, report: &Report) -> Line {
    ending::verdict_line(writer, report)
}

fn of_block(block: &Block<'_>) -> Vec<String> {
    let all = block.diagnoses.iter();
    all.map(|one| one.fingerprint.clone()).collect()
}

fn of_group(group: &Group<'_>) -> Vec<String> {
    let all = group.all.iter();
    all.map(|one| one.fingerprint.clone()).collect()
}

fn has(fingerprints: &[String], wanted: &str) -> bool {
    fingerprints.iter().any(|one| one == wanted)
}
