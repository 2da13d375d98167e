//! Which filter failures come first on small clusters.

use super::*;
use crate::scheduler::testing::{Cluster, Object, node, pod};
use crate::scheduler::{Filter, View, run_filters};
use serde_json::{Value, json};

fn ranks(pod: &Object, nodes: &[Object], filters: &[Filter]) -> Vec<Option<u32>> {
    let cluster = nodes.iter().cloned().fold(Cluster::new(), Cluster::with);
    let cluster = cluster.snapshot();
    let results = run_filters(&pod.pod(), &View::of(&cluster)).nodes;
    let of = |filter: &Filter| {
        let barred = nearest_feasible(&results).barred_by(|failure| failure.filter == *filter);
        barred.map(|(rank, _)| rank)
    };
    filters.iter().map(of).collect()
}

fn tainted(name: &str, key: &str) -> Object {
    let taints = json!([{"key": key, "effect": "NoSchedule"}]);
    node(name, "4", "8Gi").set("/spec/taints", taints)
}

#[test]
fn the_full_pool_comes_before_the_guarded_one() {
    let nodes = [
        tainted("cp", KEYS[0]),
        tainted("gpu-1", "gpu"),
        tainted("gpu-2", "gpu"),
        node("w1", "1", "1Gi"),
    ];
    let asked = [Filter::NodeResourcesFit, Filter::TaintToleration];
    let found = ranks(&pod("web").asks("cpu", "2"), &nodes, &asked);
    assert!(found[0].unwrap() < found[1].unwrap(), "{found:?}");
}

#[test]
fn nodes_that_the_pod_excludes_itself_do_not_count() {
    let ssd = |name| node(name, "1", "1Gi").set("/metadata/labels", json!({"disk": "ssd"}));
    let web = pod("web")
        .asks("cpu", "2")
        .set("/spec/nodeSelector", json!({"disk": "ssd"}));
    let asked = [Filter::NodeAffinity, Filter::NodeResourcesFit];
    let found = ranks(&web, &[node("w1", "4", "8Gi"), ssd("w2")], &asked);
    assert_eq!(found[0], None);
    assert!(found[1].is_some());
    // unless it excludes all of them
    let found = ranks(
        &web,
        &[tainted("cp", KEYS[1]), node("w1", "4", "8Gi")],
        &asked,
    );
    assert!(found[0].is_some());
    assert_eq!(found[1], None);
}

#[test]
fn a_control_plane_counts_only_when_there_is_nothing_else() {
    let asked = [Filter::TaintToleration];
    let cp = tainted("cp", KEYS[0]);
    let full = node("w1", "1", "1Gi");
    let web = pod("web").asks("cpu", "2");
    assert_eq!(ranks(&web, &[cp.clone(), full], &asked), [None]);
    assert!(ranks(&web, &[cp], &asked)[0].is_some());
}

fn role(name: &str) -> Object {
    node(name, "4", "8Gi").set("/metadata/labels", json!({KEYS[0]: ""}))
}

#[test]
fn a_cordon_that_keeps_a_control_plane_free_counts_as_its_taint_does() {
    let cordoned = |node: Object| node.set("/spec/unschedulable", json!(true));
    let full = || node("w1", "1", "1Gi");
    let old =
        node("cp", "4", "8Gi").set("/metadata/labels", json!({"kubernetes.io/role": "master"}));
    let web = pod("web").asks("cpu", "2");
    let asked = [Filter::NodeUnschedulable];
    let of = |nodes: &[Object]| ranks(&web, nodes, &asked)[0];
    for cp in [role("cp"), old] {
        assert_eq!(of(&[cordoned(cp.clone()), full()]), None);
        // there is nothing else
        assert!(of(&[cordoned(cp)]).is_some());
    }
    // one that is guarded by its taint speaks for it, one that takes workloads against it
    let guarded = tainted("cp2", KEYS[0]).set("/metadata/labels", json!({KEYS[0]: ""}));
    assert_eq!(of(&[cordoned(role("cp")), guarded, full()]), None);
    let small = role("cp2").set("/status/allocatable/cpu", json!("1"));
    assert!(of(&[cordoned(role("cp")), small, full()]).is_some());
    assert!(of(&[cordoned(node("w2", "4", "8Gi")), full()]).is_some());
}

