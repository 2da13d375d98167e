//! A line of text whose parts have styles. The only way for foreign text into the output: every
//! part is cleaned of terminal control when it is added.

use super::style::{Style, paint};
use crate::kubernetes::text;
use crate::text::{Language, Message};
use std::borrow::Cow;

/// Text in one line, in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line(Vec<Span>);

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Without control characters and line ends.
    pub(super) text: String,
    pub(super) style: Style,
    /// Whether a line may end at its blanks.
    pub(super) breakable: bool,
}

impl Line {
    /// Nothing.
    pub(super) fn new() -> Self {
        Line::default()
    }

    /// One part.
    pub(super) fn of(style: Style, text: &str) -> Self {
        Line::new().with(style, text)
    }

    /// Adds text in no particular style.
    #[must_use]
    pub(super) fn plain(self, text: &str) -> Self {
        self.with(Style::Plain, text)
    }

    /// Adds text.
    #[must_use]
    pub(super) fn with(self, style: Style, text: &str) -> Self {
        self.push(style, text, true)
    }

    /// Adds text that is not broken at its blanks.
    #[must_use]
    pub(super) fn whole(self, style: Style, text: &str) -> Self {
        self.push(style, text, false)
    }

    /// Adds a sentence; what it has in backticks is not broken, so that it can be copied.
    #[must_use]
    pub(super) fn prose(mut self, style: Style, sentence: &str) -> Self {
        let mut rest = sentence;
        while let Some((before, code, after)) = code(rest) {
            self = self.with(style, before).whole(style, code);
            rest = after;
        }
        self.with(style, rest)
    }

    /// Adds a sentence of the catalogue; its facts have styles by the names of their holes.
    #[must_use]
    pub(super) fn sentence(
        self,
        language: &Language,
        message: &Message,
        style: impl Fn(&str) -> Style,
    ) -> Self {
        let pieces = language.pieces(message).into_iter();
        pieces.fold(self, |line, piece| {
            line.with(piece.hole.map_or(Style::Plain, &style), &piece.text)
        })
    }

    /// Adds another line's parts.
    #[must_use]
    pub(super) fn append(mut self, other: &Line) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// The columns that it takes.
    pub(super) fn width(&self) -> usize {
        text::width(&self.text())
    }

    /// Whether there is nothing to see.
    pub(super) fn is_blank(&self) -> bool {
        self.0.iter().all(|span| span.text.trim().is_empty())
    }

    /// Its text alone.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    /// Its parts.
    pub(super) fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Blanks up to so many columns.
    #[must_use]
    pub(super) fn pad(self, columns: usize) -> Self {
        let missing = columns.saturating_sub(self.width());
        self.plain(&" ".repeat(missing))
    }

    /// Blanks up to so many columns, and at least one.
    #[must_use]
    pub(super) fn column(self, columns: usize) -> Self {
        let end = columns.max(self.width() + 1);
        self.pad(end)
    }

    /// Its first columns, at most so many, and the rest; at least one character, so that what is split again and again ends.
    fn split(self, columns: usize) -> (Line, Line) {
        let mut left = columns;
        let (mut head, mut tail) = (Line::new(), Line::new());
        for span in self.0 {
            if !tail.0.is_empty() {
                tail.0.push(span);
                continue;
            }
            let width = text::width(&span.text);
            if width <= left {
                left -= width;
                head.0.push(span);
                continue;
            }
            let (start, end) = text::split_width(&span.text, left, head.0.is_empty());
            for (part, text) in [(&mut head, start), (&mut tail, end)] {
                if !text.is_empty() {
                    let text = text.to_owned();
                    part.0.push(Span {
                        text,
                        ..span.clone()
                    });
                }
            }
        }
        (head, tail)
    }

    /// In at most so many columns; what is cut off is shown as `…`.
    #[must_use]
    pub(super) fn clip(self, columns: usize) -> Line {
        match columns.checked_sub(1) {
            None => Line::new(),
            Some(_) if self.width() <= columns => self,
            Some(0) => Line::new().plain("…"),
            Some(left) => self.split(left).0.plain("…"),
        }
    }

    /// In as many lines of so many columns as it takes, broken anywhere.
    pub(super) fn fold(self, columns: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut rest = self;
        while rest.width() > columns.max(1) {
            let (line, behind) = rest.split(columns.max(1));
            lines.push(line);
            rest = behind;
        }
        lines.push(rest);
        lines
    }

