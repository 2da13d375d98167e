//! The README tells the truth: its samples are the tool's output, its commands are understood, its
//! table holds every cause. `UPDATE_README=1 cargo test readme::` writes samples and table anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail anywhere"
)]

use crate::BINARY;
use crate::support::{Cli, Layer, rules};
use clap::Parser;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// Where the part between `open` and `close` stands that follows a mark.
fn part(text: &str, mark: &str, open: &str, close: &str) -> Range<usize> {
    let after = |from: usize, word: &str| {
        let found = text.get(from..).and_then(|rest| rest.find(word));
        from + found.unwrap_or_else(|| panic!("the README has no {word} behind {mark}"))
    };
    let start = after(after(0, mark) + mark.len(), open) + open.len();
    start..after(start, close)
}

/// Compares a part of the README with what it should be, or writes it.
fn should_be(range: impl Fn(&str) -> Range<usize>, expected: &str) {
    let mut text = readme();
    let range = range(&text);
    if text.get(range.clone()) == Some(expected) {
        return;
    }
    #[allow(
        clippy::disallowed_methods,
        reason = "a test is told to write what it would compare"
    )]
    let update = std::env::var_os("UPDATE_README").is_some();
    assert!(
        update,
        "the README differs; UPDATE_README=1 cargo test readme:: mends it:\n{expected}"
    );
    text.replace_range(range, expected);
    std::fs::write(path(), text).unwrap();
}

/// The arguments of each sample.
fn samples() -> Vec<String> {
    let text = readme();
    let marked = text.split("<!-- sample: ").skip(1);
    let arguments = marked.filter_map(|rest| Some(rest.split_once(" -->")?.0.to_owned()));
    arguments.collect()
}

fn sample(arguments: &str) -> String {
    let output = Command::new(BINARY)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "the sample shows something stuck"
    );
    format!(
        "$ kubectl diagnose {arguments}\n{}",
        String::from_utf8(output.stdout).unwrap()
    )
}

fn table() -> String {
    let mut table = "\n| layer | causes |\n|---|---|\n".to_owned();
    for layer in Layer::ALL {
        let causes: Vec<String> = rules::all()
            .filter(|rule| rule.layer == layer)
            .map(|rule| format!("`{}`", rule.cause))
            .collect();
        if !causes.is_empty() {
            writeln!(table, "| {layer} | {} |", causes.join(", ")).unwrap();
        }
    }
    table + "| any | `unexplained` |\n"
}

#[test]
fn samples_and_table_are_what_the_tool_says() {
    let samples = samples();
    assert!(!samples.is_empty());
    for arguments in samples {
        let mark = format!("<!-- sample: {arguments} -->");
        should_be(
            |text| part(text, &mark, "```\n", "```"),
            &sample(&arguments),
        );
    }
    should_be(
        |text| part(text, "<!-- causes -->", "\n", "\nTheir names"),
        &table(),
    );
}

#[test]
fn every_command_is_understood() {
    for line in readme()
        .lines()
        .filter(|line| line.starts_with("kubectl diagnose"))
    {
        let command = line.split(" #").next().unwrap().trim();
        let words = command.split_whitespace().skip(2);
        let parsed = Cli::try_parse_from(std::iter::once("kubectl-diagnose").chain(words));
        if let Err(error) = parsed {
            assert_eq!(
                error.kind(),
                clap::error::ErrorKind::DisplayHelp,
                "{command}: {error}"
            );
        }
    }
}

#[test]
fn it_is_short_enough_to_read() {
    let lines = readme().lines().count();
    assert!(lines <= 260, "the README has {lines} lines");
}

#[test]
fn every_format_stands_in_its_table() {
    let command = <Cli as clap::CommandFactory>::command();
    let mut arguments = command.get_arguments();
    let output = arguments.find(|it| it.get_id() == "output").unwrap();
    let text = readme();
    let table = text.get(part(&text, "## Formats", "\n", "\n## ")).unwrap();
    for format in output.get_possible_values() {
        let name = format!("`{}`", format.get_name());
        assert!(
            table.contains(&name),
            "say in the README what {name} is for"
        );
    }
}
