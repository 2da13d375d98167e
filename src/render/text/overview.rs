//! When much is wrong: a row a root cause, with what it hits in a form that can be pasted.

use super::block::Block;
use super::diagnosis::certainty;
use super::head::kind_nouns;
use super::serving;
use super::unexplained::Group;
use crate::kubernetes::text::truncate_width;
use crate::render::arguments::{arguments, breakable};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::table::Table;
use crate::render::wrap::wrap;
use crate::render::writer::Writer;
use crate::report::{Affected, ObjectKey, Report, RootCause};
use crate::rules::finding::{Certainty, Role};
use crate::rules::{Layer, UNEXPLAINED};
use crate::snapshot::ObjectRef;
use crate::text::{Fact, Message, Seconds, say};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// With more rows than this, those of one cause become one.
const ROWS: usize = 12;
/// Rows of one cause that stay apart even then.
const ALIKE: usize = 2;
/// Objects that a row names.
const OBJECTS: usize = 3;
/// Lines of a headline.
const LINES: usize = 2;
/// The columns of a headline beside the others; with less it goes below them.
const BESIDE: usize = 48;

/// A row: what is wrong, and what it hits.
pub(super) struct Row<'r> {
    /// What is told of it in full.
    pub(super) blocks: Vec<Block<'r>>,
    pub(super) unexplained: Option<&'r Group<'r>>,
    causes: Vec<(&'static str, Certainty)>,
    headline: Message,
    affected: Vec<&'r Affected>,
    objects: BTreeSet<ObjectRef>,
    /// What decides the order before how many are hit, as in the report.
    rank: Rank,
    /// Other root causes of the same cause that are told by this row.
    alike: usize,
    serving: Option<Message>,
}

/// Held on purpose or not, whether something serves, how sure, and where.
type Rank = (Role, bool, Certainty, Layer);

fn rank(root: &RootCause) -> Rank {
    (
        root.role,
        root.serve_nothing == 0,
        root.certainty,
        root.layer,
    )
}

/// Writes the table.
pub(super) fn write(
    writer: &mut Writer,
    report: &Report,
    blocks: &[Block<'_>],
    unexplained: &[Group<'_>],
) {
    let rows = rows_of(report, blocks, unexplained);
    let (titles, rows) = laid_out(writer, &rows);
    for line in titles.into_iter().chain(rows.into_iter().flatten()) {
        writer.line(&line);
    }
}

/// The rows, the most harmful first.
pub(super) fn rows_of<'r>(
    report: &Report,
    blocks: &[Block<'r>],
    unexplained: &'r [Group<'r>],
) -> Vec<Row<'r>> {
    let mut rows = rows(blocks);
    if rows.len() + unexplained.len() > ROWS {
        rows = by_cause(rows);
    }
    rows.sort_by_key(|row| (row.rank, Reverse(row.affected.len())));
    rows.extend(unexplained.iter().map(of_unexplained));
    for row in &mut rows {
        row.serving = serving::message(report, &row.objects);
    }
    rows
}

