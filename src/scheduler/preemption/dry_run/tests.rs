use super::{DryRun, Outcome};
use crate::scheduler::Engine;
use crate::scheduler::testing::{Cluster, Object, claim, node, pod, volume};
use serde_json::{Value, json};

fn standing(name: &str, on: &str, priority: i32, cpu: &str) -> Object {
    let pod = pod(name).on(on).asks("cpu", cpu);
    pod.set("/spec/priority", json!(priority))
}

fn web(cpu: &str) -> Object {
    pod("web").asks("cpu", cpu).set("/spec/priority", json!(10))
}

fn found(web: &Object, objects: Vec<Object>) -> DryRun {
    let cluster = Cluster::new().all(objects).snapshot();
    let engine = Engine::new(&cluster);
    DryRun::clone(&engine.dry_run(&web.pod()))
}

/// Who gives way on `n1`.
fn victims(web: &Object, others: Vec<Object>) -> Vec<String> {
    let n1 = node("n1", "4", "8Gi").label("zone", "a");
    let objects = others.into_iter().chain([n1]).collect();
    match &found(web, objects).nodes[0].1 {
        Outcome::Room(victims) => victims.iter().map(|one| one.pod.name.clone()).collect(),
        other => panic!("no room: {other:?}"),
    }
}

fn anti_affinity(app: &str) -> Value {
    let term = json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}});
    json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
}

#[test]
fn as_few_as_possible_give_way_and_the_least_important_ones() {
    let others = vec![
        standing("a", "n1", 1, "1"),
        standing("b", "n1", 2, "1"),
        standing("c", "n1", 0, "1"),
        standing("d", "n1", 10, "1"),
    ];
    assert_eq!(victims(&web("1"), others.clone()), ["c"]);
    assert_eq!(victims(&web("2"), others), ["a", "c"]);
}

#[test]
fn of_two_alike_the_one_that_has_run_longer_stays() {
    let since =
        |name: &str, time: &str| standing(name, "n1", 0, "2").set("/status/startTime", json!(time));
    let others = vec![
        since("young", "2026-01-01T00:00:20Z"),
        since("old", "2026-01-01T00:00:10Z"),
    ];
    assert_eq!(victims(&web("2"), others), ["young"]);
    let unstarted = vec![
        since("old", "2026-01-01T00:00:10Z"),
        standing("unstarted", "n1", 0, "2"),
    ];
    assert_eq!(victims(&web("2"), unstarted), ["unstarted"]);
}

#[test]
fn what_removing_pods_cannot_change_is_told_apart() {
    let objects = vec![
        node("equal", "2", "1Gi"),
        standing("db", "equal", 10, "2"),
        node("small", "1", "1Gi"),
        standing("low-a", "small", 0, "1"),
        node("tainted", "2", "1Gi").set(
            "/spec/taints",
            json!([{"key": "gpu", "effect": "NoSchedule"}]),
        ),
        standing("low-b", "tainted", 0, "2"),
        node("too-little", "2", "1Gi"),
        standing("low-c", "too-little", 0, "1"),
        standing("db-b", "too-little", 10, "1"),
    ];
    let found = found(&web("2"), objects);
    let outcomes: Vec<(&str, &Outcome)> = found
        .nodes
        .iter()
        .map(|(node, outcome)| (&**node, outcome))
        .collect();
    let short = Outcome::StillFails(vec!["Insufficient cpu".to_owned()]);
    assert_eq!(
        outcomes,
        [
            ("equal", &Outcome::NoVictims),
            ("small", &Outcome::NotHelpful),
            ("tainted", &Outcome::NotHelpful),
            ("too-little", &short),
        ]
    );
    let counts: Vec<String> = found
        .counts()
        .iter()
        .map(|count| format!("{} {}", count.count.unwrap(), count.reason))
        .collect();
    assert_eq!(
        counts,
        [
            "1 Insufficient cpu",
            "1 No preemption victims found for incoming pod",
            "2 Preemption is not helpful for scheduling"
        ]
    );
}

