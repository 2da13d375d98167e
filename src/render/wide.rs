//! `-o wide`: as `text`, with everything that the report holds.

use super::Layout;
use super::text::lay_out;
use super::writer::{Detail, Writer};
use crate::report::Report;

/// The whole report for people: every pod, node, quote and fact.
pub fn wide(report: &Report, layout: Layout) -> String {
    let mut writer = Writer::new(layout, Detail::Whole);
    lay_out(&mut writer, report);
    writer.finish()
}
