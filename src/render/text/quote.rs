//! One quote in lines behind a bar. What decides is never cut; what of a message may go before is known to
//! [`crate::messages::quote`], and how much room there is, here.

use super::margin::{BAR, bar};
use super::origin::{is_scheduler, origin};
use super::spelled::spelled;
use crate::kubernetes::text::{clean, truncate_width, width};
use crate::messages::quote::shorten;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::wrap::wrap;
use crate::render::writer::Writer;
use crate::report::Affected;
use crate::snapshot::{Evidence, Origin};
use crate::text::{Message, say};
use std::borrow::Cow;

/// Lines of an error when what surrounds it is gone.
const ERROR_LINES: usize = 12;
/// Lines of the fields of an object, of which where it stands may fill one.
const OBJECT_LINES: usize = 3;
/// Columns by which lines after the first are indented.
const INDENT: usize = 2;

/// How much of a quote is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every word.
    Whole,
    /// Without what says least, if it takes more lines than these, and to its end.
    ToItsEnd(usize),
    /// The same, and what is more than one long error is cut to these lines.
    Lines(usize),
}

/// Writes a quote.
pub(super) fn quote(writer: &mut Writer, evidence: &Evidence, pods: &[&Affected], extent: Extent) {
    let extent = if writer.whole() {
        Extent::Whole
    } else {
        extent
    };
    let quote = Quote {
        origin: origin(writer, evidence, pods),
        is_scheduler: is_scheduler(evidence),
        is_object: extent != Extent::Whole && spelled(&clean(&evidence.quote)).is_some(),
        room: writer.room(BAR),
    };
    let words = words(writer, evidence, extent);
    for (index, line) in quote.lines(&words, extent).iter().enumerate() {
        let indent = if index == 0 { 0 } else { INDENT };
        writer.line(&bar().pad(BAR + indent).append(line));
    }
}

/// The quote. How the scheduler counts for preemption is the same count once more, and left out.
pub(super) fn words<'a>(writer: &Writer, evidence: &'a Evidence, extent: Extent) -> Cow<'a, str> {
    let cleaned = clean(&evidence.quote);
    if evidence.origin == Origin::Absence {
        let absent = Message::new(say!("text.evidence.absent", "{object} not found"));
        return Cow::Owned(writer.says(&absent.fact("object", &*cleaned)));
    }
    if cleaned.trim().is_empty() {
        return Cow::Owned(writer.word(say!("text.evidence.no-words", "(no words)")));
    }
    if let Some(fields) = spelled(&cleaned).filter(|_| extent != Extent::Whole) {
        return Cow::Owned(fields);
    }
    match cleaned.split_once(" preemption: ") {
        Some((before, _)) if extent != Extent::Whole && is_scheduler(evidence) => {
            Cow::Owned(format!("{before} …"))
        }
        _ => cleaned,
    }
}

/// Where words are from, and how much room there is for them.
struct Quote {
    origin: String,
    is_scheduler: bool,
    /// The words are the fields of an object.
    is_object: bool,
    room: usize,
}

impl Quote {
    fn lines(&self, words: &str, extent: Extent) -> Vec<Line> {
        let (Extent::ToItsEnd(most) | Extent::Lines(most)) = extent else {
            return self.behind(words);
        };
        let short = shorten(words, |words| {
            let lines = self.behind(words);
            lines.len() <= most && lines.iter().all(|line| line.width() <= self.flood())
        });
        let lines = self.behind(&short.text);
        if extent == Extent::ToItsEnd(most) {
            return lines;
        }
        // a component's error is one line; a program's output has several, and the scheduler's counts are computed here
        let words = words.trim();
        let is_object = self.is_object || words.starts_with(['{', '[']) && words.contains(' ');
        let is_error = short.is_known || !words.contains('\n') && !is_object;
        let most = match (is_error && !self.is_scheduler, self.is_object) {
            (true, _) => ERROR_LINES,
            (_, true) => most.max(OBJECT_LINES),
            _ => most,
        };
        let lines = if lines.len() > most {
            self.cut(lines, most, &short.text)
        } else {
            lines
        };
        lines.iter().map(|line| self.without_flood(line)).collect()
    }