/// The titles, and the lines of each row.
pub(super) fn laid_out(writer: &Writer, rows: &[Row<'_>]) -> (Option<Line>, Vec<Vec<Line>>) {
    let room = writer.room(0);
    let beside = table(writer, rows, true);
    if beside.left_for_last(room) >= BESIDE {
        beside.apart(room)
    } else {
        below(writer, rows)
    }
}

/// The table; what is wrong is its last column, or goes below the others.
fn table(writer: &Writer, rows: &[Row<'_>], beside: bool) -> Table {
    let titles = [
        say!("text.overview.stuck", "STUCK"),
        say!("text.overview.for", "FOR"),
        say!("text.overview.cause", "CAUSE"),
        say!("text.overview.objects", "OBJECTS"),
        say!("text.overview.what", "WHAT"),
    ];
    let shown = if beside { 5 } else { 3 };
    let titles = titles.into_iter().take(shown);
    let mut table = Table::new(titles.map(|title| writer.word(title)));
    for row in rows {
        let first = [
            Line::new().plain(&writer.says(&stuck(&row.affected))),
            age(writer, &row.affected),
        ];
        let rest = if beside {
            vec![
                causes(writer, row),
                objects(writer, row),
                headline(writer, row),
            ]
        } else {
            vec![Line::new()]
        };
        table.row(first.into_iter().chain(rest).collect());
    }
    table
}

/// The lines of a narrow table: what is wrong stands below its cause.
fn below(writer: &Writer, rows: &[Row<'_>]) -> (Option<Line>, Vec<Vec<Line>>) {
    let table = table(writer, rows, false);
    let room = writer.room(0);
    let left = table.left_for_last(room);
    let (titles, starts) = table.apart(room);
    let with_words = |(row, start): (&Row<'_>, Vec<Line>)| {
        let (causes, objects) = (causes(writer, row), objects(writer, row));
        let headline = clipped(wrap(&headline(writer, row), left, left), left);
        let head = causes.clone().plain("  ").append(&objects);
        let own = if head.width() <= left {
            std::iter::once(head).chain(headline).collect::<Vec<_>>()
        } else {
            let causes = wrap(&causes, left, left).into_iter();
            let objects = wrap(&objects, left, left);
            causes.chain(headline).chain(objects).collect()
        };
        let mut first = start.into_iter().next().unwrap_or_default();
        let start = room.saturating_sub(left);
        let line = |line: &Line| std::mem::take(&mut first).pad(start).append(line);
        own.iter().map(line).collect()
    };
    (titles, rows.iter().zip(starts).map(with_words).collect())
}

fn objects(writer: &Writer, row: &Row<'_>) -> Line {
    let line = breakable(&arguments(writer, &row.objects, OBJECTS));
    match &row.serving {
        Some(serving) => line.plain("; ").plain(&writer.says(serving)),
        None => line,
    }
}

fn clipped(mut lines: Vec<Line>, room: usize) -> Vec<Line> {
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            let text = last.text();
            let fits = last.width() + 2 <= room;
            let kept = text.rsplit_once(' ').filter(|_| !fits);
            let kept = kept.map_or(text.as_str(), |(before, _)| before);
            *last = Line::new().plain(&truncate_width(&format!("{kept} …"), room));
        }
    }
    lines
}

fn rows<'r>(blocks: &[Block<'r>]) -> Vec<Row<'r>> {
    let mut rows: Vec<Row<'r>> = Vec::new();
    let mut told: Vec<BTreeSet<ObjectKey<'r>>> = Vec::new();
    for block in blocks {
        let objects = block.objects();
        let beside = told.iter().position(|told| objects.is_subset(told));
        let cause = (block.root.cause, block.root.certainty);
        if let Some(row) = beside
            .filter(|_| is_partial(block))
            .and_then(|at| rows.get_mut(at))
        {
            if !row.causes.contains(&cause) {
                row.causes.push(cause);
            }
            row.blocks.push(*block);
            continue;
        }
        told.push(objects);
        rows.push(Row {
            blocks: vec![*block],
            unexplained: None,
            causes: vec![cause],
            headline: block.headline().clone(),
            affected: block.affected(),
            objects: block.workloads(),
            rank: rank(block.root),
            alike: 0,
            serving: None,
        });
    }
    rows
}

/// Whether it tells why some nodes do not take a pod, or why another cause lasts, so that it needs no row beside another cause of
/// the same pods.
fn is_partial(block: &Block<'_>) -> bool {
    block.root.role == Role::Contributing || !block.first.nodes.is_empty()
}

