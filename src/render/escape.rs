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
    let mut inline = Inline::default();
    for spans in line
        .spans()
        .chunk_by(|one, next| is_object(one) == is_object(next))
    {
        let text: String = spans.iter().map(|span| span.text.as_str()).collect();
        if spans.iter().any(is_object) {
            inline.code(&text);
        } else {
            inline.prose(&text);
        }
    }
    inline.finish()
}

fn is_object(span: &Span) -> bool {
    span.style == Style::Object
}

/// A line of Markdown. What is code side by side is one span: the fences of two would join to another fence.
#[derive(Debug, Default)]
struct Inline {
    out: String,
    /// Code that more may follow.
    open: String,
}

impl Inline {
    fn code(&mut self, text: &str) {
        self.open.push_str(text);
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() {
            let code = std::mem::take(&mut self.open);
            self.out.push_str(&span(&code));
            self.out.push_str(text);
        }
    }

    fn finish(mut self) -> String {
        self.out.push_str(&span(&self.open));
        // four blanks in front of a line make a block of code of it
        self.out.trim_start_matches([' ', '\t']).to_owned()
    }

    fn prose(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, inside, after)) = code(rest) {
            self.words(before);
            let held = inside.trim_matches('`');
            self.code(if held.is_empty() { inside } else { held });
            rest = after;
        }
        self.words(rest);
    }

    fn words(&mut self, text: &str) {
        for (nth, word) in text.split(' ').enumerate() {
            if nth > 0 {
                self.plain(" ");
            }
            let core = word.trim_start_matches(['(', '"']);
            self.plain(word.strip_suffix(core).unwrap_or_default());
            let whole = core;
            let core = whole.trim_end_matches(BEHIND);
            let behind = whole.strip_prefix(core).unwrap_or_default();
            match core {
                core if is_plain(core) => self.plain(core),
                core if core.len() == 1 => self.plain(&format!("\\{core}")),
                core => self.code(core),
            }
            // `1.` would begin a list
            if nth == 0
                && behind.starts_with(['.', ')'])
                && core.bytes().all(|b| b.is_ascii_digit())
            {
                self.plain("\\");
            }
            self.plain(behind);
        }
    }
}

/// What may stand behind a word.
const BEHIND: [char; 6] = [',', '.', ';', ':', ')', '"'];

fn is_plain(word: &str) -> bool {
    let may = |c: char| c.is_alphanumeric() || !c.is_ascii() || "-'/,.%()".contains(c);
    let lower = word.to_lowercase();
    let begins = word.starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii());
    let mut behind = lower.split(|c: char| !c.is_alphanumeric());
    let is_issue = lower.contains("gh-") && behind.any(|part| part == "gh");
    let is_link = lower.contains("www.") || is_issue;
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
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

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
            ("#1```</details><h1>", "````#1```</details><h1>````"),
            ("run `a`@b now", "run `a@b` now"),
            ("@``all", "\\@``` `` ```all"),
            ("see x/GH-2", "see `x/GH-2`"),
        ] {
            let line = Line::new().plain(text);
            assert_eq!(markdown(&line), expected);
        }
    }

    /// What Markdown, HTML and GitHub take for more than text, and what may stand around it.
    const PARTS: [&str; 48] = [
        "`",
        "``",
        "```",
        " ",
        "  ",
        "<",
        ">",
        "</details>",
        "<h1>",
        "<!--",
        "&",
        "lt;",
        "@",
        "all",
        "#",
        "1",
        "GH-",
        "www",
        ".",
        "http",
        ":",
        "//",
        "example",
        "com",
        "[",
        "]",
        "(",
        ")",
        "!",
        "*",
        "**",
        "_",
        "~~",
        "|",
        "\\",
        "-",
        "---",
        "+",
        "=",
        "==",
        "\"",
        "'",
        "\n",
        "\t",
        "é",
        "{",
        ",",
        "/",
    ];

    fn line() -> impl Strategy<Value = Line> {
        let text = proptest::collection::vec(proptest::sample::select(&PARTS[..]), 1..9);
        let part = (0..4_u8, text.prop_map(|parts| parts.concat()));
        let add = |line: Line, (how, text): (u8, String)| match how {
            0 => line.plain(&text),
            1 => line.prose(Style::Label, &text),
            2 => line.with(Style::Object, &text),
            _ => line.whole(Style::Command, &text),
        };
        let parts = proptest::collection::vec(part, 1..4);
        parts.prop_map(move |parts| parts.into_iter().fold(Line::new(), add))
    }

    /// What is neither code nor ours, with a dot for each piece of code; panics at marks of others.
    fn prose(markdown: &str, ours: impl Fn(&Tag<'_>) -> bool) -> String {
        let mut prose = String::new();
        let options = Options::ENABLE_GFM
            | Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES;
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(tag) => assert!(ours(&tag), "{tag:?} in {markdown:?}"),
                Event::End(_) => prose.push('\n'),
                Event::Text(text) => prose.push_str(&text),
                Event::Code(_) => prose.push('·'),
                other => panic!("{other:?} in {markdown:?}"),
            }
        }
        prose
    }

    /// What GitHub makes a link or a mention of without any mark.
    fn is_linked(prose: &str) -> bool {
        let lower = prose.to_lowercase();
        let before = |mark: &str, next: fn(char) -> bool| {
            let mut ends = lower
                .match_indices(mark)
                .map(|(at, _)| &lower[at + mark.len()..]);
            ends.any(|end| end.starts_with(next))
        };
        // `high-1` is a word
        let mut behind = lower.split(|c: char| !c.is_alphanumeric() && c != '-');
        let numbered = |words: &str| {
            let mut words = words.split('-').skip_while(|word| *word != "gh").skip(1);
            words
                .next()
                .is_some_and(|word| word.starts_with(char::is_numeric))
        };
        lower.contains("://")
            || before("@", char::is_alphanumeric)
            || before("#", char::is_numeric)
            || behind.any(numbered)
            || before("www.", char::is_alphanumeric)
    }

    proptest! {
        #[test]
        fn no_mark_comes_from_others(line in line()) {
            let text = markdown(&line);
            let paragraph = |tag: &Tag<'_>| matches!(tag, Tag::Paragraph | Tag::CodeBlock(_));
            let heading = |tag: &Tag<'_>| matches!(tag, Tag::Heading { .. });
            let item = |tag: &Tag<'_>| matches!(tag, Tag::List(None) | Tag::Item | Tag::CodeBlock(_));
            let strong = |tag: &Tag<'_>| matches!(tag, Tag::Paragraph | Tag::Strong);
            let row = |tag: &Tag<'_>| {
                matches!(tag, Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::TableCell)
            };
            for read in [
                prose(&format!("{text}\n"), paragraph),
                prose(&format!("### {text}\n"), heading),
                prose(&format!("- {text}\n"), item),
                prose(&format!("**fix** {text}\n"), strong),
            ] {
                prop_assert!(!is_linked(&read), "{text:?} is {read:?}");
            }
            let table = format!("| a | b |\n| --- | --- |\n| {} | x |\n", cell(&text));
            let read = prose(&table, row);
            prop_assert!(!is_linked(&read) && read.ends_with("\nx\n\n\n"), "{text:?} is {read:?}");
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
