//! The table of nodes: why each node was rejected on each, like ones in one row, and what is missing from it.

use super::columns::{self, Column, cells};
use super::evidence::bar;
use super::failures::{in_words, reason};
use super::names;
use super::rows::{Row, rows};
use crate::render::line::Line;
use crate::render::pairs::{self, Pair};
use crate::render::style::Style;
use crate::render::table::Table;
use crate::render::words::count;
use crate::render::writer::Writer;
use crate::report::{Diagnosis, UnreadReport};
use std::collections::BTreeMap;

/// Rows that are shown; the nodes of the others are counted.
const ROWS: usize = 8;
/// Rows above which nodes that differ in numbers share one even where everything is shown.
const ROWS_OF_ALL: usize = 40;
/// Columns of the bar.
const BAR: usize = 4;
/// Columns that a single name may take, the next where there is no room for it.
const NAMES: [usize; 3] = [usize::MAX, 32, 20];

/// Writes the table below what was quoted, if anything was; nothing for a pod that is not about nodes.
pub(super) fn write(writer: &mut Writer, diagnosis: &Diagnosis, below: bool) {
    if below && (!diagnosis.nodes.is_empty() || !diagnosis.before_nodes.is_empty()) {
        writer.line(&bar());
    }
    for failure in &diagnosis.before_nodes {
        let start = bar().with(Style::Label, "before any node: ");
        let words = Line::new().plain(&reason(failure));
        writer.paragraph(&start, &bar().plain("  "), &words);
    }
    if !diagnosis.nodes.is_empty() {
        table(writer, diagnosis);
    }
    unread(writer, &diagnosis.unread);
}

fn table(writer: &mut Writer, diagnosis: &Diagnosis) {
    let whole = writer.whole();
    let most = if whole { ROWS_OF_ALL } else { ROWS };
    let (shown, left) = cut(rows(&diagnosis.nodes, most), writer.at_most(ROWS));
    let room = writer.room(BAR);
    let free = free(diagnosis);
    let lines = by_column(&shown, room, whole, free)
        .or_else(|| in_sentences(&shown, room, whole, free))
        .unwrap_or_else(|| pairs::stacked(&pairs(&shown, usize::MAX, whole, free), room));
    for line in lines {
        writer.line(&bar().append(&line));
    }
    let nodes: usize = left.iter().map(|row| row.names.len()).sum();
    let hint = match (nodes, whole) {
        (0, false) => return,
        (0, true) if shown.iter().all(|row| names::are_listed(&row.names, whole)) => return,
        (0, true) => "-o json names every node".to_owned(),
        _ => format!(
            "{} in {}: -o wide shows them",
            count(nodes, "other node"),
            count(left.len(), "group")
        ),
    };
    writer.paragraph(&bar(), &bar().plain("  "), &Line::of(Style::Faint, &hint));
}

/// What is said of a node without filter failures: only when all was computed, the pod fits.
fn free(diagnosis: &Diagnosis) -> &'static str {
    match (
        diagnosis.before_nodes.as_slice(),
        diagnosis.unread.as_slice(),
    ) {
        ([], []) => "none: the pod fits",
        ([], _) => "none that could be computed",
        _ => "none of its own",
    }
}

/// A column for each kind of filter failure, if all fit beside each other.
fn by_column(rows: &[Row<'_>], room: usize, whole: bool, free: &str) -> Option<Vec<Line>> {
    let columns = columns::columns(rows);
    let titles = columns.iter().map(Column::title);
    let mut table = Table::new(std::iter::once("NODE".to_owned()).chain(titles));
    for row in rows {
        let name = std::iter::once(names::in_row(&row.names, usize::MAX, whole));
        table.row(name.chain(cells(row, &columns, free)).collect());
    }
    table.fits(room).then(|| table.lines(room))
}

/// One column of sentences, beside names as long as there is room for.
fn in_sentences(rows: &[Row<'_>], room: usize, whole: bool, free: &str) -> Option<Vec<Line>> {
    let titles = ["NODE", "OBSTACLES"];
    let mut longest = NAMES.iter().take(if whole { 1 } else { NAMES.len() });
    longest.find_map(|longest| pairs::aligned(titles, &pairs(rows, *longest, whole, free), room))
}

fn pairs(rows: &[Row<'_>], longest: usize, whole: bool, free: &str) -> Vec<Pair> {
    let pair = |row: &Row<'_>| Pair {
        left: names::in_row(&row.names, longest, whole),
        right: in_words(row, free),
    };
    rows.iter().map(pair).collect()
}

/// The rows to show, and the others. A single row more is shown rather than counted.
fn cut(mut rows: Vec<Row<'_>>, most: usize) -> (Vec<Row<'_>>, Vec<Row<'_>>) {
    if rows.len() <= most {
        return (rows, Vec::new());
    }
    let left = rows.split_off(most.saturating_sub(1));
    (rows, left)
}

/// Filters that the table leaves out, by what was not read.
fn unread(writer: &mut Writer, unread: &[UnreadReport]) {
    let mut by_gap: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for unread in unread {
        let object = [unread.namespace.as_deref(), unread.name.as_deref()];
        let object: Vec<&str> = object.into_iter().flatten().collect();
        let what = if object.is_empty() {
            unread.kind.to_owned()
        } else {
            format!("{} {}", unread.kind, object.join("/"))
        };
        let filters = by_gap.entry(format!("({what} not read: {})", unread.why));
        filters.or_default().push(unread.filter);
    }
    for (gap, mut filters) in by_gap {
        filters.dedup();
        let start = bar().with(Style::Unknown, "not computed: ");
        let words = Line::new().plain(&format!("{} {gap}", filters.join(", ")));
        writer.paragraph(&start, &bar().plain("  "), &words);
    }
}
