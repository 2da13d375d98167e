//! What is offered where other pods are in the way: spreads, affinity, anti-affinity.

use super::{offers, read, remedies, web};
use crate::rules::finding::Who;
use crate::scheduler::Filter;
use crate::scheduler::testing::{Object, node, object, pod};
use crate::snapshot::Kind;
use serde_json::{Value, json};

const SPEC: &str = "/spec/template/spec";

fn zoned(name: &str, zone: &str) -> Object {
    let labels = json!({"zone": zone, "kubernetes.io/hostname": name});
    node(name, "4", "8Gi").set("/metadata/labels", labels)
}

fn app(pod: Object, app: &str) -> Object {
    pod.set("/metadata/labels", json!({"app": app}))
}

/// A pod of the Deployment `web` with a label to be counted by.
fn own(name: &str) -> Object {
    web(name).set("/metadata/labels/app", json!("web"))
}

fn constraint(key: &str, fields: Value) -> Value {
    let mut all = json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}});
    let whole = all.as_object_mut().unwrap();
    whole.extend(fields.as_object().unwrap().clone());
    all
}

fn spread(constraints: Value) -> Object {
    own("web-7d9c-x").set("/spec/topologySpreadConstraints", constraints)
}

/// Two pods in zone a, none in zone b, whose only node is tainted.
fn uneven() -> [Object; 4] {
    let taints = json!([{"key": "team", "effect": "NoSchedule"}]);
    [
        zoned("a1", "a"),
        zoned("b1", "b").set("/spec/taints", taints),
        app(pod("one").on("a1"), "web"),
        app(pod("two").on("a1"), "web"),
    ]
}

#[test]
fn a_spread_counts_without_tainted_nodes_or_allows_more_or_only_wishes() {
    let pod = spread(json!([constraint("zone", json!({}))]));
    let found = remedies(&pod, &uneven());
    let read: Vec<String> = found.iter().map(|one| super::english(&one.fix)).collect();
    assert_eq!(
        read,
        [
            "leave tainted and cordoned nodes out of the spread over zone (nodeTaintsPolicy Honor)",
            "raise maxSkew of the spread over zone from 1 to 3",
            "make the spread over zone a preference (whenUnsatisfiable ScheduleAnyway)",
            "remove the taint team:NoSchedule from node b1, which then takes any pod",
        ]
    );
    assert_eq!(found[0].removes, [Filter::PodTopologySpread]);
    assert_eq!(found[0].fix.verified.as_deref(), Some(&["a1".into()][..]));
    assert_eq!(
        found[0].fix.patch,
        [
            json!({"op": "test", "path": format!("{SPEC}/topologySpreadConstraints/0/topologyKey"), "value": "zone"}),
            json!({"op": "add", "path": format!("{SPEC}/topologySpreadConstraints/0/nodeTaintsPolicy"), "value": "Honor"}),
        ]
    );
    assert_eq!(
        found[1].fix.patch[1],
        json!({"op": "replace", "path": format!("{SPEC}/topologySpreadConstraints/0/maxSkew"), "value": 3})
    );
}

#[test]
fn a_preference_says_no_min_domains_and_stands_once_a_key() {
    let few = constraint("zone", json!({"minDomains": 4}));
    let nodes = [
        zoned("a1", "a"),
        zoned("b1", "b"),
        app(pod("one").on("a1"), "web"),
        app(pod("two").on("b1"), "web"),
    ];
    let found = remedies(&spread(json!([few])), &nodes);
    assert_eq!(
        super::english(&found[0].fix),
        "lower minDomains of the spread over zone from 4 to 2"
    );
    let base = format!("{SPEC}/topologySpreadConstraints/0");
    assert_eq!(
        found[2].fix.patch[1..],
        [
            json!({"op": "replace", "path": format!("{base}/whenUnsatisfiable"), "value": "ScheduleAnyway"}),
            json!({"op": "remove", "path": format!("{base}/minDomains")}),
        ]
    );
    // the API server refuses a second preference for the key
    let wish = constraint("zone", json!({"whenUnsatisfiable": "ScheduleAnyway"}));
    let twice = spread(json!([wish, few]));
    let found = remedies(&twice, &nodes);
    assert!(
        found
            .iter()
            .all(|one| !super::english(&one.fix).contains("preference"))
    );
    // the place of a constraint is its own, whatever stands before it
    assert_eq!(
        found[0].fix.patch[1]["path"],
        format!("{SPEC}/topologySpreadConstraints/1/minDomains")
    );
}

