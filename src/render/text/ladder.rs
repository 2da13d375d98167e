//! The ladder, folded: what is passed on few lines, where the pod is stuck on its own.

use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{GapReport, Rung, RungState};
use crate::rules::{self, Layer};

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
    let passed = of(RungState::Passed).map(|rung| match rung.by.as_str() {
        "" => Line::new().plain(rung.layer.as_str()),
        by => with_words(rung.layer, by, room),
    });
    folded(writer, &start(RungState::Passed), passed);
    let unread = |rung: &&Rung| unread(rung.layer, gaps);
    let (implied, unknown): (Vec<&Rung>, Vec<&Rung>) =
        of(RungState::Unknown).partition(|rung| unread(rung).is_none());
    let implied = implied
        .into_iter()
        .map(|rung| Line::of(Style::Faint, rung.layer.as_str()));
    folded(writer, &implied_start(), implied);
    let unknown = unknown
        .iter()
        .map(|rung| with_words(rung.layer, &unread(rung).unwrap_or_default(), room));
    folded(writer, &start(RungState::Unknown), unknown);
    for rung in of(RungState::Stuck) {
        one(writer, rung, next, gaps);
    }
    let not_reached =
        of(RungState::NotReached).map(|rung| Line::of(Style::Faint, rung.layer.as_str()));
    folded(writer, &start(RungState::NotReached), not_reached);
}

fn folded(writer: &mut Writer, start: &Line, layers: impl Iterator<Item = Line>) {
    let words = layers.reduce(|all, layer| all.plain(", ").append(&layer));
    if let Some(words) = words {
        writer.hanging(start, &words);
    }
}

/// `scheduling (bound to worker-1)`
fn with_words(layer: Layer, words: &str, room: usize) -> Line {
    Line::new().tied(Style::Plain, &format!("{layer} ({words})"), room)
}

fn one(writer: &mut Writer, rung: &Rung, next: Layer, gaps: &[GapReport]) {
    let words = match rung.state {
        RungState::Stuck => {
            let line = Line::of(Style::Stuck, rung.layer.as_str());
            if rung.layer == next {
                line.with(Style::Label, ": check this layer next")
            } else {
                line
            }
        }
        RungState::Passed if !rung.by.is_empty() => {
            Line::new().plain(&format!("{}: {}", rung.layer, rung.by))
        }
        RungState::Unknown => match unread(rung.layer, gaps) {
            Some(unread) => Line::new().plain(&format!("{}: {unread}", rung.layer)),
            None => {
                let words = Line::of(Style::Faint, rung.layer.as_str());
                return writer.hanging(&implied_start(), &words);
            }
        },
        RungState::Passed | RungState::NotReached => Line::new().plain(rung.layer.as_str()),
    };
    writer.hanging(&start(rung.state), &words);
}

fn start(state: RungState) -> Line {
    let line = match state {
        RungState::Passed => Line::new().plain("  ").with(Style::Passed, "passed ✓"),
        RungState::Stuck => Line::of(Style::Stuck, "▶ stuck at ✗"),
        RungState::NotReached => Line::new().plain("  ").with(Style::Faint, "not reached"),
        RungState::Unknown => Line::new().plain("  ").with(Style::Unknown, "unknown ?"),
    };
    line.pad(STATE)
}

/// A layer that leaves no trace of its own is implied by the later one at which the pod is stuck.
fn implied_start() -> Line {
    let line = Line::new().plain("  ").with(Style::Faint, "implied");
    line.pad(STATE)
}

/// What would tell whether a pod is through a layer and could not be read; nothing when all was read.
fn unread(layer: Layer, gaps: &[GapReport]) -> Option<String> {
    let tells = |gap: &&GapReport| {
        let layers = gap.affects.iter().filter_map(|cause| rules::find(cause));
        gap.why != "not asked" && layers.into_iter().any(|rule| rule.layer == layer)
    };
    let unread: Vec<String> = gaps
        .iter()
        .filter(tells)
        .map(|gap| format!("{} {}", gap.kind, gap.why))
        .collect();
    (!unread.is_empty()).then(|| format!("not read: {}", unread.join(", ")))
}
