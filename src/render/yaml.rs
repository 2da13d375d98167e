//! `-o yaml`: the value of `-o json`, written as YAML.

use super::json;
use crate::kubernetes::text::clean;
use crate::report::Report;
use anyhow::Context;
use serde::Serialize;

/// The report as YAML; it reads back to the same value as the JSON.
///
/// # Errors
/// When a value has no form in YAML; none of the report's types lacks one.
pub fn yaml(report: &Report) -> anyhow::Result<String> {
    write(report)
}

/// What YAML has no form for but an escape (1.2.2, 5.1).
const NO_CHARACTERS: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// `serde_saphyr` escapes control characters, but no marks of reading order. A report that holds one is
/// written in the flow style of YAML, which JSON is and in which every character can be escaped.
pub(super) fn write(value: &impl Serialize) -> anyhow::Result<String> {
    // one line a text, however long: folded ones are neither easier to read nor to search
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let text = serde_saphyr::to_string_with_options(value, options)
        .context("the report does not fit into YAML")?;
    if clean(&text) == text && !text.contains(NO_CHARACTERS) {
        Ok(text)
    } else {
        json::write(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn round_trip(value: &Value) -> Value {
        let text = write(value).expect("it is YAML");
        serde_saphyr::from_str(&text).expect("it is YAML")
    }

    #[test]
    fn words_that_yaml_reads_otherwise_stay_words() {
        let words = [
            "",
            " ",
            "yes",
            "no",
            "on",
            "off",
            "y",
            "null",
            "~",
            "true",
            "0x10",
            "0o7",
            "1e3",
            "1_000",
            "12:30:45",
            "2026-01-01",
            ".inf",
            ".nan",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "'",
            "\"",
            "{",
            "[a]",
            "|",
            ">",
            "? a",
            "a:",
            ":a",
            "...",
            "---",
            "a\nb",
            "a\n\nb\n",
            "\ta",
            "a\t",
            " a",
            "a ",
            "a\r\nb",
            "\u{1b}[31m",
            "\u{9b}31m",
            "\u{7f}",
            "\u{85}",
            "\u{202e}a",
            "\u{2028}",
            "\u{feff}a",
            "가나",
            "=",
            "<<",
            "01",
            "1.",
            "+1",
            "0b1",
            "١",
        ];
        for word in words {
            let value = json!({"a": word, "list": [word, [word]], word: {"b": word}});
            assert_eq!(round_trip(&value), value, "{word:?}");
        }
    }

    #[test]
    fn terminal_control_is_escaped() {
        for c in [
            '\u{1b}', '\u{7f}', '\u{9b}', '\u{85}', '\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}',
            '\u{2028}', '\u{fffe}', '\u{ffff}',
        ] {
            let value = json!([format!("a{c}b"), {format!("k{c}"): [1, null, true, {}]}]);
            let text = write(&value).expect("it is YAML");
            assert_eq!(round_trip(&value), value);
            assert!(!text.contains(c), "{:?} is in {text:?}", c);
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text: String, key: String) {
            let value = json!({"a": {key: [text]}});
            prop_assert_eq!(round_trip(&value), value);
        }
    }
}
