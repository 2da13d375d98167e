//! The report of a case in a few lines, for the cases whose whole report nobody would read.

use super::Case;
use crate::support::{Diagnosis, Report, RevisionReport, names_affected, names_unexplained, words};
use std::fmt::Write as _;
use std::fs;

/// Whether the whole report lies beside the case: where it shows what a cause gives, or what a real cluster said. Of several
/// typical cases of a cause one is enough.
pub(super) fn whole(case: &Case) -> bool {
    let is_first = || {
        let siblings = case.folder.parent().map(fs::read_dir);
        let names = siblings.into_iter().flatten().flatten().flatten();
        let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names
            .filter(|name| name.starts_with("typical"))
            .min()
            .as_deref()
            == Some(&case.variant)
    };
    case.variant.starts_with("recorded") || case.variant.starts_with("typical") && is_first()
}

/// Compares `expect.yaml`, or writes it.
pub(super) fn check(case: &Case, report: &Report) {
    let path = case.folder.join("expect.yaml");
    let whole_report = case.folder.join("report.json.snap");
    #[allow(
        clippy::disallowed_methods,
        reason = "a test is told to write what it would compare"
    )]
    let update = std::env::var_os("INSTA_UPDATE").is_some_and(|how| how == "always");
    let superfluous = if whole(case) { &path } else { &whole_report };
    if update {
        let _ = fs::remove_file(superfluous);
    }
    assert!(!superfluous.exists(), "delete {}", superfluous.display());
    if whole(case) {
        return;
    }
    let found = text(report);
    if update {
        fs::write(&path, &found).expect("the case is writable");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "INSTA_UPDATE=always cargo test report::{} writes it anew\nexpected:\n{expected}\nfound:\n{found}",
        case.name()
    );
}

/// What a person would check first.
fn text(report: &Report) -> String {
    if report.diagnoses.is_empty() && report.unexplained.is_empty() {
        return "healthy\n".to_owned();
    }
    let mut text: String = report.diagnoses.iter().map(diagnosis).collect();
    if !report.unexplained.is_empty() {
        let _ = writeln!(
            text,
            "- unexplained: [{}]",
            names_unexplained(report).join(", ")
        );
    }
    text + &rollouts(report)
}

/// What of a rollout is still served, and what it changed.
pub(super) fn rollouts(report: &Report) -> String {
    let mut text = String::new();
    for workload in &report.workloads {
        let Some(rollout) = &workload.rollout else {
            continue;
        };
        let revision = |it: &RevisionReport| {
            let which = it.revision.map(|number| number.to_string());
            let which = which.unwrap_or_else(|| it.name.clone());
            format!(
                "{{revision: {which}, pods: {}, ready: {}, stuck: {}}}",
                it.pods, it.ready, it.stuck
            )
        };
        let changes = rollout.changes.as_ref().map(|changes| {
            let words = changes.iter().map(|it| it.message().english());
            format!("[{}]", words.collect::<Vec<_>>().join(", "))
        });
        let _ = writeln!(
            text,
            "- rollout: {}\n  old: {}\n  new: {}\n  changes: {}",
            workload.object,
            revision(&rollout.old),
            revision(&rollout.new),
            changes.as_deref().unwrap_or("unread")
        );
    }
    text
}

fn diagnosis(diagnosis: &Diagnosis) -> String {
    let mut text = format!(
        "- cause: {}\n  layer: {}\n  certainty: {}\n  subject: {}\n  affected: [{}]\n",
        diagnosis.cause,
        diagnosis.layer,
        words(&diagnosis.certainty),
        diagnosis.subject,
        names_affected(diagnosis).join(", ")
    );
    let mut fixes = diagnosis.fixes.iter();
    if let Some(at) = fixes.position(|fix| fix.command.contains(" rollout undo ")) {
        let command = &diagnosis.fixes[at].command;
        let _ = writeln!(text, "  fix {at}: {command}");
    }
    let fix = diagnosis.fixes.first();
    if let Some(verified) = fix.and_then(|fix| fix.verified.as_ref()) {
        let _ = writeln!(text, "  verified: [{}]", verified.nodes.join(", "));
    }
    text
}
