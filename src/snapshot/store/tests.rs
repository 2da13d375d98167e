//! What goes leaves nothing behind, and what is forgotten is unknown again, of every kind.

use super::*;
use crate::snapshot::footprint::Footprint;
use crate::snapshot::testing::object;
use serde_json::{Value, json};

fn with(objects: &[(Kind, &Value, Retention)]) -> Store {
    let mut store = Store::new(Why::NotAsked);
    for (kind, object, retention) in objects {
        let json = object.to_string();
        store.insert(*kind, json.as_bytes(), *retention).unwrap();
    }
    store
}

/// All that it holds. The newest time that was seen stays: the store is no older for it; and so do places for pods and
/// footprints, which are given again.
fn held(store: &Store) -> String {
    let mut store = store.clone();
    store.newest = None;
    let vacant = format!("all: [{:?}], held: [0], vacant: [0]", Footprint::default());
    let text = format!("{store:?}").replace(&vacant, "all: [], held: [], vacant: []");
    text.replace("pieces: [[None]], vacant: [0]", "pieces: [], vacant: []")
}

fn nothing() -> String {
    held(&Store::new(Why::NotAsked))
}

fn pod(phase: &str) -> Value {
    let mut pod = object(Kind::Pod);
    pod["status"]["phase"] = json!(phase);
    pod
}

#[test]
fn an_object_that_is_removed_leaves_nothing_behind() {
    for kind in Kind::all() {
        let object = object(kind);
        let mut store = with(&[(kind, &object, Retention::Whole)]);
        let is_counted = kind == Kind::Pod || kind == Kind::Event;
        assert_eq!(store.keys(kind).len(), usize::from(!is_counted), "{kind}");
        assert_ne!(held(&store), nothing(), "{kind}");
        store.remove(kind, object.to_string().as_bytes()).unwrap();
        assert_eq!(held(&store), nothing(), "{kind}");
    }
}

#[test]
fn a_pod_leaves_nothing_behind_however_it_stood() {
    let phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
    for (phase, retention) in phases
        .into_iter()
        .flat_map(|phase| [Retention::Whole, Retention::Record].map(|how| (phase, how)))
    {
        let pod = pod(phase);
        let mut store = with(&[(Kind::Pod, &pod, retention)]);
        store.remove(Kind::Pod, pod.to_string().as_bytes()).unwrap();
        assert_eq!(held(&store), nothing(), "{phase} {retention:?}");
    }
}

#[test]
fn a_name_that_is_removed_leaves_nothing_behind() {
    for kind in [Kind::Secret, Kind::ConfigMap] {
        let mut store = Store::new(Why::NotAsked);
        store.insert_name(kind, "shop", "x", None);
        assert_eq!(store.keys(kind).len(), 1);
        let json = object(kind).to_string();
        store.remove(kind, json.as_bytes()).unwrap();
        assert_eq!(held(&store), nothing(), "{kind}");
    }
}

#[test]
fn what_is_forgotten_is_as_if_it_could_not_be_read() {
    for kind in Kind::all() {
        let gap = Gap {
            kind,
            namespace: None,
            name: None,
            why: Why::Failed,
            detail: String::new(),
        };
        let mut store = with(&[(kind, &object(kind), Retention::Whole)]);
        for scope in [
            ReadScope::Everywhere,
            ReadScope::Namespace("shop".to_owned()),
            ReadScope::Object("shop".to_owned(), "y".to_owned()),
        ] {
            store.record(kind, scope, Ok(()));
        }
        store.forget(gap.clone());
        let mut unread = Store::new(Why::NotAsked);
        unread.record(kind, ReadScope::Everywhere, Err(gap));
        assert_eq!(held(&store), held(&unread), "{kind}");
    }
}

