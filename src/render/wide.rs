//! `-o wide`: as `text`, with everything that the report holds.

use super::Layout;
use super::sheet::{Detail, Sheet};
use super::text::lay_out;
use crate::report::Report;

/// The whole report for people: every pod, node, quote and fact.
pub fn wide(report: &Report, layout: Layout) -> String {
    let mut sheet = Sheet::new(layout, Detail::Whole);
    lay_out(&mut sheet, report);
    sheet.finish()
}
