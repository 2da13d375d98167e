//! What a scan makes of much trouble: root causes over workloads, their fingerprints, and how much is printed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use crate::support::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A container that waits, or has crashed: the status and what makes it so.
type Trouble = fn(&str) -> Value;

fn waiting(reason: &str, message: &str) -> Value {
    json!({"state": {"waiting": {"reason": reason, "message": message}}, "restartCount": 0})
}

fn no_such_host(name: &str) -> Value {
    let image = image(name);
    waiting(
        "ImagePullBackOff",
        &format!(
            "Back-off pulling image \"{image}\": ErrImagePull: failed to pull and unpack image \"{image}\": failed to resolve \
             reference \"{image}\": failed to do request: Head \"https://registry.exmaple.com/v2/{name}/manifests/1\": dial tcp: \
             lookup registry.exmaple.com on 10.0.0.2:53: no such host"
        ),
    )
}

fn no_configmap(_: &str) -> Value {
    waiting(
        "CreateContainerConfigError",
        "configmap \"shared\" not found",
    )
}

fn no_secret(_: &str) -> Value {
    waiting("CreateContainerConfigError", "secret \"shared\" not found")
}

fn crashed(code: i32, reason: &str, words: &str) -> Value {
    json!({
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app"}},
        "lastState": {"terminated": {
            "exitCode": code, "reason": reason, "message": words,
            "startedAt": "2026-03-02T10:28:00Z", "finishedAt": "2026-03-02T10:28:02Z",
        }},
        "restartCount": 9,
    })
}

fn crashes(name: &str) -> Value {
    crashed(
        1,
        "Error",
        &format!("fatal: {name} cannot read its settings"),
    )
}

fn out_of_memory(_: &str) -> Value {
    crashed(137, "OOMKilled", "")
}

fn bad_tag(name: &str) -> Value {
    let image = image(name);
    waiting(
        "ImagePullBackOff",
        &format!(
            "Back-off pulling image \"{image}\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \
             \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
        ),
    )
}

fn image(name: &str) -> String {
    format!("registry.exmaple.com/{name}:1")
}

fn pod(workload: &str, nth: usize, status: Value) -> Value {
    let mut container = json!({"name": "app", "image": image(workload), "imageID": "", "ready": false, "started": false});
    let fields = container.as_object_mut().expect("it is an object");
    fields.extend(status.as_object().expect("it is an object").clone());
    let set = format!("{workload}-5d9c7b8f6c");
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("{set}-{nth:05}"), "namespace": "shop", "uid": format!("{workload}-{nth}"),
            "creationTimestamp": "2026-03-02T10:00:00Z", "labels": {"app": workload, "pod-template-hash": "5d9c7b8f6c"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": format!("{workload}-set"), "controller": true}],
        },
        "spec": {
            "nodeName": format!("worker-{}", nth % 3), "serviceAccountName": "default",
            "containers": [{
                "name": "app", "image": image(workload),
                "envFrom": [{"configMapRef": {"name": "shared"}}, {"secretRef": {"name": "shared"}}],
                "resources": {"limits": {"memory": "64Mi"}},
            }],
        },
        "status": {
            "phase": "Pending", "startTime": "2026-03-02T10:00:01Z",
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-03-02T10:00:01Z"}],
            "containerStatuses": [container],
        },
    })
}

fn dump(pods: &[Value]) -> Loaded {
    let reading = json!({
        "apiVersion": "kubectl-diagnose/v1", "kind": "Reading", "asOf": "2026-03-02T10:30:00Z",
        "reads": [{"kind": "Pod", "namespace": "shop"}, {"kind": "Event", "namespace": "shop"}],
    });
    let items: Vec<&Value> = std::iter::once(&reading).chain(pods).collect();
    load(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())
        .expect("it is a dump")
}

