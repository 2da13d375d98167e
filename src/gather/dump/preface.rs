//! What stands before the first document of a text, however long it is: the warnings of a client, the greeting of a login.

use super::pasted::{is_marked, is_pasted};
use super::sniff::{Form, form, is_manifest_line, is_stray};
use super::source::{HEAD, Text};
use std::borrow::Cow;
use std::io::{self, Cursor, Read};

/// No greeting and no warnings are longer.
const LIMIT: u64 = 256 << 10;

/// How many lines after its first one a document shows that it is one; what a list holds may come before its kind.
const SHOWN: usize = 400;

/// How a text is written, and the text from its first document on. In one that was not named itself only what kubectl
/// says is passed over: logs hold objects, too.
pub(super) fn past(mut text: Text<'_>, named: bool) -> io::Result<(Option<Form>, Text<'_>)> {
    let found = form(&text.head);
    let first = first(&text.head).map(|(_, line)| line);
    let is_done = match found {
        Some(Form::Yaml) => !named || first.is_none_or(|line| is_manifest_line(&line)),
        // what is indented in JSON looks like what is indented in a letter
        Some(Form::Pasted) => !named,
        Some(Form::Json) => true,
        None => text.head.contains(&0) || (!named && first.is_some()),
    };
    if is_done {
        return Ok((found, text));
    }
    let mut more = Vec::new();
    text.reader.by_ref().take(LIMIT).read_to_end(&mut more)?;
    let is_written = |at, more: &[u8]| found.is_some() || first_at(more) != Some(at);
    let begin = begin(&more).filter(|at| named || first_at(&more) == Some(*at));
    let found = match begin {
        Some(at) if is_written(at, &more) && is_of_paste(&more, at) => Some(Form::Pasted),
        Some(at) => {
            more.drain(..at);
            text.head = more.iter().copied().take(HEAD as usize).collect();
            form(&text.head)
        }
        None => found.or(named.then_some(Form::Pasted)),
    };
    text.reader = Box::new(Cursor::new(more).chain(text.reader));
    Ok((found, text))
}

/// Whether a text is nothing but what kubectl says beside the objects.
pub(super) fn is_refusal(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .peekable();
    lines.peek().is_some() && lines.all(is_stray)
}

/// Whether the text around a document is what somebody wrote, who has pasted it. JSON has to begin in it.
fn is_of_paste(text: &[u8], at: usize) -> bool {
    let (before, document) = text.split_at_checked(at).unwrap_or((text, &[]));
    let is_json = document.starts_with(b"{") || document.starts_with(b"[");
    let around = String::from_utf8_lossy(if is_json { before } else { text });
    is_marked(&String::from_utf8_lossy(before)) || is_pasted(&around)
}

/// The lines with where they begin.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
    let mut at = 0;
    text.split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            let begin = at;
            at += line.len();
            (begin, String::from_utf8_lossy(line.trim_ascii_end()))
        })
}

/// The first line that is missed by somebody, where the text does not end in it.
fn first(text: &[u8]) -> Option<(usize, Cow<'_, str>)> {
    let mut lines = lines(text).filter(|(_, line)| !line.is_empty());
    let found = lines.find(|(_, line)| !is_comment(line) && !is_stray(line))?;
    (found.0 == 0 || text.get(found.0..)?.contains(&b'\n')).then_some(found)
}

fn first_at(text: &[u8]) -> Option<usize> {
    first(text).map(|(at, _)| at)
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#') || line == "---"
}

/// Where the first document begins.
fn begin(text: &[u8]) -> Option<usize> {
    let lines: Vec<(usize, Cow<'_, str>)> = lines(text).collect();
    let mut rest = lines.as_slice();
    while let [(at, line), after @ ..] = rest {
        let mut after_it = after.iter().map(|(_, line)| line.as_ref());
        let is_begin = match line.as_bytes().first() {
            Some(b'{' | b'[') => begins_json(line, &mut after_it),
            _ => is_field(line) && after_it.take(SHOWN).any(is_field),
        };
        if is_begin {
            return Some(*at);
        }
        rest = after;
    }
    None
}

/// Whether a line is a field of an object or a list, as programs write YAML.
fn is_field(line: &str) -> bool {
    let value = line.split_once(':').map_or("", |(_, value)| value.trim());
    is_manifest_line(line) && !line.starts_with("- ") && !value.contains(' ')
}

/// Whether an object of Kubernetes begins here in JSON, or an array of them.
fn begins_json(line: &str, after: &mut dyn Iterator<Item = &str>) -> bool {
    let is_key = |text: &str| text.starts_with('"') && is_manifest_line(text);
    let within = line.trim_start_matches(['{', '[', ' ']);
    if !within.is_empty() {
        return is_key(within);
    }
    let mut after = after.map(|line| line.trim_start_matches(['{', ' ', '\t']));
    after.find(|line| !line.is_empty()).is_some_and(is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past_of(head: &str, named: bool) -> (Option<Form>, String) {
        let text = Text {
            head: head.bytes().take(HEAD as usize).collect(),
            reader: Box::new(head.as_bytes()),
        };
        let (form, mut text) = past(text, named).unwrap();
        let mut rest = String::new();
        text.reader.read_to_string(&mut rest).unwrap();
        assert_eq!(
            text.head,
            rest.bytes().take(HEAD as usize).collect::<Vec<_>>()
        );
        (form, rest)
    }

    const KLOG: &str = "E1128 12:00:00.000001    1 memcache.go:287] couldn't get resource list for metrics.k8s.io/v1beta1\n";
    const WORDS: &str = "Welcome to Linux { 6.1 }\n\n[ 12 updates ]\n";
    const YAML: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n";
    const JSON: &str = "{\n    \"apiVersion\": \"v1\",\n    \"items\": []\n}\n";

    #[test]
    fn a_document_is_found_behind_whatever_stands_before_it() {
        let long = |text: &str| text.repeat(20_000 / text.len());
        let greeting = format!("{WORDS}kind: regards, the team\n");
        for (document, form) in [(YAML, Form::Yaml), (JSON, Form::Json)] {
            for preface in [long(KLOG), long(&greeting), greeting.clone()] {
                let (found, rest) = past_of(&format!("{preface}{document}"), true);
                assert_eq!((found, rest.as_str()), (Some(form), document));
            }
            // a log may hold an object that its program has met
            let (found, _) = past_of(&format!("{}{document}", long(KLOG)), false);
            assert_eq!(found, Some(form));
            let (found, _) = past_of(&format!("{}{document}", long(WORDS)), false);
            assert_eq!(found, None);
            let fenced = format!("{}```\n{document}```\nAny idea?\n", long(WORDS));
            let (found, rest) = past_of(&fenced, true);
            assert!(found == Some(Form::Pasted) && rest == fenced, "{found:?}");
        }
    }

    #[test]
    fn what_begins_with_a_document_and_what_is_none_stay_as_they_are() {
        for (text, form) in [
            (YAML.to_owned(), Some(Form::Yaml)),
            (JSON.to_owned(), Some(Form::Json)),
            (WORDS.repeat(300), None),
            (KLOG.repeat(300), None),
            ("\0\0{\n".to_owned(), None),
        ] {
            let (found, rest) = past_of(&text, false);
            assert!(found == form && rest == text, "{found:?}");
        }
        let text = WORDS.repeat(300);
        let (found, rest) = past_of(&text, true);
        assert!(found == Some(Form::Pasted) && rest == text, "{found:?}");
    }
}
