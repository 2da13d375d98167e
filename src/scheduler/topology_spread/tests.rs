//! Constraints on clusters of a few zones.

use crate::scheduler::testing::{Cluster, Object, found, node, pod};
use crate::scheduler::{View, What, run_filters};
use serde_json::{Value, json};

const SKEW: &str = "PodTopologySpread: node(s) didn't match pod topology spread constraints";
const LABEL: &str = "PodTopologySpread: node(s) didn't match pod topology spread constraints (missing required label)";

fn zoned(name: &str, zone: &str) -> Object {
    let labels = json!({"zone": zone, "kubernetes.io/hostname": name});
    node(name, "8", "8Gi").set("/metadata/labels", labels)
}

fn web(name: &str) -> Object {
    pod(name).set("/metadata/labels", json!({"app": "web"}))
}

fn constraint(fields: Value) -> Value {
    let mut all = json!({
        "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    });
    let whole = all.as_object_mut().unwrap();
    whole.extend(fields.as_object().unwrap().clone());
    all
}

fn spread(fields: Value) -> Object {
    web("new").set(
        "/spec/topologySpreadConstraints",
        json!([constraint(fields)]),
    )
}

/// The names of the nodes that take the pod.
fn feasible_nodes(pod: &Object, objects: &[Object]) -> Vec<String> {
    let cluster = objects.iter().cloned().fold(Cluster::new(), Cluster::with);
    let cluster = cluster.snapshot();
    let results = run_filters(&pod.pod(), &View::of(&cluster));
    results.feasible_nodes().map(str::to_owned).collect()
}

/// Two zones: two matching pods in a, one in b.
fn zones() -> Vec<Object> {
    vec![
        zoned("a1", "a"),
        zoned("b1", "b"),
        web("w1").on("a1"),
        web("w2").on("a1"),
        web("w3").on("b1"),
    ]
}

#[test]
fn the_fullest_domain_is_closed() {
    assert_eq!(feasible_nodes(&spread(json!({})), &zones()), ["b1"]);
    assert_eq!(
        feasible_nodes(&spread(json!({"maxSkew": 2})), &zones()),
        ["a1", "b1"]
    );
    let soft = spread(json!({"whenUnsatisfiable": "ScheduleAnyway"}));
    assert_eq!(feasible_nodes(&soft, &zones()), ["a1", "b1"]);
}

#[test]
fn only_live_pods_of_the_namespace_that_match_count() {
    let going = web("w4")
        .on("b1")
        .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
    let elsewhere = web("w5")
        .on("b1")
        .set("/metadata/namespace", json!("other"));
    let unlike = pod("w6").on("b1");
    let done = web("w7").on("b1").phase("Succeeded");
    let mut objects = zones();
    objects.extend([going, elsewhere, unlike, done]);
    assert_eq!(feasible_nodes(&spread(json!({})), &objects), ["b1"]);
    objects.push(web("w8").on("b1"));
    assert_eq!(feasible_nodes(&spread(json!({})), &objects), ["a1", "b1"]);
}

#[test]
fn a_pod_outside_its_own_selector_adds_nothing() {
    let stranger = spread(json!({})).set("/metadata/labels", json!({"app": "other"}));
    assert_eq!(feasible_nodes(&stranger, &zones()), ["a1", "b1"]);
}

#[test]
fn a_node_without_the_key_takes_nothing_and_counts_nowhere() {
    let bare = node("bare", "8", "8Gi");
    let said = found(&spread(json!({})), &bare, &[]);
    assert_eq!(said, [LABEL]);
    // the second key is missing on a1, so its pods count for neither constraint
    let two = json!([
        constraint(json!({})),
        constraint(json!({"topologyKey": "rack"}))
    ]);
    let both = web("new").set("/spec/topologySpreadConstraints", two);
    let racked = zoned("b1", "b").set("/metadata/labels", json!({"zone": "b", "rack": "r"}));
    let objects = [zoned("a1", "a"), racked, web("w1").on("b1")];
    assert_eq!(feasible_nodes(&both, &objects), ["b1"]);
}

#[test]
fn too_few_domains_make_the_fewest_zero() {
    let objects = [
        zoned("a1", "a"),
        zoned("b1", "b"),
        web("w1").on("a1"),
        web("w2").on("b1"),
    ];
    assert_eq!(
        feasible_nodes(&spread(json!({"minDomains": 2})), &objects),
        ["a1", "b1"]
    );
    assert!(feasible_nodes(&spread(json!({"minDomains": 3})), &objects).is_empty());
}

#[test]
fn nodes_that_the_pod_excludes_count_unless_told_otherwise() {
    let tainted = zoned("c1", "c").set(
        "/spec/taints",
        json!([{"key": "t", "effect": "NoSchedule"}]),
    );
    let objects = [zoned("a1", "a"), tainted, web("w1").on("a1")];
    // zone c is empty and closed by its taint, and still the emptiest
    assert!(feasible_nodes(&spread(json!({})), &objects).is_empty());
    assert_eq!(
        feasible_nodes(&spread(json!({"nodeTaintsPolicy": "Honor"})), &objects),
        ["a1"]
    );
    let objects = [zoned("a1", "a"), zoned("c1", "c"), web("w1").on("a1")];
    let picky = |policy: &str| {
        spread(json!({"nodeAffinityPolicy": policy}))
            .set("/spec/nodeSelector", json!({"zone": "a"}))
    };
    assert_eq!(feasible_nodes(&picky("Honor"), &objects), ["a1"]);
    assert!(feasible_nodes(&picky("Ignore"), &objects).is_empty());
}

#[test]
fn selectors_that_say_nothing() {
    // none matches nothing; the empty one counts no pod and matches the incoming one
    assert_eq!(
        feasible_nodes(&spread(json!({"labelSelector": null})), &zones()),
        ["a1", "b1"]
    );
    assert_eq!(
        feasible_nodes(&spread(json!({"labelSelector": {}})), &zones()),
        ["a1", "b1"]
    );
    let strict = json!({"labelSelector": {}, "minDomains": 3, "maxSkew": 1});
    assert_eq!(feasible_nodes(&spread(strict), &zones()), ["a1", "b1"]);
}

#[test]
fn match_label_keys_narrow_the_selector_to_the_pods_own_values() {
    let labelled = |name: &str, hash: &str| {
        pod(name).set("/metadata/labels", json!({"app": "web", "hash": hash}))
    };
    let objects = [
        zoned("a1", "a"),
        zoned("b1", "b"),
        labelled("old", "1").on("a1"),
    ];
    let keys = json!({"matchLabelKeys": ["hash", "absent"]});
    let of = |hash: &str| {
        spread(keys.clone()).set("/metadata/labels", json!({"app": "web", "hash": hash}))
    };
    assert_eq!(feasible_nodes(&of("1"), &objects), ["b1"]);
    assert_eq!(feasible_nodes(&of("2"), &objects), ["a1", "b1"]);
}

#[test]
fn pods_that_preemption_makes_room_for_count() {
    let coming = web("coming")
        .set("/status/nominatedNodeName", json!("b1"))
        .set("/spec/priority", json!(9));
    let mut objects = zones();
    objects.extend([coming, web("w4").on("b1")]);
    // with the coming pod b holds three, a two
    assert_eq!(feasible_nodes(&spread(json!({})), &objects), ["a1"]);
}

#[test]
fn the_counts_are_told() {
    let cluster = zones()
        .into_iter()
        .fold(Cluster::new(), Cluster::with)
        .snapshot();
    let results = run_filters(&spread(json!({})).pod(), &View::of(&cluster)).nodes;
    assert_eq!(results[0].failures.len(), 1);
    assert_eq!(
        results[0].failures[0].what,
        What::Spread {
            key: "zone".into(),
            domain: Some("a".into()),
            matching: 2,
            fewest: 1,
            max_skew: 1
        }
    );
    assert!(SKEW.ends_with(&*results[0].failures[0].reason));
}