/// So many pods of so many Deployments, hit by these in turn.
fn outage(pods: usize, workloads: usize, troubles: &[Trouble]) -> Loaded {
    let pod = |nth: usize| {
        let of = nth % workloads;
        let workload = format!("app-{of:02}");
        pod(&workload, nth, troubles[of % troubles.len()](&workload))
    };
    dump(&(0..pods).map(pod).collect::<Vec<_>>())
}

#[test]
fn one_root_cause_in_many_workloads_is_one_row() {
    let report = outage(24, 8, &[no_such_host]).report();
    assert_eq!(report.diagnoses.len(), 8);
    let [root] = report.root_causes.as_slice() else {
        panic!("{:?}", report.root_causes);
    };
    assert_eq!(
        (root.cause, root.affected, root.workloads.len()),
        ("registry-dns", 24, 8)
    );
    assert_eq!(
        root.headline,
        "the name registry.exmaple.com does not resolve"
    );
    let of_diagnoses: Vec<&str> = report
        .diagnoses
        .iter()
        .map(|d| d.fingerprint.as_str())
        .collect();
    assert_eq!(root.diagnoses, of_diagnoses);
    insta::assert_snapshot!("one_root_cause", render::text(&report, PLAIN));
}

#[test]
fn two_hundred_pods_of_six_causes_fit_a_screen() {
    let troubles: [Trouble; 6] = [
        no_such_host,
        no_configmap,
        no_secret,
        crashes,
        out_of_memory,
        bad_tag,
    ];
    let report = outage(200, 48, &troubles).report();
    let causes: BTreeSet<&str> = report.diagnoses.iter().map(|d| d.cause).collect();
    assert_eq!(causes.len(), 6, "{causes:?}");
    let text = render::text(&report, PLAIN);
    assert!(text.lines().count() <= 50, "{text}");
    insta::assert_snapshot!("six_causes", text);
    // JSON groups as the rows do
    let folded = report.summary.causes.iter().map(|cause| {
        let row = |line: &&str| line.contains(cause.cause);
        let row = text.lines().find(row).unwrap_or_default();
        let pods = format!("{} pods ", cause.affected);
        assert!(row.starts_with(&pods), "{}: {row}", cause.cause);
        cause.root_causes - 1
    });
    let folded: Vec<usize> = folded.filter(|more| *more > 0).collect();
    assert_eq!(folded, [7; 3], "besides the one that the row tells");
    assert_eq!(text.matches("; + 7 more of this cause").count(), 3);
    // a wide terminal has a line a root cause
    let wide = render::text(
        &report,
        Layout {
            width: 180,
            ..PLAIN
        },
    );
    insta::assert_snapshot!("six_causes_180", wide);
}

#[test]
fn the_demo_fits_two_screens() {
    let demo = std::fs::read_to_string("manifests/demo/cluster.yaml").expect("it is there");
    let text = render::text(&load(&demo).expect("it is a dump").report(), PLAIN);
    assert!(text.lines().count() <= 100, "{text}");
    let summary = text.lines().rev().take(8).collect::<String>();
    assert!(summary.contains("pods stuck by"), "{text}");
}

#[test]
fn a_fingerprint_survives_a_new_pod_and_changes_with_what_decides() {
    let fingerprints = |pods: &[Value]| {
        let report = dump(pods).report();
        let all: BTreeSet<String> = report
            .diagnoses
            .iter()
            .map(|d| d.fingerprint.clone())
            .collect();
        assert_eq!(all.len(), report.diagnoses.len());
        all
    };
    let first = fingerprints(&[pod("web", 1, no_configmap("web"))]);
    let another_pod = fingerprints(&[
        pod("web", 2, no_configmap("web")),
        pod("web", 3, no_configmap("web")),
    ]);
    assert_eq!(first, another_pod);
    let other = waiting(
        "CreateContainerConfigError",
        "configmap \"another\" not found",
    );
    for pod in [
        pod("web", 1, other),
        pod("web", 1, no_secret("web")),
        pod("api", 1, no_configmap("api")),
    ] {
        assert!(first.is_disjoint(&fingerprints(&[pod])));
    }
}
