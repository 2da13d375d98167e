//! Every kind that a plan may read can be followed: a list, what a watch tells after it, and its loss.

use super::*;
use crate::gather::watch::reflector::is_watchable;
use crate::snapshot::Event;
use crate::snapshot::testing::object;
use serde_json::{Value, json};

/// All of a kind, or of a namespace, and one object; of events no single one is ever asked for.
fn reads(kind: Kind) -> Vec<Read> {
    let one = Read::Get {
        kind,
        namespace: if kind.namespaced() { "shop" } else { "" }.to_owned(),
        name: "x".to_owned(),
    };
    let one = (kind != Kind::Event).then(|| plan::as_list(one));
    let namespace = kind.namespaced().then_some("shop");
    [plan::list(kind, namespace)]
        .into_iter()
        .chain(one)
        .collect()
}

fn known(reflected: &Reflected, kind: Kind) -> usize {
    let store = reflected.store();
    match kind {
        Kind::Pod => store.pod_records().len(),
        Kind::Event => store.events().iter().count(),
        _ => store.keys(kind).len(),
    }
}

fn changed(object: &Value) -> Vec<u8> {
    let mut object = object.clone();
    object["metadata"]["resourceVersion"] = json!("2");
    object.to_string().into_bytes()
}

#[test]
fn every_kind_of_the_plan_can_be_watched() {
    for kind in Kind::read() {
        let is_secret = kind == Kind::Secret;
        for read in reads(kind) {
            assert_eq!(is_watchable(&read), !is_secret, "{read:?}");
            if is_secret {
                continue;
            }
            let mut reflected = Reflected::new(0);
            let object = object(kind);
            let text = object.to_string().into_bytes();
            reflected.hold(&read);
            reflected.begin(&read);
            reflected.is(&read, &text).unwrap();
            reflected.whole(&read, false);
            assert_eq!(known(&reflected, kind), 1, "{read:?} is listed");
            reflected.is(&read, &changed(&object)).unwrap();
            assert_eq!(known(&reflected, kind), 1, "{read:?} has changed");
            reflected.gone(&read, &changed(&object)).unwrap();
            assert_eq!(known(&reflected, kind), 0, "{read:?} is gone");
            reflected.is(&read, &changed(&object)).unwrap();
            assert_eq!(known(&reflected, kind), 1, "{read:?} is there again");
            reflected.begin(&read);
            reflected.whole(&read, true);
            assert_eq!(
                known(&reflected, kind),
                0,
                "{read:?} is missing from a new list"
            );
        }
    }
}

fn listed(reflected: &mut Reflected, read: &Read, objects: &[Value]) {
    reflected.hold(read);
    reflected.begin(read);
    for object in objects {
        reflected.is(read, object.to_string().as_bytes()).unwrap();
    }
    reflected.whole(read, true);
}

#[test]
fn the_lists_of_several_namespaces_let_each_other_be() {
    for kind in [Kind::Pod, Kind::Event, Kind::Service] {
        let mut elsewhere = object(kind);
        elsewhere["metadata"]["namespace"] = json!("bank");
        if kind == Kind::Event {
            elsewhere["involvedObject"]["namespace"] = json!("bank");
        }
        let [shop, bank] = ["shop", "bank"].map(|of| plan::list(kind, Some(of)));
        let mut reflected = Reflected::new(0);
        for _ in 0..2 {
            listed(&mut reflected, &shop, &[object(kind)]);
            listed(&mut reflected, &bank, &[elsewhere.clone()]);
            assert_eq!(known(&reflected, kind), 2, "{kind}");
        }
        reflected.release(&bank);
        assert_eq!(known(&reflected, kind), 1, "{kind}");
    }
}

#[test]
fn a_list_of_some_pods_leaves_what_occupies_the_nodes() {
    let of = |fields: &str, labels: &str| Read::List {
        kind: Kind::Pod,
        namespace: Some("shop".to_owned()),
        fields: fields.to_owned(),
        labels: labels.to_owned(),
        records_only: true,
    };
    let live = of("status.phase!=Succeeded,status.phase!=Failed", "");
    let successes = of("status.phase=Succeeded", "job-name=x");
    let mut reflected = Reflected::new(0);
    listed(&mut reflected, &live, &[object(Kind::Pod)]);
    for _ in 0..2 {
        listed(&mut reflected, &successes, &[]);
        assert_eq!(known(&reflected, Kind::Pod), 1);
    }
}

#[test]
fn what_was_said_of_pods_that_are_gone_is_not_kept() {
    let (pods, events) = (
        plan::list(Kind::Pod, Some("shop")),
        plan::list(Kind::Event, Some("shop")),
    );
    let mut reflected = Reflected::new(0);
    for read in [&pods, &events] {
        reflected.hold(read);
        reflected.begin(read);
        reflected.whole(read, false);
    }
    reflected.set_time("2026-01-01T00:30:00Z".parse().unwrap());
    for (name, time) in [
        ("long-gone", "2026-01-01T00:00:00Z"),
        ("to-come", "2026-01-01T00:29:50Z"),
    ] {
        let mut event = object(Kind::Event);
        event["metadata"]["name"] = json!(name);
        event["metadata"]["creationTimestamp"] = json!(time);
        event["involvedObject"]["name"] = json!(name);
        event["lastTimestamp"] = json!(time);
        reflected.is(&events, event.to_string().as_bytes()).unwrap();
    }
    let about = |event: &Event| event.about.name.clone();
    let kept: Vec<String> = reflected.store().events().iter().map(about).collect();
    assert_eq!(kept, ["to-come"]);
}

#[test]
fn pods_that_are_read_again_are_awaited() {
    let pods = plan::list(Kind::Pod, Some("shop"));
    let mut reflected = Reflected::new(0);
    reflected.hold(&pods);
    assert!(!reflected.awaits_pods(), "they were never there");
    reflected.begin(&pods);
    reflected.whole(&pods, true);
    assert!(!reflected.awaits_pods());
    let error = ReadError::Invalid {
        message: "cut off".to_owned(),
    };
    reflected.lost(&pods, &error);
    assert!(reflected.awaits_pods(), "they are lost");
    reflected.begin(&pods);
    assert!(reflected.awaits_pods(), "they are on their way");
    reflected.whole(&pods, true);
    assert!(!reflected.awaits_pods());
}
