//! Whether the scheduler counts as we do, said in full only when it does not, and whether preemption could help.

use super::margin::bar;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{AgreementReport, Diagnosis, PreemptionReport};
use crate::scheduler::{Agree, Count};
use crate::text::{Sentence, say};

/// Writes the line, and where counts differ or everything is shown both sides.
pub(super) fn write(writer: &mut Writer, diagnosis: &Diagnosis) {
    let agreement = diagnosis.agreement.as_ref();
    let is_told = |it: &&AgreementReport| writer.whole() || !is_told_as_unread(it, diagnosis);
    let agreement = agreement.filter(is_told);
    let Some((agreement, line)) = agreement.and_then(|it| Some((it, verdict(writer, it)?))) else {
        return;
    };
    writer.paragraph(&bar(), &bar().plain("  "), &line);
    if agreement.verdict == Agree::Different || writer.whole() {
        let scheduler = say!("text.agreement.scheduler", "scheduler");
        side(writer, scheduler, &agreement.scheduler);
        let computed = say!("text.agreement.computed", "computed");
        side(writer, computed, &agreement.computed);
    }
}

/// Whether the table of nodes already says what was not read.
fn is_told_as_unread(agreement: &AgreementReport, diagnosis: &Diagnosis) -> bool {
    let message = agreement.message.as_ref();
    let is_of_filter =
        message.is_some_and(|message| message.sentence.id == "agreement.filter-not-computed");
    is_of_filter && !diagnosis.unread.is_empty()
}

/// Whether no node could be computed.
fn is_for_want_of_nodes(agreement: &AgreementReport) -> bool {
    let message = agreement.message.as_ref();
    message.is_some_and(|message| message.sentence.id == "agreement.nodes-not-read")
}

/// Whether both count the same; nothing where nobody would ask.
pub(super) fn verdict(writer: &Writer, agreement: &AgreementReport) -> Option<Line> {
    let because = agreement.message.as_ref();
    let (style, verdict) = match agreement.verdict {
        Agree::Equal => (
            Style::Faint,
            say!("text.agreement.equal", "the scheduler counts the same"),
        ),
        Agree::Different => (
            Style::Unknown,
            say!(
                "text.agreement.different",
                "the scheduler counted otherwise"
            ),
        ),
        Agree::NotComparable if because.is_none() && !writer.whole() => return None,
        Agree::NotComparable if is_for_want_of_nodes(agreement) => (
            Style::Unknown,
            say!("text.nodes.not-computed", "not computed"),
        ),
        Agree::NotComparable => (
            Style::Unknown,
            say!(
                "text.agreement.not-comparable",
                "cannot be compared with the scheduler's counts"
            ),
        ),
    };
    let mut line = Line::of(style, &writer.word(verdict));
    if let Some(because) = because {
        line = line.with(style, ": ").plain(&writer.says(because));
    }
    Some(line)
}

/// Whether other pods could give way.
pub(super) fn preemption(writer: &Writer, preemption: &PreemptionReport) -> Option<Line> {
    let because = writer.says(preemption.message.as_ref()?);
    let name = writer.word(say!("text.agreement.preemption", "preemption"));
    Some(Line::of(Style::Faint, &format!("{name}: ")).plain(&because))
}

/// The counts of one of the two; their reasons are the scheduler's own words.
fn side(writer: &mut Writer, who: Sentence, counts: &[Count]) {
    let clause = |clause: &Count| match clause.count {
        Some(count) => format!("{count} {}", clause.reason),
        None => clause.reason.clone(),
    };
    let mut words = counts.iter().map(clause).collect::<Vec<_>>().join(", ");
    if words.is_empty() {
        words = writer.word(say!("text.agreement.nothing", "nothing"));
    }
    let who = format!("{}: ", writer.word(who));
    let start = bar().plain("  ").with(Style::Faint, &who);
    writer.paragraph(&start, &bar().plain("    "), &Line::new().plain(&words));
}
