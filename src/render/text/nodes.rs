//! The table of nodes: what stands against the pod on each, equal ones in one row.

use super::evidence::bar;
use super::obstacles::{self, Column, cells, columns, distance, in_words};
use crate::kubernetes::text::{one_line, truncate_width};
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::render::table::Table;
use crate::render::words::{count, number};
use crate::report::NodeReport;
use std::collections::BTreeMap;

/// Rows that are shown; what is left over is counted by reason.
const ROWS: usize = 12;
/// Columns that the names of equal nodes may take.
const NAMES_WIDTH: usize = 32;
/// Columns of the bar.
const BAR: usize = 4;

/// Nodes on which the same stands against the pod.
#[derive(Debug)]
struct Row<'a> {
    nodes: Vec<&'a NodeReport>,
    cells: Vec<Line>,
}

/// Writes the table; nothing for a pod that is not about nodes.
pub(super) fn write(sheet: &mut Sheet, nodes: &[NodeReport]) {
    if nodes.is_empty() {
        return;
    }
    let columns = columns(nodes);
    let (shown, left) = cut(rows(nodes, &columns, sheet.whole()), sheet.at_most(ROWS));
    let room = sheet.room(BAR);
    let titles = columns.iter().map(Column::title);
    let mut table = Table::new(std::iter::once("NODE".to_owned()).chain(titles));
    for row in &shown {
        table.row(
            std::iter::once(row.names())
                .chain(row.cells.iter().cloned())
                .collect(),
        );
    }
    if !table.fits(room) && columns.len() > 1 {
        table = Table::new(["NODE", "OBSTACLES"]);
        for row in &shown {
            let words = row
                .nodes
                .first()
                .map(|node| in_words(node))
                .unwrap_or_default();
            table.row(vec![row.names(), words]);
        }
    }
    sheet.line(&bar());
    for line in table.lines(room) {
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

/// The rows to show, and the nodes of the others. A single row more is shown rather than counted.
fn cut(mut rows: Vec<Row<'_>>, most: usize) -> (Vec<Row<'_>>, Vec<&NodeReport>) {
    if rows.len() <= most {
        return (rows, Vec::new());
    }
    let left = rows.split_off(most.saturating_sub(1));
    (rows, left.into_iter().flat_map(|row| row.nodes).collect())
}

/// Equal nodes in one row, those nearest to taking the pod first; every node by itself when all is shown.
fn rows<'a>(nodes: &'a [NodeReport], columns: &[Column], whole: bool) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut known: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut sorted: Vec<&NodeReport> = nodes.iter().collect();
    sorted.sort_by_cached_key(|node| natural(&node.name));
    for node in sorted {
        let cells = cells(node, columns);
        let key: Vec<String> = cells.iter().map(Line::text).collect();
        let at = known.get(&key).copied().filter(|_| !whole);
        match at.and_then(|at| rows.get_mut(at)) {
            Some(row) => row.nodes.push(node),
            None => {
                known.insert(key, rows.len());
                rows.push(Row {
                    nodes: vec![node],
                    cells,
                });
            }
        }
    }
    if !whole {
        rows.sort_by_key(|row| row.nodes.first().map(|node| distance(node)));
    }
    rows
}

impl Row<'_> {
    /// `gpu-1…gpu-5`, `a, b`, or `3210 nodes: a, b…`
    fn names(&self) -> Line {
        let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
        let folded = folded(&names).join(", ");
        let line = Line::new().plain(&folded);
        if names.len() == 1 || line.width() <= NAMES_WIDTH {
            return line;
        }
        let start = format!("{} nodes: {folded}", number(names.len()));
        Line::new().plain(&truncate_width(&one_line(&start), NAMES_WIDTH))
    }
}

/// The names in natural order with runs of three and more folded.
fn folded(names: &[&str]) -> Vec<String> {
    let mut runs: Vec<(&str, &str, usize)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((_, last, length)) if follows(last, name) => {
                *last = name;
                *length += 1;
            }
            _ => runs.push((name, name, 1)),
        }
    }
    let words = |(first, last, length): (&str, &str, usize)| match length {
        1 => first.to_owned(),
        2 => format!("{first}, {last}"),
        _ => format!("{first}…{last}"),
    };
    runs.into_iter().map(words).collect()
}

/// Whether the second name is the first with the next number at its end.
fn follows(one: &str, next: &str) -> bool {
    let ((prefix, number), (next_prefix, next_number)) = (numbered(one), numbered(next));
    let padded = |digits: &str| digits.len() > 1 && digits.starts_with('0');
    let same_form = number.len() == next_number.len() || !(padded(number) || padded(next_number));
    let (Ok(number), Ok(next_number)) = (number.parse::<u64>(), next_number.parse::<u64>()) else {
        return false;
    };
    prefix == next_prefix && same_form && number.checked_add(1) == Some(next_number)
}

/// A name without the digits at its end, and these.
fn numbered(name: &str) -> (&str, &str) {
    name.split_at(name.trim_end_matches(|c: char| c.is_ascii_digit()).len())
}

/// Sorts `gpu-9` before `gpu-10`.
fn natural(name: &str) -> (String, u64, String) {
    let (prefix, digits) = numbered(name);
    (
        prefix.to_owned(),
        digits.parse().unwrap_or_default(),
        name.to_owned(),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_names_are_folded() {
        for (names, expected) in [
            (vec!["a"], "a"),
            (vec!["gpu-1", "gpu-2"], "gpu-1, gpu-2"),
            (vec!["gpu-8", "gpu-9", "gpu-10"], "gpu-8…gpu-10"),
            (vec!["gpu-08", "gpu-09", "gpu-10"], "gpu-08…gpu-10"),
            (
                vec!["gpu-09", "gpu-10", "gpu-011"],
                "gpu-09, gpu-10, gpu-011",
            ),
            (vec!["a-1", "a-2", "a-3", "a-5", "b-6"], "a-1…a-3, a-5, b-6"),
            (vec!["99999999999999999999", "x"], "99999999999999999999, x"),
        ] {
            assert_eq!(folded(&names).join(", "), expected);
        }
    }

    #[test]
    fn nine_stands_before_ten() {
        let mut names = vec!["gpu-10", "gpu-9", "cpu"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["cpu", "gpu-9", "gpu-10"]);
    }
}
