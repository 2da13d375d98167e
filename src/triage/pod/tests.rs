use super::*;
use crate::snapshot::Event;
use serde_json::{Value, json};

const NOW: &str = "2026-01-01T01:00:00Z";

fn pod(status: Value) -> PodView {
    let value = json!({
        "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "readinessProbe": {"periodSeconds": 10, "failureThreshold": 3, "initialDelaySeconds": 60}}]},
        "status": status
    });
    PodView::new(serde_json::from_value(value).unwrap())
}

fn running(ready: bool, restarts: i32, since: &str, last: Value) -> PodView {
    pod(
        json!({"phase": "Running", "conditions": [{"type": "Ready", "status": if ready {"True"} else {"False"}}],
        "containerStatuses": [{"name": "app", "ready": ready, "started": true, "restartCount": restarts, "image": "x", "imageID": "",
            "state": {"running": {"startedAt": since}}, "lastState": last}]}),
    )
}

fn standing_of(pod: &PodView) -> Standing {
    told_of(pod, &[], true)
}

/// Of the kubelet, by reason and message.
fn told_of(pod: &PodView, said: &[(&str, &str)], exact: bool) -> Standing {
    let mut events = Events::default();
    for (at, (reason, message)) in said.iter().enumerate() {
        let event = json!({"metadata": {"name": format!("{at}"), "namespace": "shop"}, "reason": reason, "message": message, "type": "Warning",
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "fieldPath": "spec.containers{app}"},
            "lastTimestamp": NOW});
        events.insert(Event::read(event.to_string().as_bytes()).unwrap());
    }
    let clock = Clock {
        at: NOW.parse().unwrap(),
        exact,
    };
    let events = &events;
    standing(pod, Around { clock, events })
}

#[test]
fn a_ready_pod_is_healthy_whatever_its_past() {
    let crash = json!({"terminated": {"exitCode": 1, "startedAt": "2026-01-01T00:10:00Z", "finishedAt": "2026-01-01T00:10:05Z"}});
    assert!(matches!(
        standing_of(&running(true, 9, "2026-01-01T00:11:00Z", crash)),
        Standing::Healthy(_)
    ));
}

#[test]
fn a_container_between_two_crashes_has_not_recovered() {
    let crash = json!({"terminated": {"exitCode": 2, "startedAt": "2026-01-01T00:57:00Z", "finishedAt": "2026-01-01T00:58:00Z"}});
    assert_eq!(
        standing_of(&running(true, 5, "2026-01-01T00:59:30Z", crash.clone())),
        Standing::Stuck
    );
    // the second crash of what crashes for ever is no other than that of what comes up at last
    let until = "2026-01-01T01:02:30Z".parse().ok();
    assert_eq!(
        standing_of(&running(true, 1, "2026-01-01T00:59:30Z", crash.clone())),
        Standing::Progressing(Because::Restarted, until)
    );
    assert!(matches!(
        standing_of(&running(true, 1, "2026-01-01T00:57:00Z", crash)),
        Standing::Healthy(_)
    ));
}

#[test]
fn readiness_has_its_budget() {
    assert!(matches!(
        standing_of(&running(false, 0, "2026-01-01T00:59:00Z", json!({}))),
        Standing::Progressing(..)
    ));
    assert_eq!(
        standing_of(&running(false, 0, "2026-01-01T00:50:00Z", json!({}))),
        Standing::Stuck
    );
}

#[test]
fn succeeded_pods_are_never_stuck() {
    let status = json!({"phase": "Succeeded", "containerStatuses": [{"name": "side", "ready": false, "restartCount": 0, "image": "", "imageID": "",
        "state": {"terminated": {"exitCode": 255, "reason": "Error"}}}]});
    assert!(matches!(standing_of(&pod(status)), Standing::Healthy(_)));
}

#[test]
fn creating_is_stuck_when_late_or_when_a_warning_is_current() {
    let status = |since: &str| {
        json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": since}],
        "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": {"waiting": {"reason": "ContainerCreating"}}}]})
    };
    let fresh = pod(status("2026-01-01T00:59:30Z"));
    assert!(matches!(standing_of(&fresh), Standing::Progressing(..)));
    let said = [("FailedMount", "configmap \"x\" not found")];
    assert_eq!(told_of(&fresh, &said, true), Standing::Stuck);
    assert_eq!(
        told_of(&fresh, &[], false),
        Standing::Unknown(Because::Creating)
    );
    assert_eq!(
        standing_of(&pod(status("2026-01-01T00:50:00Z"))),
        Standing::Stuck
    );
}

/// Started again so many times after short runs, and up for ten seconds.
fn restarted(restarts: i32, started: bool, ready: bool) -> PodView {
    let last = json!({"terminated": {"exitCode": 137, "startedAt": "2026-01-01T00:58:00Z", "finishedAt": "2026-01-01T00:59:40Z"}});
    let mut pod = running(ready, restarts, "2026-01-01T00:59:50Z", last)
        .pod()
        .clone();
    let containers = pod.status.as_mut().unwrap().statuses_mut();
    containers.for_each(|one| one.started = one.started.map(|_| started));
    PodView::new(pod)
}

#[test]
fn what_its_own_probe_has_killed_is_stuck() {
    let startup = [(
        "Killing",
        "Container app failed startup probe, will be restarted",
    )];
    let starting = restarted(1, false, false);
    assert_eq!(told_of(&starting, &startup, true), Standing::Stuck);
    assert_ne!(told_of(&starting, &[], true), Standing::Stuck);
    assert_ne!(
        told_of(&restarted(1, true, true), &startup, true),
        Standing::Stuck
    );
    // without the event its end tells, after as long as the probe lets it live
    for (period, standing_is_stuck) in [(30, true), (10, false)] {
        let mut pod = starting.pod().clone();
        let spec = std::sync::Arc::make_mut(pod.spec.as_mut().unwrap());
        let container = spec.containers.first_mut().unwrap();
        let probe = json!({"periodSeconds": period, "failureThreshold": 3});
        container.startup_probe = Some(serde_json::from_value(probe).unwrap());
        let is_stuck = standing_of(&PodView::new(pod)) == Standing::Stuck;
        assert_eq!(is_stuck, standing_is_stuck, "{period}");
    }
    let once = [(
        "Killing",
        "Container app failed liveness probe, will be restarted",
    )];
    assert_ne!(
        told_of(&restarted(2, true, true), &once, true),
        Standing::Stuck
    );
    let twice = [once[0], once[0]];
    assert_eq!(
        told_of(&restarted(2, true, true), &twice, true),
        Standing::Stuck
    );
}

#[test]
fn a_completed_pod_that_cannot_go_away_is_stuck() {
    let mut pod = pod(json!({"phase": "Succeeded"})).pod().clone();
    let deleted = json!("2026-01-01T00:00:00Z");
    pod.metadata.deletion_timestamp = serde_json::from_value(deleted).unwrap();
    let pod = PodView::new(pod);
    assert_eq!(standing_of(&pod), Standing::Stuck);
}