#[test]
fn a_missing_topology_label_is_corrected_or_given() {
    let misspelt = spread(json!([constraint("zones", json!({}))]));
    let found = offers(&misspelt, &[zoned("a1", "a")]);
    assert!(
        found[0].starts_with("owner: spread over zone in place of zones -> a1 |"),
        "{found:?}"
    );
    let racked = |name: &str, rack: &str| {
        node(name, "4", "8Gi").set("/metadata/labels", json!({"rack": rack}))
    };
    let others = [
        racked("r1", "1").set("/spec/unschedulable", json!(true)),
        racked("r2", "2").set("/spec/unschedulable", json!(true)),
        app(pod("one").on("r1"), "web"),
        node("bare", "4", "8Gi"),
    ];
    let found = offers(&spread(json!([constraint("rack", json!({}))])), &others);
    let label = "admin: label node bare with rack=2, if that is where it stands -> bare | kubectl label node/bare rack=2";
    assert!(found.contains(&label.to_owned()), "{found:?}");
    // where no node has the key, nobody but people know a value
    let found = offers(&spread(json!([constraint("row", json!({}))])), &others);
    assert!(
        found.iter().all(|one| !one.contains("label node")),
        "{found:?}"
    );
}

fn term(app: &str, fields: Value) -> Value {
    let mut all = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}});
    let whole = all.as_object_mut().unwrap();
    whole.extend(fields.as_object().unwrap().clone());
    all
}

fn affinity(rule: &str, terms: Value) -> Value {
    json!({rule: {"requiredDuringSchedulingIgnoredDuringExecution": terms}})
}

fn near(terms: Value) -> Object {
    own("web-7d9c-x").set("/spec/affinity", affinity("podAffinity", terms))
}

#[test]
fn an_affinity_looks_in_one_more_namespace() {
    let elsewhere = app(pod("cache").on("n2"), "cache");
    let nodes = [
        zoned("n1", "a"),
        zoned("n2", "b"),
        elsewhere.set("/metadata/namespace", json!("data")),
    ];
    let found = remedies(&near(json!([term("cache", json!({}))])), &nodes);
    let base =
        format!("{SPEC}/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/0");
    assert_eq!(
        read(&found[0].fix).split(" | ").next().unwrap(),
        "owner: let the affinity to pods with app=cache in namespace shop look in namespace data as well -> n2"
    );
    // a list takes the place of the pod's own namespace, which has to be named then
    assert_eq!(
        found[0].fix.patch[1],
        json!({"op": "add", "path": format!("{base}/namespaces"), "value": ["shop", "data"]})
    );
    let named = json!([term("cache", json!({"namespaces": ["tools"]}))]);
    let found = remedies(&near(named), &nodes);
    assert_eq!(found[0].fix.patch[1]["value"], json!(["tools", "data"]));
}