    /// The words in lines behind where they are from; lines after the first leave room for their indentation.
    fn behind(&self, words: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut start = Line::of(Style::Faint, &self.origin).with(Style::Faint, ": ");
        for line in words.lines().filter(|line| !line.trim().is_empty()) {
            let first = if lines.is_empty() {
                self.room
            } else {
                self.rest()
            };
            let words = std::mem::take(&mut start).plain(line);
            lines.extend(wrap(&words, first, self.rest()));
        }
        lines
    }

    /// So many lines, the last of them with the last words: a program says last why it ends. The scheduler's last words are
    /// about preemption and say nothing.
    fn cut(&self, mut lines: Vec<Line>, most: usize, text: &str) -> Vec<Line> {
        lines.truncate(most.saturating_sub(1));
        let words = |text: &str| text.split_whitespace().count();
        let shown: usize = lines.iter().map(|line| words(&line.text())).sum();
        let left = shown.saturating_sub(words(&self.origin));
        let left: Vec<&str> = text.split_whitespace().skip(left).collect();
        let line = if self.is_scheduler {
            first(&left, self.rest())
        } else {
            last(&left, self.rest())
        };
        lines.extend(line);
        lines
    }

    /// Columns of the lines after the first.
    fn rest(&self) -> usize {
        self.room.saturating_sub(INDENT)
    }

    /// From how many columns on a word floods the screen.
    fn flood(&self) -> usize {
        self.room.saturating_mul(2)
    }

    /// A word without end, like a token, would flood the screen; of an object as JSON the start will do.
    fn without_flood(&self, line: &Line) -> Line {
        let text = line.text();
        let most = if text.starts_with(['{', '[']) {
            self.rest()
        } else {
            self.flood()
        };
        if line.width() <= most {
            line.clone()
        } else {
            Line::new().plain(&truncate_width(&text, self.rest()))
        }
    }
}

/// The first words that fit, and `…`.
fn first(words: &[&str], room: usize) -> Option<Line> {
    let mut columns = 1;
    let fits = |word: &&&str| {
        columns += 1 + width(word);
        columns <= room
    };
    let mut kept: Vec<&str> = words.iter().take_while(fits).copied().collect();
    kept.push("…");
    (!words.is_empty()).then(|| Line::new().plain(&kept.join(" ")))
}

/// The last words that fit, behind `…` unless that is all of them.
fn last(words: &[&str], room: usize) -> Option<Line> {
    let mut columns = 1;
    let fits = |word: &&&str| {
        columns += 1 + width(word);
        columns <= room
    };
    let kept = words.iter().rev().take_while(fits).count();
    let (cut, kept) = words.split_at_checked(words.len() - kept)?;
    let start = if cut.is_empty() { "" } else { "… " };
    let line = format!("{start}{}", kept.join(" "));
    (!words.is_empty()).then(|| Line::new().plain(line.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(words: &str, extent: Extent, is_scheduler: bool) -> Vec<String> {
        let quote = Quote {
            origin: "app".to_owned(),
            is_scheduler,
            is_object: false,
            room: 16,
        };
        quote.lines(words, extent).iter().map(Line::text).collect()
    }

    #[test]
    fn of_what_is_long_the_start_and_the_end_are_shown() {
        let output = "zero one\ntwo three four\nfive six\nseven eight\n";
        assert_eq!(
            quote(output, Extent::Lines(3), false),
            ["app: zero one", "two three four", "… seven eight"]
        );
        assert_eq!(quote(output, Extent::Lines(9), false).len(), 4);
        assert_eq!(
            quote(output, Extent::Lines(2), false),
            ["app: zero one", "… seven eight"]
        );
        let counts = "0/9 nodes: 1 x, 2 y, 3 z, 4 w";
        assert_eq!(
            quote(counts, Extent::Lines(2), true),
            ["app: 0/9 nodes:", "1 x, 2 y, 3 …"]
        );
        assert_eq!(quote(counts, Extent::Lines(2), false).len(), 3);
        assert_eq!(quote(output, Extent::ToItsEnd(1), false).len(), 4);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        let token = format!("a {}", "x".repeat(60));
        assert_eq!(
            quote(&token, Extent::Lines(3), false),
            ["app: a", "xxxxxxxxxxxxx…"]
        );
        assert_eq!(
            quote(&token, Extent::Whole, false).last().map(String::len),
            Some(60)
        );
    }
}
