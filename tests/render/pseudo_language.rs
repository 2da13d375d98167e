//! The whole text output in a language that nobody speaks: what is left in English was not in the catalogue.
//!
//! The language has every sentence of the sources, its letters replaced by mathematical ones of the same width. What may stay
//! as it is: names and words of the cluster, commands, causes, what kubectl and the scheduler call things, units.

#![allow(clippy::expect_used, reason = "a test may fail anywhere")]

use super::sentences::{relettered, written};
use crate::support::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Ends of amounts of bytes; the others stand at a number without a blank.
const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// Products and programs, resources, fields of a status that are quoted together, a kind that is not read, what kubectl, the API
/// server and the container runtimes fill in where nothing is written, and a point at which plugins of the scheduler are called.
const PROPER_NAMES: [&str; 20] = [
    "Gatekeeper",
    "Kueue",
    "Kyverno",
    "PreFilter",
    "ResourceClaimTemplate",
    "TCP",
    "Volcano",
    "cpu",
    "currentNumberScheduled",
    "desiredNumberScheduled",
    "docker.io",
    "gunicorn",
    "httpd",
    "latest",
    "nginx",
    "none",
    "numberReady",
    "readyReplicas",
    "requests.memory",
    "wget",
];

/// Fields of the report whose values are the cluster's words, or words for which kubectl or the scheduler has no others.
const KEPT: [&str; 38] = [
    "allocatable",
    "anywhere",
    "asked",
    "cause",
    "claim",
    "command",
    "component",
    "container",
    "controller",
    "domain",
    "driver",
    "filter",
    "fingerprint",
    "found",
    "free",
    "image",
    "key",
    "kind",
    "lastReason",
    "name",
    "names",
    "namespace",
    "nodes",
    "onNode",
    "path",
    "port",
    "reason",
    "registry",
    "repository",
    "resource",
    "selector",
    "status",
    "taint",
    "targets",
    "template",
    "topologyKey",
    "values",
    "volume",
];

/// Fields of a report made by hand that stand for a cluster's words, or for sentences of rules.
const OF_NO_LANGUAGE: [&str; 5] = ["affects", "detail", "message", "quote", "words"];

/// Sans-serif letters of mathematics: not ASCII, one column wide, without upper or lower case.
fn marked(c: char) -> char {
    let (base, first) = match c {
        'a'..='z' => ('\u{1d5ba}', 'a'),
        'A'..='Z' => ('\u{1d5a0}', 'A'),
        c => return c,
    };
    char::from_u32(u32::from(base) + u32::from(c) - u32::from(first)).unwrap_or(c)
}

fn language() -> &'static Language {
    let line = |sentence: &super::sentences::Written| {
        let text = relettered(&sentence.english, marked).unwrap_or_default();
        format!("{} = {text}\n", sentence.id)
    };
    let file: String = written().iter().map(line).collect();
    Box::leak(Box::new(Language::parse(&file)))
}

/// The words of a text, with a blank before and behind each.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .fold(" ".to_owned(), |all, word| all + word + " ")
}

/// What may stand in the output of a report as it is.
struct Kept {
    /// Whole strings, longest first.
    strings: Vec<String>,
    /// Single words, and the phrases of the cluster.
    words: String,
    /// Names of facts, which `-o wide` gives as JSON does.
    facts: BTreeSet<&'static str>,
}

impl Kept {
    fn of(report: &Report, cluster: &str, more: &[&str]) -> Kept {
        let json = serde_json::to_value(report).expect("it is JSON");
        let mut strings = BTreeSet::from(PROPER_NAMES.map(str::to_owned));
        strings.insert(UNEXPLAINED.to_owned());
        collect(&json, "", &KEPT, &mut strings);
        collect(&json, "", more, &mut strings);
        let fixes = report.diagnoses.iter().flat_map(|found| &found.fixes);
        strings.extend(fixes.map(|fix| Value::from(fix.patch.clone()).to_string()));
        strings.extend(rules::all().map(|rule| rule.cause.to_owned()));
        strings.extend(
            [
                "kubectl diagnose explain",
                "kubectl diagnose",
                "kubectl-diagnose",
                "-o wide",
                "-o json",
                "-n",
            ]
            .map(str::to_owned),
        );
        for kind in Kind::all() {
            let name = kind.as_str();
            let others = [name.to_lowercase(), name.to_uppercase()];
            strings.extend([name, kind.plural()].map(str::to_owned));
            strings.extend(others);
            strings.extend(kind.short_names().iter().map(|&short| short.to_owned()));
        }
        let owners = report.summary.by_kind.keys();
        strings.extend(owners.map(|kind| kind.to_lowercase()));
        let mut strings: Vec<String> = strings.into_iter().filter(|s| !s.is_empty()).collect();
        strings.sort_by_key(|string| std::cmp::Reverse(string.len()));
        // line ends as YAML and JSON write them
        let cluster = cluster.replace("\\n", "\n").replace("\\t", "\t");
        let words = words(&cluster) + &words(&strings.join("\n"));
        let facts = report
            .diagnoses
            .iter()
            .flat_map(|found| found.facts.0.keys().copied());
        Kept {
            strings,
            words,
            facts: facts.collect(),
        }
    }

