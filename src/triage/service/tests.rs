use super::*;
use crate::snapshot::{ReadScope, Retention, Why};
use crate::triage::{Scope, triage};
use serde_json::{Value, json};

/// How the Service `web` stands beside these objects, an hour after it was made.
fn standing(service: &Value, beside: &[(Kind, Value)], pods_read: bool) -> Option<Standing> {
    standing_at(Some("2026-01-01T01:00:00Z"), service, beside, pods_read)
}

fn standing_at(
    time: Option<&str>,
    service: &Value,
    beside: &[(Kind, Value)],
    pods_read: bool,
) -> Option<Standing> {
    let mut store = Store::new(Why::NotInDump);
    if let Some(time) = time {
        store.set_time(time.parse().unwrap());
    }
    let meta = |name: &str| json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"});
    let web = json!({"metadata": meta("web"), "spec": service});
    let all = std::iter::once(&(Kind::Service, web))
        .chain(beside)
        .cloned()
        .collect::<Vec<_>>();
    for (kind, mut object) in all {
        let labels = object["metadata"]["labels"].clone();
        let name = if kind == Kind::Service {
            "web"
        } else {
            "web-1"
        };
        object["metadata"] = meta(name);
        object["metadata"]["labels"] = labels;
        store
            .insert(kind, object.to_string().as_bytes(), Retention::Whole)
            .unwrap();
    }
    if pods_read {
        store.record(Kind::Pod, ReadScope::Everywhere, Ok(()));
    }
    let targets = vec![crate::triage::scope::Target::new(Kind::Service, "web")];
    let scope = Scope {
        namespace: Some("shop".to_owned()),
        targets,
        ..Scope::default()
    };
    let snapshot = store.snapshot();
    let triage = triage(&snapshot, &scope);
    let stuck = triage.services.stuck.first().map(|_| Standing::Stuck);
    stuck.or_else(|| Some(triage.services.named.first()?.1.clone()))
}

fn pod(phase: &str, app: &str) -> (Kind, Value) {
    let pod = json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": []}, "status": {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}});
    (Kind::Pod, pod)
}

#[test]
fn a_service_is_new_by_a_clock_alone() {
    let web = json!({"selector": {"app": "web"}});
    let api = [pod("Running", "api")];
    let at = |time| standing_at(time, &web, &api, true);
    let soon = at(Some("2026-01-01T00:00:30Z"));
    assert!(
        matches!(soon, Some(Standing::Progressing(Because::NewService, _))),
        "{soon:?}"
    );
    // it is itself the newest in the dump, and that says nothing of its age
    assert_eq!(at(None), Some(Standing::Stuck));
}

#[test]
fn a_service_is_stuck_when_no_pod_is_or_would_be_its_own() {
    let web = json!({"selector": {"app": "web"}});
    let deployment = json!({"metadata": {}, "spec": {"replicas": 0, "template": {"metadata": {"labels": {"app": "web"}}}}});
    let deployment = (Kind::Deployment, deployment);
    let of_workload = Because::OfWorkload(ObjectRef::new(Kind::Deployment, "shop", "web-1"));
    for (service, beside, pods_read, expected) in [
        (json!({}), vec![], true, Because::NoSelector),
        (
            json!({"type": "ExternalName", "externalName": "db.example", "selector": {"app": "web"}}),
            vec![],
            true,
            Because::ExternalName,
        ),
        (
            web.clone(),
            vec![pod("Running", "web")],
            true,
            Because::Serves {
                pods: 1,
                ready: 1,
                ports: Vec::new(),
            },
        ),
        (
            web.clone(),
            vec![pod("Failed", "web")],
            true,
            Because::PodsEnded(1),
        ),
        (
            web.clone(),
            vec![pod("Running", "api")],
            false,
            Because::PodsUnread,
        ),
        (web.clone(), vec![deployment], true, of_workload),
    ] {
        let found = standing(&service, &beside, pods_read);
        assert_eq!(
            found,
            Some(Standing::Healthy(expected)),
            "{service} {beside:?}"
        );
    }
    assert_eq!(
        standing(&web, &[pod("Running", "api")], true),
        Some(Standing::Stuck)
    );
}

/// A pod made at this second of the hour, whose container waits.
fn unready(second: u32) -> (Kind, Value) {
    let created = format!("2026-01-01T00:59:{second:02}Z");
    let status = json!({"phase": "Running", "startTime": created, "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": created}],
        "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "x", "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": created}}}]});
    let ports = json!([{"name": "http", "containerPort": 8080}]);
    let pod = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"nodeName": "a", "containers": [{"name": "app", "ports": ports}]}, "status": status});
    (Kind::Pod, pod)
}

#[test]
fn a_service_without_a_ready_pod_is_as_its_pods_are() {
    let web = json!({"selector": {"app": "web"}});
    assert_eq!(standing(&web, &[unready(0)], true), Some(Standing::Stuck));
    let published = json!({"selector": {"app": "web"}, "publishNotReadyAddresses": true});
    let serves = Because::Serves {
        pods: 1,
        ready: 0,
        ports: Vec::new(),
    };
    assert_eq!(
        standing(&published, &[unready(0)], true),
        Some(Standing::Healthy(serves))
    );
}

#[test]
fn a_port_that_leads_to_no_name_is_dead_unless_the_service_is_headless() {
    let mut ready = unready(0);
    ready.1["status"] = pod("Running", "web").1["status"].clone();
    for (ip, target, protocol, stuck) in [
        ("10.0.0.1", json!("http"), "TCP", false),
        ("10.0.0.1", json!("htpp"), "TCP", true),
        ("10.0.0.1", json!("http"), "UDP", true),
        ("10.0.0.1", json!(9090), "TCP", false),
        ("None", json!("htpp"), "TCP", false),
    ] {
        let ports = json!([{"port": 80, "targetPort": target, "protocol": protocol}]);
        let web = json!({"selector": {"app": "web"}, "clusterIP": ip, "ports": ports});
        let found = standing(&web, std::slice::from_ref(&ready), true);
        assert_eq!(found == Some(Standing::Stuck), stuck, "{web}: {found:?}");
    }
}