#[test]
fn what_keeps_a_control_plane_free_comes_behind_the_pods_choice_unless_it_is_chosen() {
    let cordoned = role("cp").set("/spec/unschedulable", json!(true));
    let guarded = tainted("cp", KEYS[0]).set("/metadata/labels", json!({KEYS[0]: ""}));
    for (cp, filter) in [
        (cordoned, Filter::NodeUnschedulable),
        (guarded, Filter::TaintToleration),
    ] {
        let asked = [Filter::NodeAffinity, filter];
        let disk = |node: Object| node.set("/metadata/labels/disk", json!("ssd"));
        let nodes = [disk(cp), node("w1", "4", "8Gi")];
        let of = |selector: Value| {
            let web = pod("web").set("/spec/nodeSelector", selector);
            let found = ranks(&web, &nodes, &asked);
            (found[0], found[1])
        };
        let (choice, kept) = of(json!({"disk": "ssd"}));
        assert!(choice.unwrap() < kept.unwrap(), "{filter:?}");
        let (choice, kept) = of(json!({KEYS[0]: ""}));
        assert!(kept.is_some() && choice.is_none(), "{filter:?}");
    }
}

fn rank_of(pod: &Object, nodes: &[Object], reason: &str) -> Option<u32> {
    let cluster = nodes.iter().cloned().fold(Cluster::new(), Cluster::with);
    let cluster = cluster.snapshot();
    let results = run_filters(&pod.pod(), &View::of(&cluster)).nodes;
    let barred = nearest_feasible(&results).barred_by(|failure| failure.reason == reason);
    barred.map(|(rank, _)| rank)
}

#[test]
fn a_full_node_is_nearer_than_one_that_is_too_small() {
    let nodes = [
        node("w1", "1", "8Gi"),
        node("w2", "1", "8Gi"),
        node("w3", "4", "8Gi").set("/status/allocatable/pods", json!("0")),
    ];
    let web = pod("web").asks("cpu", "2");
    let of = |reason| rank_of(&web, &nodes, reason).unwrap();
    assert!(of("Too many pods") < of("Insufficient cpu"));
}

#[test]
fn where_the_pod_excludes_every_node_what_else_stands_on_some_does_not_count() {
    let web = pod("web").set("/spec/nodeSelector", json!({"disk": "sdd"}));
    let asked = [Filter::NodeAffinity, Filter::TaintToleration];
    let guarded = tainted("w2", "team");
    let found = ranks(&web, &[node("w1", "4", "8Gi"), guarded.clone()], &asked);
    assert!(found[0].is_some());
    assert_eq!(found[1], None);
    // on every node it stands in the way however the choice is changed
    let found = ranks(&web, &[tainted("w1", "team"), guarded], &asked);
    assert!(found[1].is_some());
}

#[test]
fn what_stands_beside_another_nodes_only_failure_does_not_count() {
    let web = pod("web").asks("cpu", "2");
    let asked = [Filter::NodeResourcesFit, Filter::NodeUnschedulable];
    let cordoned = |cpu| node("w2", cpu, "8Gi").set("/spec/unschedulable", json!(true));
    let found = ranks(&web, &[node("w1", "1", "8Gi"), cordoned("1")], &asked);
    assert!(found[0].is_some());
    assert_eq!(found[1], None);
    // a larger node would do without its cordon, now or when it has room
    let full = pod("full").on("w2").asks("cpu", "3");
    let objects = [node("w1", "1", "8Gi"), cordoned("4"), full];
    for objects in [&objects[..2], &objects[..]] {
        assert!(ranks(&web, objects, &asked)[1].is_some());
    }
}

