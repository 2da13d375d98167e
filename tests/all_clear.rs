//! "Nothing is stuck" is a claim: exit 0 only where everything that was asked for was read, and tells when it was.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere"
)]

use crate::BINARY;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

const CREATED: &str = "2026-01-01T00:00:00Z";

/// A pod of a node that is up, in this state.
fn pod(name: &str, ready: bool, state: &Value) -> Value {
    let status = if ready { "True" } else { "False" };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": CREATED},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "web:1", "readinessProbe": {"httpGet": {"port": 80}}}]},
        "status": {"phase": "Running",
            "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": CREATED}, {"type": "Ready", "status": status, "reason": "ContainersNotReady", "lastTransitionTime": CREATED}],
            "containerStatuses": [{"name": "app", "image": "web:1", "imageID": "", "ready": ready, "started": true, "restartCount": 0, "state": state}]}
    })
}

fn healthy(name: &str) -> Value {
    pod(name, true, &json!({"running": {"startedAt": CREATED}}))
}

fn warming_up(name: &str) -> Value {
    pod(name, false, &json!({"running": {"startedAt": CREATED}}))
}

fn creating(name: &str) -> Value {
    let mut pod = pod(
        name,
        false,
        &json!({"waiting": {"reason": "ContainerCreating"}}),
    );
    pod["status"]["phase"] = json!("Pending");
    pod
}

fn pulling(name: &str) -> Value {
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"web:1\": ErrImagePull: manifest unknown"}});
    pod(name, false, &waiting)
}

/// Something else of that cluster, an hour later.
fn an_hour_on() -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "other"}, "lastTimestamp": "2026-01-01T01:00:00Z"})
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

/// The exit code and the report of a dump of these.
fn of_dump(objects: &[Value]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    fs::write(&path, list.to_string()).unwrap();
    let output = Command::new(BINARY)
        .env_clear()
        .args(["-A", "-f"])
        .arg(&path)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn what_could_not_be_read_is_no_all_clear() {
    let undecodable = || with(healthy("lost"), "/spec/containers", json!("none"));
    for (objects, code, words) in [
        (vec![healthy("web")], 0, "nothing is stuck"),
        (
            vec![healthy("web"), undecodable()],
            2,
            "nothing is known to be stuck",
        ),
        (
            vec![healthy("web"), undecodable()],
            2,
            "not every pod could be read",
        ),
        (vec![undecodable()], 2, "no pod could be read"),
        (
            vec![pulling("web"), undecodable()],
            1,
            "not every pod could be read",
        ),
        (vec![pulling("web")], 1, "image-tag-not-found"),
    ] {
        let (found, text) = of_dump(&objects);
        assert_eq!(found, Some(code), "{text}");
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_comes_from_no_cluster_is_no_dump() {
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "app", "image": "web:1"}]}});
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}});
    let (code, text) = of_dump(&[manifest.clone(), service]);
    assert!(
        code == Some(2) && text.contains("holds manifests"),
        "{text}"
    );
    // beside what comes from one it is a pod of which nothing is known
    let (code, text) = of_dump(&[manifest, healthy("api")]);
    assert!(
        code == Some(2) && text.contains("1 progressing or late"),
        "{text}"
    );
}

#[test]
fn nobody_can_say_how_long_a_pod_waits_in_a_dump_without_a_clock() {
    for (objects, code, words) in [
        (
            vec![creating("web")],
            2,
            "pod shop/web is progressing or late: being created",
        ),
        (
            vec![creating("web"), healthy("api")],
            2,
            "1 progressing or late",
        ),
        (vec![creating("web"), an_hour_on()], 1, "unexplained"),
        // a cause that the pod itself shows is told, as what it may be
        (vec![warming_up("web")], 1, "readiness-failing (possible)"),
        (
            vec![warming_up("web"), an_hour_on()],
            1,
            "readiness-failing (likely)",
        ),
        (
            vec![creating("web"), pulling("api")],
            1,
            "image-tag-not-found",
        ),
    ] {
        let (found, text) = of_dump(&objects);
        assert_eq!(found, Some(code), "{text}");
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// What the kubelet or a controller said of a pod, some seconds after it was made.
fn said(pod: &str, reason: &str, seconds: i64) -> Value {
    let at = format!("2026-01-01T00:00:{seconds:02}Z");
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("{pod}.{seconds}"), "namespace": "shop"}, "type": "Normal",
        "reason": reason, "message": format!("{reason} \"web:1\""), "lastTimestamp": at,
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod, "uid": pod, "fieldPath": "spec.containers{app}"}})
}

