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
