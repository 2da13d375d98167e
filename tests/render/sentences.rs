//! Every `say!` of the sources, read from their text: what another language has to have.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail anywhere"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A sentence where it is written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) english: String,
    pub(crate) at: String,
}

/// All of them, in the order of the files.
pub(crate) fn written() -> Vec<Written> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for path in sources(&root.join("src")) {
        let text = std::fs::read_to_string(&path).expect("the source is readable");
        let code: Vec<&str> = text
            .lines()
            .map(|line| {
                if line.trim_start().starts_with("//") {
                    ""
                } else {
                    line
                }
            })
            .collect();
        let code = code.join("\n");
        for (at, _) in code.match_indices("say!(") {
            let line = code[..at].matches('\n').count() + 1;
            let path = path.strip_prefix(root).unwrap_or(&path).display();
            let at_line = format!("{path}:{line}");
            let rest = &code[at + "say!(".len()..];
            let (id, rest) =
                literal(rest).unwrap_or_else(|| panic!("{at_line}: the id is no literal"));
            let (english, _) = rest
                .trim_start()
                .strip_prefix(',')
                .and_then(literal)
                .unwrap_or_else(|| panic!("{at_line}: the sentence is no literal"));
            all.push(Written {
                id,
                english,
                at: at_line,
            });
        }
    }
    all
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The string literal at the start, and what follows.
fn literal(code: &str) -> Option<(String, &str)> {
    let inside = code.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, &inside[at + 1..])),
            '\\' => match chars.next()?.1 {
                '\n' => {
                    let rest = chars.as_str().trim_start();
                    let skipped = chars.as_str().len() - rest.len();
                    chars.by_ref().take(skipped).for_each(drop);
                }
                escaped => text.push(escaped),
            },
            c => text.push(c),
        }
    }
    None
}

/// A sentence with `letter` put over every letter that is not the name of a fact.
///
/// # Errors
/// When a brace or bracket has no partner.
pub(crate) fn relettered(sentence: &str, letter: impl Fn(char) -> char) -> Result<String, String> {
    let mut out = String::new();
    let mut open = Vec::new();
    let mut rest = sentence;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        out.push(c);
        if "{}[]".contains(c) && rest.starts_with(c) {
            out.push(c);
            rest = &rest[1..];
            continue;
        }
        match c {
            '{' => {
                let end = rest.find(['|', '}']).ok_or("a brace is not closed")?;
                let (name, after) = rest.split_at(end);
                let is_name = |c: char| c.is_ascii_alphanumeric();
                if name.is_empty() || !name.chars().all(is_name) {
                    return Err(format!("{name:?} is no name of a fact"));
                }
                out.push_str(name);
                out.push_str(&after[..1]);
                rest = &after[1..];
                if after.starts_with('|') {
                    open.push('}');
                    if !rest.contains('|') {
                        return Err(format!("there is no plural for {name}"));
                    }
                }
            }
            '[' => open.push(']'),
            '}' | ']' if open.last() == Some(&c) => {
                open.pop();
            }
            '}' | ']' => return Err(format!("{c} closes nothing")),
            c if c.is_alphabetic() => {
                out.pop();
                out.push(letter(c));
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(c) => Err(format!("{c} is missing")),
        None => Ok(out),
    }
}

#[test]
fn every_sentence_is_well_formed() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    for Written { id, english, at } in written() {
        let mut complain = |what: &str| wrong.push(format!("{at}: {id}: {what}: {english}"));
        let part = |part: &str| {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            !part.is_empty()
                && part
                    .split('-')
                    .all(|word| !word.is_empty() && word.chars().all(is_plain))
        };
        if id.split('.').count() < 2 || !id.split('.').all(part) {
            complain("its id is not part.short-name");
        }
        if english.contains('\n') || english.trim_end() != english && !english.ends_with(", and ") {
            complain("it is not one line");
        }
        if english.ends_with('.') && id != TWO_SENTENCES {
            complain("it ends with a full stop");
        }
        let first = english
            .split([' ', ',', ':', '['])
            .next()
            .unwrap_or_default();
        let is_heading = first
            .chars()
            .filter(|c| c.is_alphabetic())
            .all(char::is_uppercase);
        if first.starts_with(char::is_uppercase)
            && !is_heading
            && !PROPER.contains(&first)
            && id != TWO_SENTENCES
        {
            complain("it begins with a capital, and not with a proper name");
        }
        if let Err(what) = relettered(&english, |c| c) {
            complain(&what);
        }
        match known.insert(id.clone(), english.clone()) {
            Some(other) if other != english => complain("its id is that of another sentence"),
            _ => {}
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Stands behind another sentence, in the same line.
const TWO_SENTENCES: &str = "text.summary.read";

/// Words that begin with a capital wherever they stand.
const PROPER: [&str; 12] = [
    "Docker",
    "Grove",
    "Karpenter",
    "LimitRange",
    "PodSecurity",
    "PriorityClass",
    "Ready",
    "RuntimeClass",
    "ServiceAccount",
    "Services",
    "ValidatingAdmissionPolicy",
    "Service",
];
