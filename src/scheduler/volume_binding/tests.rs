//! Claims that refuse the pod, volumes that some nodes do not reach, and what could not be read.

mod unbound;

use crate::kubernetes::labels::{OLD_ZONE, ZONE};
use crate::kubernetes::node_terms::NodeRequirement;
use crate::scheduler::testing::{
    Cluster, Filtered, Object, claim, class, node, object, pod, volume,
};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ELSEWHERE: &str = "node(s) didn't match PersistentVolume's node affinity";
const NONE: &str = "node(s) didn't find available persistent volumes to bind";
const SPACE: &str = "node(s) did not have enough free storage";
const GONE: &str = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
const DRIVER: &str = "csi.example.com";
const BY_HAND: &str = "kubernetes.io/no-provisioner";
const WAITS: &str = "WaitForFirstConsumer";

fn filtered(pod: &Object, cluster: Cluster) -> Filtered {
    Filtered::of(Filter::VolumeBinding, pod, cluster)
}

fn web() -> Object {
    pod("web").mounts(&["data"])
}

/// `n1` in zone a, `n2` in zone b.
fn nodes() -> Cluster {
    Cluster::new().all([
        node("n1", "4", "8Gi").label(ZONE, "a"),
        node("n2", "4", "8Gi").label(ZONE, "b"),
    ])
}

fn words(filtered: &Filtered) -> (Vec<&str>, Vec<&str>) {
    (filtered.reasons("n1"), filtered.reasons("n2"))
}

fn driver(counts: bool) -> Object {
    object(
        Kind::CsiDriver,
        json!({"metadata": {"name": DRIVER}, "spec": {"storageCapacity": counts}}),
    )
}

fn owned(name: &str, uid: &str) -> Object {
    let owner =
        json!([{"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": uid, "controller": true}]);
    claim(name, "fast").set("/metadata/ownerReferences", owner)
}

#[test]
fn claims_that_can_be_used_nowhere_refuse_the_pod() {
    let going = json!("2026-01-01T00:00:00Z");
    let named = pod("web").mounts(&["data"]);
    let own = pod("web").mounts_own();
    for (case, pod, objects, words) in [
        (
            "no claim",
            &named,
            vec![],
            r#"persistentvolumeclaim "data" not found"#,
        ),
        (
            "no claim yet",
            &own,
            vec![],
            r#"waiting for ephemeral volume controller to create the persistentvolumeclaim "web-own""#,
        ),
        (
            "lost",
            &named,
            vec![
                claim("data", "fast")
                    .bound_to("pv")
                    .set("/status/phase", json!("Lost")),
            ],
            r#"persistentvolumeclaim "data" bound to non-existent persistentvolume "pv""#,
        ),
        (
            "going",
            &named,
            vec![claim("data", "fast").set("/metadata/deletionTimestamp", going)],
            r#"persistentvolumeclaim "data" is being deleted"#,
        ),
        (
            "another pod's",
            &own,
            vec![owned("web-own", "uid-other")],
            "PVC shop/web-own was not created for pod shop/web (pod is not owner)",
        ),
        (
            "nobody's",
            &own,
            vec![claim("web-own", "fast")],
            "PVC shop/web-own was not created for pod shop/web (pod is not owner)",
        ),
        (
            "no class",
            &named,
            vec![claim("data", "")],
            "pod has unbound immediate PersistentVolumeClaims",
        ),
        (
            "class gone",
            &named,
            vec![claim("data", "fast")],
            "pod has unbound immediate PersistentVolumeClaims",
        ),
        (
            "immediate",
            &named,
            vec![claim("data", "fast"), class("fast", DRIVER, "Immediate")],
            "pod has unbound immediate PersistentVolumeClaims",
        ),
        (
            "names a volume that is not bound to it",
            &named,
            vec![
                claim("data", "fast").set("/spec/volumeName", json!("pv")),
                class("fast", DRIVER, WAITS),
            ],
            "pod has unbound immediate PersistentVolumeClaims",
        ),
    ] {
        let cluster = nodes().all(objects).snapshot();
        let results =
            crate::scheduler::run_filters(&pod.pod(), &crate::scheduler::View::of(&cluster));
        assert_eq!(results.before[0].reason, words, "{case}");
        assert_eq!(results.feasible_nodes().count(), 0, "{case}");
    }
}

