//! Keeps the repository honest: rules, explanations, cases, README, rights and wording agree.
//!
//! Each test says what to do when it fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

mod alerts;
mod rights;
mod rooms;

use crate::support::{Kind, Layer, RETIRED, Rule, UNEXPLAINED, rules};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const HEADINGS: [&str; 4] = [
    "## What it means",
    "## How it is found",
    "## What to do",
    "## Not to be confused with",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    found.sort();
    found
}

/// The variants of each cause under tests/cases.
fn cases() -> BTreeMap<String, BTreeSet<String>> {
    let mut cases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files("tests/cases", "yaml") {
        let mut folders = path
            .ancestors()
            .skip(1)
            .filter_map(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned());
        let (Some(variant), Some(cause)) = (folders.next(), folders.next()) else {
            continue;
        };
        cases.entry(cause).or_default().insert(variant);
    }
    cases
}

#[test]
fn causes_are_named_once_and_never_reused() {
    let mut seen = BTreeSet::new();
    for rule in rules::all() {
        assert!(
            seen.insert(rule.cause),
            "`{}` is declared twice",
            rule.cause
        );
        assert!(
            !RETIRED.contains(&rule.cause),
            "`{}` is retired: its name stays reserved",
            rule.cause
        );
        let kebab = rule
            .cause
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(kebab, "`{}` is not kebab-case", rule.cause);
    }
}

#[test]
fn rules_stand_in_the_order_of_layers() {
    let layers: Vec<Layer> = rules::all().map(|rule| rule.layer).collect();
    let mut sorted = layers.clone();
    sorted.sort();
    assert_eq!(
        layers, sorted,
        "a rule's layer does not fit the folder whose list it is in"
    );
}

#[test]
fn every_cause_has_its_file_and_its_page() {
    let sources: BTreeSet<String> = files("src/rules", "rs")
        .iter()
        .map(|path| stem(path))
        .collect();
    for rule in rules::all() {
        let name = rule.cause.replace('-', "_");
        assert!(
            sources.contains(&name),
            "{}: write src/rules/<layer>/{name}.rs",
            rule.cause
        );
        let at: Vec<_> = HEADINGS
            .iter()
            .map(|heading| rule.explanation.find(heading))
            .collect();
        assert!(
            at.iter().all(Option::is_some),
            "{}: its page needs the headings {HEADINGS:?}",
            rule.cause
        );
        assert!(
            at.is_sorted(),
            "{}: the headings of its page stand in another order",
            rule.cause
        );
    }
}

