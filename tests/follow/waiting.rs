//! `--wait` and `--watch` as they are run, while the cluster changes.

use super::objects::{self, CREATED};
use super::world::World;
use crate::BINARY;
use crate::api_server::ApiServer;
use crate::json_schema::Schema;
use crate::support::Kind;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// How a Deployment of two pods stands.
pub(super) struct Counts {
    pub(super) generation: u64,
    pub(super) observed: u64,
    pub(super) replicas: u64,
    pub(super) updated: u64,
    pub(super) available: u64,
}

/// All of it, and nothing left to do.
pub(super) const THERE: Counts = Counts {
    generation: 1,
    observed: 1,
    replicas: 2,
    updated: 2,
    available: 2,
};

/// One of its pods is of the newest revision, and old ones serve on.
pub(super) const ROLLING: Counts = Counts {
    generation: 2,
    observed: 2,
    replicas: 3,
    updated: 1,
    ..THERE
};

pub(super) fn deployment(counts: &Counts) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "web", "uid": "uid-deploy", "creationTimestamp": CREATED, "generation": counts.generation},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
        "status": {
            "observedGeneration": counts.observed, "replicas": counts.replicas, "updatedReplicas": counts.updated,
            "readyReplicas": counts.available, "availableReplicas": counts.available,
        },
    })
}

pub(super) fn replica_set(revision: u64, pods: u64) -> Value {
    let name = format!("web-r{revision}");
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "namespace": "shop", "name": name, "uid": format!("uid-{name}"), "creationTimestamp": CREATED,
            "annotations": {"deployment.kubernetes.io/revision": revision.to_string()},
            "labels": {"app": "web", "pod-template-hash": format!("r{revision}")},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "uid-deploy", "controller": true}],
        },
        "spec": {"replicas": pods, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}},
        "status": {"replicas": pods, "observedGeneration": 1},
    })
}

/// A pod of a revision.
pub(super) fn of_revision(mut pod: Value, revision: u64) -> Value {
    let set = format!("web-r{revision}");
    pod["metadata"]["labels"]["pod-template-hash"] = json!(format!("r{revision}"));
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": format!("uid-{set}"), "controller": true}]);
    pod
}

pub(super) fn without_image(name: &str) -> Value {
    let mut pod = objects::crashing("shop", name, 0);
    let message = "Back-off pulling image \"registry.example.com/web:2\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example.com/web:2\": failed to resolve reference \"registry.example.com/web:2\": registry.example.com/web:2: not found";
    pod["status"]["phase"] = json!("Pending");
    let container = &mut pod["status"]["containerStatuses"][0];
    container["state"] = json!({"waiting": {"reason": "ImagePullBackOff", "message": message}});
    container["lastState"] = json!({});
    pod["spec"]["containers"][0]["image"] = json!("registry.example.com/web:2");
    pod
}

pub(super) fn run(kubeconfig: &Path, arguments: &[&str]) -> Child {
    Command::new(BINARY)
        .args(arguments)
        .args(["-n", "shop", "--kubeconfig"])
        .arg(kubeconfig)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(super) fn wait_for_web(server: &ApiServer, limit: &str, patience: &str) -> Child {
    let limits = ["--timeout", limit, "--patience", patience];
    run(
        &server.kubeconfig(),
        &[&["deploy/web", "--wait"], &limits[..]].concat(),
    )
}

pub(super) fn ended(child: Child) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

/// A cluster with the Deployment and two pods of its first revision.
pub(super) fn shop(counts: &Counts) -> World {
    let world = World::new(7);
    objects::some(&world);
    for name in world.names(Kind::Pod, "shop") {
        world.remove(Kind::Pod, "shop", &name);
    }
    world.put(Kind::Deployment, deployment(counts));
    world.put(Kind::ReplicaSet, replica_set(1, 2));
    for name in ["web-r1-a", "web-r1-b"] {
        let pod = objects::running("shop", name, "node-1");
        world.put(Kind::Pod, of_revision(pod, 1));
    }
    world
}

/// Long enough for a watch to have seen what is.
pub(super) fn meanwhile() {
    std::thread::sleep(Duration::from_millis(400));
}

#[test]
fn waiting_ends_when_all_pods_are_of_the_newest_revision() {
    let world = shop(&Counts {
        generation: 2,
        ..THERE
    });
    let server = world.serve();
    let child = run(
        &server.kubeconfig(),
        &["deploy/web", "--wait", "--timeout", "30s"],
    );
    meanwhile();
    world.put(
        Kind::Deployment,
        deployment(&Counts {
            generation: 2,
            observed: 2,
            replicas: 3,
            updated: 1,
            ..THERE
        }),
    );
    meanwhile();
    world.put(
        Kind::Deployment,
        deployment(&Counts {
            generation: 2,
            observed: 2,
            ..THERE
        }),
    );
    let (code, out) = ended(child);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("deployment shop/web is healthy"), "{out}");
}

