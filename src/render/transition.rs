//! What changes while a cluster is followed: a line each, for a log.

use super::Layout;
use super::arguments::arguments;
use super::json::escaped;
use super::line::Line;
use super::style::Style;
use super::terms;
use super::writer::{Detail, Writer};
use crate::report::{Became, Interrupted, Interruption, News, Transition};
use crate::text::{Message, Seconds, Sentence, say};
use anyhow::Context;

/// Columns of the longest title, and a blank.
const TITLE: usize = 9;

/// `2026-11-28T22:14:07Z new      deploy/cart -n shop: image-not-found: …`. A line is never broken: logs are read by line.
pub fn news(news: &News, layout: Layout) -> String {
    let width = usize::MAX;
    let mut writer = Writer::new(Layout { width, ..layout }, Detail::Short);
    let start = Line::of(Style::Faint, &seconds(news.at())).plain(" ");
    let (title, rest) = told(&writer, news);
    writer.line(&start.append(&title).append(&rest));
    writer.finish()
}

/// What happened, without when: its title in a column of its own, and the rest.
pub(super) fn told(writer: &Writer, news: &News) -> (Line, Line) {
    let (title, style, rest) = match news {
        News::Transition(transition) => finding(writer, transition),
        News::Interruption(interruption) => missed(writer, interruption),
    };
    (Line::of(style, &writer.word(title)).column(TITLE), rest)
}

fn finding(writer: &Writer, transition: &Transition) -> (Sentence, Style, Line) {
    let (title, style) = match transition.transition {
        Became::Stuck | Became::New | Became::Ended if transition.ended => {
            (say!("watch.ended", "ended"), Style::Unknown)
        }
        Became::Stuck | Became::Ended => (say!("watch.stuck", "stuck"), Style::Unknown),
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
    let object = arguments(writer, [&finding.subject], 1);
    let rest = Line::of(Style::Object, &object)
        .plain(": ")
        .prose(Style::Plain, &writer.says(&words));
    (title, style, rest)
}

/// What was not seen meanwhile.
fn missed(writer: &Writer, interruption: &Interruption) -> (Sentence, Style, Line) {
    let detail = interruption.detail.as_str();
    let (title, words) = match interruption.transition {
        Interrupted::Unread => (
            say!("watch.unread", "unread"),
            match &interruption.object {
                None => say!(
                    "watch.unread-words",
                    "{kinds}: not read ({why}), and what depends on them is not told"
                ),
                Some(_) => say!(
                    "watch.unread-object",
                    "{object}: not read ({why}), and what is wrong with it is not told"
                ),
            },
        ),
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
        .fact("object", arguments(writer, &interruption.object, 1))
        .fact("why", terms::not_read(detail))
        .fact("detail", detail);
    let rest = Line::new().prose(Style::Plain, &writer.says(&words));
    (title, Style::Unknown, rest)
}

/// The same as JSON.
///
/// # Errors
/// When a value has no form in JSON; none of these types lacks one.
pub fn news_json(event: &News) -> anyhow::Result<String> {
    let line = serde_json::to_string(event).context("the event does not fit into JSON")?;
    Ok(escaped(&line) + "\n")
}

/// A time without fractions of a second.
pub(super) fn seconds(at: &str) -> String {
    match at.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => at.to_owned(),
    }
}
