//! The block of one diagnosis.

use super::block::Block;
use super::contributing::Above;
use super::margin::{bar, label};
use super::{agreement, consequences, evidence, fixes, head, image, ladder, nodes, serving};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::writer::Writer;
use crate::report::{Affected, Diagnosis, Next, Report};
use crate::rules::UNEXPLAINED;
use crate::rules::finding::{Certainty, Who};
use crate::text::{Message, say};

/// Writes the block; `above` are the blocks above it that are about the same objects.
pub(super) fn write(writer: &mut Writer, report: &Report, block: &Block<'_>, above: &[&Diagnosis]) {
    let diagnosis = block.first;
    let same = Above::of(diagnosis, above, writer.whole());
    let objects = block.affected();
    writer.blank_line();
    if above.is_empty() {
        head::write(writer, &objects, &block.each(), report);
    }
    let start = Line::new().pad(2);
    writer.paragraph(&start, &Line::new().pad(4), &headline(writer, block));
    if above.is_empty() {
        head::names(writer, &objects);
        serving::changes(writer, report, (diagnosis, &block.workloads()));
    }
    consequences::write(writer, block);
    fixes::write(writer, &diagnosis.fixes, &same, &block.workloads());
    others(writer, block);
    if let Some(why) = &diagnosis.why_message {
        let name = label(&writer.word(say!("text.diagnosis.why", "why")));
        let words = Line::new().prose(Style::Plain, &writer.says(why));
        writer.hanging_indent(&name, &words);
    }
    let is_answered = above.iter().any(|above| above.image == diagnosis.image);
    if !is_answered {
        image::write(writer, diagnosis);
    }
    let is_shown = image::shows(diagnosis, &diagnosis.next.command);
    if !is_shown && above.iter().all(|above| above.next != diagnosis.next) {
        inspect(writer, &diagnosis.next);
    }
    known(writer, diagnosis, &objects, &same);
    if writer.whole() {
        facts(writer, diagnosis);
    }
    // what is held is not stuck anywhere
    let is_held = objects.iter().all(|one| one.held);
    if same.is_empty() && !is_held {
        ladder::write(writer, &diagnosis.ladder, &report.gaps);
    } else if !is_held {
        let words = writer.says(&same.message(diagnosis));
        writer.hanging_indent(&start, &Line::of(Style::Faint, &words));
    }
    let fingerprint = match block.diagnoses {
        [one] => Some(one.fingerprint.as_str()),
        // each has its own: -o wide
        _ => None,
    };
    explain(writer, diagnosis.cause, fingerprint);
}

/// Of several workloads the change of one is told; of one workload, what is wrong with each of its containers.
fn others(writer: &mut Writer, block: &Block<'_>) {
    let others = block.diagnoses.iter().skip(1);
    let (own, others): (Vec<_>, Vec<_>) =
        others.partition(|other| other.subject == block.first.subject);
    for other in own {
        let name = label(&writer.word(say!("text.diagnosis.also", "also")));
        let words = Line::new().prose(Style::Plain, &writer.says(&other.message));
        writer.hanging_indent(&name, &words);
    }
    // what puts the first right puts these right as well
    let is_done = others.iter().all(|other| other.fixes == block.first.fixes);
    let others = others.len();
    if is_done || block.first.fixes.is_empty() {
        return;
    }
    let workloads = block.workloads().len().saturating_sub(1);
    let words = if workloads > 0 {
        Message::new(say!(
            "text.diagnosis.others",
            "likewise for {others} more {others|workload|workloads}: -o wide"
        ))
        .fact("others", workloads)
    } else {
        Message::new(say!(
            "text.diagnosis.other-findings",
            "likewise for {others} more of it: -o wide"
        ))
        .fact("others", others)
    };
    let words = Line::of(Style::Faint, &writer.says(&words));
    writer.hanging_indent(&label(""), &words);
}

/// So much of a fingerprint stands for it.
const FINGERPRINT: usize = 8;

/// The command that tells what the cause means, and what silences it.
pub(super) fn explain(writer: &mut Writer, cause: &str, fingerprint: Option<&str>) {
    let start = label(&writer.word(say!("text.diagnosis.more", "more")));
    let command = format!("kubectl diagnose explain {cause}");
    let words = Line::new().whole(Style::Faint, &command);
    let shown = writer.at_most(FINGERPRINT);
    let fingerprint = fingerprint.map(|it| it.chars().take(shown).collect::<String>());
    let known_by = Message::new(say!(
        "text.diagnosis.fingerprint",
        "fingerprint {fingerprint}"
    ))
    .fact_if("fingerprint", fingerprint.clone());
    let words = match fingerprint {
        // a comment to a shell, so that the line can be copied
        Some(_) => words
            .plain("  ")
            .whole(Style::Faint, &format!("# {}", writer.says(&known_by))),
        None => words,
    };
    writer.hanging_indent(&start, &words);
}

/// How it is known: quotes, nodes and counts, each unless it stands above.
fn known(writer: &mut Writer, diagnosis: &Diagnosis, objects: &[&Affected], same: &Above<'_>) {
    let quoted = evidence::write(writer, diagnosis, objects, same);
    let has_nodes = same.has_nodes(diagnosis);
    if !has_nodes {
        nodes::write(writer, diagnosis, quoted);
    }
    if !has_nodes || !same.has_agreement(diagnosis) {
        agreement::write(writer, diagnosis);
        let preemption = diagnosis.preemption.as_ref();
        if let Some(line) = preemption.and_then(|it| agreement::preemption(writer, it)) {
            writer.paragraph(&bar(), &bar().plain("  "), &line);
        }
    }
}

/// `host-port-conflict: port 8080/TCP is taken`
fn headline(writer: &Writer, block: &Block<'_>) -> Line {
    certainty(writer, block.root.cause, block.root.certainty)
        .plain(": ")
        .prose(Style::Label, &writer.says(block.headline()))
}

/// The cause, with how sure it is when it is not proven.
pub(super) fn certainty(writer: &Writer, cause: &str, certainty: Certainty) -> Line {
    let style = if cause == UNEXPLAINED {
        Style::Unknown
    } else {
        Style::Cause
    };
    let line = Line::of(style, cause);
    match terms::certainty(certainty) {
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
    let by = match (&next.node, next.who) {
        (Some(node), _) => Some(
            Message::new(say!("text.diagnosis.on-node", "on {node}:")).fact("node", node.as_str()),
        ),
        (None, Who::Admin) => Some(
            say!(
                "text.diagnosis.ask-administrator",
                "ask an administrator to run:"
            )
            .into(),
        ),
        (None, Who::Owner) => None,
    };
    let by = by
        .map(|by| format!("{} ", writer.says(&by)))
        .unwrap_or_default();
    let command = Line::of(Style::Faint, &by).whole(Style::Command, &next.command);
    writer.hanging_indent(&start, &command)
}

fn facts(writer: &mut Writer, diagnosis: &Diagnosis) {
    let mut start = label(&writer.word(say!("text.diagnosis.facts", "facts")));
    for (name, fact) in &diagnosis.facts.0 {
        let value = writer.language().fact(fact);
        let words = Line::of(Style::Faint, name).plain(" ").plain(&value);
        writer.hanging_indent(&std::mem::replace(&mut start, label("")), &words);
    }
}
