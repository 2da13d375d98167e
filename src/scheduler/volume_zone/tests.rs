//! Which labels of volumes keep a pod off which nodes, and which claims refuse it as a whole.

use crate::kubernetes::labels::{OLD_REGION, OLD_ZONE, REGION, ZONE};
use crate::scheduler::testing::{Cluster, Filtered, Object, claim, class, node, pod, volume};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use serde_json::json;

const WORDS: &str = "node(s) had no available volume zone";

fn filtered(pod: &Object, cluster: Cluster) -> Filtered {
    Filtered::of(Filter::VolumeZone, pod, cluster)
}

fn web() -> Object {
    pod("web").mounts(&["data"])
}

fn labelled(mut object: Object, labels: &[(&str, &str)]) -> Object {
    for (key, value) in labels {
        object = object.label(key, value);
    }
    object
}

#[test]
fn a_node_must_carry_a_value_of_every_label() {
    for (of_volume, of_node, fits) in [
        (&[(ZONE, "a")][..], &[(ZONE, "a")][..], true),
        (&[(ZONE, "a")], &[(ZONE, "b")], false),
        (&[(ZONE, "a")], &[], true),
        (&[(ZONE, "a")], &[("disk", "ssd")], true),
        (&[(ZONE, "a")], &[(REGION, "r")], false),
        (&[], &[(ZONE, "a")], true),
        (&[(ZONE, "a__b")], &[(ZONE, "b")], true),
        (&[(ZONE, "a__ b")], &[(ZONE, "b")], true),
        (&[(ZONE, "a__")], &[(ZONE, "b")], true),
        (&[(ZONE, "")], &[(ZONE, "b")], true),
        (
            &[(ZONE, "a"), (REGION, "r")],
            &[(ZONE, "a"), (REGION, "s")],
            false,
        ),
        (&[(OLD_ZONE, "a")], &[(ZONE, "a")], true),
        (&[(OLD_ZONE, "a")], &[(OLD_ZONE, "b"), (ZONE, "a")], false),
        (&[(OLD_REGION, "r")], &[(REGION, "r")], true),
        (&[(ZONE, "a")], &[(OLD_ZONE, "a")], false),
    ] {
        let cluster = Cluster::new()
            .with(labelled(node("n1", "4", "8Gi"), of_node))
            .with(labelled(volume("pv", "fast"), of_volume))
            .with(claim("data", "fast").bound_to("pv"));
        let filtered = filtered(&web(), cluster);
        let expected: &[&str] = if fits { &[] } else { &[WORDS] };
        assert_eq!(
            filtered.reasons("n1"),
            expected,
            "{of_volume:?} {of_node:?}"
        );
    }
}

#[test]
fn the_claim_the_volume_and_both_zones_are_named() {
    let cluster = Cluster::new()
        .with(node("n1", "4", "8Gi").label(ZONE, "c"))
        .with(volume("pv", "fast").label(ZONE, "a__b"))
        .with(claim("data", "fast").bound_to("pv"));
    let expected = VolumeFailure::Zone {
        claim: "data".into(),
        volume: "pv".into(),
        key: ZONE.into(),
        wanted: vec!["a".into(), "b".into()],
        found: Some("c".into()),
    };
    assert_eq!(filtered(&web(), cluster).failure("n1"), &expected);
}

#[test]
fn a_claim_without_a_volume_is_left_alone_only_when_it_waits() {
    for (case, objects, expected) in [
        (
            "no claim",
            vec![],
            Some(r#"persistentvolumeclaim "data" not found"#),
        ),
        (
            "no class",
            vec![claim("data", "")],
            Some("PersistentVolumeClaim had no pv name and storageClass name"),
        ),
        (
            "class gone",
            vec![claim("data", "fast")],
            Some(r#"storageclass.storage.k8s.io "fast" not found"#),
        ),
        (
            "immediate",
            vec![
                claim("data", "fast"),
                class("fast", "csi.example.com", "Immediate"),
            ],
            Some("PersistentVolume had no name"),
        ),
        (
            "waits",
            vec![
                claim("data", "fast"),
                class("fast", "csi.example.com", "WaitForFirstConsumer"),
            ],
            None,
        ),
        (
            "volume gone",
            vec![claim("data", "fast").bound_to("pv")],
            Some(r#"persistentvolume "pv" not found"#),
        ),
    ] {
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .all(objects)
            .snapshot();
        let results =
            crate::scheduler::run_filters(&web().pod(), &crate::scheduler::View::of(&cluster));
        // another filter may say the same before
        let words: Vec<_> = results.before.iter().map(|one| &*one.reason).collect();
        match expected {
            Some(expected) => assert!(words.contains(&expected), "{case}: {words:?}"),
            None => assert_eq!(words, [] as [&str; 0], "{case}"),
        }
    }
}

#[test]
fn claims_of_one_pod_alone_are_not_looked_at() {
    let owner = json!([{"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "uid-web", "controller": true}]);
    let cluster = Cluster::new()
        .with(node("n1", "4", "8Gi").label(ZONE, "b"))
        .with(volume("pv", "fast").label(ZONE, "a"))
        .with(
            claim("web-own", "fast")
                .bound_to("pv")
                .set("/metadata/ownerReferences", owner),
        );
    assert!(filtered(&pod("web").mounts_own(), cluster).is_nothing());
}

#[test]
fn what_could_not_be_read_is_no_filter_failure() {
    for (kind, bound) in [
        (Kind::PersistentVolumeClaim, true),
        (Kind::PersistentVolume, true),
        (Kind::StorageClass, false),
    ] {
        let data = if bound {
            claim("data", "fast").bound_to("pv")
        } else {
            claim("data", "fast")
        };
        let data = (kind != Kind::PersistentVolumeClaim).then_some(data);
        let cluster = Cluster::but(&[kind])
            .with(node("n1", "4", "8Gi").label(ZONE, "a"))
            .all(data);
        let filtered = filtered(&web(), cluster);
        assert!(filtered.is_nothing(), "{kind}");
        assert_eq!(filtered.unread, [kind]);
    }
}
