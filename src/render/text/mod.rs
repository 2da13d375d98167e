//! `-o text`: the report for a person who has to act on it.
//!
//! A block a diagnosis. What is wrong stands above how it is known, which stands above what to do;
//! each line makes sense alone, so that one can be quoted in a chat. Lists are cut with a count, and
//! `-o wide` shows them whole. One file a part of the block; the order of parts is here.

mod agreement;
mod alike;
mod columns;
mod contributing;
mod diagnosis;
mod ending;
mod evidence;
mod failures;
mod fixes;
mod head;
mod ladder;
mod margin;
mod names;
mod nodes;
mod origin;
mod overview;
mod quote;
mod rows;
mod shown;
mod unexplained;
mod values;
mod volumes;

use super::Layout;
use super::writer::{Detail, Writer};
use crate::report::{Diagnosis, Report};

/// The report for people.
pub fn text(report: &Report, layout: Layout) -> String {
    let mut writer = Writer::new(layout, Detail::Short);
    lay_out(&mut writer, report);
    writer.finish()
}

/// Everything from the first block to the summary.
pub(super) fn lay_out(writer: &mut Writer, report: &Report) {
    let diagnoses = contributing::together(&report.diagnoses);
    overview::write(writer, &diagnoses);
    let mut above: Vec<&Diagnosis> = Vec::new();
    for diagnosis in diagnoses {
        above.retain(|other| contributing::affect_the_same(other, diagnosis));
        diagnosis::write(writer, report, diagnosis, &above);
        above.push(diagnosis);
    }
    unexplained::write(writer, report);
    ending::write(writer, report);
}
