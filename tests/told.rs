//! That each format tells the same of the same, and what people read in it: where what is hit, what has ended, what changed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use crate::BINARY;
use crate::support::{Layout, PLAIN, Report, load, render};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use unicode_width::UnicodeWidthStr;

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn report(path: &str) -> Report {
    let text = std::fs::read_to_string(file(path)).unwrap();
    load(&text).unwrap().report()
}

fn case(name: &str) -> Report {
    report(&format!("tests/cases/{name}/cluster.yaml"))
}

fn dump(items: &[Value]) -> String {
    let reads = ["Pod", "Event", "Node"].map(|kind| json!({"kind": kind}));
    let reading = json!({"apiVersion": "kubectl-diagnose/v1", "kind": "Reading", "asOf": "2026-03-02T10:30:00Z", "reads": reads});
    let items: Vec<&Value> = std::iter::once(&reading).chain(items).collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn pod(namespace: &str, name: &str, status: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "creationTimestamp": "2026-03-02T10:00:00Z"},
        "spec": {"containers": [{"name": "app", "image": "i", "resources": {"requests": {"cpu": "64"}}}]},
        "status": status,
    })
}

/// Asks for more than the node has.
fn too_large(namespace: &str, name: &str) -> Value {
    let message = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
        "lastTransitionTime": "2026-03-02T10:00:01Z"});
    pod(
        namespace,
        name,
        &json!({"phase": "Pending", "conditions": [condition]}),
    )
}

/// Waits on its node for nobody knows what.
fn odd(namespace: &str, name: &str, reason: &str) -> Value {
    let waiting = json!({"waiting": {"reason": reason, "message": "no words that anybody knows"}});
    let status = json!({"phase": "Pending", "startTime": "2026-03-02T10:00:01Z",
        "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-03-02T10:00:01Z"}],
        "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": waiting}]});
    let mut pod = pod(namespace, name, &status);
    pod["spec"]["nodeName"] = "worker-1".into();
    pod
}

fn ended(name: &str, reason: &str) -> Value {
    let message = format!("it ended for {reason}");
    let mut pod = pod(
        "shop",
        name,
        &json!({"phase": "Failed", "reason": reason, "message": message}),
    );
    pod["spec"]["nodeName"] = "worker-1".into();
    pod
}

