//! What to change, who can, and whether it was verified; the commands stand alone to be copied.

use super::companions::Above;
use super::label;
use crate::finding::{Risk, Who};
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::style::Meaning;
use crate::render::words::{NAMED, count, named};
use crate::report::{FixReport, Verified};

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
pub(super) fn write(sheet: &mut Sheet, fixes: &[FixReport], above: &Above<'_>) {
    let shown = shown(fixes, sheet.whole());
    let mut name = "fix";
    for fix in shown.iter().filter(|fix| !above.offered(fix)) {
        sheet.hanging(&label(std::mem::replace(&mut name, "or")), &change(fix));
        if let Some(verified) = &fix.verified {
            let most = sheet.at_most(NAMED);
            sheet.hanging(&Line::new().pad(LABEL), &outcome(verified, most));
        }
        sheet.command(LABEL, &fix.command);
        sheet.command(LABEL, &fix.template);
        if fix.command.is_empty() && sheet.whole() {
            patch(sheet, &fix.patch);
        }
    }
    let again: Vec<&FixReport> = shown.iter().filter(|fix| above.offered(fix)).collect();
    if !again.is_empty() {
        let words = match again.as_slice() {
            [fix] => format!("as above: {}", fix.change),
            again => format!("{} that stand above", count(again.len(), "way")),
        };
        sheet.hanging(&label(name), &Line::new().prose(Meaning::Faint, &words));
    }
    let left = fixes.len().saturating_sub(shown.len());
    if left > 0 {
        let words = format!("+ {} with -o wide", count(left, "more way"));
        sheet.line(&Line::new().pad(LABEL).with(Meaning::Faint, &words));
    }
}

fn change(fix: &FixReport) -> Line {
    let line = Line::new().prose(Meaning::Plain, &fix.change);
    let line = match fix.risk {
        Risk::Destroys => line.with(Meaning::Danger, " (deletes what runs)"),
        Risk::Reads => line.with(Meaning::Faint, " (changes nothing)"),
        Risk::Changes => line,
    };
    let line = match fix.template.is_empty() {
        true => line,
        false => line.with(Meaning::Faint, " (fill in what is in capitals)"),
    };
    match fix.who {
        Who::Admin => line.with(Meaning::Unknown, " (for an administrator)"),
        Who::Owner => line,
    }
}

fn outcome(verified: &Verified, most: usize) -> Line {
    match verified.nodes.as_slice() {
        [] => Line::of(
            Meaning::Unknown,
            "computed again: not enough, still no node fits",
        ),
        nodes => {
            let nodes = match nodes.len() > most {
                true => format!("{} nodes: {}", nodes.len(), named(nodes, most)),
                false => nodes.join(", "),
            };
            Line::of(Meaning::Passed, "verified:").plain(&format!(" then fits {nodes}"))
        }
    }
}

fn patch(sheet: &mut Sheet, patch: &[serde_json::Value]) {
    if patch.is_empty() {
        return;
    }
    let text = serde_json::Value::from(patch.to_vec()).to_string();
    sheet.line(&Line::new().pad(LABEL).with(Meaning::Faint, "JSON patch:"));
    sheet.command(LABEL, &text);
}
