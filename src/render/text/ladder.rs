//! The ladder, folded: what is passed on few lines, where the pod is stuck on its own.

use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::words::listed;
use crate::render::writer::Writer;
use crate::report::{GapReport, Rung, RungState};
use crate::rules::{self, Layer};
use crate::snapshot::Why;
use crate::text::{Message, say};

/// Columns of the first word and its mark.
const STATE: usize = 15;

/// Writes the layers of a pod; `next` is the one to check.
pub(super) fn write(writer: &mut Writer, rungs: &[Rung], next: Layer, gaps: &[GapReport]) {
    if writer.whole() {
        for rung in rungs {
            one(writer, rung, next, gaps);
        }
        return;
    }
    let room = writer.room(STATE + 1);
    let of = |state: RungState| rungs.iter().filter(move |rung| rung.state == state);
    let name = |rung: &Rung| writer.word(terms::layer(rung.layer));
    let with_words = |rung: &Rung, words: &str| {
        Line::new().tied(Style::Plain, &format!("{} ({words})", name(rung)), room)
    };
    let passed = of(RungState::Passed).map(|rung| match &rung.message {
        None => Line::new().plain(&name(rung)),
        Some(by) => with_words(rung, &writer.says(by)),
    });
    let (mut implied, mut unknown) = (Vec::new(), Vec::new());
    for rung in of(RungState::Unknown) {
        match unread(writer, rung.layer, gaps) {
            None => implied.push(Line::of(Style::Faint, &name(rung))),
            Some(unread) => unknown.push(with_words(rung, &unread)),
        }
    }
    let not_reached = of(RungState::NotReached).map(|rung| Line::of(Style::Faint, &name(rung)));
    let (passed, not_reached) = (all(passed), all(not_reached));
    folded(writer, start(writer, RungState::Passed), passed);
    folded(writer, implied_start(writer), all(implied));
    folded(writer, start(writer, RungState::Unknown), all(unknown));
    for rung in of(RungState::Stuck) {
        one(writer, rung, next, gaps);
    }
    folded(writer, start(writer, RungState::NotReached), not_reached);
}

/// The layers with commas between.
fn all(layers: impl IntoIterator<Item = Line>) -> Option<Line> {
    let layers = layers.into_iter();
    layers.reduce(|all, layer| all.plain(", ").append(&layer))
}

fn folded(writer: &mut Writer, start: Line, layers: Option<Line>) {
    if let Some(layers) = layers {
        writer.hanging_indent(&start, &layers);
    }
}

fn one(writer: &mut Writer, rung: &Rung, next: Layer, gaps: &[GapReport]) {
    let layer = writer.word(terms::layer(rung.layer));
    let mut start = start(writer, rung.state);
    let words = match (rung.state, &rung.message) {
        (RungState::Stuck, _) => {
            let line = Line::of(Style::Stuck, &layer);
            if rung.layer == next {
                let check = writer.word(say!("text.ladder.next", "check this layer next"));
                line.with(Style::Label, &format!(": {check}"))
            } else {
                line
            }
        }
        (RungState::Passed, Some(by)) => {
            Line::new().plain(&format!("{layer}: {}", writer.says(by)))
        }
        (RungState::Unknown, _) => match unread(writer, rung.layer, gaps) {
            Some(unread) => Line::new().plain(&format!("{layer}: {unread}")),
            None => {
                start = implied_start(writer);
                Line::of(Style::Faint, &layer)
            }
        },
        (RungState::Passed | RungState::NotReached, _) => Line::new().plain(&layer),
    };
    writer.hanging_indent(&start, &words);
}

fn start(writer: &Writer, state: RungState) -> Line {
    let (style, before, word, mark) = match state {
        RungState::Passed => (
            Style::Passed,
            "  ",
            say!("text.ladder.passed", "passed"),
            " ✓",
        ),
        RungState::Stuck => (
            Style::Stuck,
            "▶ ",
            say!("text.ladder.stuck", "stuck at"),
            " ✗",
        ),
        RungState::NotReached => (
            Style::Faint,
            "  ",
            say!("text.ladder.not-reached", "not reached"),
            "",
        ),
        RungState::Unknown => (
            Style::Unknown,
            "  ",
            say!("text.ladder.unknown", "unknown"),
            " ?",
        ),
    };
    let words = format!("{before}{}{mark}", writer.word(word));
    Line::of(style, &words).column(STATE)
}

/// A layer that leaves no trace of its own is implied by the later one at which the pod is stuck.
fn implied_start(writer: &Writer) -> Line {
    let word = writer.word(say!("text.ladder.implied", "implied"));
    let line = Line::new().plain("  ").with(Style::Faint, &word);
    line.column(STATE)
}

/// What would tell whether a pod is through a layer and could not be read; nothing when all was read.
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