#[test]
fn an_image_that_does_not_exist_ends_it_at_once_and_an_old_one_does_not() {
    let world = shop(&ROLLING);
    world.put(Kind::ReplicaSet, replica_set(2, 1));
    world.put(Kind::Pod, of_revision(without_image("web-r1-c"), 1));
    let server = world.serve();
    let child = wait_for_web(&server, "30s", "1h");
    meanwhile();
    world.put(Kind::Pod, of_revision(without_image("web-r2-a"), 2));
    let (code, out) = ended(child);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("image-tag-not-found"), "{out}");
    assert!(
        out.contains("web-r2-a"),
        "it was the new revision's pod: {out}"
    );
}

#[test]
fn what_others_may_bring_has_its_time() {
    for (patience, limit, expected) in [("1h", "1s", 3), ("1s", "30s", 1)] {
        let world = shop(&ROLLING);
        world.put(Kind::ReplicaSet, replica_set(2, 1));
        world.put(
            Kind::Pod,
            of_revision(objects::unschedulable("shop", "web-r2-a"), 2),
        );
        let server = world.serve();
        let (code, out) = ended(wait_for_web(&server, limit, patience));
        assert_eq!(code, Some(expected), "{out}");
        let awaited = "deploy/web -n shop is waited for: 1 of 2 pods are of its newest revision";
        assert!(out.contains(awaited), "{out}");
    }
}

#[test]
fn all_of_a_kind_are_waited_for_as_if_they_were_named() {
    let server = shop(&ROLLING).serve();
    let waiting = ["deploy", "--wait", "--timeout", "1s"];
    let (code, out) = ended(run(&server.kubeconfig(), &waiting));
    assert_eq!(code, Some(3), "its old pods are well: {out}");
    let awaited = "deploy/web -n shop is waited for: 1 of 2 pods are of its newest revision";
    assert!(out.contains(awaited), "{out}");
}

#[test]
fn a_job_that_has_failed_is_no_success() {
    let world = shop(&THERE);
    let failed = json!({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": CREATED});
    let job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"namespace": "shop", "name": "migrate", "uid": "uid-migrate", "creationTimestamp": CREATED},
        "spec": {"backoffLimit": 0, "completions": 1, "parallelism": 1, "template": {"spec": {"containers": []}}},
        "status": {"failed": 1, "conditions": [failed]},
    });
    world.put(Kind::Job, job);
    let mut pod = objects::crashing("shop", "migrate-x", 0);
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "migrate", "uid": "uid-migrate", "controller": true}]);
    pod["status"]["phase"] = json!("Failed");
    world.put(Kind::Pod, pod);
    let server = world.serve();
    let waiting = ["--wait", "--timeout", "10s", "--patience", "1h"];
    let judged = |target: &str| {
        let child = run(&server.kubeconfig(), &[&[target], &waiting[..]].concat());
        let (code, out) = ended(child);
        assert_eq!(code, Some(1), "{target}: {out}");
        out
    };
    for target in ["job/migrate", "pod/migrate-x", "jobs"] {
        judged(target);
    }
    world.remove(Kind::Pod, "shop", "migrate-x");
    for target in ["job/migrate", "jobs"] {
        let out = judged(target);
        let failed = "job/migrate -n shop is waited for: it has failed for good";
        assert!(out.contains(failed), "{target}: {out}");
    }
}

#[test]
fn what_manifests_name_is_waited_for() {
    let world = shop(&THERE);
    let server = world.serve();
    let manifest = tempfile::NamedTempFile::new().unwrap();
    let text = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: web}}\n";
    std::fs::write(manifest.path(), text).unwrap();
    let service = json!({"kind": "Service", "metadata": {"namespace": "shop", "name": "web"}, "spec": {"selector": {"app": "web"}}});
    world.put(Kind::Service, service);
    let path = manifest.path().to_str().unwrap();
    let child = run(
        &server.kubeconfig(),
        &["--wait", "-f", path, "--timeout", "30s"],
    );
    let (code, out) = ended(child);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn a_pod_that_crashes_and_recovers_is_waited_for() {
    let world = shop(&THERE);
    world.put(Kind::Pod, objects::crashing("shop", "lone", 1));
    let server = world.serve();
    let child = run(
        &server.kubeconfig(),
        &["pod/lone", "--wait", "--timeout", "30s", "--patience", "1h"],
    );
    meanwhile();
    world.put(Kind::Pod, objects::running("shop", "lone", "node-1"));
    let (code, out) = ended(child);
    assert_eq!(code, Some(0), "{out}");
}

#[test]
fn what_ended_for_good_is_not_well() {
    let world = shop(&THERE);
    let mut pod = objects::crashing("shop", "lone", 0);
    pod["status"]["phase"] = json!("Failed");
    world.put(Kind::Pod, pod);
    let server = world.serve();
    for (patience, expected) in [("1h", 3), ("0s", 1)] {
        let child = run(
            &server.kubeconfig(),
            &["--wait", "--timeout", "2s", "--patience", patience],
        );
        let (code, out) = ended(child);
        assert_eq!(code, Some(expected), "{patience}: {out}");
    }
}

