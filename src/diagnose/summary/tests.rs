use super::*;
use crate::diagnose::diagnose;
use crate::report::Requests;
use crate::scheduler::testing::{Cluster, node, pod};
use crate::snapshot::Store;
use crate::triage::scope::Target;
use serde_json::json;

fn gap(kind: Kind, namespace: Option<&str>, name: Option<&str>, why: Why) -> Gap {
    Gap {
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        why,
        detail: String::new(),
    }
}

fn scope(namespace: Option<&str>, targets: &[Target]) -> Scope {
    Scope {
        namespace: namespace.map(str::to_owned),
        targets: targets.to_vec(),
        ..Scope::default()
    }
}

#[test]
fn what_was_not_read_of_the_scope_may_hide_what_is_stuck() {
    let mut store = Store::new(Why::NotAsked);
    let read = ReadScope::Namespace("shop".to_owned());
    store.record(Kind::Pod, read, Ok(()));
    let snapshot = store.snapshot();
    let named = |kind: Kind| Target::new(kind, "web");
    let shop = |targets: &[Target]| scope(Some("shop"), targets);
    let (forbidden, failed) = (Why::Forbidden, Why::Failed);
    for (kind, namespace, name, why, scope, expected) in [
        (Kind::Pod, None, None, forbidden, shop(&[]), false),
        (Kind::Pod, Some("bank"), None, forbidden, shop(&[]), false),
        (
            Kind::Pod,
            Some("shop"),
            Some("web"),
            failed,
            shop(&[]),
            true,
        ),
        (
            Kind::Pod,
            Some("bank"),
            None,
            forbidden,
            scope(None, &[]),
            true,
        ),
        (Kind::Pod, None, None, Why::TimedOut, scope(None, &[]), true),
        (Kind::Event, Some("shop"), None, forbidden, shop(&[]), true),
        (
            Kind::Event,
            Some("shop"),
            Some("web"),
            forbidden,
            shop(&[]),
            false,
        ),
        (
            Kind::Event,
            Some("shop"),
            None,
            forbidden,
            shop(&[named(Kind::Pod)]),
            false,
        ),
        (
            Kind::Event,
            Some("shop"),
            None,
            forbidden,
            shop(&[named(Kind::Job)]),
            true,
        ),
        (
            Kind::Deployment,
            Some("shop"),
            None,
            failed,
            shop(&[]),
            true,
        ),
        (
            Kind::Deployment,
            Some("shop"),
            None,
            Why::NotServed,
            shop(&[]),
            false,
        ),
        (
            Kind::Deployment,
            Some("shop"),
            None,
            failed,
            shop(&[named(Kind::Pod)]),
            false,
        ),
        (
            Kind::Service,
            Some("shop"),
            None,
            forbidden,
            shop(&[]),
            true,
        ),
        (
            Kind::Service,
            Some("shop"),
            None,
            forbidden,
            shop(&[named(Kind::Job)]),
            false,
        ),
        (Kind::Node, None, None, forbidden, shop(&[]), false),
        (
            Kind::Node,
            None,
            Some("web"),
            failed,
            scope(None, &[named(Kind::Node)]),
            true,
        ),
        (
            Kind::StorageClass,
            None,
            None,
            forbidden,
            scope(None, &[]),
            false,
        ),
    ] {
        let gap = gap(kind, namespace, name, why);
        assert_eq!(
            may_hide(&gap, &snapshot, &scope),
            expected,
            "{gap:?} of {scope:?}"
        );
    }
}

#[test]
fn what_is_stuck_is_counted_once_and_its_requests_are_summed_up() {
    let said = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."}]);
    let waiting = |name: &str, created: &str| {
        let pod = pod(name).asks("cpu", "5500m").asks("memory", "8Gi");
        pod.set("/status/conditions", said.clone())
            .set("/metadata/creationTimestamp", json!(created))
    };
    let mut cluster = Cluster::new().with(node("a", "4", "4Gi")).all([
        waiting("old", "2026-01-01T10:00:00Z"),
        waiting("middle", "2026-01-01T11:00:00Z"),
        waiting("new", "2026-01-01T11:50:00Z"),
    ]);
    let store = cluster.store();
    store.set_time("2026-01-01T12:00:00Z".parse().expect("a time"));
    let report = diagnose(&store.snapshot(), &Scope::everything(), Requests::default());
    assert!(report.diagnoses.len() >= 2, "cpu and memory");
    let numbers = report.summary.stuck.expect("three are stuck");
    assert_eq!((numbers.objects, numbers.without_node), (3, 3));
    assert_eq!((numbers.restarting, numbers.never_created), (0, 0));
    assert_eq!(numbers.by_layer.get("scheduling"), Some(&3));
    let amount = |resource: &str| numbers.requested.get(resource).map(String::as_str);
    assert_eq!(amount("cpu"), Some("16500m"));
    assert_eq!(amount("memory"), Some("24Gi"));
    assert_eq!(numbers.new, 1, "{numbers:?}");
    assert_eq!(numbers.median_seconds, Some(60 * 60));
    assert_eq!(numbers.longest_seconds, Some(120 * 60));
    assert_eq!(StuckNumbers::of(&[], &[], &[]), None);
}