#[test]
fn others_stay_when_one_goes_or_a_kind_is_forgotten() {
    let node = object(Kind::Node);
    let mut other = node.clone();
    other["metadata"]["name"] = json!("y");
    let kept = |kind: Kind, object: &Value| (kind, object.clone(), Retention::Whole);
    let all = [
        kept(Kind::Pod, &pod("Pending")),
        kept(Kind::Node, &node),
        kept(Kind::Node, &other),
    ];
    let mut store = with(&all.each_ref().map(|(kind, it, how)| (*kind, it, *how)));
    store
        .remove(Kind::Node, node.to_string().as_bytes())
        .unwrap();
    assert_eq!(store.keys(Kind::Node).len(), 1);
    store.forget(Gap {
        kind: Kind::Node,
        namespace: None,
        name: None,
        why: Why::Failed,
        detail: String::new(),
    });
    assert!(store.nodes().get("", "y").is_unknown());
    assert_eq!(store.whole_pods().count(), 1);
}

#[test]
fn a_record_of_a_pod_that_was_looked_at_leaves_it_whole() {
    let waiting = pod("Pending");
    let mut taken = waiting.clone();
    taken["spec"]["nodeName"] = json!("n2");
    let store = with(&[
        (Kind::Pod, &waiting, Retention::Whole),
        (Kind::Pod, &taken, Retention::Record),
    ]);
    let whole = store.whole_pod("shop", "x").unwrap();
    assert_eq!(whole.node(), Some("n1"));
    let nodes = store.pod_records().iter().map(|record| record.node.clone());
    assert_eq!(nodes.collect::<Vec<_>>(), [Some("n2".into())]);
}

/// A pod with this time as its container's start, that restarted long before.
fn restarted(started: &str, ready: bool) -> String {
    let status = if ready { "True" } else { "False" };
    format!(
        r#"{{"metadata":{{"name":"web","namespace":"shop"}},"spec":{{"nodeName":"n1","containers":[{{"name":"app","env":[{{"name":"A","value":"b"}}]}}]}},
            "status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"{status}","lastTransitionTime":"{started}"}}],
            "containerStatuses":[{{"name":"app","ready":{ready},"restartCount":7,"image":"x","imageID":"y","state":{{"running":{{"startedAt":"{started}"}}}},
            "lastState":{{"terminated":{{"exitCode":1,"finishedAt":"{started}"}}}}}}]}}}}"#
    )
}

#[test]
fn of_a_pod_that_outlived_its_crashes_little_is_kept() {
    let kept = |started: &str, ready: bool| {
        let mut store = Store::new(Why::NotInDump);
        let node = r#"{"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"2026-01-01T01:00:00Z"}]}}"#;
        let mut insert = |kind, json: &str| store.insert(kind, json.as_bytes(), Retention::Whole);
        insert(Kind::Node, node).unwrap();
        insert(Kind::Pod, &restarted(started, ready)).unwrap();
        let pod = store.whole_pod("shop", "web").unwrap();
        let restarts = pod.containers().next().unwrap().status.restart_count;
        assert_eq!(restarts, 7);
        !pod.spec().containers.is_empty()
    };
    assert!(!kept("2026-01-01T00:00:00Z", true));
    assert!(kept("2026-01-01T00:55:00Z", true), "it may crash again");
    assert!(kept("2026-01-01T00:00:00Z", false));
}

#[test]
fn pods_that_have_settled_by_what_was_read_after_them_are_let_go_of() {
    let mut store = Store::new(Why::NotInDump);
    let insert = |store: &mut Store, name: &str, started: &str| {
        let pod = restarted(started, true);
        let pod = pod.replace(r#""name":"web""#, &format!(r#""name":"{name}""#));
        store
            .insert(Kind::Pod, pod.as_bytes(), Retention::Whole)
            .unwrap();
    };
    let is_whole = |store: &Store, name: &str| {
        let pod = store.whole_pod("shop", name).unwrap();
        !pod.spec().containers.is_empty()
    };
    for number in 1..FEW {
        insert(&mut store, &number.to_string(), "2026-01-01T00:00:00Z");
    }
    store.saw("2026-01-01T10:00:00Z".parse().ok());
    assert!(is_whole(&store, "1"));
    insert(&mut store, "last", "2026-01-01T09:59:00Z");
    assert!(!is_whole(&store, "1") && is_whole(&store, "last"));
}
