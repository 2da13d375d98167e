//! What kubectl's users type: names without a kind, kinds without a name, fields, and what is said of what is not there.

use super::{EVENTS, NODE, POD, PODS, asked, flags, healthy, read, shop, waiting};
use crate::api_server::{ApiServer, Asked, Response, Wanted};
use crate::support::{FieldSelector, Kind, Scope, Target, hints, read_cluster};
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";

fn not_found(plural: &str, name: &str) -> Response {
    let missing = json!({"reason": "NotFound", "message": format!("{plural} \"{name}\" not found"), "details": {"name": name, "kind": plural}});
    Response::status(404, missing)
}

fn bare(name: &str) -> Scope {
    Scope {
        targets: vec![Target::new(Kind::Pod, name)],
        bare: true,
        ..shop()
    }
}

fn all_of(kind: Kind) -> Scope {
    Scope {
        targets: vec![Target::all(kind)],
        ..shop()
    }
}

fn deployment(name: &str) -> Value {
    json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": name, "namespace": "shop", "uid": name},
        "spec": {"replicas": 1, "selector": {}, "template": {"metadata": {}}}, "status": {"replicas": 1}})
}

/// A pod of the Deployment web, by its names.
fn of_web() -> Value {
    let mut pod = waiting(
        "web-5d9-x",
        "ErrImagePull",
        "registry.example/web:1: not found",
    );
    pod["metadata"]["labels"] = json!({"pod-template-hash": "5d9"});
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d9", "uid": "u", "controller": true}]);
    pod
}

fn names(server: &ApiServer, path: &str, names: &[&str]) {
    let items: Vec<Value> = names
        .iter()
        .map(|name| json!({"metadata": {"name": name, "namespace": "shop"}}))
        .collect();
    server.on(path, [Response::list("PartialObjectMetadataList", &items)]);
}

#[test]
fn a_name_that_is_no_pods_is_a_workloads() {
    let server = ApiServer::start();
    server.on(POD, [not_found("pods", "web")]);
    server.on(
        &format!("{DEPLOYMENTS}/web"),
        [Response::json(&deployment("web"))],
    );
    server.on(
        PODS,
        [Response::list("PodList", &[of_web(), healthy("db-0")])],
    );
    server.on(EVENTS, [Response::list("EventList", &[])]);
    let report = read(&server, bare("web")).unwrap().report();
    assert_eq!(report.scope.targets, ["Deployment/web"]);
    assert_eq!(
        report.summary.by_kind["Pod"].all,
        Some(1),
        "and no other pod"
    );
    assert_eq!(report.diagnoses.len(), 1);
    // a pod of that name comes first, and costs nothing more
    let server = ApiServer::start();
    server.on(POD, [Response::json(&healthy("web"))]);
    let report = read(&server, bare("web")).unwrap().report();
    assert_eq!(report.scope.targets, ["Pod/web"]);
    assert!(
        !asked(&server)
            .iter()
            .any(|path| path.contains("deployments"))
    );
}

#[test]
fn a_name_of_nothing_leads_to_what_is_stuck_and_not_to_what_is_healthy() {
    let server = ApiServer::start();
    let row =
        |name: &str, ready: &str, status: &str| json!({"cells": [name, ready, status, "0", "3d"]});
    let rows = [
        row("cart-797555f79b-klzzn", "1/1", "Running"),
        row("cart-884947b4c-8pqts", "0/1", "ImagePullBackOff"),
    ];
    server.on(
        PODS,
        [Response::json(
            &json!({"kind": "Table", "metadata": {}, "rows": rows}),
        )],
    );
    names(&server, DEPLOYMENTS, &["cart", "mailer"]);
    for (name, meant) in [
        ("crat", "deploy/cart"),
        ("cart-884947b4c", "cart-884947b4c-8pqts"),
        ("cart-797555f79b", "cart-797555f79b-klzzn"),
    ] {
        server.on(&format!("{PODS}/{name}"), [not_found("pods", name)]);
        let error = read(&server, bare(name)).unwrap_err();
        let said = format!("no pod and no workload is named {name} in namespace shop");
        assert_eq!(error.to_string(), said);
        assert_eq!(hints(&error), [format!("did you mean {meant}?")]);
    }
}

