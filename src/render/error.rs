//! A failure of the whole run, for standard error.

use super::json;
use crate::error::hints;
use crate::kubernetes::text::one_line;
use crate::report::{Failed, FailureReport, SCHEMA};

/// What failed, what lies behind it, and what to do, each on a line of its own.
pub fn error(error: &anyhow::Error) -> String {
    let mut said = one_line(&error.to_string()).into_owned();
    let mut out = format!("error: {said}\n");
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        let text = one_line(&text);
        // many libraries repeat the inner error in the outer one
        if !text.is_empty() && !said.contains(text.as_ref()) {
            out.push_str(&format!("  caused by: {text}\n"));
            said = text.into_owned();
        }
    }
    for hint in hints(error) {
        out.push_str(&format!("hint: {}\n", one_line(hint)));
    }
    out
}

/// The same for scripts, where a report would have stood.
pub fn error_json(error: &anyhow::Error) -> anyhow::Result<String> {
    let line = |text: String| one_line(&text).into_owned();
    json::write(&Failed {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        error: FailureReport {
            message: line(error.to_string()),
            causes: error
                .chain()
                .skip(1)
                .map(|it| line(it.to_string()))
                .collect(),
            hints: hints(error).iter().map(|hint| line(hint.clone())).collect(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;
    use anyhow::anyhow;

    #[test]
    fn causes_and_hints_have_their_lines() {
        let inner = anyhow!("the server said \u{1b}[31mno\u{1b}[0m\nand closed");
        let outer = Failure::new("pods in shop cannot be listed: no")
            .hint("ask for the right to list pods")
            .because(inner.context("the request failed"));
        assert_eq!(
            error(&outer),
            "error: pods in shop cannot be listed: no\n  caused by: the request failed\n  caused \
             by: the server said no and closed\nhint: ask for the right to list pods\n"
        );
    }

    #[test]
    fn scripts_get_the_same_as_data() {
        let error = Failure::new("pods cannot be listed")
            .hint("leave out -A")
            .because(anyhow!("forbidden"));
        let json: serde_json::Value = serde_json::from_str(&error_json(&error).unwrap()).unwrap();
        assert_eq!(json["schema"], SCHEMA);
        let expected = serde_json::json!({"message": "pods cannot be listed", "causes": ["forbidden"], "hints": ["leave out -A"]});
        assert_eq!(json["error"], expected);
    }

    #[test]
    fn what_was_said_already_is_not_repeated() {
        let outer = anyhow!("not found").context("a.yaml cannot be read: not found");
        assert_eq!(error(&outer), "error: a.yaml cannot be read: not found\n");
    }
}
