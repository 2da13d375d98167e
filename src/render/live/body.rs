//! What is looked at, and what of it can be chosen.

use super::{Canvas, Entry, Live, Page, around};
use crate::render::Layout;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::text::listing::{self, Listed};
use crate::render::transition::seconds;
use crate::render::writer::{Detail, Writer};
use crate::report::{Became, News, Report, Transition};
use crate::text::{Message, say};
use jiff::SignedDuration;
use std::collections::BTreeSet;

/// Left of a row: whether it is chosen, whether it is new, and a blank.
const MARGIN: usize = 3;
/// So long something is new.
const FRESH: SignedDuration = SignedDuration::from_mins(2);

/// All of what is looked at.
#[derive(Default)]
pub(super) struct Body {
    /// What stays above it.
    pub(super) titles: Option<Line>,
    pub(super) lines: Vec<String>,
    pub(super) entries: Vec<Entry>,
    pub(super) chosen: usize,
}

pub(super) fn of(canvas: &Canvas, live: &Live<'_>) -> Body {
    match live.page {
        Page::Table { chosen, at } => table(canvas, live, chosen, at),
        Page::Opened {
            fingerprint,
            report,
        } => opened(canvas, live, fingerprint, report),
        Page::Lately => lately(canvas, live),
    }
}

/// What is new, by its fingerprint.
pub(super) fn fresh<'v>(live: &Live<'v>) -> BTreeSet<&'v str> {
    let is_fresh = |one: &&News| around::ago(live, one).is_some_and(|ago| ago < FRESH);
    let told = live.lately.iter().rev().take_while(is_fresh);
    let came = told.filter_map(|one| match one {
        News::Transition(one) if matches!(one.transition, Became::New | Became::Changed) => {
            Some(one.finding.fingerprint.as_str())
        }
        _ => None,
    });
    came.filter(|one| live.report.has(one)).collect()
}

fn table(canvas: &Canvas, live: &Live<'_>, chosen: Option<&str>, at: usize) -> Body {
    let narrower = Layout {
        width: canvas.layout.width.saturating_sub(MARGIN),
        ..canvas.layout
    };
    let writer = Writer::new(narrower, Detail::Short);
    let listing = listing::listing(&writer, live.report);
    let fresh = fresh(live);
    let chosen = position(&listing.entries, chosen, at);
    let mut body = Body {
        titles: listing
            .titles
            .map(|titles| Line::new().pad(MARGIN).append(&titles)),
        chosen,
        ..Body::default()
    };
    for (index, listed) in listing.entries.into_iter().enumerate() {
        if let Some(title) = listed.title {
            body.lines.push(String::new());
            body.lines.push(canvas.paint(title));
        }
        let is_new = listed
            .fingerprints
            .iter()
            .any(|one| fresh.contains(one.as_str()));
        let mut margin = margin(index == chosen, is_new);
        let start = body.lines.len();
        for line in &listed.lines {
            let margin = std::mem::take(&mut margin).pad(MARGIN);
            body.lines.push(canvas.paint(margin.append(line)));
        }
        body.entries.push(Entry {
            fingerprints: listed.fingerprints,
            start,
            end: body.lines.len(),
        });
    }
    let mut writer = folded(canvas);
    listing::beside(&mut writer, live.report);
    let beside = writer.finish();
    if !beside.is_empty() {
        body.lines
            .extend((!body.lines.is_empty()).then(String::new));
        body.lines.extend(beside.lines().map(str::to_owned));
    }
    body
}

fn margin(is_chosen: bool, is_new: bool) -> Line {
    let [chosen, new] =
        [(is_chosen, "▸"), (is_new, "+")].map(|(is, mark)| if is { mark } else { " " });
    Line::of(Style::Object, chosen).with(Style::Cause, new)
}

/// Which row is chosen: the one that is known by that, and when there is none, what stands in its place.
fn position(entries: &[Listed], chosen: Option<&str>, at: usize) -> usize {
    let is_it = |entry: &Listed| {
        let mut known = entry.fingerprints.iter();
        chosen.is_some_and(|chosen| known.any(|one| one == chosen))
    };
    // two rows may be known by the same
    match entries.get(at) {
        Some(entry) if is_it(entry) => at,
        _ => entries
            .iter()
            .position(is_it)
            .unwrap_or_else(|| at.min(entries.len().saturating_sub(1))),
    }
}

/// Where nothing can be scrolled sideways.
fn folded(canvas: &Canvas) -> Writer {
    Writer::new(canvas.layout, Detail::Short).folded(canvas.columns)
}

fn opened(canvas: &Canvas, live: &Live<'_>, fingerprint: &str, report: &Report) -> Body {
    let mut writer = folded(canvas);
    if !live.report.has(fingerprint) {
        let is_end = |one: &&News| matches!(one, News::Transition(one) if ends(one, fingerprint));
        if let Some(end) = live.lately.iter().rev().find(is_end) {
            around::one(&mut writer, live, end);
        }
        let words = Message::new(say!("live.past", "what follows is as of {time}"))
            .fact("time", seconds(&report.as_of));
        let words = writer.says(&words);
        writer.paragraph(
            &Line::new(),
            &Line::new(),
            &Line::of(Style::Unknown, &words),
        );
    }
    listing::in_full(&mut writer, report, fingerprint);
    of_lines(writer)
}

/// Whether that tells that it is not so any more.
fn ends(transition: &Transition, fingerprint: &str) -> bool {
    let before = match transition.transition {
        Became::Solved => Some(&transition.finding),
        Became::Changed => transition.before.as_ref(),
        Became::Stuck | Became::New | Became::Ended => None,
    };
    before.is_some_and(|before| before.fingerprint == fingerprint)
}

fn lately(canvas: &Canvas, live: &Live<'_>) -> Body {
    let mut writer = folded(canvas);
    for one in live.lately.iter().rev() {
        around::one(&mut writer, live, one);
    }
    if live.lately.is_empty() {
        let words = writer.word(say!("live.nothing", "nothing has changed since this began"));
        writer.line(&Line::of(Style::Faint, &words));
    }
    of_lines(writer)
}

fn of_lines(writer: Writer) -> Body {
    Body {
        lines: writer.finish().lines().map(str::to_owned).collect(),
        ..Body::default()
    }
}
