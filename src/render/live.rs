//! `--watch` on a terminal: one screen of it.
//!
//! A [`Frame`] is a pure function of a [`Live`]: the report, what was told lately, what somebody looks at, and the size of the
//! screen. It has as many lines as the screen or fewer, each narrower than it, and tells where the rows stand, so that whoever
//! keeps the state knows what a key means. Where there is little room the rows stay and what is around them goes: first what
//! was told lately, then the keys, at last the title.

mod around;
mod body;

use super::Layout;
use super::line::Line;
use super::writer::{Detail, Writer};
use crate::report::{Interruption, News, Report};
use body::Body;
use jiff::Timestamp;

/// What is to be shown.
#[derive(Debug, Clone, Copy)]
pub struct Live<'v> {
    /// As it stands, or stood when it could be followed last.
    pub report: &'v Report,
    /// What is the time.
    pub now: Timestamp,
    /// What was told since it began, the oldest first.
    pub lately: &'v [News],
    /// What cannot be followed, and since when.
    pub lost: Option<&'v Interruption>,
    /// What is looked at.
    pub page: Page<'v>,
    /// The first line of it that is to be seen, unless what is chosen would not be.
    pub top: usize,
    /// Columns of the screen.
    pub columns: usize,
    /// Lines of the screen.
    pub rows: usize,
    /// The language and whether to colour; no wider than this even on a wide screen.
    pub layout: Layout,
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Page<'v> {
    /// All of it, a row a root cause.
    Table {
        /// What the chosen row is known by.
        chosen: Option<&'v str>,
        /// Which it was when that is gone.
        at: usize,
    },
    /// One of them in full.
    Opened {
        /// What it is known by.
        fingerprint: &'v str,
        /// The last report that has it.
        report: &'v Report,
    },
    /// What was told.
    Lately,
}

/// One screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its lines from the top, with colour or without.
    pub lines: Vec<String>,
    /// The rows that can be chosen.
    pub entries: Vec<Entry>,
    /// Which of them is.
    pub chosen: usize,
    /// The first line that is seen of what is looked at.
    pub top: usize,
    /// The last that could be the first.
    pub furthest: usize,
    /// How many are seen at once.
    pub height: usize,
}

/// A row that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is known by, a finding each.
    pub fingerprints: Vec<String>,
    /// Its first line among all that could be seen.
    pub start: usize,
    /// The one behind its last.
    pub end: usize,
}

/// Where to draw.
struct Canvas {
    writer: Writer,
    layout: Layout,
    /// The last column stays free: what a terminal does when something is written into it differs.
    columns: usize,
}

impl Canvas {
    fn of(live: &Live<'_>) -> Self {
        let columns = live.columns.saturating_sub(1);
        let width = columns.min(live.layout.width);
        let layout = Layout {
            width,
            ..live.layout
        };
        Canvas {
            writer: Writer::new(layout, Detail::Short),
            layout,
            columns,
        }
    }

    fn paint(&self, line: Line) -> String {
        line.clip(self.columns).paint(self.layout.color)
    }
}

/// Columns in which a character of two has its place, beside the one that stays free.
const NARROWEST: usize = 3;

/// Lays it out.
pub fn live(live: &Live<'_>) -> Frame {
    if live.columns < NARROWEST {
        return Frame {
            lines: vec![String::new(); live.rows],
            ..Frame::default()
        };
    }
    let canvas = Canvas::of(live);
    let Body {
        titles,
        lines,
        entries,
        chosen,
    } = body::of(&canvas, live);
    let around = around::of(&canvas, live);
    let titles = titles.filter(|_| live.rows >= around::TITLES);
    let taken = around.above.len() + around.below.len() + usize::from(titles.is_some());
    let height = live
        .rows
        .saturating_sub(taken + usize::from(around.has_keys));
    let furthest = lines.len().saturating_sub(height);
    let top = seen(entries.get(chosen), &entries, live.top, height, lines.len()).min(furthest);
    let end = (top + height).min(lines.len());
    let keys = around
        .has_keys
        .then(|| around::keys(&canvas, live, top..end, lines.len()));
    let blank = std::iter::repeat_n(String::new(), height - (end - top));
    let shown = lines.get(top..end).unwrap_or_default().iter().cloned();
    let paint = |line: Line| canvas.paint(line);
    let frame = around.above.into_iter().chain(titles).map(paint);
    let below = around.below.into_iter().chain(keys).map(paint);
    Frame {
        lines: frame
            .chain(shown)
            .chain(blank)
            .chain(below)
            .take(live.rows)
            .collect(),
        entries,
        chosen,
        top,
        furthest,
        height,
    }
}

/// What it comes to, in a line that stays when the view is closed.
pub fn verdict(report: &Report, layout: Layout) -> String {
    let mut writer = Writer::new(layout, Detail::Short);
    let line = super::text::listing::verdict(&writer, report);
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    writer.finish()
}

/// The first line to be seen, so that the whole of the chosen row is; below the last row stands what can only be seen with it.
fn seen(chosen: Option<&Entry>, entries: &[Entry], top: usize, height: usize, all: usize) -> usize {
    let Some(chosen) = chosen else {
        return top;
    };
    let is_first = entries.first() == Some(chosen);
    let is_last = entries.last() == Some(chosen);
    let start = if is_first { 0 } else { chosen.start };
    let end = if is_last { all } else { chosen.end };
    let lowest = end.saturating_sub(height).min(chosen.start);
    top.max(lowest).min(start)
}
