//! When much is wrong: every diagnosis in one line, before the blocks.

use super::diagnosis::name;
use super::head::longest;
use crate::render::line::Line;
use crate::render::table::Table;
use crate::render::words::number;
use crate::render::writer::Writer;
use crate::report::Diagnosis;
use crate::snapshot::ObjectRef;

/// From more diagnoses than this on there is an overview.
const WITHOUT: usize = 5;

/// Writes the table, if it is worth it.
pub(super) fn write(writer: &mut Writer, diagnoses: &[&Diagnosis]) {
    if diagnoses.len() <= WITHOUT {
        return;
    }
    let room = writer.room(0);
    let long = table(diagnoses, long);
    let table = if long.fits(room) {
        long
    } else {
        table(diagnoses, short)
    };
    for line in table.lines(room) {
        writer.line(&line);
    }
}

fn table(diagnoses: &[&Diagnosis], object: fn(&ObjectRef) -> String) -> Table {
    let mut table = Table::new(["CAUSE", "PODS", "FOR", "OBJECT"]);
    for diagnosis in diagnoses {
        table.row(vec![
            name(diagnosis),
            Line::new().plain(&number(diagnosis.affected.len())),
            Line::new().plain(&longest(&diagnosis.affected).unwrap_or_default()),
            Line::new().plain(&object(&diagnosis.subject)),
        ]);
    }
    table
}

/// `Deployment/web in shop`
fn long(subject: &ObjectRef) -> String {
    match &subject.namespace {
        Some(namespace) => format!("{} in {namespace}", subject.short()),
        None => subject.short(),
    }
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
