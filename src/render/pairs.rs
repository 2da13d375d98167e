//! Two columns that both wrap: a name, or several, and what there is to say about it.
//!
//! Unlike a [`table`](super::table), whose cells have one value each, the right cell holds several
//! sentences, which hold together. They share a line where they fit into one; otherwise each begins on its own.

use super::line::Line;
use super::style::Style;
use super::wrap::wrap;

/// Between the columns.
const GAP: usize = 2;
/// Left of the lines in which names or a sentence go on.
const HANG: usize = 2;
/// Lines that a layout may take more for each line in which a sentence goes on.
const BROKEN: usize = 2;
/// A right column narrower than this reads badly.
const NARROW: usize = 24;

/// A row: what it is about, and the sentences about it.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) left: Line,
    pub(super) right: Vec<Line>,
}

/// The rows side by side under their titles, sentences of one row joined by `and`, in as few lines as the room allows;
/// none when a word leaves the other column too little.
pub(super) fn aligned(
    titles: [String; 2],
    rows: &[Pair],
    and: &str,
    room: usize,
) -> Option<Vec<Line>> {
    let [left, right] = titles.map(|title| Line::of(Style::Label, &title));
    let title = Pair {
        left,
        right: vec![right],
    };
    let rows: Vec<&Pair> = std::iter::once(&title).chain(rows).collect();
    let widest = rows.iter().map(|row| row.left.width()).max()?;
    let narrowest = rows.iter().map(|row| longest_word(&row.left)).max()?;
    let sentences = rows.iter().flat_map(|row| &row.right);
    let needed = sentences.map(|line| longest_word(line) + HANG).max()?;
    let most = room.checked_sub(GAP + needed.max(NARROW))?;
    // of equally good layouts the one that breaks the fewest names
    let widths = (narrowest..=widest.min(most)).rev();
    let best = widths.filter_map(|width| side_by_side(&rows, and, [width, most, room]));
    best.min_by_key(|(cost, _)| *cost).map(|(_, lines)| lines)
}

/// Each row's sentences below what they are about.
pub(super) fn stacked(rows: &[Pair], and: &str, room: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in rows {
        lines.extend(hanging_indent(&row.left, room));
        let below = sentences(&row.right, and, room.saturating_sub(HANG));
        lines.extend(below.iter().map(|line| Line::new().pad(HANG).append(line)));
    }
    lines
}

/// How badly it reads with names in so many columns, being long or with broken sentences, and the lines;
/// none when a name takes more than `most`.
fn side_by_side(
    rows: &[&Pair],
    and: &str,
    [width, most, room]: [usize; 3],
) -> Option<(usize, Vec<Line>)> {
    let names = rows.iter().map(|row| hanging_indent(&row.left, width));
    let names: Vec<Vec<Line>> = names.collect();
    let taken = names.iter().flatten().map(Line::width).max()?;
    if taken > most {
        return None;
    }
    let column = taken + GAP;
    let (mut lines, mut broken) = (Vec::new(), 0);
    for (row, names) in rows.iter().zip(names) {
        let right = sentences(&row.right, and, room.saturating_sub(column));
        broken += right.len().saturating_sub(row.right.len());
        let (mut left, mut right) = (names.into_iter(), right.into_iter());
        loop {
            let (name, words) = (left.next(), right.next());
            if name.is_none() && words.is_none() {
                break;
            }
            let start = name.unwrap_or_default().pad(column);
            lines.push(start.append(&words.unwrap_or_default()));
        }
    }
    Some((lines.len() + BROKEN * broken, lines))
}

/// The sentences in one line if they fit, else each in lines of its own; all of them hold, so `and` joins them.
fn sentences(sentences: &[Line], and: &str, room: usize) -> Vec<Line> {
    let with_and = |(index, line): (usize, &Line)| match index {
        0 => line.clone(),
        _ => Line::of(Style::Faint, and).plain(" ").append(line),
    };
    let sentences: Vec<Line> = sentences.iter().enumerate().map(with_and).collect();
    let joined = sentences
        .iter()
        .cloned()
        .reduce(|all, next| all.plain(" ").append(&next))
        .unwrap_or_default();
    if joined.width() <= room {
        return vec![joined];
    }
    let each = sentences.iter().flat_map(|line| hanging_indent(line, room));
    each.collect()
}

/// The line wrapped, so that what goes on is not taken for what begins.
fn hanging_indent(line: &Line, room: usize) -> Vec<Line> {
    let wrapped = wrap(line, room, room.saturating_sub(HANG)).into_iter();
    wrapped
        .enumerate()
        .map(|(index, line)| match index {
            0 => line,
            _ => Line::new().pad(HANG).append(&line),
        })
        .collect()
}

fn longest_word(line: &Line) -> usize {
    let words = wrap(line, 0, 0);
    words.iter().map(Line::width).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Pair> {
        let pair = |left: &str, right: &[&str]| Pair {
            left: Line::new().plain(left),
            right: right.iter().map(|text| Line::new().plain(text)).collect(),
        };
        vec![
            pair("edge-1, edge-2, worker-1", &["label disk=nvme: it is ssd"]),
            pair("게이트-1", &["cordoned", "taint dedicated=edge:NoSchedule"]),
        ]
    }

    fn titles() -> [String; 2] {
        ["NODE", "REASONS"].map(str::to_owned)
    }

    fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.paint(false)).collect()
    }

    #[test]
    fn with_room_a_row_is_a_line() {
        let lines = aligned(titles(), &rows(), "and", 80).expect("it fits");
        assert_eq!(
            text(&lines),
            [
                "NODE                      REASONS",
                "edge-1, edge-2, worker-1  label disk=nvme: it is ssd",
                "게이트-1                  cordoned and taint dedicated=edge:NoSchedule",
            ]
        );
    }

    #[test]
    fn names_wrap_before_sentences_do() {
        let lines = aligned(titles(), &rows(), "and", 54).expect("it fits");
        assert_eq!(
            text(&lines),
            [
                "NODE             REASONS",
                "edge-1, edge-2,  label disk=nvme: it is ssd",
                "  worker-1",
                "게이트-1         cordoned",
                "                 and taint dedicated=edge:NoSchedule",
            ]
        );
    }

    #[test]
    fn without_room_sentences_stand_below() {
        assert_eq!(aligned(titles(), &rows(), "and", 32), None);
        assert_eq!(
            text(&stacked(&rows(), "and", 32)),
            [
                "edge-1, edge-2, worker-1",
                "  label disk=nvme: it is ssd",
                "게이트-1",
                "  cordoned",
                "  and taint",
                "    dedicated=edge:NoSchedule",
            ]
        );
    }
}
