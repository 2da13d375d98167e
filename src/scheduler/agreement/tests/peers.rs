//! What three generations of schedulers say of spreads and of affinity between pods, beside the same cluster.

use super::examined;
use crate::scheduler::testing::{Cluster, Object, node, pod};
use crate::scheduler::{Agree, Agreement};
use serde_json::{Value, json};

const TAIL: &str =
    "preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.";

fn zoned(name: &str, zone: &str) -> Object {
    let labels = json!({"zone": zone, "kubernetes.io/hostname": name});
    node(name, "4", "8Gi").set("/metadata/labels", labels)
}

fn app(name: &str, app: &str) -> Object {
    pod(name).set("/metadata/labels", json!({"app": app}))
}

fn required(rule: &str, app: &str, key: &str) -> Value {
    let term = json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}});
    json!({rule: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
}

/// Two full zones of which one has two nodes, a node without a zone.
fn nodes() -> Vec<Object> {
    vec![
        zoned("a1", "a"),
        zoned("a2", "a"),
        zoned("b1", "b").set("/spec/unschedulable", json!(true)),
        node("bare", "4", "8Gi"),
    ]
}

fn agreed(pod: &Object, objects: Vec<Object>, message: &str) -> Agreement {
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": "2026-01-01T00:10:00Z"});
    let pod = pod.clone().set("/status/conditions", json!([condition]));
    examined(
        &pod,
        objects.into_iter().fold(Cluster::new(), Cluster::with),
    )
}

fn all_agree(pod: &Object, objects: &[Object], messages: &[String]) {
    for message in messages {
        let agreement = agreed(pod, objects.to_vec(), message);
        assert_eq!(agreement.verdict, Agree::Equal, "{message}\n{agreement:?}");
        assert_eq!(agreement.computed, agreement.scheduler, "{message}");
    }
}

#[test]
fn a_spread_is_counted_as_1_18_1_24_and_1_37_say_it() {
    let constraint = json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}});
    let web = app("web", "web").set("/spec/topologySpreadConstraints", json!([constraint]));
    let mut objects = nodes();
    objects.push(app("one", "web").on("a1"));
    let uneven = "node(s) didn't match pod topology spread constraints";
    let newer =
        format!("1 {uneven} (missing required label), 1 node(s) were unschedulable, 2 {uneven}");
    all_agree(
        &web,
        &objects,
        &[
            // a missing label had no words of its own
            format!("0/4 nodes are available: 1 node(s) were unschedulable, 3 {uneven}."),
            format!("0/4 nodes are available: {newer}."),
            format!("0/4 nodes are available: {newer}. {TAIL}"),
            format!("0/4 nodes are available: {newer}. no new claims to deallocate, {TAIL}"),
        ],
    );
    let wrong = format!("0/4 nodes are available: 2 node(s) were unschedulable, 2 {uneven}.");
    assert_eq!(agreed(&web, objects, &wrong).verdict, Agree::Different);
}

#[test]
fn an_affinity_is_counted_once_or_twice() {
    let affinity = required("podAffinity", "cache", "zone");
    let web = app("web", "web").set("/spec/affinity", affinity);
    let mut objects = nodes();
    objects.push(app("cache", "cache").on("b1"));
    let once = "1 node(s) were unschedulable, 3 node(s) didn't match pod affinity rules";
    let twice = "1 node(s) were unschedulable, 3 node(s) didn't match pod affinity rules, 3 node(s) didn't match pod affinity/anti-affinity";
    all_agree(
        &web,
        &objects,
        &[
            format!("0/4 nodes are available: {twice}."),
            format!("0/4 nodes are available: {once}."),
            format!("0/4 nodes are available: {once}. {TAIL}"),
        ],
    );
}

#[test]
fn up_to_1_18_the_rules_of_others_came_first() {
    let key = "kubernetes.io/hostname";
    let alone = |name: &str| {
        let rule = required("podAntiAffinity", "web", key);
        app(name, "web").set("/spec/affinity", rule)
    };
    let mut objects = nodes();
    objects.push(alone("one").on("a1"));
    objects.push(alone("two").on("a2"));
    let bare = json!({"kubernetes.io/hostname": "bare"});
    objects[3] = node("bare", "4", "8Gi").set("/metadata/labels", bare);
    objects.push(app("three", "web").on("bare"));
    let own = "node(s) didn't match pod anti-affinity rules";
    let theirs = "node(s) didn't satisfy existing pods anti-affinity rules";
    let both = "node(s) didn't match pod affinity/anti-affinity";
    all_agree(
        &alone("web"),
        &objects,
        &[
            format!(
                "0/4 nodes are available: 1 {own}, 1 node(s) were unschedulable, 2 {theirs}, 3 {both}."
            ),
            format!("0/4 nodes are available: 1 node(s) were unschedulable, 3 {both}, 3 {own}."),
            format!("0/4 nodes are available: 1 node(s) were unschedulable, 3 {own}."),
            format!("0/4 nodes are available: 1 node(s) were unschedulable, 3 {own}. {TAIL}"),
        ],
    );
}
