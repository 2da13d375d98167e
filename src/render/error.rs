//! A failure of the whole run, for standard error.

use crate::error::Error;
use crate::kubernetes::text::one_line;
use std::error::Error as _;

/// What failed, what lies behind it, and what to do, each on a line of its own.
pub fn error(error: &Error) -> String {
    let message = one_line(&error.message).into_owned();
    let mut out = format!("error: {message}\n");
    let mut said = message;
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        let text = one_line(&text);
        // many libraries repeat the inner error in the outer one
        if !text.is_empty() && !said.contains(text.as_ref()) {
            out.push_str(&format!("  caused by: {text}\n"));
            said = text.into_owned();
        }
        source = cause.source();
    }
    for hint in &error.hints {
        out.push_str(&format!("hint: {}\n", one_line(hint)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_hints_have_their_lines() {
        let inner = Error::new("the server said \u{1b}[31mno\u{1b}[0m\nand closed");
        let outer = Error::new("pods in shop cannot be listed: no")
            .because(Error::new("the request failed").because(inner))
            .hint("ask for the right to list pods");
        assert_eq!(
            error(&outer),
            "error: pods in shop cannot be listed: no\n  caused by: the request failed\n  caused \
             by: the server said no and closed\nhint: ask for the right to list pods\n"
        );
    }

    #[test]
    fn what_was_said_already_is_not_repeated() {
        let outer = Error::new("a.yaml cannot be read: not found").because(Error::new("not found"));
        assert_eq!(error(&outer), "error: a.yaml cannot be read: not found\n");
    }
}
