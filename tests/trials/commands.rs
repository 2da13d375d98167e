//! Commands are short, name objects in one way, show what is not quoted yet, and ask for no right that was refused.

use super::Case;
use crate::support::{Kind, PLAIN, Report, Who, render::text};

/// Two lines of 80 columns.
const WIDEST: usize = 160;

pub(super) fn check(case: &Case) {
    let report = case.report();
    for line in text(report, PLAIN).lines() {
        let width = line.chars().count();
        assert!(width <= WIDEST, "{width} columns: {line}");
    }
    for command in all(report) {
        assert!(
            !command.contains(" get events"),
            "events are quoted: {command}"
        );
        for part in command.split(" && ") {
            assert!(names_by_slash(part), "an object is named TYPE/NAME: {part}");
        }
    }
    for diagnosis in &report.diagnoses {
        for quote in diagnosis.evidence.iter().chain([&diagnosis.proof]) {
            let object = quote.object.kubectl(["describe", &quote.object.argument()]);
            let origin = serde_json::to_value(&quote.origin).expect("it is JSON");
            let of_events = origin["event"].is_object();
            let shows = of_events && diagnosis.next.command == object;
            assert!(!shows, "its events are quoted: {object}");
        }
    }
}

/// Nothing asks whoever may not read a kind to read it, or to change it.
pub(super) fn ask_for_nothing_of(report: &Report, kind: Kind) {
    for next in nexts(report).filter(|next| next.who == Who::Owner) {
        let words = next.command.split(&[' ', ',']);
        let mut objects = words.map(|word| word.split('/').next().unwrap_or_default());
        let reads = next.command.contains(" get ") || next.command.contains(" describe ");
        let asks = reads && objects.any(|word| Kind::of_argument(word) == Some(kind));
        assert!(!asks, "{kind} was refused: {}", next.command);
    }
    let fixes = report
        .diagnoses
        .iter()
        .flat_map(|diagnosis| &diagnosis.fixes);
    for fix in fixes.filter(|fix| fix.who == Who::Owner && !fix.command.is_empty()) {
        let target = fix.target.as_ref().and_then(|target| target.known_kind());
        assert_ne!(target, Some(kind), "{kind} was refused: {}", fix.command);
    }
}

fn nexts(report: &Report) -> impl Iterator<Item = &crate::support::Next> {
    let diagnosed = report.diagnoses.iter().map(|diagnosis| &diagnosis.next);
    diagnosed.chain(
        report
            .unexplained
            .iter()
            .map(|unexplained| &unexplained.next),
    )
}

pub(super) fn all(report: &Report) -> Vec<&str> {
    let fixes = report
        .diagnoses
        .iter()
        .flat_map(|diagnosis| &diagnosis.fixes);
    let fixes = fixes.flat_map(|fix| [fix.command.as_str(), fix.template.as_str()]);
    let images = report
        .diagnoses
        .iter()
        .filter_map(|one| one.image.as_deref());
    let by_hand =
        images.flat_map(|image| image.by_hand.on_node.iter().chain(&image.by_hand.anywhere));
    fixes
        .chain(by_hand.map(String::as_str))
        .chain(nexts(report).map(|next| next.command.as_str()))
        .collect()
}

/// Of the verbs that take one object.
fn names_by_slash(command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    let words = match words.as_slice() {
        ["kubectl", "-n", _, words @ ..] | ["kubectl", words @ ..] => words,
        _ => return true,
    };
    match words {
        ["patch" | "scale" | "delete" | "label", object, ..]
        | ["set" | "rollout", _, object, ..] => object.contains('/'),
        ["describe", object, ..] => object.contains('/') || *object == "nodes",
        ["logs", object, ..] => object.contains('/') || *object == "-l",
        _ => true,
    }
}
