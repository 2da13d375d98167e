//! Which fields of a pod the API server calls invalid, and why.
//!
//! Source: apimachinery `pkg/util/validation/field/errors.go` (0.37): `<field>: <type>[: <value>][: <why>]`, several as
//! `[a, b]`.

use super::Denial;
use crate::messages::form::{position, search};

/// A field that is invalid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The field, as `spec.containers[0].image`.
    pub field: String,
    /// What kind of fault: `Invalid value`, `Required value`, …
    pub kind: String,
    /// The value, where one is named.
    pub value: Option<String>,
    /// What is wrong with it; empty where the kind says it all.
    pub why: String,
}

/// Kinds of faults, and whether a value follows.
const KINDS: [(&str, bool); 10] = [
    ("Invalid value", true),
    ("Unsupported value", true),
    ("Duplicate value", true),
    ("Not found", true),
    ("Required value", false),
    ("Forbidden", false),
    ("Too long", false),
    ("Too many", false),
    ("Too few", false),
    ("Internal error", false),
];

pub(super) fn read(said: &str) -> Option<Denial> {
    let list = search("\"{}\" is invalid: {*}", said)?.last();
    let list = list.trim();
    let list = list
        .strip_prefix('[')
        .map_or(list, |rest| rest.strip_suffix(']').unwrap_or(rest));
    let starts = starts(list);
    let ends = starts
        .iter()
        .skip(1)
        .map(|(at, ..)| *at)
        .chain([list.len()]);
    let faults: Vec<Fault> = starts
        .iter()
        .zip(ends)
        .filter_map(|((at, kind, has_value), end)| fault(list.get(*at..end)?, kind, *has_value))
        .collect();
    (!faults.is_empty()).then_some(Denial::Invalid(faults))
}

/// Where the faults begin: at the word before their kind.
fn starts(list: &str) -> Vec<(usize, &'static str, bool)> {
    let mut found = Vec::new();
    for (kind, has_value) in KINDS {
        let mark = format!(": {kind}");
        let mut from = 0;
        while let Some(at) = list.get(from..).and_then(|rest| position(rest, &mark)) {
            let at = from + at;
            let head = list.get(..at).unwrap_or_default();
            let start = head.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
            let word = list.get(start..at).unwrap_or_default();
            if is_field(word) {
                found.push((start, kind, has_value));
            }
            from = at + mark.len();
        }
    }
    found.sort_unstable();
    found
}

/// Values may hold anything, also what looks like a fault.
fn is_field(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| !"\"'{}=,;".contains(c))
}

fn fault(text: &str, kind: &str, has_value: bool) -> Option<Fault> {
    let (field, rest) = text.split_once(": ")?;
    let rest = rest.get(kind.len()..)?.trim().trim_end_matches(',');
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim();
    let (value, why) = if has_value { value(rest) } else { (None, rest) };
    Some(Fault {
        field: field.to_owned(),
        kind: kind.to_owned(),
        value: value.map(str::to_owned),
        why: why.trim_end_matches('.').to_owned(),
    })
}

/// The value, in quotation marks or up to the next colon, and what follows.
fn value(rest: &str) -> (Option<&str>, &str) {
    let quoted = rest
        .strip_prefix('"')
        .and_then(|inner| inner.split_once('"'));
    let (value, why) = quoted
        .or_else(|| rest.split_once(": "))
        .unwrap_or((rest, ""));
    (Some(value), why.trim_start_matches([':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(field: &str, kind: &str, value: Option<&str>, why: &str) -> Fault {
        Fault {
            field: field.to_owned(),
            kind: kind.to_owned(),
            value: value.map(str::to_owned),
            why: why.to_owned(),
        }
    }

    #[test]
    fn each_fault_has_its_field_its_value_and_a_reason() {
        for (said, expected) in [
            (
                "spec.containers[1].resources.requests: Invalid value: \"1\": must be less than or equal to cpu limit",
                vec![fault(
                    "spec.containers[1].resources.requests",
                    "Invalid value",
                    Some("1"),
                    "must be less than or equal to cpu limit",
                )],
            ),
            (
                "[spec.a: Invalid value: 1: no, never: spec.x: y, spec.b: Required value, spec.c[k]: Unsupported value: \"X\": supported values: \"A\", \"B\"]",
                vec![
                    fault("spec.a", "Invalid value", Some("1"), "no, never: spec.x: y"),
                    fault("spec.b", "Required value", None, ""),
                    fault(
                        "spec.c[k]",
                        "Unsupported value",
                        Some("X"),
                        "supported values: \"A\", \"B\"",
                    ),
                ],
            ),
            (
                "metadata.name: Too long: may not be more than 63 bytes",
                vec![fault(
                    "metadata.name",
                    "Too long",
                    None,
                    "may not be more than 63 bytes",
                )],
            ),
        ] {
            let text = format!("Pod \"web-1\" is invalid: {said}");
            assert_eq!(read(&text), Some(Denial::Invalid(expected)), "{text}");
        }
        assert_eq!(read("Pod \"web-1\" is invalid: words of tomorrow"), None);
    }
}
