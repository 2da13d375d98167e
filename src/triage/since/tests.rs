use super::*;
use crate::snapshot::{Kind, Retention, Store, Why};
use serde_json::{Value, json};

/// Of the pod `web` made at midnight: since when it is in trouble, by the clock of one o'clock, as minutes and seconds.
fn trouble(status: &Value, events: &[Value]) -> Option<String> {
    let mut store = Store::new(Why::NotInDump);
    store.set_time("2026-01-01T01:00:00Z".parse().unwrap());
    let pod = json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "1", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "app"}], "initContainers": [{"name": "init"}]},
        "status": status
    });
    let mut insert = |kind, object: &Value| {
        let object = object.to_string();
        store
            .insert(kind, object.as_bytes(), Retention::Whole)
            .unwrap();
    };
    insert(Kind::Pod, &pod);
    for event in events {
        insert(Kind::Event, event);
    }
    let pod = store.whole_pod("shop", "web").unwrap();
    let since = since(pod, &store.snapshot())?.to_string();
    Some(since.get(14..19).unwrap().to_owned())
}

fn at(minute: &str) -> String {
    format!("2026-01-01T00:{minute}Z")
}

fn condition(r#type: &str, status: &str, minute: &str) -> Value {
    json!({"type": r#type, "status": status, "lastTransitionTime": at(minute)})
}

fn run(from: &str, to: &str) -> Value {
    json!({"terminated": {"exitCode": 1, "startedAt": at(from), "finishedAt": at(to)}})
}

fn container(name: &str, restarts: i32, state: &Value, last: &Value) -> Value {
    json!({"name": name, "ready": false, "restartCount": restarts, "image": "", "imageID": "", "state": state, "lastState": last})
}

fn crashing_pod(restarts: i32, started: &str, last: &Value) -> Value {
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let unready = last["terminated"]["finishedAt"]
        .as_str()
        .unwrap()
        .get(14..19)
        .unwrap();
    json!({"phase": "Running", "startTime": at(started), "conditions": [condition("Ready", "False", unready)],
        "containerStatuses": [container("app", restarts, &waiting, last)]})
}

fn back_off(made: &str, first: &str) -> Value {
    json!({"metadata": {"name": "b", "namespace": "shop", "creationTimestamp": at(made)},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "1", "fieldPath": "spec.containers{app}"},
        "reason": "BackOff", "type": "Warning", "message": "Back-off restarting failed container app in pod web_shop(1)",
        "count": 9, "firstTimestamp": at(first), "lastTimestamp": at("59:50")})
}

#[test]
fn a_crash_loop_began_with_the_first_failing_run_that_is_known() {
    let short = run("59:10", "59:15");
    for (restarts, started, last, events, expected) in [
        // six restarts hardly fit into the time since the start: there was no good run
        (6, "53:20", &short, vec![], Some("53:20")),
        // but two leave half an hour in which it may have been well
        (2, "20:00", &short, vec![], Some("59:10")),
        (
            2,
            "20:00",
            &short,
            vec![back_off("40:00", "40:00")],
            Some("40:00"),
        ),
        // the event had expired, so nothing failed for an hour
        (
            2,
            "20:00",
            &short,
            vec![back_off("45:00", "30:00")],
            Some("45:00"),
        ),
        // it was well until it ended
        (1, "00:10", &run("00:20", "59:15"), vec![], Some("59:15")),
    ] {
        let found = trouble(&crashing_pod(restarts, started, last), &events);
        assert_eq!(
            found.as_deref(),
            expected,
            "{restarts} {started} {last} {events:?}"
        );
    }
}

#[test]
fn a_container_that_recovered_long_ago_is_not_the_trouble() {
    let running = json!({"running": {"startedAt": at("05:00")}});
    let recovered = container("app", 5, &running, &run("01:00", "01:05"));
    let status = json!({"phase": "Running", "conditions": [condition("Ready", "False", "50:00")], "containerStatuses": [recovered]});
    assert_eq!(trouble(&status, &[]).as_deref(), Some("50:00"));
}

#[test]
fn the_wait_for_an_init_container_that_ended_well_is_no_trouble() {
    let done =
        json!({"terminated": {"exitCode": 0, "startedAt": at("01:00"), "finishedAt": at("40:00")}});
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff"}});
    let status = json!({"phase": "Pending", "conditions": [condition("Ready", "False", "00:30")],
        "initContainerStatuses": [container("init", 0, &done, &json!({}))],
        "containerStatuses": [container("app", 0, &waiting, &json!({}))]});
    assert_eq!(trouble(&status, &[]).as_deref(), Some("40:00"));
}

#[test]
fn other_states_have_a_time_of_their_own_or_none() {
    let ended = container("app", 0, &run("10:00", "30:00"), &json!({}));
    for (status, expected) in [
        (
            json!({"phase": "Pending", "conditions": [condition("PodScheduled", "False", "03:00")]}),
            Some("03:00"),
        ),
        (
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]}),
            Some("00:00"),
        ),
        (
            json!({"phase": "Pending", "conditions": [condition("PodScheduled", "True", "04:00")]}),
            Some("04:00"),
        ),
        (
            json!({"phase": "Failed", "startTime": at("09:00"), "containerStatuses": [ended]}),
            Some("30:00"),
        ),
        (
            json!({"phase": "Failed", "reason": "Evicted", "startTime": at("09:00"), "conditions": [condition("DisruptionTarget", "True", "20:00")]}),
            Some("20:00"),
        ),
        (
            json!({"phase": "Failed", "reason": "Evicted", "startTime": at("09:00")}),
            None,
        ),
        (
            json!({"phase": "Failed", "reason": "OutOfcpu", "startTime": at("09:00")}),
            Some("09:00"),
        ),
    ] {
        assert_eq!(trouble(&status, &[]).as_deref(), expected, "{status}");
    }
}

#[test]
fn restarts_are_those_of_the_container_that_is_meant() {
    let pod = json!({"spec": {"containers": []}, "status": {"containerStatuses": [
        container("app", 6, &json!({}), &run("10:00", "20:00")),
        container("side", 1, &run("25:00", "30:00"), &run("10:00", "15:00")),
        container("done", 0, &run("25:00", "35:00"), &json!({}))]}});
    let pod = PodView::new(serde_json::from_value(pod).unwrap());
    let found = |container| {
        let restarts = restarts(&pod, container)?;
        Some((restarts.count, finished(restarts.last?)?.to_string()))
    };
    assert_eq!(found(Some("app")), Some((6, at("20:00"))));
    assert_eq!(found(None), Some((7, at("30:00"))));
    assert_eq!(found(Some("none")), None);
}
