//! Words put into lines. A word is never broken: one that is wider than the room stands alone.

use super::line::{Line, Span};
use super::style::Style;

/// The line's words in lines of at most so many columns; the first may have fewer left.
pub(super) fn wrap(line: &Line, first: usize, rest: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut current = Line::new();
    let mut columns = 0;
    for word in words(line) {
        let room = if lines.is_empty() { first } else { rest };
        let width = word.width();
        if columns > 0 && columns + 1 + width > room {
            lines.push(std::mem::take(&mut current));
            columns = 0;
        }
        if columns > 0 {
            let style = blank_between(&current, &word);
            current = current.with(style, " ");
            columns += 1;
        }
        current = current.append(&word);
        columns += width;
    }
    if !current.spans().is_empty() {
        lines.push(current);
    }
    lines
}

/// A blank inside a coloured part belongs to it, so that the part is painted in one piece.
fn blank_between(left: &Line, right: &Line) -> Style {
    match (left.spans().last(), right.spans().first()) {
        (Some(left), Some(right)) if left.style == right.style => left.style,
        _ => Style::Plain,
    }
}

fn words(line: &Line) -> Vec<Line> {
    let mut words = Vec::new();
    let mut word = Line::new();
    for span in line.spans() {
        for (index, piece) in pieces(span).into_iter().enumerate() {
            if index > 0 && !word.spans().is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word = word.whole(span.style, piece);
        }
    }
    if !word.spans().is_empty() {
        words.push(word);
    }
    words
}

fn pieces(span: &Span) -> Vec<&str> {
    if span.breakable {
        span.text.split(' ').collect()
    } else {
        vec![span.text.as_str()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
        let line = Line::new().prose(Style::Plain, text);
        wrap(&line, first, rest).iter().map(Line::text).collect()
    }

    #[test]
    fn words_fill_lines() {
        assert_eq!(wrapped("", 5, 5), [""; 0]);
        assert_eq!(wrapped("  a  b ", 5, 5), ["a b"]);
        assert_eq!(wrapped("one two three", 7, 7), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 3, 20), ["one", "two three"]);
    }

    #[test]
    fn a_long_word_stands_alone() {
        assert_eq!(
            wrapped("a registry.example/web b", 6, 6),
            ["a", "registry.example/web", "b"]
        );
        assert_eq!(
            wrapped("a `kubectl get po` b", 6, 6),
            ["a", "`kubectl get po`", "b"]
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(wrapped("가나 다라 마바", 9, 9), ["가나 다라", "마바"]);
        assert_eq!(wrapped("가나 다라 마바", 8, 8), ["가나", "다라", "마바"]);
    }

    #[test]
    fn parts_without_a_blank_between_are_one_word() {
        let line = Line::of(Style::Cause, "a b").plain(": c");
        let lines: Vec<String> = wrap(&line, 2, 2).iter().map(Line::text).collect();
        assert_eq!(lines, ["a", "b:", "c"]);
    }
}
