//! When much is wrong: every diagnosis in one line, before the blocks.

use super::diagnosis::name;
use super::head::longest;
use crate::render::line::Line;
use crate::render::table::Table;
use crate::render::writer::Writer;
use crate::report::Diagnosis;
use crate::snapshot::ObjectRef;
use crate::text::{Fact, Message, say};

/// From more diagnoses than this on there is an overview.
const WITHOUT: usize = 5;

/// Writes the table, if it is worth it.
pub(super) fn write(writer: &mut Writer, diagnoses: &[&Diagnosis]) {
    if diagnoses.len() <= WITHOUT {
        return;
    }
    let room = writer.room(0);
    let long = table(writer, diagnoses, |subject| writer.says(&long(subject)));
    let table = if long.fits(room) {
        long
    } else {
        table(writer, diagnoses, short)
    };
    for line in table.lines(room) {
        writer.line(&line);
    }
}

fn table(
    writer: &Writer,
    diagnoses: &[&Diagnosis],
    object: impl Fn(&ObjectRef) -> String,
) -> Table {
    let titles = [
        say!("text.overview.cause", "CAUSE"),
        say!("text.overview.pods", "PODS"),
        say!("text.overview.for", "FOR"),
        say!("text.overview.object", "OBJECT"),
    ];
    let mut table = Table::new(titles.map(|title| writer.word(title)));
    let cell = |fact: Fact| Line::new().plain(&writer.language().fact(&fact));
    for diagnosis in diagnoses {
        let age = longest(&diagnosis.affected);
        table.row(vec![
            name(writer, diagnosis),
            cell(diagnosis.affected.len().into()),
            age.map_or_else(Line::new, |age| cell(age.into())),
            Line::new().plain(&object(&diagnosis.subject)),
        ]);
    }
    table
}

/// `Deployment/web in shop`
fn long(subject: &ObjectRef) -> Message {
    Message::new(say!("text.overview.in", "{object}[ in {namespace}]"))
        .fact("object", subject.short())
        .fact_if("namespace", subject.namespace.as_deref())
}

/// `deploy/web -n shop`, as kubectl takes it
fn short(subject: &ObjectRef) -> String {
    let kind = subject
        .known_kind()
        .and_then(|kind| kind.short_names().first())
        .map_or_else(|| subject.kind.to_lowercase(), |&short| short.to_owned());
    match &subject.namespace {
        Some(namespace) => format!("{kind}/{} -n {namespace}", subject.name),
        None => format!("{kind}/{}", subject.name),
    }
}