    /// Words of a line that are neither marked nor kept.
    fn left(&self, line: &str) -> Vec<String> {
        let unmarked = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let fact = unmarked
            .split(' ')
            .next()
            .filter(|name| self.facts.contains(name));
        let mut line = unmarked[fact.map_or(0, str::len)..].to_owned();
        for string in &self.strings {
            line = without(&line, string);
        }
        // a word that is cut off
        while let Some((before, after)) = line.split_once('…') {
            line = format!("{}·{after}", before.trim_end_matches(char::is_alphanumeric));
        }
        // operators of selectors
        line = line.replace(" in (", "·(").replace(" notin (", "·(");
        let phrases = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == ' '));
        let phrases = phrases
            .flat_map(|phrase| phrase.split("  "))
            .flat_map(phrases_of);
        phrases
            .filter(|phrase| !self.words.contains(&words(phrase)))
            .collect()
    }
}

/// Words in lower case that stand together, and others each by itself; none of numbers and single capitals.
fn phrases_of(text: &str) -> Vec<String> {
    let mut phrases = vec![String::new()];
    for word in text.split(' ') {
        let is_name = word.contains(|c: char| c.is_ascii_uppercase());
        if is_name && word.len() > 1 {
            phrases.extend([word.to_owned(), String::new()]);
        } else if !is_name && let Some(phrase) = phrases.last_mut() {
            phrase.push_str(if phrase.is_empty() { "" } else { " " });
            phrase.push_str(word);
        }
    }
    let has_word = |phrase: &String| {
        let mut words = phrase.split(' ').filter(|word| !word.is_empty());
        words.any(|word| word.bytes().all(|b| b.is_ascii_alphabetic()) && !UNITS.contains(&word))
    };
    phrases.retain(has_word);
    phrases
}

/// The line with a dot in place of the string, wherever that does not stand inside a word.
fn without(line: &str, string: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(string) {
        out.push_str(before);
        let inside =
            out.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        out.push_str(if inside { string } else { "·" });
        rest = after;
    }
    out + rest
}

fn collect(json: &Value, key: &str, kept: &[&str], strings: &mut BTreeSet<String>) {
    match json {
        Value::String(text) if kept.contains(&key) => {
            strings.extend(text.lines().map(str::to_owned));
            match key {
                // as the title of a column
                "resource" => {
                    strings.insert(text.to_uppercase());
                }
                "topologyKey" => strings.extend(text.rsplit('/').next().map(str::to_owned)),
                _ => {}
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect(item, key, kept, strings)),
        Value::Object(fields) => {
            // what a rule calls a name might be a sentence
            let is_kept = |name: &str| kept != KEPT || !matches!(name, "facts" | "args");
            for (name, value) in fields.iter().filter(|(name, _)| is_kept(name)) {
                // labels by their keys
                let name = if key == "found" { key } else { name };
                collect(value, name, kept, strings);
            }
        }
        _ => {}
    }
}

/// Words that are in English in every language, each with the first line where it is.
#[derive(Debug, Default)]
struct Left(BTreeMap<String, String>);

impl Left {
    fn add(&mut self, name: &str, report: &Report, kept: &Kept, language: &'static Language) {
        let layout = Layout {
            width: 10_000,
            language,
            ..PLAIN
        };
        let text = render::text(report, layout) + &render::wide(report, layout);
        self.check_words(name, &text, kept);
    }

    /// The same of the formats that others read, which say it with the parts of the text.
    fn add_formats(
        &mut self,
        name: &str,
        report: &Report,
        kept: &Kept,
        language: &'static Language,
    ) {
        let layout = Layout { language, ..PLAIN };
        self.check_words(name, &super::formats::words(report, layout), kept);
    }

    fn check_words(&mut self, name: &str, text: &str, kept: &Kept) {
        for line in text.lines() {
            for words in kept.left(line) {
                let place = || format!("{name}: {}", line.trim());
                self.0.entry(words).or_insert_with(place);
            }
        }
    }

    fn check(&self) {
        let left: Vec<String> = self
            .0
            .iter()
            .map(|(words, at)| format!("{words} | {at}"))
            .collect();
        assert!(
            left.is_empty(),
            "not in the catalogue: give it a `say!`, or say at the top of this file why it is in no language\n{}",
            left.join("\n")
        );
    }
}

#[test]
fn every_case_speaks_another_language() {
    let language = language();
    let mut left = Left::default();
    for path in cases() {
        let cluster = std::fs::read_to_string(&path).expect("the case is readable");
        let report = load(&cluster).expect("the case is a dump").report();
        let kept = Kept::of(&report, &cluster, &[]);
        left.add(&path.display().to_string(), &report, &kept, language);
    }
    left.check();
}

#[test]
fn every_layout_speaks_another_language() {
    let language = language();
    let mut left = Left::default();
    for (name, report) in super::all() {
        let kept = Kept::of(&report, "", &OF_NO_LANGUAGE);
        left.add(name, &report, &kept, language);
        left.add_formats(name, &report, &kept, language);
    }
    left.check();
}
