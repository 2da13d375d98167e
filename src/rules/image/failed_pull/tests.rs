//! Which message counts for a container that waits for an image.

use super::*;
use crate::snapshot::{Store, Why};
use serde_json::{Value, json};

const IMAGE: &str = "reg.example/web:1";

fn store(pod: Value, events: &[(&str, &str, Option<&str>)]) -> Store {
    let mut items = vec![pod];
    for (index, (reason, message, container)) in events.iter().enumerate() {
        let path = container.map(|name| format!("spec.containers{{{name}}}"));
        items.push(json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("e{index}"), "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "u1", "fieldPath": path},
            "reason": reason, "message": message, "type": "Warning", "lastTimestamp": format!("2026-01-01T00:0{index}:00Z")}));
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let mut store = Store::new(Why::NotInDump);
    crate::gather::dump::load(&list.to_string(), &mut store).unwrap();
    store
}

fn pod(reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": "n1",
            "containers": [{"name": "app", "image": IMAGE, "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "image": {"reference": "reg.example/data"}}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "image": IMAGE, "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": reason, "message": message}}}]}})
}

/// Class of the failure, image, and whether the message may be about another image.
fn read(pod: Value, events: &[(&str, &str, Option<&str>)]) -> Vec<(PullFailure, String, bool)> {
    let store = store(pod, events);
    let snapshot = store.snapshot();
    let engine = crate::scheduler::Engine::new(&snapshot);
    let case = Case::new(store.whole_pods().next().unwrap(), &engine);
    all(&case)
        .into_iter()
        .map(|failed| {
            (
                failed.pull.failure,
                failed.image.to_owned(),
                failed.indirect,
            )
        })
        .collect()
}

const BACK_OFF: &str = "Back-off pulling image \"reg.example/web:1\"";
const REFUSED: &str = "Failed to pull image \"reg.example/web:1\": dial tcp 10.0.0.3:443: connect: connection refused";
const ABSENT: &str = "Failed to pull image \"reg.example/web:1\": manifest unknown";

#[test]
fn the_status_outranks_events() {
    let found = read(
        pod("ErrImagePull", "manifest unknown"),
        &[("Failed", REFUSED, Some("app"))],
    );
    assert_eq!(found, [(PullFailure::TagNotFound, IMAGE.to_owned(), false)]);
}

#[test]
fn behind_boilerplate_the_newest_event_about_the_image_counts() {
    let found = |events: &[(&str, &str, Option<&str>)]| {
        let found = read(pod("ImagePullBackOff", BACK_OFF), events);
        (found[0].0, found[0].2)
    };
    let (refused, absent) = (
        ("Failed", REFUSED, Some("app")),
        ("Failed", ABSENT, Some("app")),
    );
    let noise = ("Failed", "Error: ImagePullBackOff", Some("app"));
    assert_eq!(
        found(&[refused, absent, noise]),
        (PullFailure::TagNotFound, false)
    );
    assert_eq!(
        found(&[absent, refused, noise]),
        (PullFailure::Unreachable, false)
    );
    assert_eq!(found(&[noise]), (PullFailure::Unknown, false));
    let qps = "Failed to pull image \"reg.example/web:1\": pull QPS exceeded";
    assert_eq!(
        found(&[refused, ("Failed", qps, Some("app"))]),
        (PullFailure::Unreachable, false)
    );
    let of_another_container = ("Failed", ABSENT, Some("side"));
    assert_eq!(
        found(&[of_another_container]),
        (PullFailure::Unknown, false)
    );
    let former = "Failed to pull image \"reg.example/web:0\": manifest unknown";
    assert_eq!(
        found(&[("Failed", former, Some("app"))]),
        (PullFailure::Unknown, false)
    );
    assert_eq!(
        found(&[("Failed", former, None)]),
        (PullFailure::TagNotFound, true)
    );
}

#[test]
fn the_image_of_a_volume_is_told_from_the_containers_own() {
    for (message, image) in [
        (
            "Back-off pulling image \"reg.example/data\": ErrImagePull: manifest unknown",
            "reg.example/data",
        ),
        (
            "failed to pull and unpack image \"reg.example/data:latest\": manifest unknown",
            "reg.example/data",
        ),
        (
            "failed to pull and unpack image \"reg.example/web:1\": manifest unknown",
            IMAGE,
        ),
        ("manifest unknown", IMAGE),
    ] {
        let found = read(pod("ErrImagePull", message), &[]);
        assert_eq!(
            found,
            [(PullFailure::TagNotFound, image.to_owned(), false)],
            "{message}"
        );
    }
}

#[test]
fn a_raw_error_as_the_reason_is_read_and_other_reasons_are_not() {
    let raw = "failed to pull image \"reg.example/web:1\": no basic auth credentials";
    let found = read(pod(raw, ""), &[]);
    assert_eq!(found, [(PullFailure::Auth, IMAGE.to_owned(), false)]);
    let other = pod(
        "CreateContainerError",
        "failed to mount image volume: denied: x",
    );
    assert_eq!(read(other, &[]), []);
}

#[test]
fn nothing_is_pulled_for_a_pod_that_has_ended_or_goes_away() {
    let mut ended = pod("ErrImagePull", "manifest unknown");
    ended["status"]["phase"] = json!("Failed");
    assert_eq!(read(ended, &[]), []);
    let mut leaving = pod("ErrImagePull", "manifest unknown");
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:10Z");
    leaving["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:20:00Z"}]);
    assert_eq!(read(leaving, &[]), []);
}

