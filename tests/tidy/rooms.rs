//! What each room of `src` may use: which others, and whether it may do I/O.

use super::*;

#[test]
fn rules_and_renderers_neither_read_nor_wait() {
    for folder in [
        "src/rules",
        "src/render",
        "src/scheduler",
        "src/messages",
        "src/kubernetes",
        "src/snapshot",
        "src/text",
        "src/triage",
        "src/diagnose",
        "src/report",
    ] {
        for path in files(folder, "rs")
            .into_iter()
            .filter(|path| !path.ends_with("tests.rs"))
        {
            let text = text(&path);
            for word in [
                "kube::Client",
                "std::env",
                "std::fs",
                "std::net",
                "SystemTime",
                "Instant::now",
                "Timestamp::now",
                "async fn",
            ] {
                assert!(
                    !text.contains(word),
                    "{} uses {word}: only gather does I/O or knows the time",
                    path.display()
                );
            }
        }
    }
}

/// Which rooms each room of `src` may import: the way of the data, from what was read to what is shown.
const IMPORTS: &[(&str, &[&str])] = &[
    ("kubernetes", &[]),
    ("error", &[]),
    ("messages", &["kubernetes"]),
    ("snapshot", &["kubernetes"]),
    ("text", &["kubernetes"]),
    ("scheduler", &["kubernetes", "messages", "snapshot"]),
    ("triage", &["kubernetes", "messages", "snapshot"]),
    (
        "rules",
        &[
            "kubernetes",
            "messages",
            "snapshot",
            "text",
            "scheduler",
            "triage",
        ],
    ),
    (
        "report",
        &[
            "kubernetes",
            "snapshot",
            "text",
            "scheduler",
            "triage",
            "rules",
        ],
    ),
    (
        "diagnose",
        &[
            "kubernetes",
            "messages",
            "snapshot",
            "text",
            "scheduler",
            "triage",
            "rules",
            "report",
        ],
    ),
    (
        "render",
        &[
            "error",
            "kubernetes",
            "messages",
            "snapshot",
            "text",
            "scheduler",
            "triage",
            "rules",
            "report",
        ],
    ),
    (
        "gather",
        &["error", "kubernetes", "messages", "snapshot", "triage"],
    ),
    (
        "cli",
        &[
            "error",
            "kubernetes",
            "snapshot",
            "text",
            "triage",
            "rules",
            "diagnose",
            "gather",
        ],
    ),
    (
        "run",
        &[
            "error",
            "kubernetes",
            "snapshot",
            "triage",
            "report",
            "diagnose",
            "render",
            "gather",
            "cli",
        ],
    ),
];

/// Whoever sets a terminal has to put it back, whatever happens: one file does.
#[test]
fn one_file_sets_the_terminal() {
    for path in files("src", "rs") {
        let text = text(&path);
        let own = path.ends_with("run/live/terminal.rs");
        for word in ["rustix::", "\\x1b[?", "\\u{1b}[?"] {
            assert!(
                own || !text.contains(word),
                "{} uses {word}: only run/live/terminal.rs sets the terminal",
                path.display()
            );
        }
    }
}

/// The words `crate::room` of a file, without its tests and comments.
fn imported(text: &str) -> BTreeSet<String> {
    let text = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
        .collect()
}

#[test]
fn rooms_import_only_what_lies_before_them() {
    for path in files("src", "rs") {
        let within = path
            .strip_prefix(root().join("src"))
            .expect("it is below src");
        let first = within.components().next().expect("it has a name");
        let room = first.as_os_str().to_string_lossy().replace(".rs", "");
        let is_test = path.ends_with("tests.rs") || within.iter().any(|part| part == "tests");
        if is_test || ["main", "lib", "testing"].contains(&room.as_str()) {
            continue;
        }
        let (_, allowed) = IMPORTS
            .iter()
            .find(|(known, _)| *known == room)
            .unwrap_or_else(|| panic!("{room} has no line in IMPORTS"));
        for other in imported(&text(&path)) {
            assert!(
                other == room || allowed.contains(&other.as_str()),
                "{} imports {other}, which does not lie before {room}",
                within.display()
            );
        }
    }
}

#[test]
fn no_room_imports_in_a_circle() {
    for (at, (room, allowed)) in IMPORTS.iter().enumerate() {
        let before: Vec<&str> = IMPORTS[..at].iter().map(|(room, _)| *room).collect();
        for other in *allowed {
            assert!(
                before.contains(other),
                "{room} may import {other}, which comes after it"
            );
        }
    }
}

/// Layers share what `rules/shared` holds. A rule that looked into another layer would know of another rule.
#[test]
fn no_layer_of_rules_imports_another() {
    let layers: Vec<&str> = Layer::ALL.into_iter().map(Layer::as_str).collect();
    let rules = root().join("src/rules");
    for path in files("src/rules", "rs") {
        let within = path.strip_prefix(&rules).expect("it is below the rules");
        let own = within.components().next().expect("it has a name");
        let own = own.as_os_str().to_string_lossy();
        if !layers.contains(&own.as_ref()) {
            continue;
        }
        let text = text(&path);
        for other in layers.iter().filter(|layer| **layer != own) {
            for way in ["rules::", "super::super::", "rules::{"] {
                assert!(
                    !text.contains(&format!("{way}{other}::")),
                    "{} imports the layer {other}: what both need belongs into rules/shared",
                    within.display()
                );
            }
        }
    }
}
