//! When much is wrong: every diagnosis in one line, before the blocks.

use super::diagnosis::name;
use super::head::longest;
use crate::render::line::Line;
use crate::render::sheet::Sheet;
use crate::render::table::Table;
use crate::render::words::number;
use crate::report::{Diagnosis, Report};

/// From more diagnoses than this on there is an overview.
const WITHOUT: usize = 5;

/// Writes the table, if it is worth it.
pub(super) fn write(sheet: &mut Sheet, report: &Report) {
    if report.diagnoses.len() <= WITHOUT {
        return;
    }
    let mut table = Table::new(["CAUSE", "PODS", "LONGEST", "OBJECT"]);
    for diagnosis in &report.diagnoses {
        table.row(row(diagnosis));
    }
    for line in table.lines(sheet.room(0)) {
        sheet.line(&line);
    }
}

fn row(diagnosis: &Diagnosis) -> Vec<Line> {
    let subject = &diagnosis.subject;
    let object = match &subject.namespace {
        Some(namespace) => format!("{} in {namespace}", subject.short()),
        None => subject.short(),
    };
    vec![
        name(diagnosis),
        Line::new().plain(&number(diagnosis.pods.len())),
        Line::new().plain(&longest(&diagnosis.pods).unwrap_or_default()),
        Line::new().plain(&object),
    ]
}
