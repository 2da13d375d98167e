//! The layers in one line: which are passed, and where the object is stuck.

use super::margin::{LABEL, label};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::words::listed;
use crate::render::writer::Writer;
use crate::report::{GapReport, Rung, RungState};
use crate::rules::{self, Layer};
use crate::snapshot::Why;
use crate::text::{Message, say};

/// Writes the layers; in whole with the evidence for each, a line a layer.
pub(super) fn write(writer: &mut Writer, rungs: &[Rung], gaps: &[GapReport]) {
    let mut start = label(&writer.word(say!("text.ladder.layers", "layers")));
    if writer.whole() {
        for rung in rungs {
            let start = std::mem::replace(&mut start, label(""));
            writer.hanging_indent(&start, &with_words(writer, rung, gaps));
        }
        return;
    }
    let shown: Vec<&Rung> = rungs
        .iter()
        .filter(|rung| rung.state != RungState::NotReached)
        .collect();
    let mut parts = in_short(writer, &shown, gaps);
    let room = writer.room(LABEL);
    while parts.len() > 2 && joined(&parts).width() > room {
        parts.drain(..2);
        parts.insert(0, Line::of(Style::Faint, "…"));
    }
    if !parts.is_empty() {
        writer.hanging_indent(&start, &joined(&parts));
    }
}

fn joined(parts: &[Line]) -> Line {
    let parts = parts.iter().cloned();
    let line = parts.reduce(|line, part| line.plain("  ").append(&part));
    line.unwrap_or_default()
}

/// From so many layers on a run of passed ones is told by its ends.
const RUN: usize = 3;

/// `admission … network ✓`, `▶ image ✗ check this layer next`
fn in_short(writer: &Writer, rungs: &[&Rung], gaps: &[GapReport]) -> Vec<Line> {
    let is_passed = |rung: &Rung| match rung.state {
        RungState::Passed => true,
        RungState::Unknown => unread(writer, rung.layer, gaps).is_none(),
        RungState::Stuck | RungState::NotReached => false,
    };
    let runs = rungs.chunk_by(|one, next| is_passed(one) && is_passed(next));
    runs.flat_map(|run| match run {
        [first, .., last] if run.len() >= RUN => {
            let ends = [first, last].map(|rung| writer.word(terms::layer(rung.layer)));
            let run = format!("{} ✓", ends.join(" … "));
            vec![Line::new().whole(Style::Passed, &run)]
        }
        few => few.iter().map(|rung| one(writer, rung, gaps)).collect(),
    })
    .collect()
}

/// `volume ✓`, `▶ image ✗`
fn one(writer: &Writer, rung: &Rung, gaps: &[GapReport]) -> Line {
    let (style, before, mark) = match rung.state {
        RungState::Passed => (Style::Passed, "", " ✓"),
        RungState::Stuck => (Style::Stuck, "▶ ", " ✗"),
        RungState::NotReached => (Style::Faint, "", ""),
        // a layer that leaves no trace of its own is implied by the later one at which the object is stuck
        RungState::Unknown if unread(writer, rung.layer, gaps).is_none() => (Style::Faint, "", ""),
        RungState::Unknown => (Style::Unknown, "", " ?"),
    };
    let name = writer.word(terms::layer(rung.layer));
    let line = Line::new().whole(style, &format!("{before}{name}{mark}"));
    if rung.state != RungState::Stuck {
        return line;
    }
    let next = writer.word(say!("text.ladder.next", "check this layer next"));
    line.plain(" ").whole(Style::Label, &next)
}

pub(super) fn with_words(writer: &Writer, rung: &Rung, gaps: &[GapReport]) -> Line {
    let words = match (rung.state, &rung.message) {
        (RungState::Passed, Some(by)) => Some(writer.says(by)),
        (RungState::Unknown, _) => Some(unread(writer, rung.layer, gaps).unwrap_or_else(|| {
            writer.word(say!("text.ladder.implied", "implied by the later ones"))
        })),
        (RungState::NotReached, _) => {
            Some(writer.word(say!("text.ladder.not-reached", "not reached")))
        }
        (RungState::Stuck, _) | (RungState::Passed, None) => None,
    };
    let line = one(writer, rung, gaps);
    match words {
        Some(words) => line.plain(": ").plain(&words),
        None => line,
    }
}

/// What would tell whether an object is through a layer and could not be read; nothing when all was read.
fn unread(writer: &Writer, layer: Layer, gaps: &[GapReport]) -> Option<String> {
    let tells = |gap: &&GapReport| {
        let layers = gap.affects.iter().filter_map(|cause| rules::find(cause));
        gap.why != Why::NotAsked.as_str() && layers.into_iter().any(|rule| rule.layer == layer)
    };
    let gap = |gap: &GapReport| {
        Message::new(say!("text.ladder.gap", "{kind} {why}"))
            .fact("kind", gap.kind)
            .fact("why", terms::not_read(gap.why))
    };
    let unread: Vec<Message> = gaps.iter().filter(tells).map(gap).collect();
    let not_read = Message::new(say!("text.ladder.not-read", "not read: {gaps}"));
    (!unread.is_empty()).then(|| writer.says(&not_read.fact("gaps", listed(unread))))
}
