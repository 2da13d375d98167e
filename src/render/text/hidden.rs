//! What is stuck and not shown: filtered or silenced. An all-clear never hides it.

use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::listed;
use crate::render::writer::Writer;
use crate::report::{Report, Silenced, SilencedBy, SilencesNothing, Verdict, WhyNotSilenced};
use crate::snapshot::ObjectRef;
use crate::text::{Message, say};
use std::collections::BTreeSet;

/// Objects that a line names.
const OBJECTS: usize = 3;

/// Whether what was not read may be stuck. That something has ended for good is known beside that.
fn may_hide_more(report: &Report) -> bool {
    report.verdict() == Verdict::Unknown || report.gaps.iter().any(|gap| gap.may_hide)
}

/// The words of an all-clear, no wider than what was looked at.
pub(super) fn nothing(report: &Report) -> Message {
    let excluded = &report.scope.exclude_namespaces;
    let sentence = match (report.summary.filtered, report.silenced.len()) {
        _ if may_hide_more(report) => say!(
            "text.summary.nothing-known",
            "nothing is known to be stuck[ outside {excluded}]"
        ),
        (0, 0) => say!(
            "text.summary.nothing",
            "nothing is stuck[ outside {excluded}]"
        ),
        (0, _) => say!(
            "text.summary.nothing-else",
            "nothing but what is silenced is stuck[ outside {excluded}]"
        ),
        _ => say!(
            "text.summary.nothing-asked-for",
            "nothing that was asked for is stuck[ outside {excluded}]"
        ),
    };
    let excluded = (!excluded.is_empty()).then(|| excluded.join(", "));
    Message::new(sentence).fact_if("excluded", excluded)
}

/// `2 others filtered, 1 silenced`; nothing when all is shown.
pub(super) fn counted(report: &Report) -> Option<Message> {
    let filtered = report.summary.filtered;
    let silenced = report.silenced.len();
    let filtered = (filtered > 0).then(|| {
        Message::new(say!(
            "text.hidden.filtered",
            "{findings} {findings|other|others} filtered"
        ))
        .fact("findings", filtered)
    });
    let silenced = (silenced > 0).then(|| {
        Message::new(say!("text.hidden.silenced", "{findings} silenced")).fact("findings", silenced)
    });
    let parts: Vec<Message> = filtered.into_iter().chain(silenced).collect();
    (!parts.is_empty()).then(|| listed(parts))
}

/// What was meant to silence something and does not; in full what is silenced, and by what.
pub(super) fn write(writer: &mut Writer, report: &Report) {
    for one in &report.silences_nothing {
        let line = nothing_silenced(writer, one);
        writer.paragraph(&Line::new(), &Line::new().pad(4), &line);
    }
    if !writer.whole() || report.silenced.is_empty() {
        return;
    }
    writer.blank_line();
    let title = writer.word(say!("text.hidden.title", "silenced:"));
    writer.line(&Line::of(Style::Label, &title));
    for silenced in &report.silenced {
        let line = line(writer, silenced);
        writer.paragraph(&Line::new().pad(2), &Line::new().pad(4), &line);
    }
}

pub(super) fn line(writer: &Writer, silenced: &Silenced) -> Line {
    let workloads = silenced.affected.iter();
    let workloads = workloads.map(|one| one.workload.clone().unwrap_or_else(|| one.object()));
    let objects: BTreeSet<ObjectRef> = workloads.collect();
    let said = Message::new(say!(
        "text.hidden.line",
        "{cause}[: {headline}] ({by}; fingerprint {fingerprint})"
    ))
    .fact("cause", silenced.cause)
    .fact_if("headline", silenced.message.clone())
    .fact("by", by(writer, &silenced.by))
    .fact("fingerprint", silenced.fingerprint.as_str());
    Line::of(Style::Object, &arguments(writer, &objects, OBJECTS))
        .plain(": ")
        .sentence(writer.language(), &said, |hole| match hole {
            "cause" => Style::Cause,
            _ => Style::Faint,
        })
}

/// `not silenced by annotation of deploy/web -n shop: oom-kiled names no cause and no fingerprint`
pub(super) fn nothing_silenced(writer: &Writer, one: &SilencesNothing) -> Line {
    let sentence = match one.why {
        WhyNotSilenced::Expired => say!(
            "text.hidden.expired",
            "{label} {source}: {entry}, whose last day is over"
        ),
        WhyNotSilenced::Unknown => say!(
            "text.hidden.unknown",
            "{label} {source}: {entry} names no cause and no fingerprint"
        ),
        WhyNotSilenced::Malformed => say!(
            "text.hidden.malformed",
            "{label} {source}: behind the cause of {entry} only `until` and a day can stand"
        ),
    };
    let words = Message::new(sentence)
        .fact("label", say!("text.hidden.not-silenced", "not silenced"))
        .fact(
            "source",
            source(writer, one.annotation_of.as_ref(), one.file.as_deref()),
        )
        .fact("entry", one.entry.as_str());
    Line::new().sentence(writer.language(), &words, |hole| match hole {
        "label" => Style::Unknown,
        _ => Style::Plain,
    })
}

fn source(writer: &Writer, annotation_of: Option<&ObjectRef>, file: Option<&str>) -> Message {
    match annotation_of {
        Some(object) => Message::new(say!("text.hidden.annotation", "by annotation of {object}"))
            .fact("object", arguments(writer, [object], 1)),
        None => Message::new(say!("text.hidden.file", "by {file}"))
            .fact("file", file.unwrap_or_default()),
    }
}

/// What silenced it, until when and why.
pub(super) fn by(writer: &Writer, by: &SilencedBy) -> Message {
    let source = source(writer, by.annotation_of.as_ref(), by.file.as_deref());
    Message::new(say!("text.hidden.by", "{by}[ until {until}][: {reason}]"))
        .fact("by", source)
        .fact_if("until", by.until.as_deref())
        .fact_if("reason", by.reason.as_deref())
}
