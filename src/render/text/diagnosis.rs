//! The block of one diagnosis.

use super::contributing::Above;
use super::{agreement, evidence, fixes, head, label, ladder, nodes};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{Diagnosis, Next, Report};
use crate::rules::finding::Certainty;
use crate::text::ENGLISH;

/// Writes the block; `above` are the blocks above it that are about the same pods.
pub(super) fn write(
    writer: &mut Writer,
    report: &Report,
    diagnosis: &Diagnosis,
    above: &[&Diagnosis],
) {
    writer.part();
    head::write(writer, &diagnosis.affected, &diagnosis.subject);
    writer.paragraph(
        &Line::new().pad(2),
        &Line::new().pad(4),
        &headline(diagnosis),
    );
    if above.is_empty() {
        head::names(writer, &diagnosis.affected, &diagnosis.subject);
    }
    let same = Above::of(diagnosis, above, writer.whole());
    if same.is_empty() {
        writer.part();
        ladder::write(
            writer,
            &diagnosis.ladder,
            diagnosis.next.layer,
            &report.gaps,
        );
    } else {
        let start = Line::new().pad(2);
        writer.hanging(&start, &Line::of(Style::Faint, &same.words(diagnosis)));
    }
    writer.part();
    known(writer, diagnosis, &same);
    writer.part();
    if !diagnosis.why.is_empty() {
        writer.hanging(
            &label("why"),
            &Line::new().prose(Style::Plain, &diagnosis.why),
        );
    }
    fixes::write(writer, &diagnosis.fixes, &same);
    if above.iter().all(|above| above.next != diagnosis.next) {
        look(writer, &diagnosis.next);
    }
    if writer.whole() {
        facts(writer, diagnosis);
    }
}

/// How it is known: quotes, nodes and counts, each unless it stands above.
fn known(writer: &mut Writer, diagnosis: &Diagnosis, same: &Above<'_>) {
    let quoted = evidence::write(
        writer,
        &diagnosis.proof,
        &diagnosis.evidence,
        &diagnosis.affected,
        same,
    );
    let has_nodes = same.has_nodes(diagnosis);
    if !has_nodes {
        nodes::write(writer, diagnosis, quoted);
    }
    if !has_nodes || !same.has_agreement(diagnosis) {
        agreement::write(writer, diagnosis.agreement.as_ref());
        agreement::preemption(writer, diagnosis.preemption.as_ref());
    }
}

/// `host-port-conflict: port 8080/TCP is taken`
fn headline(diagnosis: &Diagnosis) -> Line {
    name(diagnosis)
        .plain(": ")
        .prose(Style::Label, &diagnosis.headline)
}

/// The cause, with how sure it is when it is not proven.
pub(super) fn name(diagnosis: &Diagnosis) -> Line {
    let line = Line::of(Style::Cause, diagnosis.cause);
    match diagnosis.certainty {
        Certainty::Proven => line,
        Certainty::Likely => line.with(Style::Unknown, " (likely)"),
        Certainty::Possible => line.with(Style::Unknown, " (possible)"),
    }
}

/// The command that looks closer.
pub(super) fn look(writer: &mut Writer, next: &Next) {
    if next.command.is_empty() {
        return;
    }
    let start = label("look");
    let command = Line::new().whole(Style::Command, &next.command);
    if next.command.contains('\n') {
        writer.command(start.width(), &next.command)
    } else {
        writer.hanging(&start, &command)
    }
}

fn facts(writer: &mut Writer, diagnosis: &Diagnosis) {
    for (index, (name, fact)) in diagnosis.facts.0.iter().enumerate() {
        let value = ENGLISH.fact(fact);
        let start = if index == 0 {
            label("facts")
        } else {
            label("")
        };
        writer.hanging(
            &start,
            &Line::of(Style::Faint, name).plain(" ").plain(&value),
        );
    }
}
