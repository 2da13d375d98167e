//! What was named and is not stuck: how it stands, and what is worth knowing of it all the same.

use super::head::restarts;
use super::margin::{LABEL, label};
use super::quote::{Extent, quote};
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::writer::Writer;
use crate::report::{NotStuck, Remark, RestartsReport, StandingReport};
use crate::snapshot::ObjectRef;
use crate::text::{Message, Seconds, say};

/// Objects that are not stuck and are named.
const NOT_STUCK: usize = 10;
/// Lines of what shows a remark.
const QUOTE_LINES: usize = 2;

pub(super) fn write(writer: &mut Writer, objects: &[NotStuck]) {
    let shown = writer.at_most(NOT_STUCK);
    for one in objects.iter().take(shown) {
        let line = standing(writer, one);
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
        for remark in &one.remarks {
            note(writer, remark);
        }
    }
    let left = objects.get(shown..).unwrap_or_default();
    for standing in [
        StandingReport::Healthy,
        StandingReport::Progressing,
        StandingReport::Unknown,
        StandingReport::Ended,
    ] {
        let objects = left.iter().filter(|one| one.standing == standing).count();
        if objects > 0 {
            let sentence = if standing == StandingReport::Ended {
                say!(
                    "text.standing.more-ended",
                    "+ {objects} more {objects|object that has|objects that have} {standing}"
                )
            } else {
                say!(
                    "text.standing.more",
                    "+ {objects} more {objects|object that is|objects that are} {standing}"
                )
            };
            let words = Message::new(sentence)
                .fact("objects", objects)
                .fact("standing", terms::standing(standing));
            writer.line(&Line::of(Style::Faint, &writer.says(&words)));
        }
    }
}

/// `note    hpa/web would give it more pods than …`
fn note(writer: &mut Writer, remark: &Remark) {
    let name = writer.word(say!("text.standing.note", "note"));
    let words = Line::new().prose(Style::Plain, &writer.says(&remark.message));
    writer.paragraph(&label(&name), &Line::new().pad(LABEL), &words);
    quote(writer, &remark.proof, &[], Extent::Lines(QUOTE_LINES));
}

/// All of it in lines, for what lays them out itself.
pub(super) fn lines(writer: &Writer, one: &NotStuck) -> Vec<Line> {
    let remarks = one.remarks.iter().map(|remark| {
        let words = writer.says(&remark.message);
        Line::new().prose(Style::Plain, &words)
    });
    [standing(writer, one)].into_iter().chain(remarks).collect()
}

/// `pod shop/web-1 is healthy: running and ready`
fn standing(writer: &Writer, one: &NotStuck) -> Line {
    let sentence = match one.standing {
        StandingReport::Ended => say!(
            "text.standing.has",
            "{kind} {object} has {standing}: {because}[; {restarts}][ ({end})][; started {age} ago]"
        ),
        StandingReport::Unknown => say!(
            "text.standing.since-unknown",
            "{kind} {object} is {standing}: {because}, and what was read does not tell for how long[; {restarts}][ ({end})]"
        ),
        StandingReport::Healthy | StandingReport::Progressing => say!(
            "text.standing.is",
            "{kind} {object} is {standing}: {because}[; {restarts}][ ({end})][; started {age} ago]"
        ),
    };
    let words = Message::new(sentence)
        .fact("kind", one.object.kind.to_lowercase())
        .fact("object", place_of(&one.object))
        .fact("standing", terms::standing(one.standing))
        .fact("because", one.message.clone())
        .fact_if("restarts", one.restarts.as_ref().map(restarts))
        .fact_if("end", one.restarts.as_ref().and_then(last_end))
        .fact_if("age", one.started_seconds.map(Seconds));
    Line::new().sentence(writer.language(), &words, |hole| match hole {
        "object" => Style::Object,
        "standing" => style(one.standing),
        _ => Style::Plain,
    })
}

fn style(standing: StandingReport) -> Style {
    match standing {
        StandingReport::Healthy => Style::Passed,
        StandingReport::Progressing | StandingReport::Unknown => Style::Unknown,
        StandingReport::Ended => Style::Faint,
    }
}

/// `Error, exit code 1`
fn last_end(restarts: &RestartsReport) -> Option<Message> {
    let code = restarts.last_exit_code?;
    let end = Message::new(say!("text.standing.end", "[{reason}, ]exit code {code}"));
    Some(
        end.fact("code", code)
            .fact_if("reason", restarts.last_reason.as_deref()),
    )
}

/// `shop/web-0`
fn place_of(object: &ObjectRef) -> String {
    match &object.namespace {
        Some(namespace) => format!("{namespace}/{}", object.name),
        None => object.name.clone(),
    }
}