fn node() -> Value {
    let capacity = json!({"cpu": "4", "memory": "8Gi", "pods": "110"});
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"},
        "status": {"capacity": capacity, "allocatable": capacity, "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(BINARY)
        .env_clear()
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The formats for people and for those who show text to people.
fn formats(report: &Report) -> [(&'static str, String); 6] {
    let sarif = render::sarif(report, PLAIN).unwrap();
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let results: Vec<String> = results
        .map(|one| {
            format!(
                "{}\n{}",
                one["message"]["text"].as_str().unwrap(),
                one["properties"]
            )
        })
        .collect();
    [
        ("text", render::text(report, PLAIN)),
        ("markdown", render::markdown(report, PLAIN)),
        ("html", render::html(report, PLAIN)),
        ("github", render::github(report, PLAIN)),
        ("junit", render::junit(report, PLAIN)),
        ("sarif", results.join("\n")),
    ]
}

/// Words alone, however they are marked and wrapped.
fn plain(text: &str) -> String {
    let text = text.replace(['`', '\\'], "").replace("%0A", " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[test]
fn every_format_tells_what_changed_what_serves_and_where_to_look() {
    let demo = report("manifests/demo/cluster.yaml");
    for (format, text) in formats(&demo).into_iter().skip(1) {
        let text = plain(&text);
        for said in [
            "1 old pod still serves",
            "nothing serves",
            "image of container cart changed from registry.example.com/shop/cart:2.1.1 to registry.example.com/shop/cart:2.1.2",
            "kubectl diagnose explain image-tag-not-found",
            "skopeo list-tags docker://registry.example.com/shop/cart",
        ] {
            assert!(text.contains(said), "{format} lacks: {said}\n{text}");
        }
    }
}

#[test]
fn a_json_patch_is_for_scripts() {
    let report = case("pod-anti-affinity/typical-avoided-pods");
    let patch = " --type json ";
    assert!(render::json(&report).unwrap().contains(patch));
    assert!(render::wide(&report, PLAIN).contains(patch));
    for (format, text) in formats(&report).iter().take(5) {
        assert!(!text.contains(patch), "{format}: {text}");
    }
}

#[test]
fn what_has_ended_stands_apart_short_and_last() {
    let reasons = ["OddShutdown", "OddEnd", "OddLabels"];
    let kept = reasons.map(|reason| ended(&format!("web-{}", reason.to_lowercase()), reason));
    let waits = odd("shop", "waits", "Odd");
    let alone = load(&dump(&[&kept[..], &[node()]].concat()))
        .unwrap()
        .report();
    let pods = |report: &Report| report.summary.by_kind["Pod"];
    assert_eq!((pods(&alone).stuck, pods(&alone).ended), (0, 3));
    let text = render::text(&alone, PLAIN);
    assert!(text.starts_with("ended and kept:\n"), "{text}");
    assert!(
        text.contains("\n3 pods ended and kept, unexplained; nothing is stuck"),
        "{text}"
    );
    let beside = load(&dump(&[&kept[..], &[waits, node()]].concat()))
        .unwrap()
        .report();
    assert_eq!((pods(&beside).stuck, pods(&beside).ended), (1, 3));
    let text = render::text(&beside, PLAIN);
    let [first, last] = ["pod/waits -n shop: pod", "ended and kept:"].map(|it| text.find(it));
    assert!(first < last || first.is_none() && last.is_some(), "{text}");
    assert!(text.contains("\n1 of 4 pods stuck, unexplained"), "{text}");
    assert!(plain(&text).contains(", 3 ended and kept"), "{text}");
    for (format, text) in formats(&beside).into_iter().take(5).skip(1) {
        let place = |words: &str| {
            text.rfind(words)
                .unwrap_or_else(|| panic!("{format}: {words}\n{text}"))
        };
        assert!(
            place("pod/waits") < place("OddShutdown"),
            "{format}: {text}"
        );
    }
    for text in [
        render::markdown(&beside, PLAIN),
        render::html(&beside, PLAIN),
    ] {
        assert!(text.contains("ended and kept:"), "{text}");
        assert_eq!(
            text.matches("it ended for OddShutdown").count(),
            1,
            "a line, and no section: {text}"
        );
    }
}

#[test]
fn what_is_silenced_is_suppressed_in_sarif() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("known.yaml");
    std::fs::write(&path, "- {cause: crash-app-error, reason: on Friday}\n").unwrap();
    let (known, demo) = (
        path.display().to_string(),
        file("manifests/demo/cluster.yaml"),
    );
    let demo = demo.display().to_string();
    let (_, out, err) = run(&["-f", &demo, "-o", "sarif", "--silence", &known]);
    let sarif: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mut suppressed = results
        .iter()
        .filter(|one| one.get("suppressions").is_some());
    let one = suppressed.next().unwrap();
    assert_eq!(one["ruleId"], "crash-app-error");
    assert_eq!(one["suppressions"][0]["kind"], "external");
    let why = one["suppressions"][0]["justification"].as_str().unwrap();
    assert!(why.ends_with("known.yaml: on Friday"), "{why}");
    assert!(suppressed.next().is_none());
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    let index = usize::try_from(one["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], one["ruleId"]);
}

#[test]
fn what_silences_nothing_is_told() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut web = odd("shop", "web", "Odd");
    web["metadata"]["annotations"] =
        json!({"kubectl-diagnose/silence": "unexplained until 2026-01-01, oom-kiled, oom-killed"});
    let path = folder.path().join("dump.json");
    std::fs::write(&path, dump(&[web, node()])).unwrap();
    let (code, out, _) = run(&["-f", &path.display().to_string()]);
    let out = plain(&out);
    assert_eq!(code, 1);
    for said in [
        "not silenced by annotation of pod/web -n shop: unexplained until 2026-01-01, whose last day is over",
        "not silenced by annotation of pod/web -n shop: oom-kiled names no cause and no fingerprint",
    ] {
        assert!(out.contains(said), "{out}");
    }
    assert!(
        !out.contains("oom-killed"),
        "another cause is not missed: {out}"
    );
}

#[test]
fn one_sentence_over_many_pods_is_one_root_cause() {
    let places = [("blue", 30), ("green", 20), ("red", 1)];
    let pods = places.iter().flat_map(|(namespace, pods)| {
        (0..*pods).map(move |nth| too_large(namespace, &format!("probe-{nth}")))
    });
    let items: Vec<Value> = pods.chain([node()]).collect();
    let report = load(&dump(&items)).unwrap().report();
    let [root] = report.root_causes.as_slice() else {
        panic!("{:?}", report.root_causes);
    };
    assert_eq!(
        (root.cause, root.affected, root.diagnoses.len()),
        ("insufficient-cpu", 51, 51)
    );
    let html = render::html(&report, PLAIN);
    assert!(
        html.contains(
            "pod/probe-0 pod/probe-1 pod/probe-10 + 27 more -n blue + 21 more in 2 other namespaces"
        ),
        "{html}"
    );
}

/// Lines of the text that are wider than they may be: a command, or one word.
fn too_wide(text: &str, width: usize) -> Option<&str> {
    let may = |line: &str| {
        let words = line.trim_start_matches([' ', '│']);
        let words = words.strip_prefix("next").unwrap_or(words).trim_start();
        // a namespace stays with its flag
        let words = words.strip_prefix("-n ").unwrap_or(words);
        !words.contains(' ') || words.starts_with("kubectl ") || words.starts_with('`')
    };
    text.lines().find(|line| line.width() > width && !may(line))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn a_scan_keeps_to_the_width(
        pods in proptest::collection::btree_set(("[a-d]{1,2}(-payments-production-eu){0,2}", "[a-z]{3}(-probe-of-some-length){0,2}", 0..6_u8), 1..30),
    ) {
        let names: BTreeSet<_> = pods.into_iter().collect();
        let items = names.iter().map(|(namespace, name, nth)| match nth {
            0..3 => too_large(namespace, name),
            3 => ended(name, "NodeShutdown"),
            nth => odd(namespace, name, &format!("Odd{nth}")),
        });
        let items: Vec<Value> = items.chain([node()]).collect();
        let report = load(&dump(&items)).unwrap().report();
        for width in [60, 80, 120] {
            let text = render::text(&report, Layout { width, ..PLAIN });
            prop_assert_eq!(too_wide(&text, width), None, "{}", text);
        }
    }
}

#[test]
fn the_layers_are_one_line() {
    for entry in std::fs::read_dir(file("tests/cases")).unwrap() {
        for case in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            let path = case.unwrap().path().join("report.txt.snap");
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            for line in text.lines() {
                if line.starts_with("  layers ") {
                    let one = line.ends_with(" check this layer next") && line.width() <= 80;
                    assert!(one, "{}: {line}", path.display());
                }
            }
        }
    }
}

#[test]
fn what_is_not_there_is_called_what_it_is() {
    let dump = file("tests/cases/oom-killed/typical/cluster.yaml");
    let dump = dump.display().to_string();
    let (code, out, _) = run(&["-A", "svc", "-f", &dump]);
    assert!(
        code == 0 && out.starts_with("no services found in any namespace"),
        "{out}"
    );
    let (_, out, _) = run(&["-A", "--exclude-namespace", "shop", "-f", &dump]);
    assert!(
        out.starts_with("no pods found in any namespace outside shop"),
        "{out}"
    );
}

#[test]
fn names_are_all_that_is_counted_in_the_order_of_the_report() {
    let demo = file("manifests/demo/cluster.yaml").display().to_string();
    let (_, out, _) = run(&["-f", &demo, "-o", "name"]);
    let (_, json, _) = run(&["-f", &demo, "-o", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let first = &report["diagnoses"][0]["affected"][0]["name"];
    assert_eq!(
        out.lines().next(),
        Some(format!("pod/{}", first.as_str().unwrap()).as_str())
    );
    let lost = case("node-lost/typical");
    let names = render::name(&lost);
    let counted: usize = lost.summary.by_kind.values().map(|kind| kind.stuck).sum();
    assert_eq!(names.lines().count(), counted, "{names}");
    assert!(names.contains("node/"), "{names}");
}

#[test]
fn a_pipe_is_as_wide_as_columns_says() {
    let demo = file("manifests/demo/cluster.yaml").display().to_string();
    for (columns, expected) in [("60", 60), ("100", 100), ("wide", 80)] {
        let mut command = Command::new(BINARY);
        command.env_clear().env("COLUMNS", columns);
        let output = command.args(["-f", &demo]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let wide = text.lines().map(UnicodeWidthStr::width);
        let widest = wide.filter(|width| *width <= expected).max();
        assert!(widest > Some(expected - 8), "{columns}: {widest:?}");
        assert_eq!(too_wide(&text, expected), None, "{text}");
    }
}

#[test]
fn flags_of_an_alias_serve_every_subcommand() {
    for arguments in [
        &["-n", "shop", "explain", "oom-killed"][..],
        &["-n", "shop", "-A", "causes", "volume"],
        &["-n", "shop", "schema"],
        &["schema", "diff"],
        &["-n", "shop", "version"],
        &["--context=x", "-n", "shop", "completion", "bash"],
    ] {
        let (code, out, err) = run(arguments);
        assert!(code == 0 && !out.is_empty(), "{arguments:?}: {err}");
    }
    let (_, json, err) = run(&["-o", "json", "causes", "volume"]);
    assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}{err}");
    let (code, _, err) = run(&["-o", "jsonpath={.items}"]);
    assert!(
        code == 2 && err.contains("hint: fields are picked from JSON: -o json | jq"),
        "{err}"
    );
}
