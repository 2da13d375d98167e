use crate::scheduler::testing::{Cluster, Object, node, object, pod};
use crate::scheduler::{TermPods, View, What, run_filters};
use crate::snapshot::Kind;
use serde_json::{Value, json};

const AFFINITY: &str = "node(s) didn't match pod affinity rules";
const OWN: &str = "node(s) didn't match pod anti-affinity rules";
const THEIRS: &str = "node(s) didn't satisfy existing pods anti-affinity rules";

fn zoned(name: &str, zone: &str) -> Object {
    let labels = json!({"zone": zone, "kubernetes.io/hostname": name});
    node(name, "8", "8Gi").set("/metadata/labels", labels)
}

fn app(name: &str, app: &str) -> Object {
    pod(name).set("/metadata/labels", json!({"app": app}))
}

/// A term about pods of an app, by zone.
fn term(app: &str, fields: Value) -> Value {
    let mut all = json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}});
    let whole = all.as_object_mut().unwrap();
    whole.extend(fields.as_object().unwrap().clone());
    all
}

fn near(pod: Object, terms: Value) -> Object {
    let required =
        json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
    pod.set("/spec/affinity", required)
}

fn away(pod: Object, terms: Value) -> Object {
    let required =
        json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
    pod.set("/spec/affinity", required)
}

/// `node: reason` of everything that rejects the pod.
fn filtered_nodes(pod: &Object, objects: &[Object]) -> Vec<String> {
    let cluster = objects.iter().cloned().fold(Cluster::new(), Cluster::with);
    let cluster = cluster.snapshot();
    let results = run_filters(&pod.pod(), &View::of(&cluster));
    let on = |name: &str, reason: &str| format!("{name}: {reason}");
    let nodes = results.nodes.iter();
    nodes
        .flat_map(|node| node.failures.iter().map(|o| on(&node.node, &o.reason)))
        .collect()
}

fn two_zones() -> Vec<Object> {
    vec![zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b")]
}

#[test]
fn a_pod_goes_where_its_peers_are() {
    let web = near(app("web", "web"), json!([term("cache", json!({}))]));
    let mut objects = two_zones();
    let nowhere: Vec<String> = ["a1", "a2", "b1"]
        .iter()
        .map(|n| format!("{n}: {AFFINITY}"))
        .collect();
    assert_eq!(filtered_nodes(&web, &objects), nowhere);
    objects.push(app("cache", "cache").on("a1"));
    assert_eq!(filtered_nodes(&web, &objects), [format!("b1: {AFFINITY}")]);
    let elsewhere = app("other", "cache").set("/metadata/namespace", json!("other"));
    objects.push(elsewhere.on("b1"));
    assert_eq!(filtered_nodes(&web, &objects), [format!("b1: {AFFINITY}")]);
}

#[test]
fn one_pod_must_be_what_all_terms_mean() {
    let terms = json!([term("cache", json!({})), {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"tier": "x"}}}]);
    let web = near(app("web", "web"), terms);
    let half = app("half", "cache").on("a1");
    let other = pod("other")
        .set("/metadata/labels", json!({"tier": "x"}))
        .on("a1");
    let mut objects = two_zones();
    objects.extend([half, other]);
    assert_eq!(filtered_nodes(&web, &objects).len(), 3);
    let both = pod("both").set("/metadata/labels", json!({"app": "cache", "tier": "x"}));
    objects.push(both.on("a1"));
    // a2 shares the zone and not the host
    assert_eq!(
        filtered_nodes(&web, &objects),
        [format!("a2: {AFFINITY}"), format!("b1: {AFFINITY}")]
    );
}

#[test]
fn the_first_of_a_series_may_start_where_the_keys_are() {
    let first = near(app("web-0", "web"), json!([term("web", json!({}))]));
    let mut objects = two_zones();
    objects.push(node("bare", "8", "8Gi"));
    assert_eq!(
        filtered_nodes(&first, &objects),
        [format!("bare: {AFFINITY}")]
    );
    objects.push(app("web-1", "web").on("b1"));
    let rest: Vec<String> = ["a1", "a2", "bare"]
        .iter()
        .map(|n| format!("{n}: {AFFINITY}"))
        .collect();
    assert_eq!(filtered_nodes(&first, &objects), rest);
    // a peer on a node without the key is in no domain
    let mut objects = two_zones();
    objects.extend([node("bare", "8", "8Gi"), app("web-1", "web").on("bare")]);
    assert_eq!(
        filtered_nodes(&first, &objects),
        [format!("bare: {AFFINITY}")]
    );
}

#[test]
fn a_pod_stays_away_from_whom_it_avoids() {
    let web = away(app("web", "web"), json!([term("batch", json!({}))]));
    let mut objects = two_zones();
    objects.extend([app("job", "batch").on("a1"), node("bare", "8", "8Gi")]);
    assert_eq!(
        filtered_nodes(&web, &objects),
        [format!("a1: {OWN}"), format!("a2: {OWN}")]
    );
    let going = app("job", "batch")
        .on("a1")
        .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
    let mut objects = two_zones();
    objects.push(going);
    assert_eq!(
        filtered_nodes(&web, &objects).len(),
        2,
        "a pod that goes still counts"
    );
}

#[test]
fn a_pod_stays_away_from_who_avoids_it() {
    let guard = away(app("guard", "db"), json!([term("web", json!({}))])).on("b1");
    let mut objects = two_zones();
    objects.push(guard);
    assert_eq!(
        filtered_nodes(&app("web", "web"), &objects),
        [format!("b1: {THEIRS}")]
    );
    assert!(filtered_nodes(&app("job", "job"), &objects).is_empty());
}

