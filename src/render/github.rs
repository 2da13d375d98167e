//! `-o github`: commands of a GitHub workflow, which shows each root cause as an annotation of the run.

use super::Layout;
use super::escape::{workflow_data, workflow_property};
use super::text::outline::{Level, outline};
use crate::report::Report;

/// A command a root cause, the most harmful first: GitHub shows ten of a kind and drops the rest. What it comes to is the last.
pub fn github(report: &Report, layout: Layout) -> String {
    let outline = outline(report, layout, false);
    let mut out = String::new();
    for section in &outline.sections {
        let title = format!("{}: {}", section.name.text(), section.objects);
        command(&mut out, section.level, &title, &section.plain(&outline));
    }
    let tool = "kubectl diagnose";
    for section in &outline.ended {
        command(&mut out, Level::Note, tool, &section.brief.text());
    }
    for line in &outline.missed {
        command(&mut out, Level::Warning, tool, &line.text());
    }
    for line in outline.not_stuck.iter().chain([&outline.verdict]) {
        command(&mut out, Level::Note, tool, &line.text());
    }
    out
}

fn command(out: &mut String, level: Level, title: &str, message: &str) {
    let name = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let (title, message) = (workflow_property(title), workflow_data(message));
    out.push_str(&format!("::{name} title={title}::{message}\n"));
}
