//! What `--wait` says of itself, for standard error.

use super::Layout;
use super::line::Line;
use super::style::Style;
use super::text::no_pods;
use super::writer::{Detail, Writer};
use crate::report::Report;
use crate::text::{Message, say};
use std::collections::BTreeMap;

/// That nothing of what is meant is there yet.
pub fn none_yet(report: &Report, layout: Layout) -> String {
    let none = no_pods(&report.scope);
    let words = Message::new(say!("wait.none-yet", "{none} yet; waiting")).fact("none", none);
    line(&words, layout)
}

/// That the namespace of what is meant does not exist yet.
pub fn no_namespace(namespace: &str, layout: Layout) -> String {
    let words = Message::new(say!(
        "wait.no-namespace",
        "namespace {namespace} does not exist yet; waiting"
    ))
    .fact("namespace", namespace);
    line(&words, layout)
}

/// What of manifests is not waited for: of each kind how many.
pub fn passed_over(kinds: &BTreeMap<String, usize>, layout: Layout) -> String {
    let kinds = kinds.iter().map(|(kind, many)| format!("{many} {kind}"));
    let kinds: Vec<String> = kinds.collect();
    let words = Message::new(say!(
        "wait.passed-over",
        "passed over: {kinds}, which cannot be waited for"
    ))
    .fact("kinds", kinds.join(", "));
    line(&words, layout)
}

fn line(words: &Message, layout: Layout) -> String {
    let layout = Layout {
        color: false,
        ..layout
    };
    let mut writer = Writer::new(layout, Detail::Short);
    let line = Line::new().sentence(writer.language(), words, |_| Style::Plain);
    writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    writer.finish()
}
