//! The binary as a person runs it: exit codes, formats, mistakes, a pipe.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

mod live;
mod outage;
mod words;

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
    for format in [
        "text", "wide", "json", "yaml", "jsonl", "markdown", "html", "github", "junit", "sarif",
    ] {
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
    // the annotation is the only thing of that name that a user writes
    let rest = help.out.replace("`kubectl-diagnose/silence`", "");
    assert!(!rest.contains("kubectl-diagnose"), "{}", help.out);
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let cases: [(&[&str], &str, &str); 11] = [
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
        (&["-n", "shop,team", "-f", &stuck()], "one at a time", "-A"),
        (
            &["-n", "other", "-f", &stuck()],
            "not found in the dump",
            "shop",
        ),
        (
            &["--field-selector", "phase=Pending", "-f", &stuck()],
            "not a field selector",
            "status.phase",
        ),
        (&["web", "--all", "-f", &stuck()], "together", "--all"),
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

/// What the arguments give on the recorded cluster.
fn on_demo(arguments: &[&str]) -> Outcome {
    let demo = format!("{}/manifests/demo/cluster.yaml", env!("CARGO_MANIFEST_DIR"));
    run(diagnose(&["-f", &demo]).args(arguments))
}

#[test]
fn what_is_not_in_a_dump_is_a_mistake() {
    for arguments in [
        &["deployment/nosuch", "-n", "shop"][..],
        &["node/nosuch"],
        &["cronjob/x"],
        &["pvc/x"],
        &["nosuch"],
        &["ns/nosuch"],
        &["-n", "nosuch"],
    ] {
        let outcome = on_demo(arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}: {}", outcome.out);
        assert!(outcome.err.contains("not found") || outcome.err.contains("is named"));
        assert!(
            outcome.err.contains("hint:"),
            "{arguments:?}: {}",
            outcome.err
        );
    }
}

#[test]
fn a_name_without_a_kind_is_a_pods_or_a_workloads() {
    let named = on_demo(&["cart", "-n", "shop", "-o", "json"]);
    let report: Value = serde_json::from_str(&named.out).unwrap();
    assert_eq!(report["scope"]["targets"], json!(["Deployment/cart"]));
    assert_eq!((pods(&report, "all"), pods(&report, "stuck")), (2, 1));
    assert!(on_demo(&["crat"]).err.contains("did you mean deploy/cart?"));
    assert!(
        on_demo(&["pod", "cart"])
            .err
            .contains("did you mean deploy/cart?")
    );
}

#[test]
fn kinds_and_fields_and_namespaces_narrow_a_dump() {
    let stuck = |arguments: &[&str]| {
        let outcome = on_demo(&[arguments, &["-o", "json"]].concat());
        let report: Value = serde_json::from_str(&outcome.out).unwrap();
        pods(&report, "stuck")
    };
    let all = stuck(&[]);
    assert_eq!(stuck(&["pods"]), all);
    assert_eq!(stuck(&["ns"]), all);
    assert_eq!(stuck(&["ns/ingress"]), stuck(&["-n", "ingress"]));
    assert_eq!(
        stuck(&["sts", "-n", "shop"]),
        stuck(&["sts/search", "-n", "shop"])
    );
    assert_eq!(stuck(&["deploy,sts", "-n", "shop"]), stuck(&["-n", "shop"]));
    assert_eq!(stuck(&["pvc/data-search-0", "-n", "shop"]), 1);
    let on_node = stuck(&["--field-selector", "spec.nodeName=worker-1"]);
    assert_eq!(on_node, stuck(&["node/worker-1"]));
    let unbound = stuck(&["--field-selector", "spec.nodeName="]);
    let bound = stuck(&["--field-selector", "spec.nodeName!="]);
    assert!(unbound > 0 && bound > 0 && unbound + bound == all);
}

#[test]
fn names_are_for_xargs() {
    let outcome = on_demo(&["-n", "shop", "-o", "name"]);
    assert_eq!(outcome.code, 1);
    let names: Vec<&str> = outcome.out.lines().collect();
    assert!(names.contains(&"pod/search-0"), "{names:?}");
    assert_eq!(names.len(), 8);
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("pod/") && !name.contains(' '))
    );
    let quota = case("quota-exceeded/typical");
    let outcome = run(&mut diagnose(&["-f", &quota, "-o", "name"]));
    assert_eq!(outcome.out, "deployment.apps/web\n");
    let nothing = run(&mut diagnose(&["-f", &well(), "-o", "name"]));
    assert_eq!((nothing.out.as_str(), nothing.code), ("", 0));
}

#[test]
fn scripts_find_the_failure_where_the_report_would_be() {
    for (arguments, message) in [
        (&["-f", "no-such-file", "-o", "json"][..], "no-such-file"),
        (&["-f", "no-such-file", "-o=yaml"], "no-such-file"),
        (&["--no-such-flag", "-o", "json"], "--no-such-flag"),
        (&["explain", "nosuch", "-o", "json"], "nosuch"),
    ] {
        let outcome = run(&mut diagnose(arguments));
        assert_eq!(outcome.code, 2, "{arguments:?}");
        let json: Value = serde_json::from_str(&outcome.out).unwrap();
        let said = json["error"]["message"].as_str().unwrap();
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert_eq!(json["schema"], "kubectl-diagnose/v1");
        assert!(outcome.err.contains(message), "people are told too");
    }
    let help = run(&mut diagnose(&["--help", "-o", "json"]));
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Usage"), "help is no failure");
}

#[test]
fn phrases_are_coloured_in_one_piece() {
    let coloured = on_demo(&["--color", "always", "-n", "ingress"]).out;
    let plain = on_demo(&["-n", "ingress"]).out;
    let mut lines = plain.lines();
    let words = lines.find_map(|line| line.strip_prefix("  host-port-conflict: "));
    let words = words.unwrap();
    assert!(
        coloured.contains(words),
        "{words} is cut by colour:\n{coloured}"
    );
}

#[test]
fn the_surroundings_decide_on_colour_as_elsewhere() {
    let path = stuck();
    let is_coloured = |variables: &[(&str, &str)]| {
        let mut command = diagnose(&["-f", &path]);
        let outcome = run(command.envs(variables.iter().copied()));
        outcome.out.contains('\x1b')
    };
    for (variables, expected) in [
        (&[("FORCE_COLOR", "1")][..], true),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("FORCE_COLOR", "")], false),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "")], true),
        (&[("CLICOLOR", "1")], false),
        (&[("CI", "true"), ("GITHUB_ACTIONS", "true")], false),
    ] {
        assert_eq!(is_coloured(variables), expected, "{variables:?}");
    }
}