#[test]
fn the_holder_and_whose_rule_it_is_are_told() {
    let guard = away(app("db-0", "db"), json!([term("web", json!({}))])).on("b1");
    let web = away(app("web", "web"), json!([term("db", json!({}))]));
    let objects = [zoned("b1", "b"), guard];
    let cluster = objects
        .into_iter()
        .fold(Cluster::new(), Cluster::with)
        .snapshot();
    let results = run_filters(&web.pod(), &View::of(&cluster)).nodes;
    let filtered: Vec<_> = results[0]
        .failures
        .iter()
        .map(|failure| match &failure.what {
            What::Together {
                holder,
                own,
                key,
                domain,
            } => (holder.name.as_str(), *own, key.as_str(), domain.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        filtered,
        [("db-0", true, "zone", "b"), ("db-0", false, "zone", "b")]
    );
}

#[test]
fn the_pods_that_are_missing_are_named_by_selector_and_namespaces() {
    let wanted = |fields: Value| {
        let web = near(app("web", "web"), json!([term("cache", fields)]));
        let cluster = Cluster::new()
            .with(zoned("a1", "a"))
            .with(namespace("data", "x"))
            .snapshot();
        let results = run_filters(&web.pod(), &View::of(&cluster)).nodes;
        match &results[0].failures[0].what {
            What::Apart { wanted, .. } => wanted.clone(),
            other => panic!("{other:?}"),
        }
    };
    let pods = |selector: &str, namespaces: &[&str]| TermPods {
        selector: Some(selector.to_owned()),
        namespaces: Some(namespaces.iter().map(ToString::to_string).collect()),
    };
    assert_eq!(wanted(json!({})), pods("app=cache", &["shop"]));
    assert_eq!(
        wanted(json!({"namespaces": ["a", "b"]})),
        pods("app=cache", &["a", "b"])
    );
    let everywhere = wanted(json!({"namespaceSelector": {}}));
    assert_eq!(everywhere.namespaces, None);
    let of_team =
        |team: &str| wanted(json!({"namespaceSelector": {"matchLabels": {"team": team}}}));
    assert_eq!(of_team("x"), pods("app=cache", &["data"]));
    assert_eq!(of_team("y"), pods("app=cache", &[]));
    let expressions = json!([
        {"key": "app", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
    ]);
    assert_eq!(
        wanted(json!({"labelSelector": {"matchExpressions": expressions}})),
        pods("app in (a,b),!old", &["shop"])
    );
    assert_eq!(
        wanted(json!({"labelSelector": {}, "namespaces": ["data"]})),
        pods("", &["data"])
    );
    assert_eq!(wanted(json!({"labelSelector": null})).selector, None);
}

fn namespace(name: &str, team: &str) -> Object {
    object(
        Kind::Namespace,
        json!({"metadata": {"name": name, "labels": {"team": team}}}),
    )
}

#[test]
fn namespaces_are_named_or_selected() {
    let cache = app("cache", "cache")
        .set("/metadata/namespace", json!("data"))
        .on("a1");
    let mut objects = two_zones();
    objects.extend([cache, namespace("data", "x"), namespace("shop", "y")]);
    for (fields, met) in [
        (json!({}), false),
        (json!({"namespaces": ["data"]}), true),
        (json!({"namespaceSelector": {}}), true),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "x"}}}),
            true,
        ),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "z"}}}),
            false,
        ),
        (
            json!({"namespaces": ["data"], "namespaceSelector": {"matchLabels": {"team": "z"}}}),
            true,
        ),
    ] {
        let web = near(app("web", "web"), json!([term("cache", fields.clone())]));
        assert_eq!(filtered_nodes(&web, &objects).len() == 1, met, "{fields}");
    }
}

#[test]
fn a_guards_selector_is_about_the_incoming_pods_namespace() {
    let guard = |fields: Value| {
        let guard = away(app("guard", "db"), json!([term("web", fields)]));
        guard.set("/metadata/namespace", json!("data")).on("b1")
    };
    for (fields, refused) in [
        (json!({}), false),
        (json!({"namespaces": ["shop"]}), true),
        (json!({"namespaceSelector": {}}), true),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "y"}}}),
            true,
        ),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "x"}}}),
            false,
        ),
    ] {
        let mut objects = two_zones();
        objects.extend([
            guard(fields.clone()),
            namespace("data", "x"),
            namespace("shop", "y"),
        ]);
        assert_eq!(
            !filtered_nodes(&app("web", "web"), &objects).is_empty(),
            refused,
            "{fields}"
        );
    }
}

#[test]
fn namespaces_that_were_not_read_are_a_gap_and_no_filter_failure() {
    let selected = json!([term(
        "cache",
        json!({"namespaceSelector": {"matchLabels": {"team": "x"}}})
    )]);
    let web = near(app("web", "web"), selected);
    let cluster = Cluster::unread()
        .read(Kind::Node)
        .read(Kind::Pod)
        .with(zoned("a1", "a"))
        .snapshot();
    let results = run_filters(&web.pod(), &View::of(&cluster));
    assert!(results.nodes[0].failures.is_empty());
    assert_eq!(results.unread[0].gap.kind, Kind::Namespace);
}

#[test]
fn pods_that_preemption_makes_room_for_are_peers_too() {
    let coming = |app_: &str| app("coming", app_).set("/status/nominatedNodeName", json!("b1"));
    let mut objects = two_zones();
    objects.push(coming("batch"));
    let web = away(app("web", "web"), json!([term("batch", json!({}))]));
    assert_eq!(filtered_nodes(&web, &objects), [format!("b1: {OWN}")]);
    // a peer that has not come yet is none: the node must pass without it too
    let web = near(app("web", "web"), json!([term("cache", json!({}))]));
    let mut objects = two_zones();
    objects.push(coming("cache"));
    assert_eq!(filtered_nodes(&web, &objects).len(), 3);
}
