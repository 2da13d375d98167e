//! The block of one diagnosis.

use super::companions::Above;
use super::{agreement, evidence, fixes, head, label, ladder, nodes};
use crate::finding::{Certainty, Fact};
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::report::{Diagnosis, Next, Report};

/// Writes the block; `above` are the blocks above it that are about the same pods.
pub(super) fn write(
    sheet: &mut Sheet,
    report: &Report,
    diagnosis: &Diagnosis,
    above: &[&Diagnosis],
) {
    sheet.part();
    head::write(sheet, &diagnosis.pods, &diagnosis.subject);
    sheet.paragraph(
        &Line::new().pad(2),
        &Line::new().pad(4),
        &headline(diagnosis),
    );
    if above.is_empty() {
        head::names(sheet, &diagnosis.pods, &diagnosis.subject);
    }
    let same = Above::of(diagnosis, above, sheet.whole());
    if same.is_empty() {
        sheet.part();
        ladder::write(sheet, &diagnosis.ladder, diagnosis.next.layer, &report.gaps);
    } else {
        let start = Line::new().pad(2);
        sheet.hanging(&start, &Line::of(Meaning::Faint, &same.words(diagnosis)));
    }
    sheet.part();
    known(sheet, diagnosis, &same);
    sheet.part();
    if !diagnosis.why.is_empty() {
        sheet.hanging(
            &label("why"),
            &Line::new().prose(Meaning::Plain, &diagnosis.why),
        );
    }
    fixes::write(sheet, &diagnosis.fixes, &same);
    if above.iter().all(|above| above.next != diagnosis.next) {
        look(sheet, &diagnosis.next);
    }
    if sheet.whole() {
        facts(sheet, diagnosis);
    }
}

/// How it is known: quotes, nodes and counts, each unless it stands above.
fn known(sheet: &mut Sheet, diagnosis: &Diagnosis, same: &Above<'_>) {
    let quoted = evidence::write(
        sheet,
        &diagnosis.proof,
        &diagnosis.evidence,
        &diagnosis.pods,
        same,
    );
    let has_nodes = same.has_nodes(diagnosis);
    if !has_nodes {
        nodes::write(sheet, diagnosis, quoted);
    }
    if !has_nodes || !same.has_agreement(diagnosis) {
        agreement::write(sheet, diagnosis.agreement.as_ref());
        agreement::preemption(sheet, diagnosis.preemption.as_ref());
    }
}

/// `host-port-conflict: port 8080/TCP is taken`
fn headline(diagnosis: &Diagnosis) -> Line {
    name(diagnosis)
        .plain(": ")
        .prose(Meaning::Label, &diagnosis.headline)
}

/// The cause, with how sure it is when it is not proven.
pub(super) fn name(diagnosis: &Diagnosis) -> Line {
    let line = Line::of(Meaning::Cause, diagnosis.cause);
    match diagnosis.certainty {
        Certainty::Proven => line,
        Certainty::Likely => line.with(Meaning::Unknown, " (likely)"),
        Certainty::Possible => line.with(Meaning::Unknown, " (possible)"),
    }
}

/// The command that looks closer.
pub(super) fn look(sheet: &mut Sheet, next: &Next) {
    if next.command.is_empty() {
        return;
    }
    let start = label("look");
    let command = Line::new().whole(Meaning::Command, &next.command);
    match next.command.contains('\n') {
        true => sheet.command(start.width(), &next.command),
        false => sheet.hanging(&start, &command),
    }
}

fn facts(sheet: &mut Sheet, diagnosis: &Diagnosis) {
    for (index, (name, fact)) in diagnosis.facts.0.iter().enumerate() {
        let value = match fact {
            Fact::Number(number) => number.to_string(),
            Fact::Text(text) => text.clone(),
            Fact::List(words) => words.join(", "),
        };
        let start = if index == 0 {
            label("facts")
        } else {
            label("")
        };
        sheet.hanging(
            &start,
            &Line::of(Meaning::Faint, name).plain(" ").plain(&value),
        );
    }
}
