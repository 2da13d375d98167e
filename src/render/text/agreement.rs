//! Whether the scheduler counts as we do, said in full only when it does not, and whether preemption could help.

use super::evidence::bar;
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::scheduler::preemption::Preemption;
use crate::scheduler::{Agree, Agreement, Count};

/// Writes the line, and where counts differ or everything is shown both sides.
pub(super) fn write(sheet: &mut Sheet, agreement: Option<&Agreement>) {
    let Some(agreement) = agreement else {
        return;
    };
    let (meaning, words) = match agreement.verdict {
        Agree::Equal => (Meaning::Faint, "the scheduler counts the same"),
        Agree::Different => (Meaning::Unknown, "the scheduler counted otherwise"),
        Agree::NotComparable if agreement.because.is_empty() && !sheet.whole() => return,
        Agree::NotComparable => (
            Meaning::Unknown,
            "cannot be compared with the scheduler's counts",
        ),
    };
    let mut line = Line::of(meaning, words);
    if !agreement.because.is_empty() {
        line = line.with(meaning, ": ").plain(&agreement.because);
    }
    sheet.paragraph(&bar(), &bar().plain("  "), &line);
    if agreement.verdict == Agree::Different || sheet.whole() {
        side(sheet, "scheduler", &agreement.scheduler);
        side(sheet, "computed", &agreement.computed);
    }
}

/// Writes whether other pods could give way.
pub(super) fn preemption(sheet: &mut Sheet, preemption: Option<&Preemption>) {
    let Some(preemption) = preemption else {
        return;
    };
    let line = Line::of(Meaning::Faint, "preemption: ").plain(&preemption.because);
    sheet.paragraph(&bar(), &bar().plain("  "), &line);
}

fn side(sheet: &mut Sheet, who: &str, counts: &[Count]) {
    let clause = |clause: &Count| match clause.count {
        Some(count) => format!("{count} {}", clause.reason),
        None => clause.reason.clone(),
    };
    let mut words = counts.iter().map(clause).collect::<Vec<_>>().join(", ");
    if words.is_empty() {
        words = "nothing".to_owned();
    }
    let start = bar().plain("  ").with(Meaning::Faint, &format!("{who}: "));
    sheet.paragraph(&start, &bar().plain("    "), &Line::new().plain(&words));
}
