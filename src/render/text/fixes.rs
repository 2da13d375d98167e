//! What to change, who can, and whether it was verified; the commands stand alone to be copied.

use super::contributing::Above;
use super::margin::{LABEL, label};
use super::shown;
use crate::kubernetes::shell;
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::{NAMED, named};
use crate::render::writer::Writer;
use crate::report::{FixReport, Verified};
use crate::rules::finding::{Risk, Who};
use crate::snapshot::ObjectRef;
use crate::text::{Message, Sentence, say};
use std::collections::BTreeSet;

/// Writes the fixes that were not offered above, best first; `workloads` are those that are told of.
pub(super) fn write(
    writer: &mut Writer,
    fixes: &[FixReport],
    above: &Above<'_>,
    workloads: &BTreeSet<ObjectRef>,
) {
    let shown = shown::fixes(fixes, writer.whole());
    let mut is_first = true;
    let mut hidden = false;
    for fix in shown.iter().filter(|fix| !above.offered(fix)) {
        let name = shown::name(fix, std::mem::take(&mut is_first));
        writer.hanging_indent(&label(&writer.word(name)), &change(writer, fix));
        if let Some(verified) = &fix.verified {
            writer.hanging_indent(&Line::new().pad(LABEL), &outcome(writer, verified));
        }
        for command in [&fix.command, &fix.template] {
            if writer.whole() || is_shown(command) {
                writer.command(LABEL, command);
            } else if !hidden {
                hidden = true;
                elsewhere(writer, workloads);
            }
        }
        if fix.command.is_empty() && writer.whole() {
            patch(writer, &fix.patch);
        }
    }
    let again: Vec<&FixReport> = shown.iter().filter(|fix| above.offered(fix)).collect();
    if let Some(first) = again.first() {
        let sentence = say!(
            "text.fix.above",
            "{ways|as above: {change}|{ways} ways that stand above}"
        );
        let words = Message::new(sentence)
            .fact("ways", again.len())
            .fact("change", first.message.clone());
        let words = Line::new().prose(Style::Faint, &writer.says(&words));
        let name = shown::name(first, is_first);
        writer.hanging_indent(&label(&writer.word(name)), &words);
    }
    let left = fixes.iter().skip(shown.len());
    let left = left.filter(|fix| !fix.follows).count();
    if left > 0 {
        let sentence = say!(
            "text.fix.more",
            "+ {ways} more {ways|way|ways} with -o wide"
        );
        let words = writer.says(&Message::new(sentence).fact("ways", left));
        writer.line(&Line::new().pad(LABEL).with(Style::Faint, &words));
    }
}

/// A command that nobody could take in is not for a quick look.
fn is_shown(command: &str) -> bool {
    shell::is_short(command) && is_readable(command)
}

/// Where the commands are that are not for a quick look; said once.
fn elsewhere(writer: &mut Writer, workloads: &BTreeSet<ObjectRef>) {
    let one = workloads.len() == 1;
    let object = one.then(|| arguments(writer, workloads, 1));
    let words = writer.says(
        &Message::new(say!(
            "text.fix.long-command",
            "the command: the same with `[{object} ]-o wide`"
        ))
        .fact_if("object", object),
    );
    writer.hanging_indent(&Line::new().pad(LABEL), &Line::of(Style::Faint, &words));
}

/// Whether it says what it does: a JSON patch is for scripts.
pub(super) fn is_readable(command: &str) -> bool {
    !command.contains(" --type json ")
}

pub(super) fn change(writer: &Writer, fix: &FixReport) -> Line {
    let line = Line::new().prose(Style::Plain, &writer.says(&fix.message));
    let risk = match fix.risk {
        Risk::Destroys => Some((
            Style::Danger,
            say!("text.fix.destroys", "deletes what runs"),
        )),
        Risk::Reads => Some((Style::Faint, say!("text.fix.reads", "changes nothing"))),
        Risk::Changes => None,
    };
    let template = (!fix.template.is_empty()).then_some((
        Style::Faint,
        say!("text.fix.template", "fill in what is in capitals"),
    ));
    let who = (fix.who == Who::Admin).then_some((
        Style::Unknown,
        say!("text.fix.admin", "for an administrator"),
    ));
    let mut notes = [risk, template, who].into_iter().flatten();
    let Some((style, first)) = notes.next() else {
        return line;
    };
    let opened = line.with(style, &format!(" ({}", writer.word(first)));
    let listed = notes.fold(opened, |line, (style, note)| {
        line.with(style, &format!(", {}", writer.word(note)))
    });
    listed.with(style, ")")
}

/// What decides as well, and was not read.
const ELSEWHERE: Sentence = say!("text.fix.elsewhere", "an unread pod on another node");

pub(super) fn outcome(writer: &Writer, verified: &Verified) -> Line {
    let nodes = &*verified.nodes;
    if nodes.is_empty() {
        let sentence = say!(
            "text.fix.not-enough",
            "computed again: not enough, still no node fits"
        );
        return Line::of(Style::Unknown, &writer.word(sentence));
    }
    let most = writer.at_most(NAMED);
    let outcome = Message::new(say!(
        "text.fix.verified",
        "{verified} then fits [{count} nodes: ]{nodes}[, with room for {room} of the pods that wait][, unless {elsewhere} keeps it away by its anti-affinity]"
    ))
    .fact("verified", say!("text.fix.verified-label", "verified:"))
    .fact_if("count", (nodes.len() > most).then_some(nodes.len()))
    .fact("nodes", named(nodes, most))
    .fact_if("room", verified.room)
    .fact_if(
        "elsewhere",
        verified.pods_elsewhere_unread.then_some(ELSEWHERE),
    );
    Line::new().sentence(writer.language(), &outcome, |hole| match hole {
        "verified" => Style::Passed,
        _ => Style::Plain,
    })
}

fn patch(writer: &mut Writer, patch: &[serde_json::Value]) {
    if patch.is_empty() {
        return;
    }
    let text = serde_json::Value::from(patch.to_vec()).to_string();
    let name = writer.word(say!("text.fix.patch", "JSON patch:"));
    writer.line(&Line::new().pad(LABEL).with(Style::Faint, &name));
    writer.command(LABEL, &text);
}
