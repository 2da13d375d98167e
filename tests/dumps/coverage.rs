//! Absent or unknown: what a dump proves.

use super::make::{bytes, claim, cluster_wide, event, folder, list, pod, read, read_file, typed};
use crate::support::{Kind, Loaded, ObjectRef, Why};
use serde_json::json;

fn of(items: &[serde_json::Value]) -> Loaded {
    read_file(&bytes(&list(items))).unwrap()
}

#[test]
fn a_list_speaks_for_the_namespaces_that_occur_in_it() {
    let loaded = of(&[pod("shop", "web", "n1"), claim("shop", "data")]);
    assert!(loaded.store().claims().get("shop", "logs").is_absent());
    assert!(loaded.store().claims().get("blog", "logs").is_unknown());
    assert!(loaded.store().secrets().get("shop", "db").is_unknown());
    assert!(
        loaded
            .store()
            .storage_classes()
            .get("", "fast")
            .is_unknown()
    );
    assert!(loaded.store().pods().whole_cluster().is_err());
    let gap = loaded.store().secrets().whole("shop").unwrap_err();
    assert_eq!(gap.why, Why::NotInDump);
    let loaded = of(&[cluster_wide("StorageClass", "slow")]);
    assert!(loaded.store().storage_classes().get("", "fast").is_absent());
}

#[test]
fn an_object_alone_proves_nothing() {
    let loaded = read_file(&bytes(&claim("shop", "data"))).unwrap();
    assert!(loaded.store().claims().get("shop", "logs").is_unknown());
    let loaded = read_file(&bytes(&cluster_wide("Node", "n1"))).unwrap();
    assert!(loaded.store().nodes().get("", "n2").is_unknown());
}

#[test]
fn nodes_are_not_whole_while_a_pod_is_bound_to_another() {
    let loaded = of(&[cluster_wide("Node", "n1"), pod("shop", "web", "n1")]);
    assert!(loaded.store().nodes().whole_cluster().is_ok());
    let loaded = of(&[cluster_wide("Node", "n1"), pod("shop", "web", "n2")]);
    assert!(loaded.store().nodes().get("", "n2").is_unknown());
    assert!(loaded.store().nodes().whole_cluster().is_err());
}

/// A pod that the scheduler refused on so many nodes.
fn refused(name: &str, nodes: u32) -> serde_json::Value {
    let mut pod = pod("shop", name, "n1");
    pod["spec"].as_object_mut().unwrap().remove("nodeName");
    let message = format!("0/{nodes} nodes are available: {nodes} Insufficient cpu.");
    pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]});
    pod
}

#[test]
fn a_pod_of_a_node_that_has_vanished_is_a_doubt_about_that_node() {
    let (node, web) = (cluster_wide("Node", "n1"), pod("shop", "web", "n2"));
    let mut going = web.clone();
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:01:00Z");
    for (pods, whole) in [
        (vec![web.clone(), refused("new", 1)], true),
        (vec![web.clone(), refused("new", 2)], false),
        (vec![web, refused("new", 1), refused("newer", 2)], false),
        (vec![going], true),
    ] {
        let objects: Vec<_> = [node.clone()].into_iter().chain(pods).collect();
        let loaded = of(&objects);
        assert_eq!(
            loaded.store().nodes().whole_cluster().is_ok(),
            whole,
            "{objects:?}"
        );
        assert!(loaded.store().nodes().get("", "n2").is_unknown());
        let named = loaded
            .store()
            .gaps()
            .iter()
            .any(|gap| gap.name.as_deref() == Some("n2"));
        assert_eq!(named, whole, "it is named where the others stand");
    }
}

#[test]
fn a_list_without_anything_that_runs_was_cut_by_a_selector() {
    let mut node = cluster_wide("Node", "n1");
    node["status"] = json!({"conditions": [{"type": "Ready", "status": "True"}]});
    let mut other = refused("other", 1);
    other["metadata"]["namespace"] = json!("blog");
    let everywhere =
        |objects: &[serde_json::Value]| of(objects).store().pods().whole_cluster().is_ok();
    assert!(!everywhere(&[
        node.clone(),
        refused("new", 1),
        other.clone()
    ]));
    assert!(everywhere(&[
        node,
        refused("new", 1),
        other.clone(),
        pod("blog", "api", "n1")
    ]));
    assert!(
        everywhere(&[cluster_wide("Node", "n1"), refused("new", 1), other]),
        "nothing runs on a node that is not Ready"
    );
}

#[test]
fn pods_are_everywhere_only_if_one_list_crosses_namespaces() {
    let (web, dns) = (pod("shop", "web", "n1"), pod("kube-system", "dns", "n1"));
    let everywhere = |loaded: &Loaded| loaded.store().pods().whole_cluster().is_ok();
    assert!(everywhere(&of(&[web.clone(), dns.clone()])));
    assert!(everywhere(&of(&[web.clone(), pod("blog", "api", "n1")])));
    assert!(!everywhere(&of(&[web.clone(), pod("shop", "api", "n1")])));
    assert!(!everywhere(&of(std::slice::from_ref(&dns))));
    let mut two = bytes(&list(&[web]));
    two.extend(bytes(&list(&[dns])));
    assert!(!everywhere(&read_file(&two).unwrap()));
}

