//! What to change, who can, and whether it was verified; the commands stand alone to be copied.

use super::contributing::Above;
use super::label;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::{NAMED, count, named};
use crate::render::writer::Writer;
use crate::report::{FixReport, Verified};
use crate::rules::finding::{Risk, Who};

/// Fixes that are shown.
const FIXES: usize = 3;
/// Columns of the labels.
const LABEL: usize = 8;

/// Those that are shown.
pub(super) fn shown(fixes: &[FixReport], whole: bool) -> &[FixReport] {
    let most = if whole { usize::MAX } else { FIXES };
    fixes.get(..most).unwrap_or(fixes)
}

/// Writes the fixes that were not offered above, best first.
pub(super) fn write(writer: &mut Writer, fixes: &[FixReport], above: &Above<'_>) {
    let shown = shown(fixes, writer.whole());
    let mut name = "fix";
    for fix in shown.iter().filter(|fix| !above.offered(fix)) {
        writer.hanging(&label(std::mem::replace(&mut name, "or")), &change(fix));
        if let Some(verified) = &fix.verified {
            let most = writer.at_most(NAMED);
            writer.hanging(&Line::new().pad(LABEL), &outcome(verified, most));
        }
        writer.command(LABEL, &fix.command);
        writer.command(LABEL, &fix.template);
        if fix.command.is_empty() && writer.whole() {
            patch(writer, &fix.patch);
        }
    }
    let again: Vec<&FixReport> = shown.iter().filter(|fix| above.offered(fix)).collect();
    if !again.is_empty() {
        let words = match again.as_slice() {
            [fix] => format!("as above: {}", fix.change),
            again => format!("{} that stand above", count(again.len(), "way")),
        };
        writer.hanging(&label(name), &Line::new().prose(Style::Faint, &words));
    }
    let left = fixes.len().saturating_sub(shown.len());
    if left > 0 {
        let words = format!("+ {} with -o wide", count(left, "more way"));
        writer.line(&Line::new().pad(LABEL).with(Style::Faint, &words));
    }
}

fn change(fix: &FixReport) -> Line {
    let line = Line::new().prose(Style::Plain, &fix.change);
    let line = match fix.risk {
        Risk::Destroys => line.with(Style::Danger, " (deletes what runs)"),
        Risk::Reads => line.with(Style::Faint, " (changes nothing)"),
        Risk::Changes => line,
    };
    let line = if fix.template.is_empty() {
        line
    } else {
        line.with(Style::Faint, " (fill in what is in capitals)")
    };
    match fix.who {
        Who::Admin => line.with(Style::Unknown, " (for an administrator)"),
        Who::Owner => line,
    }
}

fn outcome(verified: &Verified, most: usize) -> Line {
    match verified.nodes.as_slice() {
        [] => Line::of(
            Style::Unknown,
            "computed again: not enough, still no node fits",
        ),
        nodes => {
            let nodes = if nodes.len() > most {
                format!("{} nodes: {}", nodes.len(), named(nodes, most))
            } else {
                nodes.join(", ")
            };
            Line::of(Style::Passed, "verified:").plain(&format!(" then fits {nodes}"))
        }
    }
}

fn patch(writer: &mut Writer, patch: &[serde_json::Value]) {
    if patch.is_empty() {
        return;
    }
    let text = serde_json::Value::from(patch.to_vec()).to_string();
    writer.line(&Line::new().pad(LABEL).with(Style::Faint, "JSON patch:"));
    writer.command(LABEL, &text);
}