/// A container is ready between its crashes.
#[test]
fn a_pod_that_has_just_been_started_again_is_waited_for() {
    let world = shop(&THERE);
    let mut pod = objects::running("shop", "lone", "node-1");
    let crashed = objects::crashing("shop", "lone", 1);
    let now = jiff::Timestamp::now().to_string();
    let (status, of_crash) = (
        &mut pod["status"]["containerStatuses"][0],
        &crashed["status"]["containerStatuses"][0],
    );
    status["restartCount"] = json!(1);
    status["lastState"] = of_crash["lastState"].clone();
    status["state"] = json!({"running": {"startedAt": now}});
    world.put(Kind::Pod, pod);
    let server = world.serve();
    for targets in [&["pod/lone"][..], &[]] {
        let waiting = ["--wait", "--timeout", "2s"];
        let child = run(&server.kubeconfig(), &[targets, &waiting].concat());
        let (code, out) = ended(child);
        assert_eq!(code, Some(3), "{out}");
    }
}

#[test]
fn a_line_tells_what_is_new_and_what_was_solved() {
    let world = shop(&THERE);
    world.put(Kind::Pod, objects::unschedulable("shop", "before"));
    let server = world.serve();
    let mut child = run(&server.kubeconfig(), &["-w"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    let first = next();
    assert!(
        first.contains(" stuck    pod/before -n shop: insufficient-cpu"),
        "{first}"
    );
    world.put(Kind::Pod, without_image("lone"));
    world.remove(Kind::Pod, "shop", "before");
    let new = next();
    assert!(
        new.contains(" new      pod/lone -n shop: image-tag-not-found (likely): "),
        "{new}"
    );
    let solved = next();
    assert!(
        solved.contains(" solved   pod/before -n shop: insufficient-cpu, after "),
        "{solved}"
    );
    let mut crashes = objects::crashing("shop", "lone", 4);
    crashes["spec"]["containers"][0]["image"] = json!("registry.example.com/web:2");
    world.put(Kind::Pod, crashes);
    let changed = next();
    assert!(
        changed.contains(" changed  pod/lone -n shop: image-tag-not-found became crash-"),
        "{changed}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_line_tells_what_is_not_read() {
    let world = shop(&THERE);
    world.forbid(Kind::Node);
    world.put(Kind::Pod, objects::unschedulable("shop", "waiting"));
    let server = world.serve();
    let mut child = run(&server.kubeconfig(), &["-w"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(
        first.ends_with(
            " unread   nodes: not read (forbidden), and what depends on them is not told"
        ),
        "{first}"
    );
    let next = lines.next().unwrap().unwrap();
    assert!(
        next.contains(" stuck    pod/waiting -n shop: insufficient-cpu (likely): "),
        "{next}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it_without_another_line() {
    let world = shop(&THERE);
    world.put(Kind::Pod, objects::unschedulable("shop", "waiting"));
    let server = world.serve();
    let mut child = run(&server.kubeconfig(), &["-w"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    drop(lines);
    // what changes and tells nothing makes it look again
    while child.try_wait().unwrap().is_none() {
        world.put(Kind::Pod, objects::unschedulable("shop", "waiting"));
        meanwhile();
    }
}

#[test]
fn an_outage_is_told_once_with_its_end() {
    let world = shop(&THERE);
    world.put(Kind::Pod, objects::unschedulable("shop", "waiting"));
    let server = world.serve();
    let mut child = run(&server.kubeconfig(), &["-w", "-o", "jsonl"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["transition"], "stuck");
    world.set_down(true);
    assert_eq!(next()["transition"], "lost");
    // until all the others are lost, too
    std::thread::sleep(Duration::from_secs(8));
    world.set_down(false);
    let back = next();
    assert_eq!(back["transition"], "resynced");
    for kind in ["pods", "nodes"] {
        let kinds = back["kinds"].as_array().unwrap();
        assert!(kinds.contains(&json!(kind)), "{back}");
    }
    world.remove(Kind::Pod, "shop", "waiting");
    assert_eq!(next()["transition"], "solved");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn formats_that_need_the_whole_report_are_refused_for_a_watch() {
    let world = shop(&THERE);
    let server = world.serve();
    let output = run(&server.kubeconfig(), &["-w", "-o", "github"])
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("a watch tells line by line: text or jsonl"),
        "{said}"
    );
}

#[test]
fn what_a_watch_writes_keeps_to_its_schema() {
    let world = shop(&THERE);
    let pod = |name| of_revision(without_image(name), 1);
    world.put(Kind::Pod, pod("web-r1-c"));
    let server = world.serve();
    let mut child = run(&server.kubeconfig(), &["-w", "-o", "jsonl"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(line["transition"], "stuck", "{line}");
    Schema::of_watch().keeps(&line, "/$defs/Transition");
    let lost = json!({
        "schema": "kubectl-diagnose-watch/v1", "at": "2026-01-01T00:00:00Z", "transition": "lost",
        "kinds": ["Pod"], "detail": "connection refused",
    });
    Schema::of_watch().keeps(&lost, "/$defs/Interruption");
}