#[test]
fn a_broken_claim_is_told_before_an_unbound_one() {
    let filtered = filtered(
        &pod("web").mounts(&["unbound", "gone"]),
        nodes().with(claim("unbound", "")),
    );
    assert_eq!(
        filtered.before,
        [] as [&str; 0],
        "the other filter has found that one gone"
    );
    let own = json!([
        {"name": "a", "persistentVolumeClaim": {"claimName": "unbound"}},
        {"name": "own", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
    ]);
    let filtered = self::filtered(
        &pod("web").set("/spec/volumes", own),
        nodes().with(claim("unbound", "")),
    );
    assert_eq!(filtered.before.len(), 1);
    assert!(filtered.before[0].starts_with("waiting for ephemeral"));
}

#[test]
fn a_bound_volume_keeps_the_pod_to_the_nodes_that_reach_it() {
    let cluster = nodes()
        .with(claim("data", "fast").bound_to("pv"))
        .with(volume("pv", "fast").reached_from(ZONE, "a"));
    let filtered = filtered(&web(), cluster);
    assert_eq!(words(&filtered), (vec![], vec![ELSEWHERE]));
    let expected = VolumeFailure::Elsewhere {
        claim: "data".into(),
        volume: "pv".into(),
        wanted: NodeRequirement::one_of(ZONE, &["a".to_owned()]).into(),
        found: BTreeMap::from([(ZONE.to_owned(), "b".to_owned())]),
    };
    assert_eq!(filtered.failure("n2"), &expected);
}

#[test]
fn terms_of_a_volume_are_alternatives_of_labels_alone() {
    let expression =
        |key: &str, value: &str| json!({"key": key, "operator": "In", "values": [value]});
    for (terms, n1, n2) in [
        (json!([]), false, false),
        (json!([{}]), false, false),
        (
            json!([{"matchExpressions": [expression(ZONE, "a")]}, {"matchExpressions": [expression(ZONE, "b")]}]),
            true,
            true,
        ),
        (
            json!([{"matchExpressions": [expression(ZONE, "a"), expression("disk", "ssd")]}]),
            false,
            false,
        ),
        (
            json!([{"matchFields": [expression("metadata.name", "n1")]}]),
            false,
            false,
        ),
    ] {
        let affinity = json!({"required": {"nodeSelectorTerms": terms}});
        let cluster = nodes()
            .with(claim("data", "fast").bound_to("pv"))
            .with(volume("pv", "fast").set("/spec/nodeAffinity", affinity));
        let filtered = filtered(&web(), cluster);
        assert_eq!(
            (filtered.on("n1").is_empty(), filtered.on("n2").is_empty()),
            (n1, n2),
            "{terms}"
        );
    }
}

#[test]
fn a_volume_that_is_gone_is_told_after_one_that_is_elsewhere() {
    // the zone filter refuses such a pod as a whole, but for claims that were made for it
    let own =
        |name: &str| json!({"name": name, "ephemeral": {"volumeClaimTemplate": {"spec": {}}}});
    let elsewhere = [
        owned("web-a", "uid-web").bound_to("pv"),
        volume("pv", "fast").reached_from(ZONE, "a"),
    ];
    let gone = owned("web-b", "uid-web").bound_to("gone");
    let both = |volumes: Value| {
        let cluster = nodes().all(elsewhere.clone()).with(gone.clone());
        filtered(&pod("web").set("/spec/volumes", volumes), cluster)
    };
    let first = both(json!([own("a"), own("b")]));
    assert_eq!(words(&first), (vec![GONE], vec![ELSEWHERE]));
    let second = both(json!([own("b"), own("a")]));
    assert_eq!(words(&second), (vec![GONE], vec![GONE]));
    let expected = VolumeFailure::Gone {
        claim: "web-b".into(),
        volume: "gone".into(),
    };
    assert_eq!(first.failure("n1"), &expected);
}

#[test]
fn zones_of_a_replaced_plugin_are_read_as_the_kubelet_says() {
    let key = "topology.ebs.csi.aws.com/zone";
    let ebs = volume("pv", "fast")
        .set("/spec/csi", json!(null))
        .set("/spec/awsElasticBlockStore", json!({"volumeID": "vol-1"}))
        .reached_from(OLD_ZONE, "a");
    for (migrated, label, fits) in [
        ("kubernetes.io/aws-ebs", key, true),
        ("kubernetes.io/aws-ebs", OLD_ZONE, false),
        ("kubernetes.io/gce-pd", OLD_ZONE, true),
        ("", key, false),
    ] {
        let meta = json!({"name": "n1", "annotations": {"storage.alpha.kubernetes.io/migrated-plugins": migrated}});
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi").label(label, "a"))
            .with(object(
                Kind::CsiNode,
                json!({"metadata": meta, "spec": {"drivers": []}}),
            ))
            .with(claim("data", "fast").bound_to("pv"))
            .with(ebs.clone());
        assert_eq!(
            filtered(&web(), cluster).is_nothing(),
            fits,
            "{migrated} {label}"
        );
    }
}

#[test]
fn what_could_not_be_read_is_no_filter_failure() {
    let waiting = || {
        vec![
            claim("data", "fast"),
            class("fast", DRIVER, WAITS),
            driver(true),
        ]
    };
    let by_hand = || vec![claim("data", "slow"), class("slow", BY_HAND, WAITS)];
    for (kind, objects) in [
        (Kind::PersistentVolumeClaim, vec![]),
        (
            Kind::PersistentVolume,
            vec![claim("data", "fast").bound_to("pv")],
        ),
        (Kind::PersistentVolume, by_hand()),
        (Kind::StorageClass, vec![claim("data", "fast")]),
        (Kind::CsiStorageCapacity, waiting()),
        (Kind::CsiDriver, waiting().into_iter().take(2).collect()),
    ] {
        let cluster = Cluster::but(&[kind])
            .with(node("n1", "4", "8Gi"))
            .all(objects);
        let filtered = filtered(&web(), cluster);
        assert!(filtered.is_nothing(), "{kind}");
        assert_eq!(filtered.unread, [kind]);
    }
}

#[test]
fn the_words_of_the_kubelet_matter_only_to_volumes_of_replaced_plugins() {
    let data = claim("data", "fast").bound_to("pv");
    let ebs = volume("pv", "fast")
        .set("/spec/csi", json!(null))
        .set("/spec/awsElasticBlockStore", json!({"volumeID": "vol-1"}));
    for (pv, unread) in [(volume("pv", "fast"), vec![]), (ebs, vec![Kind::CsiNode])] {
        let cluster = Cluster::but(&[Kind::CsiNode])
            .with(node("n1", "4", "8Gi"))
            .with(data.clone())
            .with(pv.reached_from(ZONE, "a"));
        let filtered = filtered(&web(), cluster);
        assert_eq!(filtered.is_nothing(), !unread.is_empty());
        assert_eq!(filtered.unread, unread);
    }
}