#[test]
fn the_node_is_chosen_that_loses_the_least() {
    let chosen = |pods: Vec<Object>| {
        let nodes = ["n1", "n2"].map(|name| node(name, "2", "1Gi"));
        let found = found(&web("2"), pods.into_iter().chain(nodes).collect());
        found.chosen().map(|(node, _)| node.to_owned()).unwrap()
    };
    let important = vec![standing("a", "n1", 5, "2"), standing("b", "n2", 4, "2")];
    assert_eq!(chosen(important), "n2");
    let many = vec![
        standing("a", "n1", 5, "1"),
        standing("b", "n1", 1, "1"),
        standing("c", "n2", 5, "2"),
    ];
    assert_eq!(chosen(many), "n2");
    let since = |name: &str, on: &str, time: &str| {
        standing(name, on, 5, "2").set("/status/startTime", json!(time))
    };
    let old = vec![
        since("a", "n1", "2026-01-01T00:00:10Z"),
        since("b", "n2", "2026-01-01T00:00:20Z"),
    ];
    assert_eq!(chosen(old), "n2");
    assert_eq!(
        chosen(vec![
            standing("a", "n1", 5, "2"),
            standing("b", "n2", 5, "2")
        ]),
        "n1"
    );
}

#[test]
fn victims_keep_nobody_away() {
    let low = |affinity: Value| {
        let low = standing("low", "n1", 0, "1").set("/metadata/labels", json!({"app": "batch"}));
        vec![low.set("/spec/affinity", affinity)]
    };
    let labelled = web("1").set("/metadata/labels", json!({"app": "web"}));
    let avoided = labelled
        .clone()
        .set("/spec/affinity", anti_affinity("batch"));
    assert_eq!(victims(&avoided, low(json!({}))), ["low"]);
    assert_eq!(victims(&labelled, low(anti_affinity("web"))), ["low"]);
}

#[test]
fn victims_do_not_count_in_their_domain() {
    let constraint = json!([{
        "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }]);
    let labels = json!({"app": "web"});
    let web = web("1")
        .set("/metadata/labels", labels.clone())
        .set("/spec/topologySpreadConstraints", constraint);
    let low = standing("low", "n1", 0, "1").set("/metadata/labels", labels);
    let free = node("n2", "0", "1Gi").label("zone", "b");
    assert_eq!(victims(&web, vec![low, free]), ["low"]);
}

#[test]
fn a_claim_that_only_one_pod_may_use_gets_free() {
    let modes = json!(["ReadWriteOncePod"]);
    let low = standing("low", "n1", 0, "1").mounts(&["data"]);
    let user = |name: &str| standing(name, "n2", 10, "1").mounts(&["data"]);
    let mut objects = vec![
        low.clone(),
        claim("data", "")
            .set("/spec/accessModes", modes)
            .bound_to("pv"),
        volume("pv", "").given_to("data"),
    ];
    let web = web("1").mounts(&["data"]);
    assert_eq!(victims(&web, objects.clone()), ["low"]);
    // the scheduler counts claims and not their users, and by their names alone
    objects[0] = low.set("/metadata/namespace", json!("other"));
    objects.extend([user("a"), user("b"), node("n2", "4", "8Gi")]);
    assert_eq!(victims(&web, objects), ["low"]);
}

#[test]
fn a_port_that_two_pods_hold_is_taken_until_both_are_gone() {
    let holder = |name, priority| standing(name, "n1", priority, "1").host_port(80, "TCP", "");
    let web = web("1").host_port(80, "TCP", "");
    let n1 = node("n1", "4", "8Gi");
    let objects = vec![n1, holder("low", 0), holder("high", 20)];
    let Outcome::StillFails(reasons) = found(&web, objects).nodes.remove(0).1 else {
        panic!("the one of higher priority stays");
    };
    assert_eq!(
        reasons,
        ["node(s) didn't have free ports for the requested pod ports"]
    );
}
