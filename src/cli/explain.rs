//! `explain CAUSE` and `causes`: the rules' own pages.

use crate::cli::ListFormat;
use crate::error::Failure;
use crate::kubernetes::nearest::nearest;
use crate::rules::{self, Layer, Rule, UNEXPLAINED};
use anyhow::bail;
use serde_json::json;
use std::fmt::Write as _;

/// The page of [`UNEXPLAINED`], which no rule carries.
const UNEXPLAINED_PAGE: &str = include_str!("../rules/unexplained.md");

/// The page of a cause.
///
/// # Errors
/// When there is no such cause; the nearest one is offered.
pub fn explain(cause: &str) -> anyhow::Result<String> {
    if cause == UNEXPLAINED {
        return Ok(UNEXPLAINED_PAGE.to_owned());
    }
    let Some(rule) = rules::find(cause) else {
        let failure = Failure::new(format!("`{cause}` is not a cause"));
        bail!(match nearest(cause, names()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`kubectl diagnose causes` lists them"),
        });
    };
    Ok(page(rule))
}

fn page(rule: &Rule) -> String {
    let mut page = format!(
        "# {}\n\n{}; layer: {}\n\n",
        rule.cause, rule.title, rule.layer
    );
    page.push_str(rule.explanation.trim_end());
    page.push('\n');
    if !rule.refines.is_empty() {
        let _ = write!(page, "\nMore specific than: {}\n", rule.refines.join(", "));
    }
    page
}

/// The names of all causes, in the order of layers.
pub fn names() -> impl Iterator<Item = &'static str> {
    rules::all().map(|rule| rule.cause).chain([UNEXPLAINED])
}

/// The list of causes.
pub fn list(format: ListFormat) -> String {
    match format {
        ListFormat::Name => names().fold(String::new(), |out, name| out + name + "\n"),
        ListFormat::Json => {
            let rows: Vec<_> = rules::all()
                .map(|rule| json!({"cause": rule.cause, "layer": rule.layer, "title": rule.title}))
                .collect();
            format!("{:#}\n", json!(rows))
        }
        ListFormat::Text => text(),
    }
}

fn text() -> String {
    let width = names().map(str::len).max().unwrap_or_default();
    let mut out = String::new();
    for layer in Layer::ALL {
        let mut rules = rules::all().filter(|rule| rule.layer == layer).peekable();
        if rules.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "{layer}");
        for rule in rules {
            let _ = writeln!(out, "  {:width$}  {}", rule.cause, rule.title);
        }
    }
    let _ = writeln!(
        out,
        "any\n  {UNEXPLAINED:width$}  stuck, and no rule holds: shown with its raw status"
    );
    out
}