fn of_unexplained<'r>(group: &'r Group<'r>) -> Row<'r> {
    Row {
        blocks: Vec::new(),
        unexplained: Some(group),
        causes: vec![(UNEXPLAINED, Certainty::Proven)],
        headline: group.headline(),
        affected: group.affected(),
        objects: BTreeSet::from([group.subject.clone()]),
        rank: (Role::Cause, true, Certainty::Proven, Layer::Removal),
        alike: 0,
        serving: None,
    }
}

/// One row a cause, where it has more than a few.
fn by_cause(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for row in &rows {
        *counts.entry(row.causes.clone()).or_default() += 1;
    }
    let mut kept: Vec<Row<'_>> = Vec::new();
    for row in rows {
        let is_many = counts.get(&row.causes).is_some_and(|rows| *rows > ALIKE);
        let mut known = kept.iter_mut();
        match known.find(|known| is_many && known.causes == row.causes) {
            Some(known) => {
                known.alike += 1;
                known.blocks.extend(row.blocks);
                known.affected.extend(row.affected);
                known.objects.extend(row.objects);
            }
            None => kept.push(row),
        }
    }
    kept
}

fn headline(writer: &Writer, row: &Row<'_>) -> Line {
    let words = Message::new(say!(
        "text.overview.headline",
        "{headline}[; + {alike} more of this cause]"
    ))
    .fact("headline", row.headline.clone())
    .fact_if("alike", (row.alike > 0).then_some(row.alike));
    Line::new().prose(Style::Plain, &writer.says(&words))
}

fn causes(writer: &Writer, row: &Row<'_>) -> Line {
    let causes = row.causes.iter();
    let names = causes.map(|(cause, sure)| certainty(writer, cause, *sure));
    let line = names.reduce(|line, name| line.plain(", ").append(&name));
    line.unwrap_or_default()
}

/// `10 pods`
pub(super) fn stuck(affected: &[&Affected]) -> Message {
    let kinds: BTreeSet<&str> = affected.iter().map(|one| one.kind.as_str()).collect();
    let kind = kinds.first().copied().unwrap_or_default();
    let [object, objects] = if kinds.len() == 1 {
        kind_nouns(kind).map(Fact::from)
    } else {
        [
            say!("text.head.object", "object"),
            say!("text.head.objects", "objects"),
        ]
        .map(Fact::from)
    };
    Message::new(say!(
        "text.overview.count",
        "{count} {count|{object}|{objects}}"
    ))
    .fact("count", affected.len())
    .fact("object", object)
    .fact("objects", objects)
}

pub(super) fn age(writer: &Writer, affected: &[&Affected]) -> Line {
    let longest = affected.iter().filter_map(|one| one.since_seconds).max();
    let age = longest.map(|age| writer.language().fact(&Fact::Seconds(Seconds(age))));
    Line::new().plain(age.as_deref().unwrap_or("?"))
}

/// How to see one in full, and what its cause means.
pub(super) fn in_full(writer: &mut Writer, blocks: &[Block<'_>], unexplained: &[Group<'_>]) {
    let first = blocks.first();
    let objects = first.map(Block::workloads);
    let object = objects.as_ref().and_then(|objects| objects.first());
    let Some(object) = object.or_else(|| unexplained.first().map(|group| group.subject)) else {
        return;
    };
    let words = Message::new(say!(
        "text.overview.in-full",
        "in full: the same with `{object}`, or all with `{wide}`"
    ))
    .fact("wide", "-o wide")
    .fact("object", arguments(writer, [object], 1));
    let line = Line::new().prose(Style::Faint, &writer.says(&words));
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    let cause = first.map_or(UNEXPLAINED, |block| block.root.cause);
    explain(writer, cause);
}

/// The command that tells what a cause means.
pub(super) fn explain(writer: &mut Writer, cause: &str) {
    let words = Message::new(say!("text.overview.explain", "a cause: `{command}`"))
        .fact("command", format!("kubectl diagnose explain {cause}"));
    let line = Line::new().prose(Style::Faint, &writer.says(&words));
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
}