    /// Its text with colour or without, and without blanks at the end. Neighbours of one style are painted in one piece, so
    /// that a pager finds a phrase.
    pub(super) fn paint(&self, color: bool) -> String {
        let is_seen = |span: &Span| !span.text.trim_end().is_empty();
        let end = self.0.iter().rposition(is_seen).map_or(0, |last| last + 1);
        let spans = self.0.get(..end).unwrap_or_default();
        let mut runs = spans
            .chunk_by(|left, right| left.style == right.style)
            .peekable();
        let mut painted = String::new();
        while let Some(run) = runs.next() {
            let text: String = run.iter().map(|span| span.text.as_str()).collect();
            let is_last = runs.peek().is_none();
            let shown = if is_last { text.trim_end() } else { &text };
            let style = run.first().map_or(Style::Plain, |span| span.style);
            painted.push_str(&paint(shown, style, color));
        }
        painted
    }

    fn push(mut self, style: Style, text: &str, breakable: bool) -> Self {
        if !text.is_empty() {
            self.0.push(Span {
                text: flat(text).into_owned(),
                style,
                breakable,
            });
        }
        self
    }
}

/// Cleaned, with blanks for line ends and tabs; blanks at the ends stay, since parts are joined.
fn flat(foreign: &str) -> Cow<'_, str> {
    let cleaned = text::clean(foreign);
    if cleaned.contains(['\n', '\t']) {
        Cow::Owned(cleaned.replace(['\n', '\t'], " "))
    } else {
        cleaned
    }
}

/// What stands before the first pair of backticks, the pair with what it holds, and the rest.
pub(super) fn code(sentence: &str) -> Option<(&str, &str, &str)> {
    let start = sentence.find('`')?;
    let (before, from) = sentence.split_at(start);
    let inside = from.strip_prefix('`')?;
    let end = inside.find('`')? + 2;
    let (code, after) = from.split_at_checked(end)?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_cleaned() {
        let line = Line::of(Style::Object, "a\u{1b}[31mb\n\u{202e}c").plain("\td");
        assert_eq!(line.text(), "ab �c d");
    }

    #[test]
    fn colour_does_not_reach_over_blanks_at_the_end() {
        let line = Line::of(Style::Stuck, "a").pad(5);
        assert_eq!(line.paint(false), "a");
        assert_eq!(line.paint(true), "\u{1b}[31ma\u{1b}[0m");
        assert_eq!(Line::of(Style::Stuck, "a  ").paint(false), "a");
        assert_eq!(Line::new().paint(true), "");
        assert_eq!(Line::of(Style::Stuck, " ").plain(" ").paint(true), "");
    }

    #[test]
    fn neighbours_of_one_style_are_one_piece() {
        let line = Line::of(Style::Stuck, "no")
            .with(Style::Stuck, " ")
            .with(Style::Stuck, "tag");
        assert_eq!(line.plain(" x").paint(true), "\u{1b}[31mno tag\u{1b}[0m x");
    }

    #[test]
    fn what_is_too_wide_is_cut_or_goes_on_below() {
        let line = || Line::of(Style::Stuck, "ab").plain("漢字c");
        let clipped = |columns| line().clip(columns).text();
        assert_eq!(clipped(7), "ab漢字c");
        assert_eq!(clipped(6), "ab漢…");
        assert_eq!(clipped(4), "ab…");
        assert_eq!((clipped(1), clipped(0)), ("…".to_owned(), String::new()));
        let folded = |columns| {
            line()
                .fold(columns)
                .iter()
                .map(Line::text)
                .collect::<Vec<_>>()
        };
        assert_eq!(folded(7), ["ab漢字c"]);
        assert_eq!(folded(3), ["ab", "漢", "字c"]);
        assert_eq!(folded(0), ["a", "b", "漢", "字", "c"]);
        assert_eq!(Line::new().fold(3).len(), 1);
    }

    #[test]
    fn code_in_prose_is_one_word() {
        let line = Line::new().prose(Style::Plain, "run `kubectl get po` or ` alone");
        let parts: Vec<(&str, bool)> = line
            .spans()
            .iter()
            .map(|span| (span.text.as_str(), span.breakable))
            .collect();
        assert_eq!(
            parts,
            [
                ("run ", true),
                ("`kubectl get po`", false),
                (" or ` alone", true)
            ]
        );
    }
}
