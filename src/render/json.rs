//! `-o json`: the report as its schema `report/schema.json` says.

use crate::report::Report;
use anyhow::Context;
use serde::Serialize;
use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// The report as JSON, indented, with a line end.
///
/// # Errors
/// When a value has no form in JSON; none of the report's types lacks one.
pub fn json(report: &Report) -> anyhow::Result<String> {
    write(report)
}

/// Any value as JSON.
pub(super) fn write(value: &impl Serialize) -> anyhow::Result<String> {
    let text = serde_json::to_string_pretty(value).context("the report does not fit into JSON")?;
    let mut text = escaped(&text);
    text.push('\n');
    Ok(text)
}

/// Escapes what would steer a terminal. `serde_json` leaves DEL, the C1 controls, the marks of
/// reading order and what is no character as they are; outside a string none of them can stand, so the value stays the same.
pub(super) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
