//! The table of nodes: what stands against the pod on each, equal ones in one row.

use super::evidence::bar;
use super::names;
use super::obstacles::{self, Column, distance};
use crate::render::line::Line;
use crate::render::pairs::{self, Pair};
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::render::table::Table;
use crate::render::words::{count, number};
use crate::report::NodeReport;
use std::collections::BTreeMap;

/// Rows that are shown; what is left over is counted by reason.
const ROWS: usize = 12;
/// Columns of the bar.
const BAR: usize = 4;
/// Columns that a single name may take, the next where there is no room for it.
const NAMES: [usize; 3] = [usize::MAX, 32, 20];

/// Nodes on which the same stands against the pod.
type Row<'a> = Vec<&'a NodeReport>;

/// Writes the table below what was quoted, if anything was; nothing for a pod that is not about nodes.
pub(super) fn write(sheet: &mut Sheet, nodes: &[NodeReport], below: bool) {
    if nodes.is_empty() {
        return;
    }
    let (shown, left) = cut(rows(nodes, sheet.whole()), sheet.at_most(ROWS));
    if below {
        sheet.line(&bar());
    }
    let room = sheet.room(BAR);
    let lines = by_column(nodes, &shown, room)
        .or_else(|| in_sentences(&shown, room, sheet.whole()))
        .unwrap_or_else(|| pairs::stacked(&in_words(&shown, usize::MAX), room));
    for line in lines {
        sheet.line(&bar().append(&line));
    }
    if !left.is_empty() {
        let start = bar().with(
            Meaning::Faint,
            &format!("+ {}: ", count(left.len(), "more node")),
        );
        let rest = bar().plain("  ");
        sheet.paragraph(&start, &rest, &Line::new().plain(&by_reason(&left)));
    }
}

/// A column for each kind of obstacle, if all fit beside each other.
fn by_column(nodes: &[NodeReport], rows: &[Row<'_>], room: usize) -> Option<Vec<Line>> {
    let columns = obstacles::columns(nodes);
    let titles = columns.iter().map(Column::title);
    let mut table = Table::new(std::iter::once("NODE".to_owned()).chain(titles));
    for row in rows {
        let cells = obstacles::cells(row, &columns);
        table.row(
            std::iter::once(named(row, usize::MAX))
                .chain(cells)
                .collect(),
        );
    }
    table.fits(room).then(|| table.lines(room))
}

/// One column of sentences, beside names as long as there is room for.
fn in_sentences(rows: &[Row<'_>], room: usize, whole: bool) -> Option<Vec<Line>> {
    NAMES
        .iter()
        .take(if whole { 1 } else { NAMES.len() })
        .find_map(|longest| pairs::aligned(["NODE", "OBSTACLES"], &in_words(rows, *longest), room))
}

fn in_words(rows: &[Row<'_>], longest: usize) -> Vec<Pair> {
    let pair = |row: &Row<'_>| Pair {
        left: named(row, longest),
        right: obstacles::in_words(row),
    };
    rows.iter().map(pair).collect()
}

fn named(row: &Row<'_>, longest: usize) -> Line {
    let names: Vec<&str> = row.iter().map(|node| node.name.as_str()).collect();
    names::in_row(&names, longest)
}

/// The rows to show, and the nodes of the others. A single row more is shown rather than counted.
fn cut(mut rows: Vec<Row<'_>>, most: usize) -> (Vec<Row<'_>>, Vec<&NodeReport>) {
    if rows.len() <= most {
        return (rows, Vec::new());
    }
    let left = rows.split_off(most.saturating_sub(1));
    (rows, left.into_iter().flatten().collect())
}

/// Equal nodes in one row, those nearest to taking the pod first; every node by itself when all is shown.
fn rows(nodes: &[NodeReport], whole: bool) -> Vec<Row<'_>> {
    let mut sorted: Vec<&NodeReport> = nodes.iter().collect();
    sorted.sort_by_cached_key(|node| names::natural(&node.name));
    if whole {
        return sorted.into_iter().map(|node| vec![node]).collect();
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for node in sorted {
        let at = *known.entry(obstacles::key(node)).or_insert(rows.len());
        match rows.get_mut(at) {
            Some(row) => row.push(node),
            None => rows.push(vec![node]),
        }
    }
    rows.sort_by_cached_key(|row| row.first().map(|node| distance(node)));
    rows
}

/// How many nodes have each reason, the most frequent first.
fn by_reason(nodes: &[&NodeReport]) -> String {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for node in nodes {
        for obstacle in &node.obstacles {
            *reasons.entry(obstacles::reason(obstacle)).or_default() += 1;
        }
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, nodes)| std::cmp::Reverse(*nodes));
    let words = reasons
        .iter()
        .map(|(reason, nodes)| format!("{reason} ({})", number(*nodes)));
    words.collect::<Vec<_>>().join(", ")
}
