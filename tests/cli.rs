//! The binary as a person runs it: exit codes, formats, mistakes, a pipe.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use crate::BINARY;
use crate::api_server::{ApiServer, Response};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// The binary with nothing of the surroundings.
fn diagnose(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear().args(arguments);
    command
}

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

fn run(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A number of pods in the report's summary, which leaves kinds out of which there is nothing.
fn pods(report: &Value, which: &str) -> u64 {
    let number = &report["summary"]["byKind"]["Pod"][which];
    number.as_u64().unwrap_or_default()
}

fn case(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    root.join(path).join("cluster.yaml").display().to_string()
}

fn stuck() -> String {
    case("unexplained/typical")
}

fn well() -> String {
    let folder = tempfile::TempDir::new().unwrap().keep();
    let path = folder.join("well.json");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"nodeName": "n", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "image": "", "imageID": "", "state": {"running": {}}}]}});
    std::fs::write(
        &path,
        json!({"apiVersion": "v1", "kind": "List", "items": [pod]}).to_string(),
    )
    .unwrap();
    path.display().to_string()
}

#[test]
fn exit_codes_are_the_same_for_every_format() {
    for format in ["text", "wide", "json", "yaml"] {
        assert_eq!(
            run(&mut diagnose(&["-f", &stuck(), "-o", format])).code,
            1,
            "{format}"
        );
        assert_eq!(
            run(&mut diagnose(&["-f", &well(), "-o", format])).code,
            0,
            "{format}"
        );
        assert_eq!(
            run(&mut diagnose(&["-f", "no-such-file", "-o", format])).code,
            2,
            "{format}"
        );
    }
}

#[test]
fn the_usage_is_that_of_a_kubectl_plugin() {
    let help = run(&mut diagnose(&["--help"]));
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Usage: kubectl diagnose"), "{}", help.out);
    assert!(!help.out.contains("kubectl-diagnose"), "{}", help.out);
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let cases: [(&[&str], &str, &str); 8] = [
        (&["-f", "no-such-file"], "no-such-file", ""),
        (
            &["explain", "host-port-conflcit"],
            "not a cause",
            "host-port-conflict",
        ),
        (
            &["-l", "app in web", "-f", &stuck()],
            "not a label selector",
            "hint",
        ),
        (
            &["deploymnt/web", "-f", &stuck()],
            "not a type",
            "deployments",
        ),
        (&["deploy", "-f", &stuck()], "no name", "NAME"),
        (
            &["web", "-l", "app=web", "-f", &stuck()],
            "together",
            "hint",
        ),
        (&["--request-timeout", "soon"], "not a duration", "5s"),
        (&["--no-such-flag"], "--no-such-flag", "Usage"),
    ];
    for (arguments, what, hint) in cases {
        let outcome = run(&mut diagnose(arguments));
        assert_eq!(outcome.code, 2, "{arguments:?}");
        assert!(
            outcome.err.contains(what) && outcome.err.contains(hint),
            "{arguments:?}: {}",
            outcome.err
        );
        assert_eq!(
            outcome.out, "",
            "{arguments:?}: an error does not belong on standard output"
        );
    }
}

#[test]
fn what_is_not_kubernetes_is_said_to_be_so() {
    let folder = tempfile::TempDir::new().unwrap();
    for (name, text) in [
        ("a.json", "{\"hello\": 1}"),
        ("b.txt", "just words"),
        ("c.json", "{\"kind\": \"List\", \"items\": ["),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let outcome = run(&mut diagnose(&["-f", &path.display().to_string()]));
        assert_eq!(outcome.code, 2, "{name}: {}{}", outcome.out, outcome.err);
        assert!(outcome.err.contains(name), "{name}: {}", outcome.err);
    }
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let plain = run(&mut diagnose(&["-f", &stuck()]));
    assert!(!plain.out.contains('\x1b'), "a pipe gets no colour");
    let forced = run(&mut diagnose(&["-f", &stuck(), "--color", "always"]));
    assert!(forced.out.contains('\x1b'));
    let obeyed = run(diagnose(&["-f", &stuck()]).env("NO_COLOR", "1"));
    assert_eq!(obeyed.out, plain.out);
    let json = run(&mut diagnose(&[
        "-f",
        &stuck(),
        "--color",
        "always",
        "-o",
        "json",
    ]));
    assert!(!json.out.contains('\x1b'), "JSON is never coloured");
}

#[test]
fn standard_input_is_a_dump_too() {
    let dump = std::fs::File::open(stuck()).unwrap();
    let outcome = run(diagnose(&["-f", "-", "-o", "json"]).stdin(dump));
    let report: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(pods(&report, "stuck"), 1);
}

