//! Foreign text in the formats of others: what would be markup or a command there stays text.

use super::line::{Line, Span, code};
use super::style::Style;
use std::borrow::Cow;

/// For HTML and XML, as text or between double quotes. XML has no form for the two characters that never are any
/// (XML 1.0, production 2, Char).
pub(super) fn markup(text: &str) -> Cow<'_, str> {
    replaced(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        '\u{fffe}' | '\u{ffff}' => Some("\u{fffd}"),
        _ => None,
    })
}

/// For what follows a workflow command (actions/runner, src/Runner.Common/ActionCommand.cs, _escapeDataMappings).
pub(super) fn workflow_data(text: &str) -> Cow<'_, str> {
    replaced(text, data)
}

/// For a property of a workflow command (there, _escapePropertyMappings).
pub(super) fn workflow_property(text: &str) -> Cow<'_, str> {
    replaced(text, |c| match c {
        ':' => Some("%3A"),
        ',' => Some("%2C"),
        c => data(c),
    })
}

fn data(c: char) -> Option<&'static str> {
    match c {
        '%' => Some("%25"),
        '\r' => Some("%0D"),
        '\n' => Some("%0A"),
        _ => None,
    }
}

/// For a message of SARIF, in which `[words](target)` would be a link and `{0}` an argument (2.1.0, 3.11.5 and 3.11.6).
pub(super) fn sarif(text: &str) -> String {
    let doubled = replaced(text, |c| match c {
        '{' => Some("{{"),
        '}' => Some("}}"),
        _ => None,
    });
    doubled.replace("](", "] (")
}

/// For a URI of a path, a part of it at a time (RFC 3986, section 2.3).
pub(super) fn uri(part: &str) -> String {
    let mut out = String::new();
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(byte.into()),
            b'.' if part.contains(|c| c != '.') => out.push('.'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// For a line of Markdown. Words that could be more than a word become code, in which nothing is a link, a mention or a mark;
/// GitHub makes links of bare addresses and of `#1`, and notifies whom an `@` names.
pub(super) fn markdown(line: &Line) -> String {
    let mut out = String::new();
    for spans in line
        .spans()
        .chunk_by(|one, next| is_object(one) == is_object(next))
    {
        let text: String = spans.iter().map(|span| span.text.as_str()).collect();
        if spans.iter().any(is_object) {
            out.push_str(&span(&text));
        } else {
            prose(&mut out, &text);
        }
    }
    out
}

fn is_object(span: &Span) -> bool {
    span.style == Style::Object
}

fn prose(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, inside, after)) = code(rest) {
        words(out, before);
        out.push_str(&span(inside.trim_matches('`')));
        rest = after;
    }
    words(out, rest);
}

fn words(out: &mut String, text: &str) {
    for (nth, word) in text.split(' ').enumerate() {
        if nth > 0 {
            out.push(' ');
        }
        let core = word.trim_start_matches(['(', '"']);
        out.push_str(word.strip_suffix(core).unwrap_or_default());
        let whole = core;
        let core = whole.trim_end_matches(BEHIND);
        let behind = whole.strip_prefix(core).unwrap_or_default();
        match core {
            core if is_plain(core) => out.push_str(core),
            core if core.len() == 1 => out.extend(['\\'].into_iter().chain(core.chars())),
            core => out.push_str(&span(core)),
        }
        // `1.` would begin a list
        if nth == 0 && behind.starts_with(['.', ')']) && core.bytes().all(|b| b.is_ascii_digit()) {
            out.push('\\');
        }
        out.push_str(behind);
    }
}

/// What may stand behind a word.
const BEHIND: [char; 6] = [',', '.', ';', ':', ')', '"'];

fn is_plain(word: &str) -> bool {
    let may = |c: char| c.is_alphanumeric() || !c.is_ascii() || "-'/,.%()".contains(c);
    let lower = word.to_lowercase();
    let begins = word.starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii());
    let is_link = lower.contains("www.") || lower.starts_with("gh-");
    word.is_empty() || begins && !is_link && word.chars().all(may)
}

/// A span of code, whatever it holds.
pub(super) fn span(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    match text {
        "" => String::new(),
        // a blank at each end is taken away again
        text if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) => {
            format!("{fence} {text} {fence}")
        }
        text => format!("{fence}{text}{fence}"),
    }
}

/// A block of code, whatever it holds.
pub(super) fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// A cell of a table of Markdown, where a bar ends it even in code.
pub(super) fn cell(markdown: &str) -> String {
    markdown.replace('|', "¦")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

fn replaced(text: &str, with: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    if !text.contains(|c| with(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match with(c) {
            Some(replacement) => out.push_str(replacement),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_markdown_stay_words() {
        for (text, expected) in [
            ("claim data does not exist", "claim data does not exist"),
            ("0/9 nodes, 1.5 of 2 (50%)", "0/9 nodes, 1.5 of 2 (50%)"),
            ("a + b - c", "a \\+ b \\- c"),
            ("# no heading", "\\# no heading"),
            ("1. no list", "1\\. no list"),
            ("--- ===", "`---` `===`"),
            ("*a* _b_ ~c~ $d$", "`*a*` `_b_` `~c~` `$d$`"),
            ("[a](http://b) ![c](d)", "`[a](http://b`) `![c](d`)"),
            ("ping @all: see #1, GH-2", "ping `@all`: see `#1`, `GH-2`"),
            ("(www.example.com)", "(`www.example.com`)"),
            ("run `kubectl get | x` now", "run `kubectl get | x` now"),
            ("<b> &amp; a|b", "`<b>` `&amp`; `a|b`"),
            ("a`b", "``a`b``"),
            ("a\\*b", "`a\\*b`"),
        ] {
            let line = Line::new().plain(text);
            assert_eq!(markdown(&line), expected);
        }
    }

    #[test]
    fn code_holds_any_text() {
        assert_eq!(span("a``b`"), "``` a``b` ```");
        assert_eq!(fenced("a\n````\nb"), "`````\na\n````\nb\n`````\n");
        assert_eq!(cell("a | b"), "a ¦ b");
    }

    #[test]
    fn paths_have_no_way_out() {
        assert_eq!(uri("../a b"), "..%2Fa%20b");
        assert_eq!(uri(".."), "%2E%2E");
        assert_eq!(uri("a.b"), "a.b");
    }

    #[test]
    fn messages_of_sarif_have_no_links() {
        assert_eq!(sarif("[a](b) {0}"), "[a] (b) {{0}}");
    }
}
