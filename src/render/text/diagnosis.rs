//! The block of one diagnosis.

use super::contributing::Above;
use super::margin::label;
use super::{agreement, evidence, fixes, head, ladder, nodes};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::writer::Writer;
use crate::report::{Diagnosis, Next, Report};
use crate::text::say;

/// Writes the block; `above` are the blocks above it that are about the same objects.
pub(super) fn write(
    writer: &mut Writer,
    report: &Report,
    diagnosis: &Diagnosis,
    above: &[&Diagnosis],
) {
    writer.blank_line();
    head::write(writer, &diagnosis.affected, &diagnosis.subject);
    writer.paragraph(
        &Line::new().pad(2),
        &Line::new().pad(4),
        &headline(writer, diagnosis),
    );
    if above.is_empty() {
        head::names(writer, &diagnosis.affected, &diagnosis.subject);
    }
    let same = Above::of(diagnosis, above, writer.whole());
    if same.is_empty() {
        writer.blank_line();
        ladder::write(
            writer,
            &diagnosis.ladder,
            diagnosis.next.layer,
            &report.gaps,
        );
    } else {
        let start = Line::new().pad(2);
        writer.hanging_indent(
            &start,
            &Line::of(Style::Faint, &writer.says(&same.message(diagnosis))),
        );
    }
    writer.blank_line();
    known(writer, diagnosis, &same);
    writer.blank_line();
    if let Some(why) = &diagnosis.why_message {
        let name = label(&writer.word(say!("text.diagnosis.why", "why")));
        let words = Line::new().prose(Style::Plain, &writer.says(why));
        writer.hanging_indent(&name, &words);
    }
    fixes::write(writer, &diagnosis.fixes, &same);
    if above.iter().all(|above| above.next != diagnosis.next) {
        inspect(writer, &diagnosis.next);
    }
    if writer.whole() {
        facts(writer, diagnosis);
    }
}

/// How it is known: quotes, nodes and counts, each unless it stands above.
fn known(writer: &mut Writer, diagnosis: &Diagnosis, same: &Above<'_>) {
    let quoted = evidence::write(writer, diagnosis, same);
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
fn headline(writer: &Writer, diagnosis: &Diagnosis) -> Line {
    name(writer, diagnosis)
        .plain(": ")
        .prose(Style::Label, &writer.says(&diagnosis.message))
}

/// The cause, with how sure it is when it is not proven.
pub(super) fn name(writer: &Writer, diagnosis: &Diagnosis) -> Line {
    let line = Line::of(Style::Cause, diagnosis.cause);
    match terms::certainty(diagnosis.certainty) {
        None => line,
        Some(word) => line.with(Style::Unknown, &format!(" ({})", writer.word(word))),
    }
}

/// The command that looks closer.
pub(super) fn inspect(writer: &mut Writer, next: &Next) {
    if next.command.is_empty() {
        return;
    }
    let start = label(&writer.word(say!("text.diagnosis.next", "next")));
    let command = Line::new().whole(Style::Command, &next.command);
    if next.command.contains('\n') {
        writer.command(start.width(), &next.command)
    } else {
        writer.hanging_indent(&start, &command)
    }
}

fn facts(writer: &mut Writer, diagnosis: &Diagnosis) {
    let mut start = label(&writer.word(say!("text.diagnosis.facts", "facts")));
    for (name, fact) in &diagnosis.facts.0 {
        let value = writer.language().fact(fact);
        let words = Line::of(Style::Faint, name).plain(" ").plain(&value);
        writer.hanging_indent(&std::mem::replace(&mut start, label("")), &words);
    }
}
