//! The block of one diagnosis.

use super::{agreement, evidence, fixes, head, label, ladder, nodes};
use crate::finding::{Certainty, Fact};
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::report::{Diagnosis, Next, PodReport, Report};

/// Writes the block; `before` is the diagnosis above it.
pub(super) fn write(
    sheet: &mut Sheet,
    report: &Report,
    diagnosis: &Diagnosis,
    before: Option<&Diagnosis>,
) {
    sheet.part();
    head::write(sheet, &diagnosis.pods, &diagnosis.subject);
    sheet.paragraph(
        &Line::new().pad(2),
        &Line::new().pad(4),
        &headline(diagnosis),
    );
    head::names(sheet, &diagnosis.pods, &diagnosis.subject);
    let before = before.filter(|before| same_pods(before, diagnosis));
    if before.is_some_and(|before| before.ladder == diagnosis.ladder) {
        let words = format!("stuck at {}, as above", diagnosis.next.layer);
        sheet.line(&Line::new().pad(2).with(Meaning::Faint, &words));
    } else {
        sheet.part();
        ladder::write(sheet, &diagnosis.ladder, diagnosis.next.layer, &report.gaps);
    }
    sheet.part();
    evidence::write(
        sheet,
        &diagnosis.proof,
        &diagnosis.evidence,
        &diagnosis.pods,
    );
    nodes::write(sheet, &diagnosis.nodes);
    agreement::write(sheet, diagnosis.agreement.as_ref());
    sheet.part();
    if !diagnosis.why.is_empty() {
        sheet.hanging(
            &label("why"),
            &Line::new().prose(Meaning::Plain, &diagnosis.why),
        );
    }
    fixes::write(sheet, &diagnosis.fixes);
    if before.is_none_or(|before| before.next != diagnosis.next) {
        look(sheet, &diagnosis.next);
    }
    if sheet.whole() {
        facts(sheet, diagnosis);
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

/// Several causes of the same pods need their ladder once.
fn same_pods(one: &Diagnosis, other: &Diagnosis) -> bool {
    let names = |diagnosis: &Diagnosis| -> Vec<(String, String)> {
        let name = |pod: &PodReport| (pod.namespace.clone(), pod.name.clone());
        diagnosis.pods.iter().map(name).collect()
    };
    names(one) == names(other)
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
