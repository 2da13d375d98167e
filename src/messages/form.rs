//! Known texts with holes, and the tables made of them.
//!
//! A form is one line of data: the text as a component prints it, with `{}` where a name stands and `{*}` where
//! anything may stand. So a new wording of a new version is one more line in a table, never a new branch of code. What
//! lives here knows no component; the tables live beside the types that they produce.
//!
//! - `{}` takes one word: no blank inside. Directly after a quotation mark it takes everything up to the closing one instead.
//! - `{*}` takes any text, also none, as little as the rest of the form allows.
//! - Letters compare without regard to ASCII case: people retype messages, and components change their mind (`exceeded quota`).

use std::ops::Range;

/// One known text and what it means.
pub(crate) type Pattern<T> = (&'static str, fn(&Captures<'_>) -> T);

/// What stood in the holes of a form, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Captures<'t>(Vec<&'t str>);

impl<'t> Captures<'t> {
    /// The text in the hole of this number, counted from 0; empty if the form has fewer.
    pub(crate) fn get(&self, hole: usize) -> &'t str {
        self.0.get(hole).copied().unwrap_or_default()
    }

    /// The text in the last hole.
    pub(crate) fn last(&self) -> &'t str {
        self.0.last().copied().unwrap_or_default()
    }

    /// The text in the hole of this number, owned.
    pub(crate) fn own(&self, hole: usize) -> String {
        self.get(hole).to_owned()
    }
}

/// The meaning of the first form that is the whole of `text`.
pub(crate) fn whole<T>(forms: &[Pattern<T>], text: &str) -> Option<T> {
    forms
        .iter()
        .find_map(|(form, means)| match_full(form, text).map(|captures| means(&captures)))
}

/// The meaning of the first form, in the order of the table, that occurs anywhere in `text`.
pub(crate) fn anywhere<T>(forms: &[Pattern<T>], text: &str) -> Option<T> {
    forms
        .iter()
        .find_map(|(form, means)| search(form, text).map(|captures| means(&captures)))
}

/// The holes of a form that is the whole of `text`.
pub(crate) fn match_full<'t>(form: &'static str, text: &'t str) -> Option<Captures<'t>> {
    let (head, rest) = literal(form);
    strip_prefix(text, head)?;
    let mut captures = Vec::new();
    take(text, head.len(), head, rest, true, &mut captures)?;
    Some(Captures(captures))
}

/// The holes of a form at its leftmost place in `text`.
pub(crate) fn search<'t>(form: &'static str, text: &'t str) -> Option<Captures<'t>> {
    find(form, text, 0).map(|(_, captures)| captures)
}

/// The leftmost place of a form in `text` at or behind `from`, with its holes.
pub(crate) fn find<'t>(
    form: &'static str,
    text: &'t str,
    from: usize,
) -> Option<(Range<usize>, Captures<'t>)> {
    let (head, rest) = literal(form);
    let text = readable(text);
    let mut captures = Vec::new();
    starts(head, text, from).find_map(|start| {
        captures.clear();
        let end = take(text, start + head.len(), head, rest, false, &mut captures)?;
        Some((start..end, Captures(captures.clone())))
    })
}

/// The part of a text in which forms are looked for: the longest message of a condition
/// (`k8s.io/apimachinery/pkg/apis/meta/v1/types.go`, Condition.message, 32768).
fn readable(text: &str) -> &str {
    const LONGEST: usize = 32_768;
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// Every place of a form in `text`, with its holes.
pub(crate) fn every<'t>(
    form: &'static str,
    text: &'t str,
) -> impl Iterator<Item = (Range<usize>, Captures<'t>)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = find(form, text, from)?;
        from = found.0.end;
        Some(found)
    })
}

/// Where in `text` a literal stands; a form that begins with a hole may start at every word.
fn starts<'a>(head: &'a str, text: &'a str, from: usize) -> impl Iterator<Item = usize> + 'a {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let from = next?;
        let rest = text.get(from..)?;
        let found = if head.is_empty() {
            from
        } else {
            from + position(rest, head)?
        };
        next = if head.is_empty() {
            rest.find(char::is_whitespace)
                .map(|blank| from + blank)
                .and_then(|blank| word_start(text, blank))
        } else {
            Some(found + 1)
        };
        Some(found)
    })
}

/// The first place at or after `from` that is no blank.
fn word_start(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?
        .find(|c: char| !c.is_whitespace())
        .map(|skip| from + skip)
}

/// Splits a form before its first hole: the literal, and the rest that begins with the hole.
fn literal(form: &'static str) -> (&'static str, &'static str) {
    let hole = [form.find("{}"), form.find("{*}")]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(form.len());
    form.split_at(hole)
}

/// Matches `rest`, which is empty or begins with a hole, at `at`, and tells where the match ends. `before` is the
/// literal in front of that hole.
fn take<'t>(
    text: &'t str,
    at: usize,
    before: &str,
    rest: &'static str,
    to_end: bool,
    captures: &mut Vec<&'t str>,
) -> Option<usize> {
    let (any, rest) = match (rest.strip_prefix("{*}"), rest.strip_prefix("{}")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return (!to_end || at == text.len()).then_some(at),
    };
    let (after, rest) = literal(rest);
    let mut from = at;
    while let Some(tail) = text.get(from..) {
        let end = match after {
            "" => {
                at + if any {
                    text.len() - at
                } else {
                    word_end(text.get(at..).unwrap_or_default(), before, to_end)
                }
            }
            _ => from + position(tail, after)?,
        };
        let hole = text.get(at..end)?;
        if !any && !is_word(hole, before) {
            return None;
        }
        captures.push(hole);
        let matched = take(text, end + after.len(), after, rest, to_end, captures);
        if matched.is_some() {
            return matched;
        }
        captures.pop();
        if after.is_empty() {
            return None;
        }
        from = end + 1;
    }
    None
}

