//! Volumes that are to be found or made.

use super::{BY_HAND, DRIVER, ELSEWHERE, NONE, SPACE, WAITS, driver, filtered, nodes, web, words};
use crate::kubernetes::labels::ZONE;
use crate::kubernetes::node_terms::NodeRequirement;
use crate::scheduler::testing::{Cluster, Object, claim, class, node, object, pod, volume};
use crate::scheduler::{NoVolume, VolumeFailure};
use crate::snapshot::Kind;
use serde_json::{Value, json};

#[test]
fn a_claim_that_waits_takes_a_free_volume_that_fits() {
    for (case, pv, fits) in [
        ("fits", volume("pv", "slow"), true),
        (
            "larger",
            volume("pv", "slow").set("/spec/capacity/storage", json!("20Gi")),
            true,
        ),
        (
            "smaller",
            volume("pv", "slow").set("/spec/capacity/storage", json!("9Gi")),
            false,
        ),
        ("another class", volume("pv", "other"), false),
        ("bound", volume("pv", "slow").given_to("other"), false),
        (
            "released",
            volume("pv", "slow").set("/status/phase", json!("Released")),
            false,
        ),
        (
            "failed",
            volume("pv", "slow").set("/status/phase", json!("Failed")),
            false,
        ),
        (
            "going",
            volume("pv", "slow").set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z")),
            false,
        ),
        (
            "read only",
            volume("pv", "slow").set("/spec/accessModes", json!(["ReadOnlyMany"])),
            false,
        ),
        (
            "more modes",
            volume("pv", "slow").set(
                "/spec/accessModes",
                json!(["ReadOnlyMany", "ReadWriteOnce"]),
            ),
            true,
        ),
        (
            "a raw device",
            volume("pv", "slow").set("/spec/volumeMode", json!("Block")),
            false,
        ),
        (
            "says Filesystem",
            volume("pv", "slow").set("/spec/volumeMode", json!("Filesystem")),
            true,
        ),
        (
            "of other attributes",
            volume("pv", "slow").set("/spec/volumeAttributesClassName", json!("gold")),
            false,
        ),
        (
            "for this claim",
            volume("pv", "slow")
                .given_to("data")
                .set("/status/phase", json!("Available")),
            true,
        ),
        (
            "for this claim, but smaller",
            volume("pv", "slow")
                .given_to("data")
                .set("/spec/capacity/storage", json!("9Gi")),
            false,
        ),
    ] {
        let cluster = nodes()
            .with(claim("data", "slow"))
            .with(class("slow", BY_HAND, WAITS))
            .with(pv);
        let expected = if fits { vec![] } else { vec![NONE] };
        assert_eq!(
            words(&filtered(&web(), cluster)),
            (expected.clone(), expected),
            "{case}"
        );
    }
}

#[test]
fn a_claims_selector_chooses_among_the_volumes() {
    for (label, fits) in [("gold", true), ("tin", false)] {
        let selector = json!({"matchLabels": {"tier": "gold"}});
        let cluster = nodes()
            .with(claim("data", "slow").set("/spec/selector", selector))
            .with(class("slow", BY_HAND, WAITS))
            .with(volume("pv", "slow").label("tier", label));
        assert_eq!(filtered(&web(), cluster).is_nothing(), fits, "{label}");
    }
}

#[test]
fn only_a_node_that_reaches_a_free_volume_will_do() {
    let local =
        |name: &str, host: &str| volume(name, "slow").reached_from("kubernetes.io/hostname", host);
    let cluster = Cluster::new()
        .all(
            ["n1", "n2", "n3"]
                .map(|name| node(name, "4", "8Gi").label("kubernetes.io/hostname", name)),
        )
        .with(claim("data", "slow"))
        .with(class("slow", BY_HAND, WAITS))
        .all([local("pv-1", "n1"), local("pv-2", "n2").given_to("other")]);
    let filtered = filtered(&web(), cluster);
    assert_eq!(words(&filtered), (vec![], vec![NONE]));
    let expected = VolumeFailure::Unavailable {
        claim: "data".into(),
        class: "slow".into(),
        why: NoVolume::ByHand,
    };
    assert_eq!(filtered.failure("n3"), &expected);
}

#[test]
fn a_volume_that_names_the_claim_is_the_only_one_for_it() {
    let cluster = nodes()
        .with(claim("data", "slow"))
        .with(class("slow", BY_HAND, WAITS))
        .with(volume("any", "slow"))
        .with(
            volume("own", "slow")
                .given_to("data")
                .reached_from(ZONE, "a"),
        );
    assert_eq!(words(&filtered(&web(), cluster)), (vec![], vec![NONE]));
}

#[test]
fn two_claims_need_two_volumes_and_the_smaller_chooses_first() {
    let large = claim("large", "slow").set("/spec/resources/requests/storage", json!("20Gi"));
    let small = claim("small", "slow");
    for (sizes, fits) in [
        (&["10Gi", "20Gi"][..], true),
        (&["20Gi", "20Gi"], true),
        (&["20Gi"], false),
        (&["10Gi", "10Gi"], false),
    ] {
        let volumes = sizes.iter().enumerate().map(|(at, size)| {
            volume(&format!("pv-{at}"), "slow").set("/spec/capacity/storage", json!(size))
        });
        let cluster = nodes()
            .all([large.clone(), small.clone(), class("slow", BY_HAND, WAITS)])
            .all(volumes);
        let filtered = filtered(&pod("web").mounts(&["large", "small"]), cluster);
        assert_eq!(filtered.is_nothing(), fits, "{sizes:?}");
    }
}