#[test]
fn a_pod_that_is_named_by_its_workload_is_offered_that() {
    let server = ApiServer::start();
    server.on(&format!("{PODS}/cart"), [not_found("pods", "cart")]);
    names(&server, DEPLOYMENTS, &["cart"]);
    let scope = Scope {
        bare: false,
        ..bare("cart")
    };
    let error = read(&server, scope).unwrap_err();
    assert_eq!(error.to_string(), "pod cart not found in namespace shop");
    assert_eq!(hints(&error), ["did you mean deploy/cart?"]);
}

#[test]
fn of_several_targets_each_pod_has_to_be_there() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[of_web()])]);
    server.on(POD, [not_found("pods", "web")]);
    server.on(
        &format!("{DEPLOYMENTS}/web"),
        [Response::json(&deployment("web"))],
    );
    let targets = [Kind::Pod, Kind::Deployment].map(|kind| Target::new(kind, "web"));
    let scope = Scope {
        targets: targets.to_vec(),
        ..shop()
    };
    let error = read(&server, scope).unwrap_err();
    assert_eq!(error.to_string(), "pod web not found in namespace shop");
}

#[test]
fn a_kind_alone_means_all_of_it() {
    let server = ApiServer::start();
    server.on(
        PODS,
        [Response::list("PodList", &[of_web(), healthy("db-0")])],
    );
    server.on(
        DEPLOYMENTS,
        [Response::list(
            "DeploymentList",
            &[deployment("web"), deployment("api")],
        )],
    );
    server.on(EVENTS, [Response::list("EventList", &[])]);
    let report = read(&server, all_of(Kind::Deployment)).unwrap().report();
    assert_eq!(report.scope.targets, ["Deployment"]);
    assert_eq!(
        report.summary.by_kind["Pod"].all,
        Some(1),
        "those of Deployments"
    );
    assert_eq!(report.summary.by_kind["Deployment"].all, Some(2));
    assert_eq!(
        report.not_stuck,
        [],
        "what is healthy was not asked after by name"
    );
}

#[test]
fn all_nodes_are_those_of_the_cluster() {
    let server = ApiServer::start();
    server.on("/api/v1/pods", [Response::list("PodList", &[])]);
    let ready = |status: &str| json!([{"type": "Ready", "status": status, "lastTransitionTime": "2026-11-22T07:00:00Z"}]);
    let node = |name: &str, status: &str| json!({"metadata": {"name": name}, "status": {"conditions": ready(status)}});
    let nodes = [node("worker-1", "True"), node("worker-2", "Unknown")];
    server.on("/api/v1/nodes", [Response::list("NodeList", &nodes)]);
    let scope = Scope {
        namespace: None,
        ..all_of(Kind::Node)
    };
    let report = read(&server, scope).unwrap().report();
    let numbers = report.summary.by_kind["Node"];
    assert_eq!((numbers.all, numbers.stuck), (Some(2), 1));
    assert_eq!(report.diagnoses[0].subject.name, "worker-2");
}

#[test]
fn a_claim_stands_for_the_pods_that_mount_it() {
    let mounts = |name: &str, claim: &str| {
        let mut pod = waiting(name, "ContainerCreating", "");
        pod["spec"]["volumes"] =
            json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]);
        pod
    };
    let claim = "/api/v1/namespaces/shop/persistentvolumeclaims";
    let scope = |name: &str| Scope {
        targets: vec![Target::new(Kind::PersistentVolumeClaim, name)],
        ..shop()
    };
    let server = ApiServer::start();
    let pods = [
        mounts("web-0", "data"),
        mounts("web-1", "other"),
        healthy("db-0"),
    ];
    server.on(PODS, [Response::list("PodList", &pods)]);
    server.on(EVENTS, [Response::list("EventList", &[])]);
    server.on(
        &format!("{claim}/data"),
        [not_found("persistentvolumeclaims", "data")],
    );
    server.on(
        &format!("{claim}/date"),
        [not_found("persistentvolumeclaims", "date")],
    );
    names(&server, claim, &["data-0"]);
    // a claim that is not there may be why
    let report = read(&server, scope("data")).unwrap().report();
    assert_eq!(report.summary.by_kind["Pod"].all, Some(1));
    let error = read(&server, scope("date")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "persistentvolumeclaim date not found in namespace shop"
    );
}