#[test]
fn a_dump_is_narrowed_like_a_cluster() {
    let stuck_in = |arguments: &[&str]| {
        let path = stuck();
        let outcome = run(&mut diagnose(
            &[arguments, &["-f", &path, "-o", "json"]].concat(),
        ));
        let report: Value = serde_json::from_str(&outcome.out).unwrap_or_default();
        pods(&report, "all")
    };
    assert_eq!(stuck_in(&[]), 1);
    assert_eq!(stuck_in(&["-n", "shop"]), 1);
    assert_eq!(stuck_in(&["-n", "other"]), 0);
    assert_eq!(stuck_in(&["-n", "other", "-A"]), 1, "--all-namespaces wins");
    assert_eq!(stuck_in(&["pod", "web"]), 1);
    assert_eq!(stuck_in(&["-l", "app=other"]), 0);
}

#[test]
fn owners_stand_for_their_pods() {
    let demo = format!("{}/manifests/demo/cluster.yaml", env!("CARGO_MANIFEST_DIR"));
    let stuck_of = |target: &[&str]| {
        let outcome = run(&mut diagnose(
            &[target, &["-f", &demo, "-o", "json"]].concat(),
        ));
        let report: Value = serde_json::from_str(&outcome.out).unwrap();
        (pods(&report, "all"), pods(&report, "stuck"))
    };
    assert_eq!(stuck_of(&["deploy/gateway", "-n", "ingress"]), (3, 1));
    assert_eq!(
        stuck_of(&["rs", "gateway-bd74f744f", "-n", "ingress"]),
        (1, 1)
    );
    assert_eq!(stuck_of(&["sts/search", "deploy/cart", "-n", "shop"]).1, 2);
    assert_eq!(
        stuck_of(&["job", "monthly-report", "-n", "payments"]),
        (1, 1)
    );
    assert_eq!(stuck_of(&["node/worker-2"]).1, 0);
}

#[test]
fn a_workload_without_any_pod_is_told_why() {
    for (path, target) in [
        ("quota-exceeded/typical", "deploy/web"),
        ("quota-exceeded/typical", "rs/web-6c5d9f"),
        ("quota-exceeded/typical-job", "cronjob/import"),
    ] {
        let path = case(path);
        let outcome = run(&mut diagnose(&[target, "-n", "team", "-f", &path]));
        assert_eq!(outcome.code, 1, "{target}");
        assert!(outcome.out.contains("quota-exceeded"), "{}", outcome.out);
    }
}

#[test]
fn a_healthy_pod_that_is_named_is_said_to_be_healthy() {
    let outcome = run(&mut diagnose(&["pod/web", "-f", &well()]));
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.out.contains("healthy") && outcome.out.contains("1 of 1 containers"),
        "{}",
        outcome.out
    );
}

#[test]
fn a_name_that_a_dump_does_not_hold_is_an_error() {
    let outcome = run(&mut diagnose(&["pod", "wep", "-f", &stuck()]));
    assert_eq!(outcome.code, 2, "{}", outcome.out);
    assert!(
        outcome.err.contains("wep not found") && outcome.err.contains("did you mean web"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let script = format!("'{BINARY}' causes | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}");
    let outcome = run(Command::new("bash").args(["-c", &script]));
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("0\n", ""));
}

#[test]
fn the_small_commands_answer() {
    assert!(
        run(&mut diagnose(&["version"]))
            .out
            .contains(env!("CARGO_PKG_VERSION"))
    );
    assert!(
        run(&mut diagnose(&["completion", "bash"]))
            .out
            .contains("complete")
    );
    let schema: Value = serde_json::from_str(&run(&mut diagnose(&["schema"])).out).unwrap();
    assert_eq!(schema["$id"], "kubectl-diagnose/v1");
    let names = run(&mut diagnose(&["causes", "-o", "name"])).out;
    for name in names.lines() {
        let page = run(&mut diagnose(&["explain", name]));
        assert_eq!(page.code, 0, "{name}");
        assert!(page.out.contains("What to do"), "{name}: {}", page.out);
    }
}

#[test]
fn explain_knows_the_words_that_people_have() {
    let page = |arguments: &[&str]| {
        let outcome = run(diagnose(&["explain"]).args(arguments));
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.err);
        outcome.out
    };
    for (word, cause) in [
        ("CrashLoopBackOff", "crash-app-error"),
        ("Init:ErrImagePull", "image-auth"),
        ("FailedCreate", "quota-exceeded"),
        ("admission", "quota-exceeded"),
        ("volume", "pvc-missing"),
        ("quota", "quota-exceeded"),
        ("FailedMount", "unexplained"),
    ] {
        assert!(page(&[word]).contains(cause), "{word}");
    }
    let both = page(&["oom-killed", "network"]);
    assert!(
        both.contains("oom-killed") && both.contains("network"),
        "{both}"
    );
    let json: Value = serde_json::from_str(&page(&["Pending", "volume", "-o", "json"])).unwrap();
    let causes: Vec<&str> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cause"].as_str().unwrap())
        .collect();
    assert!(causes.contains(&"insufficient-cpu") && causes.contains(&"pvc-missing"));
    let distinct: std::collections::BTreeSet<_> = causes.iter().collect();
    assert_eq!(distinct.len(), causes.len(), "each cause once");
    assert!(json[0]["page"].as_str().unwrap().contains("## What to do"));
}

