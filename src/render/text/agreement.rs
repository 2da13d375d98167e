//! Whether the scheduler counts as we do, said in full only when it does not, and whether preemption could help.

use super::evidence::bar;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{AgreementReport, PreemptionReport};
use crate::scheduler::{Agree, Count};

/// Writes the line, and where counts differ or everything is shown both sides.
pub(super) fn write(writer: &mut Writer, agreement: Option<&AgreementReport>) {
    let Some(agreement) = agreement else {
        return;
    };
    let (meaning, words) = match agreement.verdict {
        Agree::Equal => (Style::Faint, "the scheduler counts the same"),
        Agree::Different => (Style::Unknown, "the scheduler counted otherwise"),
        Agree::NotComparable if agreement.because.is_empty() && !writer.whole() => return,
        Agree::NotComparable => (
            Style::Unknown,
            "cannot be compared with the scheduler's counts",
        ),
    };
    let mut line = Line::of(meaning, words);
    if !agreement.because.is_empty() {
        line = line.with(meaning, ": ").plain(&agreement.because);
    }
    writer.paragraph(&bar(), &bar().plain("  "), &line);
    if agreement.verdict == Agree::Different || writer.whole() {
        side(writer, "scheduler", &agreement.scheduler);
        side(writer, "computed", &agreement.computed);
    }
}

/// Writes whether other pods could give way.
pub(super) fn preemption(writer: &mut Writer, preemption: Option<&PreemptionReport>) {
    let Some(preemption) = preemption else {
        return;
    };
    let line = Line::of(Style::Faint, "preemption: ").plain(&preemption.because);
    writer.paragraph(&bar(), &bar().plain("  "), &line);
}

fn side(writer: &mut Writer, who: &str, counts: &[Count]) {
    let clause = |clause: &Count| match clause.count {
        Some(count) => format!("{count} {}", clause.reason),
        None => clause.reason.clone(),
    };
    let mut words = counts.iter().map(clause).collect::<Vec<_>>().join(", ");
    if words.is_empty() {
        words = "nothing".to_owned();
    }
    let start = bar().plain("  ").with(Style::Faint, &format!("{who}: "));
    writer.paragraph(&start, &bar().plain("    "), &Line::new().plain(&words));
}
