//! `--wait -f` with manifests of several namespaces: each object in its own.

use super::arriving::{applied, in_namespace};
use super::waiting::{THERE, deployment, of_revision, shop, without_image};
use super::world::World;
use crate::api_server::ApiServer;
use crate::support::Kind;
use serde_json::{Value, json};

fn in_other(mut object: Value) -> Value {
    object["metadata"]["namespace"] = json!("other");
    object
}

/// All is there in one namespace, and the namespace of the other objects.
fn both() -> World {
    let world = shop(&THERE);
    let namespace =
        |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    for name in ["shop", "other"] {
        world.put(Kind::Namespace, namespace(name));
    }
    world
}

fn waited(
    server: &ApiServer,
    namespaces: [&str; 2],
    arguments: &[&str],
) -> (Option<i32>, String, String) {
    applied(server, &namespaces.map(in_namespace).concat(), arguments)
}

#[test]
fn each_object_is_waited_for_in_its_own_namespace() {
    let world = both();
    let server = world.serve();
    let (code, out, told) = waited(&server, ["shop", "other"], &[]);
    assert_eq!(
        code,
        Some(3),
        "another one of that name is there: {out}{told}"
    );
    let awaited = "deploy/web -n other is waited for: it is not there";
    assert!(out.contains(awaited), "{out}");
    assert!(!out.contains("deploy/web -n shop is waited for"), "{out}");
    world.put(Kind::Deployment, in_other(deployment(&THERE)));
    let (code, out, told) = waited(&server, ["shop", "other"], &[]);
    assert_eq!(code, Some(0), "{out}{told}");
    for object in ["deployment shop/web", "deployment other/web"] {
        assert!(out.contains(object), "{out}");
    }
    let wide: Vec<String> = server
        .asked()
        .iter()
        .map(|asked| asked.path.clone())
        .collect();
    for path in [
        "/api/v1/pods",
        "/api/v1/events",
        "/apis/apps/v1/replicasets",
    ] {
        assert!(
            !wide.contains(&path.to_owned()),
            "who may read two namespaces may not read all: {wide:?}"
        );
    }
}

#[test]
fn what_says_no_namespace_is_of_the_one_that_was_typed_or_of_the_context() {
    let world = both();
    let mut here = deployment(&THERE);
    here["metadata"]["namespace"] = json!("default");
    world.put(Kind::Deployment, here);
    let server = world.serve();
    let (code, out, told) = waited(&server, ["shop", ""], &["-o", "json"]);
    assert_eq!(code, Some(0), "{out}{told}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let targets = json!(["shop/Deployment/web", "default/Deployment/web"]);
    assert_eq!(report["scope"], json!({"targets": targets}));
    let (code, out, told) = waited(&server, ["shop", ""], &["-n", "shop", "-o", "json"]);
    assert_eq!(code, Some(0), "{out}{told}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["scope"]["namespace"], "shop");
    let (code, _, told) = waited(&server, ["shop", ""], &["-n", "other"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("of namespace shop, not other"), "{told}");
}

#[test]
fn what_is_stuck_in_one_of_them_ends_it() {
    let world = both();
    let rolling = json!({"kind": "StatefulSet", "apiVersion": "apps/v1", "metadata": {"name": "db", "namespace": "other", "uid": "db"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "db"}}, "template": {"metadata": {"labels": {"app": "db"}}}},
        "status": {"replicas": 1}});
    world.put(Kind::StatefulSet, rolling);
    let mut pod = in_other(without_image("db-0"));
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "db", "controller": true}]);
    world.put(Kind::Pod, pod);
    // of what has the same name as what is waited for elsewhere
    let stray = in_other(without_image("web-r1-z"));
    world.put(Kind::Pod, of_revision(stray, 1));
    let server = world.serve();
    let database =
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: other}}\n---\n";
    let text = format!("{}{database}", in_namespace("shop"));
    let (code, out, told) = applied(&server, &text, &["--patience", "1h"]);
    assert_eq!(code, Some(1), "{out}{told}");
    assert!(out.contains("image-tag-not-found"), "{out}");
    assert!(out.contains("db-0"), "{out}");
    assert!(
        !out.contains("web-r1-z"),
        "it belongs to nothing that was named: {out}"
    );
}

#[test]
fn a_namespace_out_of_sight_hides_only_itself() {
    let world = both();
    world.put(Kind::Deployment, in_other(deployment(&THERE)));
    world.close("other", None);
    let server = world.serve();
    let (code, out, told) = waited(&server, ["shop", "other"], &["-o", "json"]);
    assert_eq!(code, Some(3), "{out}{told}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let awaited: Vec<&Value> = report["awaited"].as_array().unwrap().iter().collect();
    let [only] = awaited.as_slice() else {
        panic!("{awaited:?}")
    };
    assert_eq!(only["object"]["namespace"], "other");
    assert_eq!(only["because"], "it cannot be read");
    let gaps = report["gaps"].as_array().unwrap();
    let of = |kind: &str| gaps.iter().find(|gap| gap["kind"] == kind).unwrap();
    for kind in ["Pod", "Event"] {
        assert_eq!(of(kind)["namespace"], "other", "{kind}");
        assert_eq!(of(kind)["why"], "forbidden", "{kind}");
    }
    world.close("shop", None);
    let (code, _, told) = waited(&server, ["shop", "other"], &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("pods in namespace other cannot be read"),
        "{told}"
    );
}

#[test]
fn where_pods_are_out_of_sight_nobody_knows_whether_they_keep_running() {
    let world = both();
    world.put(Kind::Deployment, in_other(deployment(&THERE)));
    world.close("other", Some(Kind::Pod));
    let server = world.serve();
    let (code, out, told) = waited(&server, ["shop", "other"], &[]);
    assert_eq!(code, Some(3), "{out}{told}");
    let awaited = "deploy/web -n other is waited for: its pods cannot be read";
    assert!(out.contains(awaited), "{out}");
}

#[test]
fn every_namespace_that_is_yet_to_come_is_told() {
    let server = World::new(7).serve();
    let (code, out, told) = waited(&server, ["shop", "other"], &[]);
    assert_eq!(code, Some(3), "{out}{told}");
    let none = "no pods found for shop/Deployment/web, other/Deployment/web";
    let words: Vec<&str> = out.split_whitespace().collect();
    assert!(words.join(" ").contains(none), "{out}");
    assert!(!out.contains("in any namespace"), "{out}");
    for namespace in ["shop", "other"] {
        let line = format!("namespace {namespace} does not exist yet; waiting");
        assert!(told.contains(&line), "{told}");
    }
}
