//! What is stuck and not shown: filtered or silenced. An all-clear never hides it.

use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::listed;
use crate::render::writer::Writer;
use crate::report::{Report, Silenced, SilencedBy};
use crate::snapshot::ObjectRef;
use crate::text::{Message, say};
use std::collections::BTreeSet;

/// Objects that a line names.
const OBJECTS: usize = 3;

/// The words of an all-clear, no wider than what was looked at.
pub(super) fn nothing(report: &Report) -> Message {
    let excluded = &report.scope.exclude_namespaces;
    let sentence = match (report.summary.filtered, report.silenced.len()) {
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

/// In full: what is silenced, and by what.
pub(super) fn write(writer: &mut Writer, report: &Report) {
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
        "[{headline} ]({by}[ until {until}][: {reason}]; fingerprint {fingerprint})"
    ))
    .fact_if("headline", silenced.message.clone())
    .fact("by", by(writer, &silenced.by))
    .fact_if("until", silenced.by.until.as_deref())
    .fact_if("reason", silenced.by.reason.as_deref())
    .fact("fingerprint", silenced.fingerprint.as_str());
    Line::of(Style::Object, &arguments(writer, &objects, OBJECTS))
        .plain(": ")
        .with(Style::Cause, silenced.cause)
        .plain(" ")
        .prose(Style::Faint, &writer.says(&said))
}

fn by(writer: &Writer, by: &SilencedBy) -> Message {
    match &by.annotation_of {
        Some(object) => Message::new(say!("text.hidden.annotation", "annotation of {object}"))
            .fact("object", arguments(writer, [object], 1)),
        None => Message::new(say!("text.hidden.file", "by {file}"))
            .fact("file", by.file.as_deref().unwrap_or_default()),
    }
}
