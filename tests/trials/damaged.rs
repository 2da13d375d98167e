//! Damaged dumps: what must hold of every one, whoever damaged it.
//!
//! - nothing panics, and no rule gives up;
//! - nothing is lost without a word: who is told that nothing is stuck has had every pod of the dump read;
//! - nothing takes longer than a person waits;
//! - no character reaches the terminal that it obeys, or that nobody sees;
//! - no printed command runs anything else than what it names, in one line, and takes no name for an option.
//!
//! Each run damages each case elsewhere, and tells the seed with which it can be repeated.
//! `DAMAGE_DIAGNOSE_TEST=1000 cargo test --test cases damaged::` damages each a thousand times (`tests/damage` does it for
//! millions), `DAMAGE_DIAGNOSE_SEED=…` begins with that seed.

mod mutate;

use super::{Case, commands};
use crate::random::Random;
use crate::support::{Kind, Loaded, PLAIN, Report, Verdict, load, render};
use serde_json::Value;
use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// In a debug build, on a busy machine, among others.
const LONGEST: Duration = Duration::from_secs(60);

/// How often each case is damaged where nobody says.
const FEW: u64 = 1;

/// Every program that a printed command runs.
const PROGRAMS: [&str; 17] = [
    "aws",
    "az",
    "crane",
    "crictl",
    "ctr",
    "curl",
    "docker",
    "gcloud",
    "grep",
    "journalctl",
    "kubectl",
    "nerdctl",
    "nslookup",
    "oc",
    "podman",
    "skopeo",
    "systemctl",
];

pub(super) fn check(case: &Case) {
    let times = number("DAMAGE_DIAGNOSE_TEST").unwrap_or(FEW);
    let first = number("DAMAGE_DIAGNOSE_SEED");
    let first = first.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16);
    let mut printed = Vec::new();
    for seed in first..first + times {
        let text = mutate::damaged(case.dump(), &mut Random::new(seed));
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| unharmed(&text)));
        let took = began.elapsed();
        match outcome {
            Ok(commands) if took < LONGEST => printed.extend(commands),
            outcome => {
                let path = std::env::temp_dir().join(format!("damaged-{seed}.json"));
                let _ = std::fs::write(&path, &text);
                let why = if outcome.is_ok() {
                    "too slow"
                } else {
                    "see above"
                };
                panic!(
                    "{why} ({took:?}); DAMAGE_DIAGNOSE_SEED={seed}, kept as {}",
                    path.display()
                );
            }
        }
    }
    printed.sort();
    printed.dedup();
    #[cfg(unix)]
    for some in printed.chunks(2000) {
        run_nothing_else(some);
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Gives the commands that are printed.
fn unharmed(text: &str) -> Vec<String> {
    let Ok(loaded) = load(text) else {
        return Vec::new();
    };
    let report = loaded.report();
    assert_eq!(report.defects, [], "a rule gave up");
    for shown in [
        render::text(&report, PLAIN),
        render::wide(&report, PLAIN),
        render::name(&report),
        // in a block of code a tab is a blank
        render::markdown(&report, PLAIN).replace('\t', " "),
    ] {
        let obeyed = shown.chars().find(|c| is_obeyed(*c));
        assert_eq!(obeyed, None, "on the terminal");
    }
    let names = render::name(&report);
    let parted = names
        .lines()
        .find(|name| name.contains(char::is_whitespace));
    assert_eq!(parted, None, "xargs makes two words of it");
    if report.verdict() == Verdict::Clear {
        let pods = pods(text);
        let lost: Vec<_> = pods.iter().filter(|pod| !is_held(&loaded, pod)).collect();
        assert!(lost.is_empty(), "no word of {lost:?}, and nothing is stuck");
    }
    printed(&report)
}

/// The namespace and name of everything in the text that says it is a Pod and has not ended; of a key that stands twice the last
/// counts.
fn pods(text: &str) -> Vec<[String; 2]> {
    let dump: Value = serde_json::from_str(text).unwrap_or_default();
    let items = dump["items"].as_array().cloned().unwrap_or_default();
    let has_ended =
        |pod: &Value| pod["status"]["phase"] == "Succeeded" || pod["status"]["phase"] == "Failed";
    let pods = items.into_iter().filter(|item| {
        item["kind"] == Kind::Pod.as_str() && item["apiVersion"] == "v1" && !has_ended(item)
    });
    let word = |pod: &Value, field: &str| match &pod["metadata"][field] {
        Value::String(word) => word.clone(),
        Value::Null => String::new(),
        // a whole number that passed through a float is that number, as far as a float holds whole numbers
        Value::Number(number) => match number.as_f64().filter(|it| is_whole(*it)) {
            Some(whole) if number.is_f64() => (whole as i64).to_string(),
            _ => number.to_string(),
        },
        other => other.to_string(),
    };
    pods.map(|pod| ["namespace", "name"].map(|field| word(&pod, field)))
        .collect()
}

fn is_whole(float: f64) -> bool {
    float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0
}

fn is_held(loaded: &Loaded, [namespace, name]: &[String; 2]) -> bool {
    let store = loaded.store();
    store.pod_records().get(namespace, name).is_some() || store.whole_pod(namespace, name).is_some()
}

fn printed(report: &Report) -> Vec<String> {
    let all = commands::all(report)
        .into_iter()
        .filter(|command| !command.is_empty());
    all.map(str::to_owned).collect()
}

/// What a terminal obeys or nobody sees, but for the end of a line.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A shell runs them all. Each program is a stub that writes down its words, and there is no other on its PATH.
#[cfg(unix)]
fn run_nothing_else(commands: &[String]) {
    let mut script = "set -u\n".to_owned();
    for program in PROGRAMS {
        let stub = r#"for word; do printf '%s\037' "$word"; done; printf '\036\n'"#;
        writeln!(script, "{program}() {{ {stub}; }}").unwrap();
    }
    // what stands behind a pipe reads it, and only the last writes
    for filter in ["base64", "jq"] {
        let stub = r#"while read -r _; do :; done; printf '%s\036\n' "$1""#;
        writeln!(script, "{filter}() {{ {stub}; }}").unwrap();
    }
    for command in commands {
        assert!(!command.contains(|c: char| c.is_control()), "{command:?}");
        script.push_str(command);
        script.push('\n');
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("commands.sh");
    std::fs::write(&file, script).expect("it can be written");
    let output = std::process::Command::new("/bin/sh")
        .arg(&file)
        .env("PATH", "/nonexistent")
        .current_dir(folder.path())
        .output()
        .expect("there is a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "something else was run");
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .expect("it is there")
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    let wanted: usize = commands
        .iter()
        .map(|command| {
            1 + command.matches(" && kubectl ").count() + command.matches(" && oc ").count()
        })
        .sum();
    assert_eq!(
        told.matches("\u{1e}\n").count(),
        wanted,
        "a command ran more or less than itself"
    );
    for words in told.split("\u{1e}\n") {
        for word in words.split('\u{1f}').filter(|word| word.starts_with('-')) {
            // the value of one of our own is theirs to choose
            let name = word.split('=').next().unwrap_or_default();
            assert!(
                !name.contains("evil") && !mutate::OPTIONS.contains(&name) && word != "--",
                "{word} is taken for an option in {words:?}"
            );
        }
    }
}