#[test]
fn the_causes_of_a_layer_are_listed() {
    let listed = |arguments: &[&str]| run(diagnose(&["causes"]).args(arguments));
    let health = listed(&["health", "-o", "name"]).out;
    assert!(health.contains("liveness-failing") && !health.contains("oom-killed"));
    assert!(listed(&["health", "image"]).out.contains("registry-dns"));
    assert_eq!(listed(&["network"]).code, 0);
    let mistake = listed(&["helth"]);
    assert_eq!(mistake.code, 2);
    assert!(mistake.err.contains("health"), "{}", mistake.err);
}

#[test]
fn a_cluster_is_found_through_the_kubeconfig() {
    let server = ApiServer::start();
    let pod = json!({"kind": "Pod", "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "n", "containers": [{"name": "app"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "",
            "state": {"waiting": {"reason": "Odd"}}}]}});
    server.on(
        "/api/v1/namespaces/default/pods/web",
        [Response::json(&pod)],
    );
    server.on(
        "/api/v1/namespaces/default/events",
        [Response::failure(403, "Forbidden", "events is forbidden")],
    );
    let config = server.kubeconfig();
    let outcome = run(diagnose(&["pod", "web", "-o", "json"]).env("KUBECONFIG", config));
    let report: Value =
        serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err));
    assert_eq!(outcome.code, 1);
    assert_eq!(report["unexplained"][0]["object"]["name"], "web");
    assert_eq!(report["gaps"][0]["kind"], "Event");
    assert_eq!(report["gaps"][0]["why"], "forbidden");
    assert_eq!(report["requests"]["count"], 2);
}

#[test]
fn what_was_read_can_be_dumped_and_gives_the_same_report() {
    let server = ApiServer::start();
    let container = json!({"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"login\" not found"}}});
    let pod = json!({"kind": "Pod", "metadata": {"name": "web", "namespace": "default", "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "n", "containers": [{"name": "app", "envFrom": [{"secretRef": {"name": "login"}}]}]},
        "status": {"phase": "Pending", "containerStatuses": [container]}});
    let other = json!({"metadata": {"name": "other", "namespace": "default"}, "status": {"phase": "Failed", "reason": "Evicted"}});
    server.on(
        "/api/v1/namespaces/default/pods",
        [Response::list("PodList", &[pod, other])],
    );
    server.on(
        "/api/v1/namespaces/default/events",
        [Response::failure(403, "Forbidden", "events is forbidden")],
    );
    let table = json!({"kind": "Table", "rows": [{"cells": ["logins", "Opaque", 1, "3d"]}]});
    server.on(
        "/api/v1/namespaces/default/secrets",
        [Response::json(&table)],
    );
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("dump.json").display().to_string();
    let read = |outcome: Outcome| -> Value {
        let mut report: Value =
            serde_json::from_str(&outcome.out).unwrap_or_else(|_| panic!("{}", outcome.err));
        report["requests"].take();
        report
    };
    let arguments = ["-n", "default", "-o", "json", "--dump", &path];
    let live = read(run(
        diagnose(&arguments).env("KUBECONFIG", server.kubeconfig())
    ));
    assert_eq!(live["diagnoses"][1]["cause"], "missing-secret");
    assert_eq!(live["gaps"][0]["why"], "forbidden");
    assert_eq!(read(run(&mut diagnose(&["-f", &path, "-o", "json"]))), live);
    let dump = std::fs::read_to_string(&path).unwrap();
    assert!(
        dump.contains("logins") && !dump.contains("\"data\""),
        "{dump}"
    );
}

/// `script` of util-linux gives a terminal; where it is missing nothing can be shown here.
#[test]
fn a_long_read_tells_of_itself_on_a_terminal_only() {
    let server = ApiServer::start();
    let pods = Response::list("PodList", &[]).after(std::time::Duration::from_millis(900));
    server.on("/api/v1/namespaces/default/pods", [pods]);
    let config = server.kubeconfig();
    let piped = run(diagnose(&[]).env("KUBECONFIG", &config));
    assert_eq!(piped.err, "", "nobody watches a pipe");
    let mut terminal = Command::new("script");
    let command = format!("'{BINARY}'");
    terminal
        .args(["-qec", &command, "/dev/null"])
        .env("KUBECONFIG", &config);
    match terminal.output() {
        Ok(output) => {
            let seen = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(seen.contains("reading: 3 requests,"), "{seen}");
        }
        Err(error) => eprintln!("skipped: script cannot be run: {error}"),
    }
}

#[test]
fn no_cluster_is_a_clear_error() {
    let outcome = run(diagnose(&[])
        .env("KUBECONFIG", "/no/such/file")
        .env("HOME", "/nowhere"));
    assert_eq!(outcome.code, 2);
    assert!(outcome.err.contains("hint"), "{}", outcome.err);
}
