//! A pod that admits few of many nodes is told of by the pods of these alone, and as it would be by all.

use super::{flags, named, pending, read};
use crate::BINARY;
use crate::api_server::{ApiServer, Asked, Response};
use crate::support::{Loaded, Scope, dump_cluster, read_cluster, read_dumps};
use serde_json::{Value, json};
use std::process::Command;

/// Of the pool that is asked for, and of the others.
const OWN: usize = 3;
const ALL: usize = 80;

fn node(number: usize) -> Value {
    let pool = if number < OWN { "own" } else { "others" };
    json!({"metadata": {"name": format!("n{number:02}"), "labels": {"pool": pool}},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}})
}

fn running(name: &str, node: usize, cpu: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "others", "uid": name}, "status": {"phase": "Running"},
        "spec": {"nodeName": format!("n{node:02}"), "containers": [{"name": "app", "resources": {"requests": {"cpu": cpu}}}]}})
}

/// Too large for what is left of its pool, where another node would have room.
fn waiting(more: &[(&str, Value)]) -> Value {
    let mut pod = pending("web");
    pod["spec"]["nodeSelector"] = json!({"pool": "own"});
    pod["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "2"}});
    let message = format!(
        "0/{ALL} nodes are available: {OWN} Insufficient cpu, {} node(s) didn't match Pod's node affinity/selector. no new claims \
         to deallocate, preemption: 0/{ALL} nodes are available: {OWN} No preemption victims found for incoming pod, {} Preemption \
         is not helpful for scheduling.",
        ALL - OWN,
        ALL - OWN
    );
    pod["status"]["conditions"][0]["message"] = json!(message);
    for (place, value) in more {
        *pod.pointer_mut(place).unwrap() = value.clone();
    }
    pod
}

/// Which of the pods a request for pods means, as an API server that knows field selectors.
fn selected(asked: &Asked, pods: &[Value]) -> Vec<Value> {
    let fields = asked.query("fieldSelector").unwrap_or_default();
    let on_node = fields.strip_prefix("spec.nodeName%3D");
    let node = on_node.map(|rest| rest.split("%2C").next().unwrap());
    let is_on = |pod: &&Value| {
        node.is_none_or(|node| pod["spec"]["nodeName"].as_str().unwrap_or_default() == node)
    };
    pods.iter().filter(is_on).cloned().collect()
}

fn serving(pod: &Value) -> ApiServer {
    let server = ApiServer::start();
    let nodes: Vec<Value> = (0..ALL).map(node).collect();
    let mut pods: Vec<Value> = (0..OWN)
        .map(|at| running(&format!("own-{at}"), at, "3"))
        .collect();
    pods.extend((OWN..ALL).map(|at| running(&format!("other-{at}"), at, "1")));
    pods.push(pod.clone());
    server.on("/api/v1/nodes", [Response::list("NodeList", &nodes)]);
    server.on("/api/v1/namespaces/shop/pods/web", [Response::json(pod)]);
    server.on(
        "/api/v1/namespaces/shop/events",
        [Response::list("EventList", &[])],
    );
    let of_shop = pods
        .iter()
        .filter(|pod| pod["metadata"]["namespace"] == "shop");
    let of_shop: Vec<Value> = of_shop.cloned().collect();
    server.on(
        "/api/v1/namespaces/shop/pods",
        [Response::list("PodList", &of_shop)],
    );
    server.answer(move |asked| {
        (asked.path == "/api/v1/pods").then(|| Response::list("PodList", &selected(asked, &pods)))
    });
    server
}

/// The field selectors of the lists of pods of the whole cluster.
fn lists(server: &ApiServer) -> Vec<String> {
    let lists = server
        .asked()
        .into_iter()
        .filter(|asked| asked.path == "/api/v1/pods");
    let of_fields = lists.map(|asked| asked.query("fieldSelector").unwrap_or_default().to_owned());
    let mut fields: Vec<String> = of_fields.collect();
    fields.sort();
    fields
}

fn told(loaded: &Loaded) -> Value {
    let mut report = serde_json::to_value(loaded.report()).unwrap();
    report["diagnoses"].take()
}

const LIVE: &str = "status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed";

#[test]
fn the_pods_of_the_nodes_that_it_admits_are_enough() {
    let pod = waiting(&[]);
    let server = serving(&pod);
    let few = read(&server, named("web")).unwrap();
    let on = |node: &str| format!("spec.nodeName%3D{node}%2C{LIVE}");
    assert_eq!(lists(&server), [on(""), on("n00"), on("n01"), on("n02")]);
    let mut few = told(&few);

    let server = serving(&pod);
    let everything = read_cluster(&flags(&server), Scope::everything(), true).unwrap();
    let all = told(&everything);
    let fixes = few[0]["fixes"].as_array_mut().unwrap();
    let mut verified = 0;
    for fix in fixes.iter_mut().filter(|fix| fix["verified"].is_object()) {
        let unread = fix["verified"]
            .as_object_mut()
            .unwrap()
            .remove("podsElsewhereUnread");
        assert_eq!(unread, Some(json!(true)));
        verified += 1;
    }
    assert!(verified > 0, "{few:#}");
    assert_eq!(few[0]["cause"], "insufficient-cpu");
    assert_eq!(few[0]["certainty"], "proven");
    assert_eq!(few, all);
}

#[test]
fn all_pods_are_read_where_others_bear_on_it() {
    let term = json!({"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "db"}}});
    let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": [term]});
    let spread = json!([{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}]);
    let mut apart = waiting(&[]);
    apart["spec"]["affinity"] = json!({"podAntiAffinity": required});
    let mut near = waiting(&[]);
    near["spec"]["affinity"] = json!({"podAffinity": required});
    let mut spreading = waiting(&[]);
    spreading["spec"]["topologySpreadConstraints"] = spread;
    let nowhere = waiting(&[("/spec/nodeSelector", json!({"pool": "none"}))]);
    let most = waiting(&[("/spec/nodeSelector", json!({"pool": "others"}))]);
    let anywhere = waiting(&[("/spec/nodeSelector", json!({}))]);
    let mut kept_away = waiting(&[]);
    kept_away["status"]["conditions"][0]["message"] = json!(
        "0/80 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules, 77 node(s) didn't match Pod's node \
         affinity/selector."
    );
    for pod in [apart, near, spreading, nowhere, most, anywhere, kept_away] {
        let server = serving(&pod);
        read(&server, named("web")).unwrap();
        assert_eq!(lists(&server), [LIVE], "{pod}");
    }
}

#[test]
fn what_is_refused_of_a_node_is_refused_of_all() {
    let server = ApiServer::start();
    let refused = Response::failure(403, "Forbidden", "pods is forbidden");
    server.on("/api/v1/pods", [refused]);
    let nodes: Vec<Value> = (0..ALL).map(node).collect();
    server.on("/api/v1/nodes", [Response::list("NodeList", &nodes)]);
    server.on(
        "/api/v1/namespaces/shop/pods/web",
        [Response::json(&waiting(&[]))],
    );
    server.on(
        "/api/v1/namespaces/shop/events",
        [Response::list("EventList", &[])],
    );
    let loaded = read(&server, named("web")).unwrap();
    let report = serde_json::to_value(loaded.report()).unwrap();
    let gaps = report["gaps"].as_array().unwrap();
    let of_pods = gaps
        .iter()
        .filter(|gap| gap["kind"] == "Pod" && gap["namespace"].is_null());
    assert_eq!(of_pods.count(), 1, "{gaps:#?}");
    assert_eq!(report["diagnoses"][0]["fixes"][0]["verified"], Value::Null);
}

#[test]
fn that_it_fits_is_not_said_by_the_pods_of_few_nodes() {
    // its pool has room by what is read; who keeps it away may be elsewhere
    let small = waiting(&[("/spec/containers/0/resources/requests/cpu", json!("500m"))]);
    let loaded = read(&serving(&small), named("web")).unwrap();
    let told = told(&loaded);
    assert_eq!(told[0]["cause"], "insufficient-cpu", "{told:#}");
    assert_eq!(told[0]["certainty"], "likely", "{told:#}");
    let fixes = told[0]["fixes"].as_array().unwrap();
    assert!(fixes.iter().all(|fix| fix["verified"].is_null()));
}

#[test]
fn a_dump_of_it_tells_the_same() {
    let server = serving(&waiting(&[]));
    let loaded = read(&server, named("web")).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("dump");
    let dumped = dump_cluster(&flags(&server), named("web"), &path).unwrap();
    assert_eq!(told(&dumped), told(&loaded));
    let again = read_dumps(&[&path]).unwrap();
    assert_eq!(told(&again), told(&loaded));
}

#[test]
fn why_so_few_are_read_is_told_on_demand() {
    let told = |pod: &Value| {
        let server = serving(pod);
        let mut binary = Command::new(BINARY);
        let args = ["pod", "web", "-n", "shop", "-v"];
        let output = binary
            .args(args)
            .env("KUBECONFIG", server.kubeconfig())
            .output();
        let told = String::from_utf8(output.unwrap().stderr).unwrap();
        let plan = told.lines().find(|line| line.starts_with("\"Plan\""));
        plan.map(str::to_owned)
    };
    assert_eq!(
        told(&waiting(&[])).as_deref(),
        Some(
            "\"Plan\" pods of 3 of 80 nodes: the pods that wait admit no others by their nodeSelector and affinity"
        )
    );
    assert_eq!(told(&waiting(&[("/spec/nodeSelector", json!({}))])), None);
}