#[test]
fn of_equal_distances_fewer_failures_come_first_and_then_the_earlier_filter() {
    let web = pod("web").host_port(80, "TCP", "");
    let crowded = |name| node(name, "4", "8Gi").set("/status/allocatable/pods", json!("1"));
    let objects = [
        crowded("w1"),
        crowded("w2"),
        crowded("w3"),
        node("w4", "4", "8Gi"),
        pod("a").on("w1"),
        pod("b").on("w2"),
        pod("c").on("w3"),
        pod("d").on("w4").host_port(80, "TCP", ""),
    ];
    let asked = [Filter::NodePorts, Filter::NodeResourcesFit];
    let found = ranks(&web, &objects, &asked);
    assert!(found[0].unwrap() < found[1].unwrap(), "{found:?}");
    // a taint weighs as much as two shortages
    let web = web.asks("cpu", "1").asks("memory", "1Gi");
    let full = pod("full").on("w1").asks("cpu", "4").asks("memory", "8Gi");
    let objects = [node("w1", "4", "8Gi"), full, tainted("w2", "team")];
    let asked = [Filter::TaintToleration, Filter::NodeResourcesFit];
    let found = ranks(&web, &objects, &asked);
    assert!(found[0].unwrap() < found[1].unwrap(), "{found:?}");
}

#[test]
fn of_equal_distances_the_more_frequent_comes_first() {
    let nodes = [
        node("w1", "4", "1Gi"),
        node("w2", "1", "8Gi"),
        node("w3", "1", "8Gi"),
    ];
    let web = pod("web").asks("cpu", "2").asks("memory", "2Gi");
    let of = |reason| rank_of(&web, &nodes, reason).unwrap();
    assert!(of("Insufficient cpu") < of("Insufficient memory"));
}

fn zoned(name: &str, zone: &str, cpu: &str) -> Object {
    let labels = json!({"zone": zone, "kubernetes.io/hostname": name});
    node(name, cpu, "8Gi").set("/metadata/labels", labels)
}

fn app(name: &str) -> Object {
    pod(name).set("/metadata/labels", json!({"app": "web"}))
}

/// Asks for a core and an even spread over zones.
fn spread() -> Object {
    let constraint = json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}});
    app("web")
        .asks("cpu", "1")
        .set("/spec/topologySpreadConstraints", json!([constraint]))
}