/// Deleted half a minute after it was made, with so long a grace period.
fn deleted(name: &str, grace: i64) -> Value {
    let mut pod = healthy(name);
    pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:30:00Z");
    pod["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
    pod
}

fn with_hook(mut pod: Value) -> Value {
    pod["spec"]["containers"][0]["lifecycle"] =
        json!({"preStop": {"exec": {"command": ["sleep", "900"]}}});
    pod
}

/// Deleted for a taint of its node, whose controller had marked it.
fn evicted_from_silence(mut pod: Value) -> Value {
    pod["status"]["conditions"] = json!([
        {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:10Z"},
        {"type": "ContainersReady", "status": "True", "lastTransitionTime": CREATED},
        {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager", "message": "Taint manager: deleting due to NoExecute taint", "lastTransitionTime": "2026-01-01T00:00:20Z"}]);
    pod
}

#[test]
fn what_a_dump_without_a_clock_may_be_of_is_told_as_possible() {
    let later = || {
        with(
            an_hour_on(),
            "/lastTimestamp",
            json!("2026-01-01T00:02:00Z"),
        )
    };
    let pulls = || vec![creating("web"), said("web", "Pulling", 2)];
    let stops = |pod| vec![pod, said("web", "Killing", 30)];
    for (objects, expected) in [
        (pulls(), Some("image-pull-slow (possible)")),
        // by what else stands there it had been two minutes at least, which is none too long
        ([pulls(), vec![later()]].concat(), None),
        (
            stops(with_hook(deleted("web", 1800))),
            Some("stuck-terminating (possible)"),
        ),
        (
            stops(deleted("web", 1800)),
            Some("stuck-terminating (possible)"),
        ),
        (stops(deleted("web", 30)), None),
        (
            stops(evicted_from_silence(deleted("web", 30))),
            Some("node-lost (likely)"),
        ),
    ] {
        let (code, text) = of_dump(&objects);
        match expected {
            Some(expected) => assert!(code == Some(1) && text.contains(expected), "{text}"),
            None => assert!(code == Some(2) && !text.contains("explain "), "{text}"),
        }
    }
}

/// Its last run, in seconds before the present one.
fn restarted(name: &str, restarts: i32, ran: i64, ready: bool) -> Value {
    let begun = format!(
        "2026-01-01T{:02}:{:02}:{:02}Z",
        (36_000 - ran) / 3600,
        (36_000 - ran) / 60 % 60,
        (36_000 - ran) % 60
    );
    let last = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": begun, "finishedAt": "2026-01-01T10:00:00Z"}});
    let state = json!({"running": {"startedAt": "2026-01-01T10:00:10Z"}});
    let mut pod = pod(name, ready, &state);
    pod["status"]["containerStatuses"][0]["restartCount"] = json!(restarts);
    pod["status"]["containerStatuses"][0]["lastState"] = last;
    pod
}

#[test]
fn a_ready_container_is_not_stuck_on_the_strength_of_a_lower_bound() {
    let back_off = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "shop"}, "reason": "BackOff",
        "message": "Back-off restarting failed container app in pod web",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "fieldPath": "spec.containers{app}"}, "lastTimestamp": "2026-01-01T09:59:00Z"});
    for (objects, code) in [
        // it had run for hours, as after a reboot of its node
        (vec![restarted("web", 9, 30_000, true)], 0),
        (vec![restarted("web", 9, 30, true)], 0),
        (vec![restarted("web", 9, 30, true), back_off], 1),
    ] {
        let (found, text) = of_dump(&objects);
        assert_eq!(found, Some(code), "{text}");
    }
}

#[test]
fn a_dump_without_a_list_of_pods_is_no_all_clear() {
    let event = with(an_hour_on(), "/involvedObject/name", json!("web"));
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    for objects in [vec![event], vec![node]] {
        let (code, text) = of_dump(&objects);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("not read (not in the dump): pods"), "{text}");
    }
    // an empty list is one of whatever was asked for
    assert_eq!(of_dump(&[]).0, Some(0));
}

#[test]
fn pods_that_only_a_warning_names_are_missing_where_not_all_pods_are_there() {
    let warning = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "w", "namespace": "shop"},
        "type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "gone"}, "lastTimestamp": "2026-01-01T01:00:00Z"});
    // a list is of all pods of its namespace: that one is gone
    let (code, text) = of_dump(&[healthy("web"), warning.clone()]);
    assert_eq!(code, Some(0), "{text}");
    let folder = tempfile::tempdir().unwrap();
    for (name, object) in [("web.json", &healthy("web")), ("events.json", &warning)] {
        fs::write(folder.path().join(name), object.to_string()).unwrap();
    }
    let run = |target: &[&str]| {
        let command = Command::new(BINARY)
            .env_clear()
            .args(["-n", "shop", "-f"])
            .arg(folder.path())
            .args(target)
            .output();
        let output = command.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (code, text) = run(&[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("Pod shop/gone"), "{text}");
    let (code, text) = run(&["pod/web"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn that_something_has_ended_is_no_all_clear_of_what_was_not_read() {
    let mut ended = pod(
        "web",
        false,
        &json!({"terminated": {"exitCode": 1, "reason": "Error"}}),
    );
    ended["status"]["phase"] = json!("Failed");
    let undecodable = with(healthy("lost"), "/spec/containers", json!("none"));
    let (code, text) = of_dump(&[ended.clone(), healthy("api")]);
    assert!(
        code == Some(1) && text.contains("nothing is stuck"),
        "{text}"
    );
    let (code, text) = of_dump(&[ended, undecodable]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("nothing is known to be stuck"), "{text}");
}

#[test]
fn a_dump_is_no_older_than_the_last_job_of_a_cron_job() {
    let cron_job = json!({"apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "report", "namespace": "shop", "uid": "report", "creationTimestamp": CREATED},
        "spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}},
        "status": {"lastScheduleTime": "2026-01-02T00:00:00Z"}});
    // for a day, and not since its creation
    let (code, text) = of_dump(&[creating("web"), cron_job]);
    assert!(code == Some(1) && text.contains("24h"), "{text}");
}