#[test]
fn a_volume_is_made_where_the_class_allows_it() {
    let allowed = |terms: Value| class("fast", DRIVER, WAITS).set("/allowedTopologies", terms);
    let zone =
        |values: &[&str]| json!({"matchLabelExpressions": [{"key": ZONE, "values": values}]});
    for (terms, n1, n2) in [
        (json!(null), true, true),
        (json!([]), true, true),
        (json!([{}]), false, false),
        (json!([zone(&["a"])]), true, false),
        (json!([zone(&["a", "b"])]), true, true),
        (json!([zone(&["c"]), zone(&["b"])]), false, true),
    ] {
        let cluster = nodes()
            .with(claim("data", "fast"))
            .with(allowed(terms.clone()));
        let filtered = filtered(&web(), cluster);
        assert_eq!(
            (filtered.on("n1").is_empty(), filtered.on("n2").is_empty()),
            (n1, n2),
            "{terms}"
        );
    }
    let cluster = nodes()
        .with(claim("data", "fast"))
        .with(allowed(json!([zone(&["a", "c"])])));
    let VolumeFailure::Unavailable { why, .. } = filtered(&web(), cluster).failure("n2").clone()
    else {
        panic!("not unavailable");
    };
    let zones = NodeRequirement::one_of(ZONE, &["a".to_owned(), "c".to_owned()]);
    assert_eq!(why, NoVolume::Topology(zones.into()));
}

fn left(name: &str, zone: &str, sizes: &Value) -> Object {
    let mut capacity = json!({"metadata": {"name": name, "namespace": "storage"}, "storageClassName": "fast",
        "nodeTopology": {"matchLabels": {ZONE: zone}}});
    for (field, size) in sizes.as_object().unwrap() {
        capacity[field] = size.clone();
    }
    object(Kind::CsiStorageCapacity, capacity)
}

#[test]
fn a_volume_is_made_where_enough_is_left() {
    for (case, sizes, fits) in [
        ("enough", json!({"capacity": "10Gi"}), true),
        ("too little", json!({"capacity": "9Gi"}), false),
        (
            "in pieces",
            json!({"capacity": "100Gi", "maximumVolumeSize": "9Gi"}),
            false,
        ),
        ("unknown", json!({}), false),
        (
            "reached from nowhere",
            json!({"capacity": "10Gi", "nodeTopology": null}),
            false,
        ),
        (
            "another class",
            json!({"capacity": "10Gi", "storageClassName": "slow"}),
            false,
        ),
    ] {
        let cluster = nodes()
            .all([
                claim("data", "fast"),
                class("fast", DRIVER, WAITS),
                driver(true),
            ])
            .with(left("x", "a", &sizes));
        let filtered = filtered(&web(), cluster);
        let expected: &[&str] = if fits { &[] } else { &[SPACE] };
        assert_eq!(filtered.reasons("n1"), expected, "{case}");
        assert_eq!(filtered.reasons("n2"), [SPACE], "{case}");
    }
}

#[test]
fn the_most_that_is_left_is_told() {
    let cluster = nodes()
        .all([
            claim("data", "fast"),
            class("fast", DRIVER, WAITS),
            driver(true),
        ])
        .all([
            left("x", "a", &json!({"capacity": "3Gi"})),
            left("y", "a", &json!({"capacity": "7Gi"})),
        ]);
    let filtered = filtered(&web(), cluster);
    let space = |free: Option<&str>| VolumeFailure::NoSpace {
        claim: "data".into(),
        class: "fast".into(),
        asked: "10Gi".parse().unwrap(),
        free: free.map(|free| free.parse().unwrap()),
    };
    assert_eq!(filtered.failure("n1"), &space(Some("7Gi")));
    assert_eq!(filtered.failure("n2"), &space(None));
}

#[test]
fn what_is_left_matters_only_when_the_driver_says_so() {
    for (case, driver) in [
        ("silent", Some(driver(false))),
        ("unknown to the cluster", None),
    ] {
        let cluster = nodes()
            .all([claim("data", "fast"), class("fast", DRIVER, WAITS)])
            .all(driver);
        assert!(filtered(&web(), cluster).is_nothing(), "{case}");
    }
}

#[test]
fn a_free_volume_spares_making_one() {
    let cluster = nodes()
        .all([
            claim("data", "fast"),
            class("fast", DRIVER, WAITS),
            driver(true),
        ])
        .with(volume("pv", "fast").reached_from(ZONE, "a"));
    assert_eq!(words(&filtered(&web(), cluster)), (vec![], vec![SPACE]));
}

#[test]
fn a_claim_for_which_a_volume_is_being_made_keeps_to_its_node() {
    let chosen = claim("data", "fast").set(
        "/metadata/annotations/volume.kubernetes.io~1selected-node",
        json!("n2"),
    );
    let cluster = nodes().all([chosen, class("fast", DRIVER, WAITS)]);
    let filtered = filtered(&web(), cluster);
    assert_eq!(words(&filtered), (vec![NONE], vec![]));
    let VolumeFailure::Unavailable { why, .. } = filtered.failure("n1") else {
        panic!("{filtered:?}");
    };
    assert_eq!(*why, NoVolume::ForNode("n2".into()));
}

#[test]
fn reasons_of_bound_and_unbound_claims_stand_side_by_side() {
    let cluster = nodes()
        .all([
            claim("new", "fast"),
            class("fast", DRIVER, WAITS),
            driver(true),
        ])
        .with(claim("data", "fast").bound_to("pv"))
        .with(
            volume("pv", "fast")
                .reached_from(ZONE, "a")
                .given_to("data"),
        );
    let filtered = filtered(&pod("web").mounts(&["new", "data"]), cluster);
    assert_eq!(words(&filtered), (vec![SPACE], vec![ELSEWHERE, SPACE]));
}
