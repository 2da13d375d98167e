//! What somebody saved to compare it later: a dump, or the report itself.

use super::error;
use super::{one, read_each};
use crate::gather::Gathered;
use crate::triage::scope::Scope;
use anyhow::{Context, Result, bail};
use std::cell::RefCell;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What was found in a file.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are two of it in a run")]
pub enum Saved {
    /// The text of a report, as `-o json` or `-o yaml` wrote it.
    Report(String),
    /// What a cluster was.
    Dump(Gathered),
}

/// The schema of reports.
const SCHEMA: &str = "kubectl-diagnose/v1";

/// Reads one of either. Without a scope the one counts with which a dump was written.
///
/// # Errors
/// When it cannot be read, or is neither.
pub fn saved(path: &Path, scope: Option<Scope>) -> Result<Saved> {
    let report: RefCell<Option<String>> = RefCell::new(None);
    let paths: [PathBuf; 1] = [path.to_owned()];
    let read = read_each(&paths, scope, &mut |mut file, sink| {
        if let (true, Ok(text)) = (file.named, &mut file.text)
            && is_report(&text.head)
        {
            let mut whole = String::new();
            let read = text.reader.read_to_string(&mut whole);
            read.with_context(|| error::unreadable(file.label))?;
            *report.borrow_mut() = Some(whole);
            bail!("a report is no dump");
        }
        one(file, sink)
    });
    match report.into_inner() {
        Some(text) => Ok(Saved::Report(text)),
        None => read.map(Saved::Dump),
    }
}

/// Whether a text begins as a report does: with its schema, in JSON or YAML.
fn is_report(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let start = head.trim_start_matches(|c: char| c.is_whitespace() || "{\"".contains(c));
    let value = start.strip_prefix("schema").unwrap_or_default();
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || "\":".contains(c));
    value.starts_with(SCHEMA)
}

#[cfg(test)]
mod tests {
    use super::is_report;

    #[test]
    fn a_report_is_told_from_a_dump() {
        for (head, expected) in [
            ("{\n  \"schema\": \"kubectl-diagnose/v1\",\n", true),
            ("{\"schema\":\"kubectl-diagnose/v1\"", true),
            ("schema: kubectl-diagnose/v1\nversion: 0.1.0\n", true),
            ("{\"schema\": \"other/v1\"}", false),
            (
                "{\"apiVersion\": \"kubectl-diagnose/v1\", \"kind\": \"Reading\"}",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_report(head.as_bytes()), expected, "{head}");
        }
    }
}
