//! The ladder, folded: what is passed on few lines, where the pod is stuck on its own.

use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::report::{GapReport, Rung, RungState};
use crate::rules::{self, Layer};

/// Columns of the first word and its mark.
const STATE: usize = 15;

/// Writes the layers of a pod; `next` is the one to check.
pub(super) fn write(sheet: &mut Sheet, rungs: &[Rung], next: Layer, gaps: &[GapReport]) {
    if sheet.whole() {
        for rung in rungs {
            one(sheet, rung, next, gaps);
        }
        return;
    }
    let of = |state: RungState| rungs.iter().filter(move |rung| rung.state == state);
    let passed = of(RungState::Passed).map(|rung| match rung.by.as_str() {
        "" => Line::new().plain(rung.layer.as_str()),
        by => Line::new().plain(&format!("{} ({by})", rung.layer)),
    });
    folded(sheet, RungState::Passed, passed);
    let unknown = of(RungState::Unknown)
        .map(|rung| Line::new().plain(&format!("{} ({})", rung.layer, unread(rung.layer, gaps))));
    folded(sheet, RungState::Unknown, unknown);
    for rung in of(RungState::Stuck) {
        one(sheet, rung, next, gaps);
    }
    let not_reached =
        of(RungState::NotReached).map(|rung| Line::of(Meaning::Faint, rung.layer.as_str()));
    folded(sheet, RungState::NotReached, not_reached);
}

fn folded(sheet: &mut Sheet, state: RungState, layers: impl Iterator<Item = Line>) {
    let words = layers.reduce(|all, layer| all.plain(", ").append(&layer));
    if let Some(words) = words {
        sheet.hanging(&start(state), &words);
    }
}

fn one(sheet: &mut Sheet, rung: &Rung, next: Layer, gaps: &[GapReport]) {
    let words = match rung.state {
        RungState::Stuck => {
            let line = Line::of(Meaning::Stuck, rung.layer.as_str());
            match rung.layer == next {
                true => line.with(Meaning::Label, ": check this layer next"),
                false => line,
            }
        }
        RungState::Passed if !rung.by.is_empty() => {
            Line::new().plain(&format!("{}: {}", rung.layer, rung.by))
        }
        RungState::Unknown => {
            Line::new().plain(&format!("{}: {}", rung.layer, unread(rung.layer, gaps)))
        }
        RungState::Passed | RungState::NotReached => Line::new().plain(rung.layer.as_str()),
    };
    sheet.hanging(&start(rung.state), &words);
}

fn start(state: RungState) -> Line {
    let line = match state {
        RungState::Passed => Line::new().plain("  ").with(Meaning::Passed, "passed ✓"),
        RungState::Stuck => Line::of(Meaning::Stuck, "▶ stuck at ✗"),
        RungState::NotReached => Line::new().plain("  ").with(Meaning::Faint, "not reached"),
        RungState::Unknown => Line::new().plain("  ").with(Meaning::Unknown, "unknown ?"),
    };
    line.pad(STATE)
}

/// What would tell whether a pod is through a layer and could not be read.
fn unread(layer: Layer, gaps: &[GapReport]) -> String {
    let tells = |gap: &&GapReport| {
        let layers = gap.affects.iter().filter_map(|cause| rules::find(cause));
        gap.why != "not asked" && layers.into_iter().any(|rule| rule.layer == layer)
    };
    let unread: Vec<String> = gaps
        .iter()
        .filter(tells)
        .map(|gap| format!("{} {}", gap.kind, gap.why))
        .collect();
    match unread.is_empty() {
        true => "nothing shows it".to_owned(),
        false => format!("not read: {}", unread.join(", ")),
    }
}