#[test]
fn a_cluster_info_dump_is_of_all_namespaces_if_it_has_the_folder_of_none() {
    let nodes = bytes(&typed("NodeList", &[cluster_wide("Node", "n1")]));
    let pods = |namespace: &str| bytes(&typed("PodList", &[pod(namespace, "a", "n1")]));
    let empty = bytes(&typed("PodList", &[]));
    let some = vec![
        ("nodes.json", nodes),
        ("default/pods.json", pods("default")),
        ("kube-system/pods.json", pods("kube-system")),
        ("default/events.json", bytes(&typed("EventList", &[]))),
    ];
    let mut all = some.clone();
    all.push(("kube-public/pods.json", empty));
    let loaded = read(&[folder(&some).path()]).unwrap();
    assert!(loaded.store().pods().whole("default").is_ok());
    assert!(loaded.store().pods().whole_cluster().is_err());
    let loaded = read(&[folder(&all).path()]).unwrap();
    assert!(loaded.store().pods().whole_cluster().is_ok());
    // without its nodes the folder may be anything that was named so
    let loaded = read(&[folder(&all[1..]).path()]).unwrap();
    assert!(loaded.store().pods().whole("kube-public").is_err());
}

#[test]
fn a_support_bundle_is_of_all_namespaces_that_it_lists() {
    let names = |names: &[&str]| {
        let all: Vec<_> = names
            .iter()
            .map(|name| cluster_wide("Namespace", name))
            .collect();
        bytes(&typed("NamespaceList", &all))
    };
    let bundle = |namespaces: &[&str]| {
        let dump = folder(&[
            ("cluster-resources/namespaces.json", names(namespaces)),
            ("cluster-resources/pods/default.json", b"[]".to_vec()),
            ("cluster-resources/pods/kube-system.json", b"[]".to_vec()),
        ]);
        read(&[dump.path()]).unwrap()
    };
    let whole = bundle(&["default", "kube-system"]);
    assert!(whole.store().pods().whole_cluster().is_ok());
    assert!(whole.store().namespaces().get("", "shop").is_absent());
    assert!(
        bundle(&["default", "kube-system", "shop"])
            .store()
            .pods()
            .whole_cluster()
            .is_err()
    );
    assert!(
        bundle(&["default"])
            .store()
            .namespaces()
            .get("", "shop")
            .is_unknown()
    );
}

#[test]
fn events_are_whole_only_where_one_occurs() {
    let web = ObjectRef::new(Kind::Pod, "shop", "api");
    let loaded = of(&[pod("shop", "api", "n1")]);
    assert!(loaded.store().events_of(&web, None).is_unknown());
    let loaded = of(&[pod("shop", "api", "n1"), event("shop", "e")]);
    assert!(!loaded.store().events_of(&web, None).is_unknown());
    let loaded = of(&[pod("shop", "api", "n1"), event("blog", "e")]);
    assert!(loaded.store().events_of(&web, None).is_unknown());
}

#[test]
fn a_reading_speaks_alone() {
    let reading = json!({"apiVersion": "kubectl-diagnose/v1", "kind": "Reading", "reads": [
        {"kind": "Pod", "namespace": "shop"},
        {"kind": "Secret", "why": "forbidden", "detail": "secrets is forbidden"}]});
    let loaded = of(&[pod("shop", "web", "n1"), claim("shop", "data"), reading]);
    assert!(loaded.store().pods().whole("shop").is_ok());
    assert!(loaded.store().claims().get("shop", "logs").is_unknown());
    let gap = loaded.store().secrets().whole("shop").unwrap_err();
    assert_eq!(
        (gap.why, gap.detail.as_str()),
        (Why::Forbidden, "secrets is forbidden")
    );
}

#[test]
fn a_broken_file_in_a_folder_is_a_gap_and_the_rest_goes_on() {
    let nodes = bytes(&typed("NodeList", &[cluster_wide("Node", "n1")]));
    let mut cut = bytes(&typed(
        "PodList",
        &[pod("shop", "web", "n1"), pod("shop", "api", "n1")],
    ));
    cut.truncate(cut.len() - 60);
    let dump = folder(&[
        ("nodes.json", nodes),
        ("shop/pods.json", cut),
        (
            "blog/pods.json",
            bytes(&typed("PodList", &[pod("blog", "web", "n1")])),
        ),
    ]);
    let loaded = read(&[dump.path()]).unwrap();
    assert!(loaded.store().pods().whole("blog").is_ok());
    let gap = loaded.store().pods().whole("shop").unwrap_err();
    assert_eq!(gap.why, Why::Failed);
    assert!(
        gap.detail
            .starts_with("shop/pods.json: it is cut off after 1 objects"),
        "{}",
        gap.detail
    );
}

#[test]
fn an_object_that_cannot_be_decoded_leaves_its_kind_in_pieces() {
    let mut odd = pod("shop", "odd", "n1");
    odd["spec"]["containers"] = json!("hunter2");
    let loaded = of(&[
        pod("shop", "web", "n1"),
        pod("kube-system", "dns", "n1"),
        odd,
    ]);
    assert!(loaded.store().pods().whole("kube-system").is_ok());
    assert!(loaded.store().pods().whole("shop").is_err());
    assert!(loaded.store().pods().whole_cluster().is_err());
    let [gap] = loaded.store().gaps()[..] else {
        panic!("one gap")
    };
    assert_eq!(gap.name.as_deref(), Some("odd"));
    assert!(!format!("{gap:?}").contains("hunter2"));
}

#[test]
fn nodes_that_stand_alone_are_all_where_schedulers_count_as_many() {
    for (counted, whole) in [(2, true), (3, false)] {
        let files = [
            ("web.json", bytes(&refused("web", counted))),
            ("n1.json", bytes(&cluster_wide("Node", "n1"))),
            ("n2.json", bytes(&cluster_wide("Node", "n2"))),
        ];
        let loaded = read(&[folder(&files).path()]).unwrap();
        assert_eq!(loaded.store().nodes().whole_cluster().is_ok(), whole);
    }
}