#[test]
fn fields_are_for_the_api_server_to_select_by() {
    for (typed, sent) in [
        (
            "spec.nodeName=worker-1",
            "spec.nodeName%3Dworker-1%2Cstatus.phase%21%3DSucceeded",
        ),
        ("status.phase=Pending", "status.phase%3DPending"),
    ] {
        let server = ApiServer::start();
        server.on(PODS, [Response::list("PodList", &[healthy("web-1")])]);
        let scope = Scope {
            fields: FieldSelector::parse(typed).ok(),
            ..shop()
        };
        let gathered = read(&server, scope).unwrap();
        let of_pods = |asked: &Asked| asked.path == PODS;
        let asked = server.asked().into_iter().find(of_pods).unwrap();
        assert_eq!(asked.query("fieldSelector"), Some(sent));
        assert!(
            gathered.store().pods().whole("shop").is_err(),
            "a part is not the whole"
        );
        let pods = gathered.report().summary.by_kind.remove("Pod");
        let expected = usize::from(typed.starts_with("spec"));
        let all = pods.and_then(|pods| pods.all);
        assert_eq!(all.unwrap_or_default(), expected, "{typed}");
    }
}

#[test]
fn hints_fit_what_is_missing() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[])]);
    server.on("/api/v1/pods", [Response::list("PodList", &[])]);
    server.on("/api/v1/nodes/nope", [not_found("nodes", "nope")]);
    names(&server, "/api/v1/nodes", &["worker-1", "worker-2"]);
    server.on("/api/v1/namespaces/shop", [not_found("namespaces", "shop")]);
    names(&server, "/api/v1/namespaces", &["default", "kube-system"]);
    let node = Scope {
        targets: vec![Target::new(Kind::Node, "nope")],
        ..Scope::default()
    };
    let error = read(&server, node).unwrap_err();
    assert_eq!(hints(&error), ["nodes are worker-1, worker-2"]);
    let error = read(&server, shop()).unwrap_err();
    assert_eq!(error.to_string(), "namespace shop not found");
    assert_eq!(hints(&error), ["namespaces are default, kube-system"]);
}

#[test]
fn who_may_not_see_the_cluster_is_told_of_the_namespace() {
    let server = ApiServer::start();
    server.on(
        "/api/v1/pods",
        [Response::failure(403, "Forbidden", "pods is forbidden")],
    );
    let error = read_cluster(&flags(&server), Scope::default(), true).unwrap_err();
    assert!(
        hints(&error)[0].starts_with("leave out -A"),
        "{:?}",
        hints(&error)
    );
}

/// Who asks for some namespaces may be allowed no more.
#[test]
fn of_many_namespaces_each_is_read_by_itself() {
    let server = ApiServer::start();
    server.answer(|asked| {
        let wanted = Wanted::of(&asked.path)?;
        let placed = |mut object: Value| {
            object["metadata"]["namespace"] = json!(wanted.namespace);
            object
        };
        Some(match (wanted.kind, &wanted.name) {
            (Kind::Deployment, Some(name)) => Response::json(&placed(deployment(name))),
            (Kind::Pod, None) => {
                let mut new = of_web();
                new["metadata"]["name"] = json!("web-6e0-x");
                new["metadata"]["labels"] = json!({"pod-template-hash": "6e0"});
                new["metadata"]["ownerReferences"][0]["name"] = json!("web-6e0");
                Response::list("PodList", &[placed(of_web()), placed(new)])
            }
            (kind, _) => Response::list(&format!("{kind}List"), &[]),
        })
    });
    let targets = (0..8).map(|number| Target {
        namespace: Some(format!("shop-{number}")),
        ..Target::new(Kind::Deployment, "web")
    });
    let scope = Scope {
        targets: targets.collect(),
        ..shop()
    };
    assert_eq!(read(&server, scope).unwrap().stuck(), 16);
    let paths = asked(&server);
    for plural in ["events", "replicasets"] {
        let lists = paths.iter().filter(|path| path.ends_with(plural));
        assert!(lists.count() >= 8, "{paths:?}");
    }
    for path in paths.iter().filter(|path| *path != NODE) {
        assert!(path.contains("/namespaces/shop-"), "{path}");
    }
}
