use super::*;
use serde_json::{Value, json};

/// A pod that waits for its only container to be created.
fn pod(status: Value) -> PodView {
    let value = json!({
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"nodeName": "n1", "containers": [{"name": "app"}]},
        "status": status,
    });
    PodView::new(serde_json::from_value(value).unwrap())
}

fn waiting(reason: &str) -> PodView {
    let container = json!({"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason}}});
    pod(json!({"phase": "Pending", "containerStatuses": [container]}))
}

/// Events in the order in which they were last seen.
fn events(said: &[(&str, &str)]) -> Events {
    let mut events = Events::default();
    for (minute, (reason, message)) in said.iter().enumerate() {
        let kind = if reason.starts_with("Failed") || reason.starts_with("Network") {
            "Warning"
        } else {
            "Normal"
        };
        let event = json!({
            "metadata": {"name": format!("web.{minute}"), "namespace": "shop"},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web"},
            "reason": reason, "message": message, "type": kind,
            "lastTimestamp": format!("2026-01-01T00:{minute:02}:00Z"),
        });
        events.insert(Event::read(event.to_string().as_bytes()).unwrap());
    }
    events
}

fn messages(events: Vec<&Event>) -> Vec<&str> {
    let messages = events.into_iter().map(|event| event.message.as_str());
    messages.collect()
}

const ATTACH: (&str, &str) = (
    "FailedAttachVolume",
    "Multi-Attach error for volume \"a\" x",
);

#[test]
fn a_later_step_ends_what_an_earlier_one_says() {
    let creating = waiting("ContainerCreating");
    for (said, volumes, sandbox) in [
        (vec![("FailedMount", "m")], vec!["m"], vec![]),
        (
            vec![("FailedMount", "m"), ("FailedCreatePodSandBox", "s")],
            vec![],
            vec!["s"],
        ),
        (
            vec![("FailedCreatePodSandBox", "s"), ("FailedMount", "m")],
            vec!["m"],
            vec![],
        ),
        (vec![("FailedMount", "m"), ("Pulling", "p")], vec![], vec![]),
        // the kubelet mounts beside waiting for the network
        (
            vec![("NetworkNotReady", "n"), ("FailedMount", "m")],
            vec!["m"],
            vec!["n"],
        ),
        (
            vec![
                ATTACH,
                (
                    "SuccessfulAttachVolume",
                    "AttachVolume.Attach succeeded for volume \"a\" ",
                ),
            ],
            vec![],
            vec![],
        ),
        (
            vec![
                ATTACH,
                (
                    "SuccessfulAttachVolume",
                    "AttachVolume.Attach succeeded for volume \"b\" ",
                ),
            ],
            vec![ATTACH.1],
            vec![],
        ),
    ] {
        let events = events(&said);
        assert_eq!(
            messages(of_volumes(&events, &creating)),
            volumes,
            "{said:?}"
        );
        assert_eq!(
            messages(of_sandbox(&events, &creating)),
            sandbox,
            "{said:?}"
        );
    }
}

#[test]
fn a_pod_that_is_through_is_not_hindered() {
    let events = events(&[("FailedMount", "m")]);
    assert_eq!(of_volumes(&events, &waiting("PodInitializing")).len(), 1);
    assert!(of_volumes(&events, &waiting("CrashLoopBackOff")).is_empty());
    let running = json!({"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"running": {}}});
    let running = pod(json!({"phase": "Running", "containerStatuses": [running]}));
    assert!(of_volumes(&events, &running).is_empty());
    assert!(of_volumes(&events, &pod(json!({"phase": "Failed"}))).is_empty());
    // nothing of its containers is known yet
    assert_eq!(
        of_volumes(&events, &pod(json!({"phase": "Pending"}))).len(),
        1
    );
}

#[test]
fn volumes_may_be_missing_until_a_sandbox_is_tried() {
    let creating = waiting("ContainerCreating");
    assert!(may_lack_volumes(&events(&[]), &creating));
    assert!(!may_lack_volumes(
        &events(&[("FailedCreatePodSandBox", "s")]),
        &creating
    ));
    assert!(!may_lack_volumes(&events(&[("Pulling", "p")]), &creating));
    let ready = json!([{"type": "PodReadyToStartContainers", "status": "True"}]);
    let ready = pod(json!({"phase": "Pending", "conditions": ready}));
    assert!(!may_lack_volumes(&events(&[]), &ready));
}
