//! What a piece of text means, and the colour that stands for it. The only place that knows colours.
//!
//! Only the sixteen colours of the terminal's own palette are used, so that what its owner can read
//! stays readable. Meaning never depends on colour: each of these is also told by a word or a place.

use owo_colors::{OwoColorize, Style as Ansi};
use std::borrow::Cow;

/// What a piece of text means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// Nothing in particular.
    #[default]
    Plain,
    /// The object that a block is about.
    Object,
    /// What is wrong.
    Cause,
    /// The layer at which a pod is stuck.
    Stuck,
    /// A layer that is passed, a pod that is well, a change that was verified.
    Passed,
    /// What could not be known, or is not certain.
    Unknown,
    /// What is there for completeness.
    Faint,
    /// The name of a section or column.
    Label,
    /// Something to type.
    Command,
    /// Something that goes beyond changing an object back.
    Danger,
}

impl Style {
    fn ansi(self) -> Ansi {
        let style = Ansi::new();
        match self {
            Style::Plain => style,
            Style::Object | Style::Label => style.bold(),
            Style::Cause => style.red().bold(),
            Style::Stuck | Style::Danger => style.red(),
            Style::Passed => style.green(),
            Style::Unknown => style.yellow(),
            Style::Faint => style.dimmed(),
            Style::Command => style.cyan(),
        }
    }
}

/// The text in the colour of its style, or as it is.
pub(super) fn paint(text: &str, style: Style, color: bool) -> Cow<'_, str> {
    if !color || style == Style::Plain || text.trim().is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.style(style.ansi()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_a_switch() {
        assert_eq!(paint("x", Style::Cause, false), "x");
        assert_eq!(paint("x", Style::Plain, true), "x");
        assert_eq!(paint(" ", Style::Cause, true), " ");
        assert_eq!(paint("x", Style::Stuck, true), "\u{1b}[31mx\u{1b}[0m");
    }
}