fn topology(rule: &str, key: &str) -> Value {
    let term = json!({"topologyKey": key, "labelSelector": {"matchLabels": {"app": "web"}}});
    json!({rule: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
}

#[test]
fn the_domain_that_is_waited_for_comes_before_the_spread() {
    let asked = [
        Filter::NodeResourcesFit,
        Filter::PodTopologySpread,
        Filter::TaintToleration,
        Filter::NodeUnschedulable,
    ];
    let ranked = |empty: Object| {
        let others = [zoned("a1", "a", "4"), zoned("b1", "b", "4")];
        let pods = [app("one").on("a1"), app("two").on("b1")];
        let objects: Vec<_> = others.into_iter().chain(pods).chain([empty]).collect();
        ranks(&spread(), &objects, &asked)
    };
    // room, memory as well, or the node's own state: it passes
    let short = ranked(zoned("c1", "c", "500m"));
    assert!(short[0].unwrap() < short[1].unwrap(), "{short:?}");
    let taint = |key: &str| json!([{"key": key, "effect": "NoSchedule"}]);
    let down = zoned("c1", "c", "4").set("/spec/taints", taint("node.kubernetes.io/not-ready"));
    let down = ranked(down);
    assert!(down[2].unwrap() < down[1].unwrap(), "{down:?}");
    // set apart: the constraint counts on it in vain
    let apart = ranked(zoned("c1", "c", "4").set("/spec/taints", taint("team")));
    assert!(apart[1].unwrap() < apart[2].unwrap(), "{apart:?}");
    let cordoned = ranked(
        zoned("c1", "c", "4")
            .set("/spec/taints", taint("node.kubernetes.io/unschedulable"))
            .set("/spec/unschedulable", json!(true)),
    );
    assert!(cordoned[1].unwrap() < cordoned[3].unwrap(), "{cordoned:?}");
}

#[test]
fn a_domain_that_lacks_several_things_is_still_the_one_that_is_waited_for() {
    let crowded = zoned("c1", "c", "500m").set("/status/allocatable/pods", json!("0"));
    let objects = [
        zoned("a1", "a", "4"),
        zoned("a2", "a", "4"),
        app("one").on("a1"),
        crowded,
    ];
    let asked = [Filter::NodeResourcesFit, Filter::PodTopologySpread];
    let found = ranks(&spread(), &objects, &asked);
    assert!(found[0].unwrap() < found[1].unwrap(), "{found:?}");
}

#[test]
fn of_a_spread_the_count_and_the_missing_label_are_two_things() {
    // the unlabelled node would not do without its label only because another domain is full
    let bare = node("d1", "4", "8Gi");
    let objects = [
        zoned("a1", "a", "4"),
        app("one").on("a1"),
        zoned("b1", "b", "4").set("/spec/unschedulable", json!(true)),
        bare,
    ];
    let label = "node(s) didn't match pod topology spread constraints (missing required label)";
    let count = "node(s) didn't match pod topology spread constraints";
    let of = |reason| rank_of(&spread(), &objects, reason).unwrap();
    assert!(of(count) < of(label));
}

#[test]
fn where_the_peers_are_comes_before_where_they_are_not() {
    let near = pod("new")
        .asks("cpu", "1")
        .set("/spec/affinity", topology("podAffinity", "zone"));
    let with = |topology: Object| [zoned("a1", "a", "4"), topology, app("one").on("b1")];
    let asked = [
        Filter::NodeResourcesFit,
        Filter::InterPodAffinity,
        Filter::TaintToleration,
    ];
    let full = ranks(&near, &with(zoned("b1", "b", "500m")), &asked);
    assert!(full[0].unwrap() < full[1].unwrap(), "{full:?}");
    let taints = json!([{"key": "team", "effect": "NoSchedule"}]);
    let guarded = zoned("b1", "b", "4").set("/spec/taints", taints);
    let guarded = ranks(&near, &with(guarded), &asked);
    assert!(guarded[1].unwrap() < guarded[2].unwrap(), "{guarded:?}");
}

#[test]
fn nodes_held_by_siblings_come_before_one_that_lacks_much() {
    let rule = topology("podAntiAffinity", "kubernetes.io/hostname");
    let new = app("new").asks("cpu", "1").asks("memory", "1Gi");
    let new = new.set("/spec/affinity", rule);
    let small = node("c1", "500m", "512Mi");
    let objects = [zoned("a1", "a", "4"), app("one").on("a1"), small];
    let asked = [Filter::InterPodAffinity, Filter::NodeResourcesFit];
    let found = ranks(&new, &objects, &asked);
    assert!(found[0].unwrap() < found[1].unwrap(), "{found:?}");
}

#[test]
fn the_nearest_node_is_the_first() {
    let nodes = [node("a", "1", "1Gi"), node("b", "1", "8Gi")];
    let cluster = nodes
        .into_iter()
        .fold(Cluster::new(), Cluster::with)
        .snapshot();
    let web = pod("web").asks("cpu", "2").asks("memory", "2Gi").pod();
    let results = run_filters(&web, &View::of(&cluster)).nodes;
    let names: Vec<_> = nearest_feasible(&results)
        .nodes()
        .map(|node| &*node.node)
        .collect();
    assert_eq!(names, ["b", "a"]);
    assert!(
        results
            .iter()
            .all(|node| nearest_feasible(&results).is_usable(node))
    );
}