/// Whether a hole that takes a word may hold this; `before` tells whether the word stands in quotation marks.
fn is_word(hole: &str, before: &str) -> bool {
    !hole.is_empty()
        && !hole.contains(|c: char| mark(before).map_or(c.is_whitespace(), |quote| c == quote))
}

/// Where the word that begins `text` ends when nothing follows the hole in the form.
fn word_end(text: &str, before: &str, to_end: bool) -> usize {
    let end = text
        .find(|c: char| mark(before).map_or(c.is_whitespace(), |quote| c == quote))
        .unwrap_or(text.len());
    if to_end {
        end
    } else {
        text.get(..end).map_or(end, |word| {
            word.trim_end_matches(['.', ',', ';', ':', ')']).len()
        })
    }
}

/// The quotation mark that a literal ends with.
fn mark(literal: &str) -> Option<char> {
    literal
        .chars()
        .next_back()
        .filter(|c| ['"', '\'', '`'].contains(c))
}

/// Where `needle` (ASCII) first stands in `text`, whatever its case. Every text meets every form of
/// its table, so the first byte and the last are looked at before all of it is compared.
pub(crate) fn position(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let (Some(first), Some(last)) = (needle.first(), needle.last()) else {
        return Some(0);
    };
    let starts = text.get(..=text.len().checked_sub(needle.len())?)?;
    memchr::memchr2_iter(
        first.to_ascii_lowercase(),
        first.to_ascii_uppercase(),
        starts,
    )
    .find(|at| {
        let found = text.get(*at..at + needle.len()).unwrap_or_default();
        found
            .last()
            .is_some_and(|found| found.eq_ignore_ascii_case(last))
            && found.eq_ignore_ascii_case(needle)
    })
}

/// Whether `needle` (ASCII) stands in `text`, whatever its case.
pub(crate) fn contains(text: &str, needle: &str) -> bool {
    position(text, needle).is_some()
}

/// `text` without `prefix` (ASCII), whatever its case.
pub(crate) fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| text.get(prefix.len()..))
        .flatten()
}

/// `text` without `suffix` (ASCII), whatever its case.
pub(crate) fn strip_suffix<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let cut = text.len().checked_sub(suffix.len())?;
    let tail = text.get(cut..)?;
    tail.eq_ignore_ascii_case(suffix)
        .then(|| text.get(..cut))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn captures(found: Option<Captures<'_>>) -> Option<Vec<String>> {
        found.map(|captures| captures.0.iter().map(|hole| (*hole).to_owned()).collect())
    }

    fn some(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_hole_takes_one_word() {
        assert_eq!(
            captures(match_full("key {} in {}", "key a in b/c")),
            some(&["a", "b/c"])
        );
        assert_eq!(captures(match_full("key {} in {}", "key a x in b")), None);
        assert_eq!(captures(match_full("key {} in {}", "key  in b")), None);
    }

    #[test]
    fn a_quoted_hole_ends_at_its_own_quotation_mark() {
        assert_eq!(
            captures(search(
                "secret \"{}\" not found",
                "secret \"a\" was, secret \"b c\" not found"
            )),
            some(&["b c"])
        );
        assert_eq!(
            captures(search(
                "secret \"{}\" not found",
                "secret \"a\" and configmap \"b\" not found"
            )),
            None
        );
    }

    #[test]
    fn an_open_hole_takes_as_little_as_it_can() {
        assert_eq!(captures(search("a{*}b{*}", "xa1b2b3")), some(&["1", "2b3"]));
        assert_eq!(captures(match_full("a{*}b", "a1b2b")), some(&["1b2"]));
        assert_eq!(captures(match_full("a{*}", "a")), some(&[""]));
    }

    #[test]
    fn braces_of_the_text_are_no_holes() {
        assert_eq!(
            captures(match_full("taint {{}: {*}}", "taint {a/b: }")),
            some(&["a/b", ""])
        );
    }

    #[test]
    fn the_last_word_of_a_search_drops_its_full_stop() {
        assert_eq!(captures(search("quota: {}", "quota: a, b")), some(&["a"]));
        assert_eq!(captures(search("at \"{}", "at \"a b\" c")), some(&["a b"]));
    }

    #[test]
    fn a_form_may_begin_with_a_hole() {
        assert_eq!(
            captures(search("{} is missing", "now the driver is missing")),
            some(&["driver"])
        );
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(
            captures(match_full("Insufficient {}", "insufficient CPU")),
            some(&["CPU"])
        );
        assert_eq!(strip_suffix("x Not Found", " not found"), Some("x"));
        assert_eq!(strip_prefix("Error: x", "error: "), Some("x"));
        assert!(contains("ABC", "bc") && !contains("a", "bc"));
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "\\PC{0,60}", more in "[a-c \"{}:é]{0,40}") {
            for form in ["a {} b", "{} a", "\"{}\" {*}c", "{*}b{*} {}", "a{*}b{*}c{}"] {
                for text in [&text, &more] {
                    let _ = match_full(form, text);
                    let _ = search(form, text);
                }
            }
        }
    }
}
