//! What stands around what is looked at: the title, the verdict, what was told lately, the keys.

use super::{Canvas, Live, Page, body};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::text::listing;
use crate::render::transition::{seconds, told};
use crate::render::wrap::wrap;
use crate::render::writer::Writer;
use crate::report::News;
use crate::text::{Fact, Message, Seconds, say};
use jiff::{SignedDuration, Timestamp};
use std::ops::Range;

/// Lines that a screen needs for a title,
const TITLE: usize = 2;
/// for what cannot be followed,
const LOST: usize = 3;
/// for the keys,
const KEYS: usize = 4;
/// for the names of columns,
pub(super) const TITLES: usize = 5;
/// for the verdict,
const VERDICT: usize = 6;
/// for blank lines between,
const BLANKS: usize = 10;
/// and for what was told lately, of which one in so many lines tells.
const LATELY: usize = 14;
const SHARE: usize = 5;
/// Lines of the verdict, and of what cannot be followed, by how many there are.
const LINES: [(usize, usize); 3] = [(24, 3), (BLANKS, 2), (0, 1)];
/// Columns of how long ago something was.
const AGO: usize = 11;

/// What stands around it.
#[derive(Default)]
pub(super) struct Around {
    pub(super) above: Vec<Line>,
    pub(super) below: Vec<Line>,
    /// Whether the keys come last.
    pub(super) has_keys: bool,
}

pub(super) fn of(canvas: &Canvas, live: &Live<'_>) -> Around {
    let rows = live.rows;
    let is_table = matches!(live.page, Page::Table { .. });
    let blank = |from: usize| (rows >= from).then(Line::new);
    let mut lines = LINES.into_iter();
    let most = lines.find_map(|(from, lines)| (rows >= from).then_some(lines));
    let most = most.unwrap_or_default();
    let mut above = Vec::new();
    if rows >= TITLE {
        above.push(title(canvas, live));
    }
    if rows >= LOST
        && let Some(lost) = live.lost
    {
        let words = Message::new(say!(
            "live.lost",
            "since {time} {kinds} cannot be followed, what is shown is as of then: {detail}"
        ))
        .fact("time", time_of_day(&lost.at))
        .fact("kinds", lost.kinds.join(", "))
        .fact("detail", lost.detail.as_str());
        let words = canvas.writer.says(&words);
        above.extend(paragraph(canvas, &Line::of(Style::Unknown, &words), most));
    }
    if rows >= VERDICT && is_table {
        let verdict = listing::verdict(&canvas.writer, live.report);
        above.extend(paragraph(canvas, &verdict, most));
    }
    above.extend(blank(BLANKS));
    let mut below = Vec::new();
    if rows >= LATELY && is_table && !live.lately.is_empty() {
        let title = canvas.writer.word(say!("live.lately", "lately"));
        below.push(Line::new());
        below.push(Line::of(Style::Label, &title));
        for one in live.lately.iter().rev().take(rows / SHARE) {
            let (start, words) = dated(&canvas.writer, live, one);
            below.push(start.append(&words));
        }
    }
    let has_keys = rows >= KEYS;
    below.extend(blank(BLANKS).filter(|_| has_keys));
    Around {
        above,
        below,
        has_keys,
    }
}

/// In at most so many lines; what is left out is so shown.
fn paragraph(canvas: &Canvas, words: &Line, most: usize) -> Vec<Line> {
    let room = canvas.layout.width;
    let hanging = Line::new().pad(4);
    let mut lines = wrap(words, room, room.saturating_sub(4));
    let is_cut = lines.len() > most;
    lines.truncate(most);
    if let Some(last) = lines.last_mut().filter(|_| is_cut) {
        *last = std::mem::take(last).plain(" …");
    }
    let lines = lines.into_iter().enumerate();
    let indent = |(at, line): (usize, Line)| match at {
        0 => line,
        _ => hanging.clone().append(&line),
    };
    lines.map(indent).collect()
}

