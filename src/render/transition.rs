//! What changes while a cluster is followed: a line each, for a log.

use super::Layout;
use super::arguments::arguments;
use super::json::escaped;
use super::line::Line;
use super::style::Style;
use super::writer::{Detail, Writer};
use crate::report::{Became, Interrupted, Interruption, Transition};
use crate::text::{Message, Seconds, Sentence, say};
use anyhow::Context;
use serde::Serialize;

/// Columns of the longest title, and a blank.
const TITLE: usize = 9;

/// `2026-11-28T22:14:07Z new      deploy/cart -n shop: image-not-found: …`. A line is never broken: logs are read by line.
pub fn transition(transition: &Transition, layout: Layout) -> String {
    let (title, style) = match transition.transition {
        Became::Stuck => (say!("watch.stuck", "stuck"), Style::Unknown),
        Became::New => (say!("watch.new", "new"), Style::Cause),
        Became::Changed => (say!("watch.changed", "changed"), Style::Stuck),
        Became::Solved => (say!("watch.solved", "solved"), Style::Passed),
    };
    let finding = &transition.finding;
    let since = transition.since_seconds.map(Seconds);
    let is_over = transition.transition == Became::Solved;
    let headline = Some(finding.headline.as_str()).filter(|text| !text.is_empty() && !is_over);
    let sure = finding
        .certainty
        .as_deref()
        .filter(|sure| *sure != "proven");
    let words = Message::new(say!(
        "watch.finding",
        "[{before} became ]{cause}[ ({certainty})][: {headline}][; {objects} objects][, since {since}][, after {lasted}]"
    ))
    .fact_if("before", transition.before.as_ref().map(|one| one.cause.as_str()))
    .fact("cause", finding.cause.as_str())
    .fact_if("certainty", sure.filter(|_| !is_over))
    .fact_if("headline", headline)
    .fact_if("objects", Some(finding.affected).filter(|many| *many > 1 && !is_over))
    .fact_if("since", since.filter(|_| !is_over))
    .fact_if("lasted", since.filter(|_| is_over));
    let writer = unbroken(layout);
    let object = arguments(&writer, [&finding.subject], 1);
    let rest = Line::of(Style::Object, &object)
        .plain(": ")
        .prose(Style::Plain, &writer.says(&words));
    line(writer, &transition.at, title, style, rest)
}

/// What was not seen meanwhile.
pub fn interruption(interruption: &Interruption, layout: Layout) -> String {
    let (title, words) = match interruption.transition {
        Interrupted::Lost => (
            say!("watch.lost", "lost"),
            say!(
                "watch.lost-words",
                "{kinds} cannot be followed, and nothing is told until they can: {detail}"
            ),
        ),
        Interrupted::Resynced => (
            say!("watch.resynced", "resynced"),
            say!(
                "watch.resynced-words",
                "{kinds} were read anew; something short may have been missed"
            ),
        ),
    };
    let words = Message::new(words)
        .fact("kinds", interruption.kinds.join(", "))
        .fact("detail", interruption.detail.as_str());
    let writer = unbroken(layout);
    let rest = Line::new().prose(Style::Plain, &writer.says(&words));
    line(writer, &interruption.at, title, Style::Unknown, rest)
}

/// The same as JSON.
///
/// # Errors
/// When a value has no form in JSON; none of these types lacks one.
pub fn event_json(event: &impl Serialize) -> anyhow::Result<String> {
    let line = serde_json::to_string(event).context("the event does not fit into JSON")?;
    Ok(escaped(&line) + "\n")
}

fn unbroken(layout: Layout) -> Writer {
    let width = usize::MAX;
    Writer::new(Layout { width, ..layout }, Detail::Short)
}

fn line(mut writer: Writer, at: &str, title: Sentence, style: Style, rest: Line) -> String {
    let title = writer.word(title);
    let start = Line::of(Style::Faint, &seconds(at)).plain(" ");
    let start = start.append(&Line::of(style, &title).column(TITLE));
    writer.line(&start.append(&rest));
    writer.finish()
}

/// A time without fractions of a second.
fn seconds(at: &str) -> String {
    match at.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => at.to_owned(),
    }
}