/// Words like `image-auth` in a page are causes; what else is written so would be looked for in vain.
#[test]
fn pages_name_only_causes_that_can_be_explained() {
    let kebab = |word: &&str| {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        word.contains('-') && word.starts_with(char::is_alphabetic) && word.chars().all(letters)
    };
    for rule in rules::all() {
        for word in rule.explanation.split('`').skip(1).step_by(2).filter(kebab) {
            assert!(
                rules::find(word).is_some(),
                "{}: its page names `{word}`, which is no cause: say it in words",
                rule.cause
            );
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[test]
fn every_cause_has_a_typical_case_and_a_near_miss() {
    let cases = cases();
    for rule in rules::all() {
        let none = BTreeSet::new();
        let variants = cases.get(rule.cause).unwrap_or(&none);
        for kind in ["typical", "near-miss"] {
            assert!(
                variants.iter().any(|variant| variant.starts_with(kind)),
                "{}: write tests/cases/{}/{kind}…/cluster.yaml",
                rule.cause,
                rule.cause
            );
        }
    }
}

#[test]
fn every_case_is_of_a_cause() {
    let known: BTreeSet<&str> = rules::all()
        .map(|rule| rule.cause)
        .chain(["healthy", UNEXPLAINED])
        .collect();
    for cause in cases().keys() {
        assert!(
            known.contains(cause.as_str()),
            "tests/cases/{cause} is of no cause"
        );
    }
    for snapshot in files("tests/cases", "snap") {
        assert!(
            snapshot.with_file_name("cluster.yaml").exists(),
            "{} lies without a cluster.yaml: delete it",
            snapshot.display()
        );
    }
}

#[test]
fn there_are_many_healthy_cases() {
    let healthy = cases().remove("healthy").unwrap_or_default();
    assert!(
        healthy.len() >= 25,
        "{} healthy cases are not enough to trust silence",
        healthy.len()
    );
}

#[test]
fn what_a_rule_refines_exists_and_never_in_a_circle() {
    fn climbs(rule: &Rule, path: &mut Vec<&'static str>) {
        assert!(
            !path.contains(&rule.cause),
            "{path:?} refine each other in a circle"
        );
        path.push(rule.cause);
        for general in rule.refines {
            let known = rules::find(general);
            let known = known
                .unwrap_or_else(|| panic!("{} refines {general}, which is no cause", rule.cause));
            climbs(known, path);
        }
        path.pop();
    }
    for rule in rules::all() {
        climbs(rule, &mut Vec::new());
    }
}

/// Headlines, whys and changes as the rules write them: string literals after these words.
fn sentences() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in files("src/rules", "rs") {
        let text = text(&path);
        for literal in text.split('"').skip(1).step_by(2) {
            if literal.contains(' ') && literal.len() > 12 {
                found.push((path.clone(), literal.to_owned()));
            }
        }
    }
    found
}

#[test]
fn wording_is_calm_and_blames_the_object() {
    for rule in rules::all() {
        let first = rule.title.chars().next().unwrap_or_default();
        assert!(
            !rule.title.ends_with('.'),
            "{}: its title ends in a full stop",
            rule.cause
        );
        assert!(
            !first.is_ascii_uppercase() || proper(rule.title),
            "{}: its title begins with a capital",
            rule.cause
        );
    }
    for (path, sentence) in sentences() {
        let lower = sentence.to_ascii_lowercase();
        for word in [
            "please",
            "simply",
            "illegal",
            "obviously",
            "you forgot",
            "your fault",
        ] {
            assert!(
                !lower.contains(word),
                "{}: `{sentence}` says `{word}`",
                path.display()
            );
        }
    }
}

#[test]
fn what_a_sentence_refers_to_is_shown_to_its_end() {
    let refers = |sentence: &str| {
        ["message", "event", "error", "condition"]
            .iter()
            .any(|who| {
                ["names", "says what", "gives"]
                    .iter()
                    .any(|does| sentence.contains(&format!("{who} {does}")))
            })
    };
    for (path, sentence) in sentences().into_iter().filter(|(_, s)| !s.contains('\n')) {
        let flagged = || text(&path).contains(".refers_to_quotes()");
        assert!(
            !refers(&sentence) || flagged(),
            "{}: `{sentence}` sends to a quote: say so with refers_to_quotes()",
            path.display()
        );
    }
}

/// Names that Kubernetes writes with a capital may begin a title.
fn proper(title: &str) -> bool {
    Kind::all().any(|kind| title.starts_with(kind.as_str()))
}

#[test]
fn files_stay_small_enough_to_read() {
    for path in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        let lines = text(&path).lines().count();
        assert!(
            lines <= 500,
            "{} has {lines} lines: split it",
            path.display()
        );
    }
}

/// Who looks for a cause reads its rule from end to end. What is a topic of its own is told in a file beside it.
#[test]
fn a_rule_is_read_in_one_go() {
    for path in files("src/rules", "rs") {
        let text = text(&path);
        let lines = text.lines().count();
        assert!(
            !text.contains("pub static RULE:") || lines <= 190,
            "{} has {lines} lines: move a topic, or its tests, into a file beside it",
            path.display()
        );
    }
}

/// rustfmt leaves comments as they are.
#[test]
fn comments_are_not_too_wide_to_read() {
    for path in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        for (at, line) in text(&path).lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            assert!(
                !is_comment || line.chars().count() <= 130,
                "{}:{}: wrap this comment at 120 columns",
                path.display(),
                at + 1
            );
        }
    }
}

#[test]
fn the_top_level_holds_nothing_else() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE",
        "src",
        "tests",
        "manifests",
        "target",
    ];
    for entry in fs::read_dir(root())
        .expect("the checkout is readable")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        // dot-files, and clippy's and rustfmt's, which they look for here
        let tool = name.starts_with('.');
        assert!(
            tool || allowed.contains(&name.as_str()),
            "{name} does not belong at the top level"
        );
    }
}

#[test]
fn the_project_speaks_of_itself_alone() {
    for folder in ["src", "tests", "manifests", ".ci", ".github"] {
        for extension in ["rs", "md", "yaml", "sh", "toml", "yml"] {
            for path in files(folder, extension) {
                if path.ends_with("tests/tidy.rs") {
                    continue;
                }
                let text = text(&path);
                for word in [concat!("/wo", "rk/"), concat!("../sha", "red")] {
                    assert!(!text.contains(word), "{} speaks of {word}", path.display());
                }
            }
        }
    }
}

/// `kubernetes::shell` takes a word that begins with a dash for a name and makes it harmless, unless it knows the option.
#[test]
fn no_command_has_lost_an_option() {
    let lost: Vec<PathBuf> = files("tests/cases", "snap")
        .into_iter()
        .filter(|path| text(path).contains('\u{fffd}'))
        .collect();
    assert!(
        lost.is_empty(),
        "add the option to shell::OPTIONS: {lost:?}"
    );
}