#[test]
fn an_affinity_looks_for_the_label_that_is_there() {
    let nodes = [
        zoned("n1", "a"),
        zoned("n2", "b"),
        app(pod("cache").on("n2"), "cache"),
    ];
    let found = offers(&near(json!([term("cahce", json!({}))])), &nodes);
    assert!(
        found[0]
            .starts_with("owner: look for app=cache in place of app=cahce in the affinity -> n2 |"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with(
            "owner: make the affinity to pods with app=cahce in namespace shop preferred -> n1,n2 |"
        ),
        "{found:?}"
    );
}

#[test]
fn a_term_is_moved_among_the_wishes() {
    let nodes = [zoned("n1", "a")];
    let base = format!("{SPEC}/affinity/podAffinity");
    let test = json!({"op": "test", "path": format!("{base}/requiredDuringSchedulingIgnoredDuringExecution/0/topologyKey"), "value": "kubernetes.io/hostname"});
    let shift = json!({"op": "move", "from": format!("{base}/requiredDuringSchedulingIgnoredDuringExecution/0"), "path": format!("{base}/preferredDuringSchedulingIgnoredDuringExecution/0/podAffinityTerm")});
    let lonely = near(json!([term("cache", json!({}))]));
    let wishes = json!({"op": "add", "path": format!("{base}/preferredDuringSchedulingIgnoredDuringExecution"), "value": [{"weight": 100}]});
    let patch = remedies(&lonely, &nodes)[0].fix.patch.clone();
    assert_eq!(patch, [test.clone(), wishes, shift.clone()]);
    // beside other wishes it comes first
    let pointer = "/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution";
    let other = json!([{"weight": 1, "podAffinityTerm": term("db", json!({}))}]);
    let patch = remedies(&lonely.set(pointer, other), &nodes)[0]
        .fix
        .patch
        .clone();
    let wish = json!({"op": "add", "path": format!("{base}/preferredDuringSchedulingIgnoredDuringExecution/0"), "value": {"weight": 100}});
    assert_eq!(patch, [test, wish, shift]);
}

fn alone(name: &str, set: &str) -> Object {
    let rule = affinity("podAntiAffinity", json!([term("web", json!({}))]));
    own(name).of("ReplicaSet", set).set("/spec/affinity", rule)
}

/// A ReplicaSet of the Deployment `web`, and it.
fn deployment(replicas: u32) -> [Object; 3] {
    let owner = json!([{"kind": "Deployment", "name": "web", "controller": true, "uid": "u"}]);
    let set = |name: &str| {
        let metadata = json!({"name": name, "namespace": "shop", "ownerReferences": owner});
        object(
            Kind::ReplicaSet,
            json!({"kind": "ReplicaSet", "metadata": metadata, "spec": {}}),
        )
    };
    let web = json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": replicas}});
    [
        set("web-7d9c"),
        set("web-5b6f"),
        object(Kind::Deployment, web),
    ]
}

#[test]
fn anti_affinity_lets_no_more_replicas_run_than_domains() {
    let mut objects = vec![zoned("n1", "a"), zoned("n2", "b")];
    objects.extend(deployment(3));
    objects.push(alone("web-7d9c-a", "web-7d9c").on("n1"));
    objects.push(alone("web-7d9c-b", "web-7d9c").on("n2"));
    let found = remedies(&alone("web-7d9c-c", "web-7d9c"), &objects);
    assert_eq!(
        read(&found[0].fix),
        "owner: run no more replicas than 2: the anti-affinity lets each node run one, and no further node can take one -> ? | kubectl -n shop scale deploy/web --replicas=2"
    );
    // as a preference it would let them in, once the running ones only prefer it as well
    assert_eq!(
        read(&found[1].fix).split(" | ").next().unwrap(),
        "owner: make the anti-affinity to pods with app=web in namespace shop preferred, and delete the pods that run, one after the other: each keeps new ones away by the old rule -> n1,n2"
    );
    assert_eq!(found[1].removes, [Filter::InterPodAffinity]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_rolling_update_stops_an_old_pod_that_is_avoided() {
    let mut objects = vec![zoned("n1", "a")];
    objects.extend(deployment(1));
    objects.push(alone("web-5b6f-a", "web-5b6f").on("n1"));
    let found = remedies(&alone("web-7d9c-x", "web-7d9c"), &objects);
    assert_eq!(
        found[0].fix.patch[0]["value"]["rollingUpdate"],
        json!({"maxSurge": 0, "maxUnavailable": 1})
    );
    assert_eq!(found[0].removes, [Filter::InterPodAffinity]);
    assert_eq!(found[0].fix.verified.as_deref(), Some(&["n1".into()][..]));
}

#[test]
fn the_rule_of_a_stranger_is_not_changed() {
    let nodes = [zoned("n1", "a"), alone("web-0", "other").on("n1")];
    let plain = own("web-7d9c-x");
    assert!(offers(&plain, &nodes).is_empty());
    // a pod's own rule is, where the other has none
    let nodes = [zoned("n1", "a"), app(pod("web-0").on("n1"), "web")];
    let found = remedies(&alone("web-7d9c-x", "web-7d9c"), &nodes);
    assert_eq!(found[0].fix.who, Who::Owner);
    assert!(read(&found[0].fix).starts_with(
        "owner: make the anti-affinity to pods with app=web in namespace shop preferred -> n1"
    ));
}