/// `deploy/web, namespace shop                     as of 22:14:07Z`
fn title(canvas: &Canvas, live: &Live<'_>) -> Line {
    let scope = &live.report.scope;
    let targets = (!scope.targets.is_empty()).then(|| scope.targets.join(", "));
    let place = match &scope.namespace {
        Some(name) => {
            Message::new(say!("live.namespace", "namespace {name}")).fact("name", name.as_str())
        }
        None => say!("live.everywhere", "all namespaces").into(),
    };
    let words = Message::new(say!(
        "live.scope",
        "[{targets}, ][{selector}, ][{fields}, ]{place}"
    ))
    .fact_if("targets", targets)
    .fact_if("selector", scope.selector.as_deref())
    .fact_if("fields", scope.field_selector.as_deref())
    .fact("place", place);
    let time = Message::new(say!("live.time", "as of {time}"))
        .fact("time", time_of_day(&live.report.as_of));
    let style = if live.lost.is_some() {
        Style::Unknown
    } else {
        Style::Faint
    };
    let time = Line::of(style, &canvas.writer.says(&time));
    let scope = Line::of(Style::Label, &canvas.writer.says(&words));
    across(canvas, scope, &time)
}

/// What the keys do, and which part of it is seen when that is not all.
pub(super) fn keys(canvas: &Canvas, live: &Live<'_>, seen: Range<usize>, all: usize) -> Line {
    let is_any = live.report.is_stuck();
    let words = match live.page {
        Page::Table { .. } if is_any => {
            say!("live.keys", "↑↓ choose   Enter open   q end   l lately")
        }
        Page::Table { .. } => say!("live.keys-of-nothing", "q end   l lately"),
        Page::Opened { .. } | Page::Lately => {
            say!("live.keys-of-page", "↑↓ scroll   q back   Ctrl-C end")
        }
    };
    let mut line = Line::of(Style::Faint, &canvas.writer.word(words));
    if matches!(live.page, Page::Table { .. }) && !body::fresh(live).is_empty() {
        let new = canvas.writer.word(say!("live.new", "new"));
        line = line
            .plain("   ")
            .with(Style::Cause, "+")
            .with(Style::Faint, &format!(" {new}"));
    }
    let part = Message::new(say!("live.part", "{first}–{last} of {all}"))
        .fact("first", seen.start + 1)
        .fact("last", seen.end)
        .fact("all", all);
    let part = if seen.len() < all {
        canvas.writer.says(&part)
    } else {
        String::new()
    };
    across(canvas, line, &Line::of(Style::Faint, &part))
}

/// One at the left and one at the right; where they do not fit, the left one goes before.
fn across(canvas: &Canvas, left: Line, right: &Line) -> Line {
    let room = canvas.layout.width.min(canvas.columns);
    if left.width() + right.width() < room {
        let start = room - right.width();
        left.pad(start).append(right)
    } else {
        left
    }
}

/// Writes what was told, and how long ago.
pub(super) fn one(writer: &mut Writer, live: &Live<'_>, one: &News) {
    let (start, words) = dated(writer, live, one);
    writer.hanging_indent(&start, &words);
}

/// How long ago it was told.
pub(super) fn ago(live: &Live<'_>, one: &News) -> Option<SignedDuration> {
    let at: Timestamp = one.at().parse().ok()?;
    Some(live.now.duration_since(at))
}

/// How long ago it was and what kind of news it is, and what it says.
fn dated(writer: &Writer, live: &Live<'_>, one: &News) -> (Line, Line) {
    let seconds = ago(live, one).map_or(0, |ago| ago.as_secs().max(0));
    let ago = Message::new(say!("live.ago", "{age} ago")).fact("age", Fact::from(Seconds(seconds)));
    let ago = Line::of(Style::Faint, &writer.says(&ago)).column(AGO);
    let (title, words) = told(writer, one);
    (ago.append(&title), words)
}

/// `22:14:07Z`
fn time_of_day(at: &str) -> String {
    let at = seconds(at);
    let time = at.split_once('T').map(|(_, time)| time.to_owned());
    time.unwrap_or(at)
}
