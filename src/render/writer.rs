//! What is being written: lines one below the other, within the width.

use super::Layout;
use super::line::Line;
use super::style::Style;
use super::wrap::wrap;
use crate::kubernetes::text;
use crate::text::{Language, Message, Sentence};

/// Narrower than this nothing can be laid out; then lines exceed the width.
const NARROWEST: usize = 40;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// What helps now; the rest is counted.
    Short,
    /// Everything that the report holds.
    Whole,
}

/// The output so far.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    layout: Layout,
    detail: Detail,
    /// Columns behind which a line goes on below.
    fold: Option<usize>,
}

impl Writer {
    /// An empty one.
    pub(super) fn new(layout: Layout, detail: Detail) -> Self {
        let width = layout.width.max(NARROWEST);
        Writer {
            out: String::new(),
            layout: Layout { width, ..layout },
            detail,
            fold: None,
        }
    }

    /// Where nothing can be scrolled sideways: what is wider than so many columns goes on below.
    pub(super) fn folded(self, columns: usize) -> Self {
        let fold = Some(columns);
        Writer { fold, ..self }
    }

    /// Whether everything is shown.
    pub(super) fn whole(&self) -> bool {
        self.detail == Detail::Whole
    }

    /// So many, or all of them when everything is shown.
    pub(super) fn at_most(&self, count: usize) -> usize {
        match self.detail {
            Detail::Short => count,
            Detail::Whole => usize::MAX,
        }
    }

    /// The columns that are left behind an indentation.
    pub(super) fn room(&self, indent: usize) -> usize {
        self.layout.width.saturating_sub(indent)
    }

    /// The language in which it is written.
    pub(super) fn language(&self) -> &'static Language {
        self.layout.language
    }

    /// A sentence in that language.
    pub(super) fn says(&self, message: &Message) -> String {
        self.layout.language.render(message)
    }

    /// A sentence without facts in that language.
    pub(super) fn word(&self, word: Sentence) -> String {
        self.layout.language.word(word)
    }

    /// Writes a line as it is.
    pub(super) fn line(&mut self, line: &Line) {
        match self.fold {
            None => self.put(line),
            Some(columns) => {
                let lines = line.clone().fold(columns);
                lines.iter().for_each(|line| self.put(line));
            }
        }
    }

    fn put(&mut self, line: &Line) {
        self.out.push_str(&line.paint(self.layout.color));
        self.out.push('\n');
    }

    /// Leaves a line empty between two blocks; there is never more than one, and none at the top.
    pub(super) fn blank_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Writes words behind `start`, and the lines that follow behind as many blanks.
    pub(super) fn hanging_indent(&mut self, start: &Line, words: &Line) {
        let rest = Line::new().pad(start.width());
        self.paragraph(start, &rest, words);
    }

    /// Writes words behind `start`, and the lines that follow behind `rest`.
    pub(super) fn paragraph(&mut self, start: &Line, rest: &Line, words: &Line) {
        let mut lines = wrap(words, self.room(start.width()), self.room(rest.width())).into_iter();
        let first = lines.next().unwrap_or_default();
        self.line(&start.clone().append(&first));
        for line in lines {
            self.line(&rest.clone().append(&line));
        }
    }

    /// Writes a command on a line of its own, however long it is. Where it holds line ends itself,
    /// blanks before the lines that follow would change it.
    pub(super) fn command(&mut self, indent: usize, command: &str) {
        let cleaned = text::clean(command);
        for (index, line) in cleaned.lines().enumerate() {
            let indent = if index == 0 { indent } else { 0 };
            let start = Line::new().pad(indent);
            self.line(&start.whole(Style::Command, line));
        }
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let layout = Layout {
            width: 40,
            ..Layout::default()
        };
        Writer::new(layout, Detail::Short)
    }

    #[test]
    fn paragraphs_hang() {
        let mut writer = writer();
        writer.blank_line();
        writer.hanging_indent(
            &Line::new().plain("why   "),
            &Line::new().plain("the rollout keeps the old pods until the new ones are ready"),
        );
        writer.blank_line();
        writer.blank_line();
        writer.command(2, "kubectl apply -f - <<E\nE");
        assert_eq!(
            writer.finish(),
            "why   the rollout keeps the old pods\n      until the new ones are ready\n\n  \
             kubectl apply -f - <<E\nE\n"
        );
    }
}