#[test]
fn a_text_of_a_pull_counts_under_any_reason() {
    const PING: &str = "pinging container registry reg.example: Get \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: connect: connection refused";
    let found = |failure| vec![(failure, IMAGE.to_owned(), false)];
    let told = |reason: &str, message: &str, events: &[(&str, &str, Option<&str>)]| {
        let all = read(pod(reason, message), events).into_iter();
        all.map(|(failure, image, _)| (failure, image, false))
            .collect::<Vec<_>>()
    };
    let unreachable = found(PullFailure::Unreachable);
    assert_eq!(told("CreateContainerError", PING, &[]), unreachable);
    assert_eq!(
        told("CreateContainerError", "", &[("Failed", PING, Some("app"))]),
        unreachable
    );
    let old = "Error syncing pod, skipping: failed to \"StartContainer\" for \"app\" with ErrImagePull: \"API error (500): \
               Get https://reg.example/v2/web/manifests/1: no basic auth credentials\\n\"";
    assert_eq!(
        told("ContainerCreating", "", &[("FailedSync", old, None)]),
        found(PullFailure::Auth)
    );
    // the container has an image, waits for something else, or another one is meant
    for (reason, message, events) in [
        ("CrashLoopBackOff", "", vec![("Failed", PING, Some("app"))]),
        (
            "CreateContainerError",
            "no command specified",
            vec![("Failed", PING, Some("app"))],
        ),
        (
            "CreateContainerError",
            "",
            vec![("Failed", PING, Some("other"))],
        ),
        (
            "CreateContainerError",
            "",
            vec![("Failed", "stat /data: no such file", Some("app"))],
        ),
        (
            "CreateContainerError",
            "",
            vec![
                ("Failed", PING, Some("app")),
                ("Pulled", "Successfully pulled image", Some("app")),
            ],
        ),
    ] {
        assert_eq!(
            told(reason, message, &events),
            [],
            "{reason} {message} {events:?}"
        );
    }
}

#[test]
fn what_was_said_before_the_image_was_pulled_is_over() {
    let pulled = "Successfully pulled image \"reg.example/web:1\" in 2s";
    let unknown = |events: &[(&str, &str, Option<&str>)]| {
        read(pod("ImagePullBackOff", BACK_OFF), events)[0].0 == PullFailure::Unknown
    };
    assert!(unknown(&[
        ("Failed", ABSENT, Some("app")),
        ("Pulled", pulled, Some("app"))
    ]));
    assert!(!unknown(&[
        ("Pulled", pulled, Some("app")),
        ("Failed", ABSENT, Some("app"))
    ]));
    assert!(!unknown(&[
        ("Failed", ABSENT, Some("app")),
        ("Pulled", pulled, Some("other"))
    ]));
}

#[test]
fn a_pull_under_the_reason_of_a_creation_is_no_trouble_of_the_creation() {
    const PING: &str = "pinging container registry reg.example: Get \"https://reg.example/v2/\": dial tcp 10.0.0.3:443: connect: connection refused";
    let causes = |message: &str| {
        let store = store(pod("CreateContainerError", message), &[]);
        let scope = crate::triage::Scope::everything();
        let requests = crate::report::Requests::default();
        let report = crate::diagnose::diagnose(&store.snapshot(), &scope, requests);
        let causes = report.diagnoses.into_iter().map(|one| one.cause);
        causes.collect::<Vec<_>>()
    };
    assert_eq!(causes(PING), ["registry-unreachable"]);
    assert_eq!(causes("no command specified"), ["container-create-error"]);
}
