//! Foreign text made safe for a terminal, and measured as a terminal shows it.
//!
//! Names, messages and logs of a cluster are written by others: they may hold escape sequences that move
//! the cursor, or marks that turn the reading order round. Whatever is printed passes [`clean`] or
//! [`one_line`]. Layout and colour do not live here.
//!
//! Sources: ECMA-48 for control sequences; Unicode Annex 9 for the marks of reading order; UTR 36 and UTS 39 for
//! why they, and what nobody sees, are dangerous.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// Stands for what cannot be shown.
const REPLACEMENT: char = '\u{fffd}';

/// The text without terminal control: colour and cursor sequences are dropped, any other control
/// character, mark of reading order or character that nobody sees is shown as `�`. Line feeds and tabs
/// stay, a carriage return is taken for a line's end.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) || is_joiner(c)) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some(behind) = behind_control_sequence(rest) {
            rest = behind;
            continue;
        }
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
        match next {
            '\r' if rest.starts_with('\n') => {}
            '\r' => cleaned.push('\n'),
            // emoji and some scripts are written with joiners; between Latin letters they are there to deceive
            next if is_joiner(next) && cleaned.chars().last().is_none_or(|c| c.is_ascii()) => {
                cleaned.push(REPLACEMENT);
            }
            next if is_unsafe(next) => cleaned.push(REPLACEMENT),
            next => cleaned.push(next),
        }
    }
    Cow::Owned(cleaned)
}

/// The text with `�` for each character that a terminal obeys or that nobody sees, line ends and tabs among them: what
/// comes out of it names nothing else that exists, since no name in Kubernetes holds a `�`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let shown = |c| if is_visible(c) { c } else { REPLACEMENT };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Whether the character is seen, and changes neither the line nor what stands beside it.
pub fn is_visible(c: char) -> bool {
    !(is_unsafe(c) || is_joiner(c) || c.is_control())
}

/// The cleaned text in one line: every run of blanks, tabs and line ends is one blank, none at the ends.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let cleaned = clean(text);
    let is_folded = cleaned
        .split(' ')
        .all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    if is_folded || cleaned.is_empty() {
        return cleaned;
    }
    Cow::Owned(cleaned.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The columns that a terminal needs for the text.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns; what is cut off is shown as `…`.
pub fn truncate_width(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let ends = text.char_indices().map(|(at, _)| at);
    let fitting = ends.map_while(|end| text.get(..end).filter(|start| width(start) < columns));
    Cow::Owned(format!("{}…", fitting.last().unwrap_or_default()))
}

/// The longest start of the text that takes at most so many columns, and the rest; with `some` at least one character.
pub fn split_width(text: &str, columns: usize, some: bool) -> (&str, &str) {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let least = if some { 1 } else { 0 };
    let fits = |(at, end): &(usize, usize)| {
        *at < least
            || text
                .get(..*end)
                .is_some_and(|start| width(start) <= columns)
    };
    let end = ends.enumerate().take_while(fits).last();
    text.split_at_checked(end.map_or(0, |(_, end)| end))
        .unwrap_or((text, ""))
}

fn is_unsafe(c: char) -> bool {
    let keeps_order = !matches!(c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_separator = matches!(c, '\u{2028}' | '\u{2029}');
    // soft hyphen, fillers, blanks and operators without width, tags
    let is_unseen = matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    (c.is_control() && !matches!(c, '\n' | '\t')) || !keeps_order || is_separator || is_unseen
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// What follows a control sequence at the start of the text: an introducer, parameters, one final letter. Of what
/// else ECMA-48 allows no log makes use, and it would swallow words and quotes.
fn behind_control_sequence(text: &str) -> Option<&str> {
    let body = text
        .strip_prefix("\u{1b}[")
        .or_else(|| text.strip_prefix('\u{9b}'))?;
    let behind = body.trim_start_matches(|c| matches!(c, '0'..='9' | ';' | ':' | '?'));
    let has_parameters = behind.len() < body.len();
    behind.strip_prefix(|c: char| {
        matches!(c, 'm' | 'K' | 'J' | 'H') || has_parameters && c.is_ascii_alphabetic()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cleans() {
        for (text, expected) in [
            ("", ""),
            ("plain ä 漢字 🚀", "plain ä 漢字 🚀"),
            ("a\tb\nc", "a\tb\nc"),
            ("a\r\nb\rc", "a\nb\nc"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{1b}[2J\u{1b}[Htop", "top"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}]0;title\u{7}", "�]0;title�"),
            ("cut \u{1b}[31", "cut �[31"),
            ("\u{1b}\u{1b}[31mred", "�red"),
            ("\u{0}\u{8}\u{7f}\u{85}", "����"),
            ("user\u{202e}nimda", "user�nimda"),
            ("\u{2066}a\u{2069}\u{200f}", "�a��"),
            ("a\u{2028}b", "a�b"),
            ("a\u{1b}[ 'pod/x'", "a�[ 'pod/x'"),
            ("a\u{1b}[ouch", "a�[ouch"),
            ("we\u{200d}b \u{200b}\u{ad}\u{feff}\u{e0041}", "we�b ����"),
            ("\u{1f469}\u{200d}\u{1f680}", "\u{1f469}\u{200d}\u{1f680}"),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
        }
        assert!(matches!(clean("plain\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn folds_into_one_line() {
        for (text, expected) in [
            ("", ""),
            ("one line", "one line"),
            ("  two\n\tlines \r\n", "two lines"),
            ("a  b", "a b"),
            (" \n", ""),
            ("a\u{1b}[0m\nb", "a b"),
        ] {
            assert_eq!(one_line(text), expected, "{text:?}");
        }
        assert!(matches!(one_line("one line"), Cow::Borrowed(_)));
    }

    #[test]
    fn measures_cuts_and_pads_in_columns() {
        for (text, columns, expected) in [
            ("worker-1", 8, "worker-1"),
            ("worker-1", 7, "worker…"),
            ("worker-1", 1, "…"),
            ("worker-1", 0, ""),
            ("漢字漢字", 8, "漢字漢字"),
            ("漢字漢字", 7, "漢字漢…"),
            ("漢字漢字", 6, "漢字…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(
                truncate_width(text, columns),
                expected,
                "{text} in {columns}"
            );
        }
        assert_eq!(width("漢字"), 4);
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text: String) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(is_unsafe));
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
            prop_assert!(!one_line(&text).contains(['\n', '\t', '\r']));
        }

        #[test]
        fn what_is_cut_fits(text in "[a漢e\u{301}\u{200d}🚀☁\u{fe0f}]{0,20}", columns in 0_usize..20) {
            let cut = truncate_width(&text, columns);
            prop_assert!(width(&cut) <= columns, "{cut:?}");
        }
    }
}
