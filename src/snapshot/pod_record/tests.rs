use super::*;

fn pod(name: &str, node: &str, phase: &str) -> Pod {
    serde_json::from_value(serde_json::json!({
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]},
        "status": {"phase": phase}
    }))
    .unwrap()
}

#[test]
fn pods_that_have_ended_take_nothing_of_their_node() {
    let mut pod_records = PodRecords::default();
    for (name, phase) in [
        ("a", "Running"),
        ("b", "Succeeded"),
        ("c", "Failed"),
        ("d", "Unknown"),
    ] {
        pod_records.insert(&pod(name, "n1", phase));
    }
    let names: Vec<_> = pod_records.on_node("n1").map(|o| &*o.name).collect();
    assert_eq!(names, ["a", "d"]);
}

#[test]
fn a_claim_of_a_volume_that_lives_with_its_pod_has_the_pods_name() {
    let mut pod_records = PodRecords::default();
    for name in ["a", "b"] {
        let mut one = pod(name, "n1", "Running");
        let volumes = serde_json::json!([
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}},
            {"name": "disk", "gcePersistentDisk": {"pdName": "d"}},
            {"name": "secrets", "csi": {"driver": "secrets-store.csi.k8s.io"}},
        ]);
        Arc::make_mut(one.spec.as_mut().unwrap()).volumes =
            serde_json::from_value(volumes).unwrap();
        pod_records.insert(&one);
    }
    assert_eq!(
        pod_records.footprints().len(),
        1,
        "the claims' names are no part of it"
    );
    let all: Vec<Vec<_>> = pod_records
        .on_node("n1")
        .map(|one| pod_records.claims_of(one).collect())
        .collect();
    assert_eq!(all, [["shared", "a-scratch"], ["shared", "b-scratch"]]);
    assert_eq!(pod_records.footprints()[0].disks.len(), 1);
}

#[test]
fn a_pod_that_ends_or_goes_leaves_nothing_behind() {
    let mut pod_records = PodRecords::default();
    pod_records.insert(&pod("a", "n1", "Running"));
    pod_records.insert(&pod("b", "n1", "Running"));
    pod_records.insert(&pod("a", "n1", "Failed"));
    assert_eq!(pod_records.on_node("n1").count(), 1);
    pod_records.remove("shop", "b");
    assert!(pod_records.is_empty() && pod_records.by_node.is_empty());
    assert!(pod_records.by_controller.is_empty() && pod_records.alike.is_empty());
    assert!(pod_records.words.is_empty(), "{:?}", pod_records.words);
    for round in 0..3 {
        let name = format!("c{round}");
        pod_records.insert(&pod(&name, "n2", "Running"));
        pod_records.remove("shop", &name);
    }
    assert_eq!(
        (pod_records.all.places(), pod_records.footprints().len()),
        (2, 1)
    );
}

#[test]
fn pods_stand_in_order_whatever_the_order_in_which_they_come() {
    let mut pod_records = PodRecords::default();
    for name in ["c", "a", "b"] {
        pod_records.insert(&pod(name, "n1", "Running"));
    }
    pod_records.remove("shop", "a");
    pod_records.insert(&pod("a", "n1", "Running"));
    let on_node: Vec<_> = pod_records.on_node("n1").map(|pod| &*pod.name).collect();
    assert_eq!(on_node, ["a", "b", "c"]);
    assert!(pod_records.iter().map(|pod| &*pod.name).eq(on_node));
    assert_eq!(pod_records.in_namespace("shop").count(), 3);
    assert_eq!(pod_records.in_namespace("other").count(), 0);
}

#[test]
fn pods_are_found_by_their_controller_and_by_what_they_share() {
    let mut pod_records = PodRecords::default();
    let mut insert = |name: &str, app: &str, set: &str| {
        let mut pod = pod(name, "n1", "Running");
        pod.metadata.labels = Some(Arc::new([("app".to_owned(), app.to_owned())].into()));
        let owner = serde_json::json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": "u", "controller": true}]);
        pod.metadata.owner_references = serde_json::from_value(owner).unwrap();
        pod_records.insert(&pod);
    };
    insert("b", "web", "web-1");
    insert("a", "web", "web-1");
    insert("c", "api", "api-1");
    // the same pod again, with another template
    insert("b", "api", "api-1");
    let of = |set: &str| {
        let pods = pod_records.of_controller("shop", &format!("ReplicaSet/{set}"));
        pods.map(|pod| &*pod.name).collect::<Vec<_>>()
    };
    assert_eq!((of("web-1"), of("api-1")), (vec!["a"], vec!["b", "c"]));
    let alike = pod_records.alike_in("shop");
    let mut alike: Vec<_> = alike.map(|(it, pods)| (&*it.labels["app"], pods)).collect();
    alike.sort_unstable();
    assert_eq!(alike, [("api", 2), ("web", 1)]);
}

#[test]
fn pods_of_one_template_share_a_footprint() {
    let mut pod_records = PodRecords::default();
    pod_records.insert(&pod("a", "n1", "Running"));
    pod_records.insert(&pod("b", "n2", "Running"));
    pod_records.insert(&pod("b", "n3", "Running"));
    assert_eq!((pod_records.len(), pod_records.footprints().len()), (2, 1));
    assert_eq!(pod_records.on_node("n3").count(), 1);
}

#[test]
fn a_pod_with_another_footprint_is_another_record() {
    let mut pod_records = PodRecords::default();
    let mut one = pod("a", "n1", "Running");
    pod_records.insert(&one);
    let before = pod_records.get("shop", "a").cloned();
    let other = std::iter::once(("app".to_owned(), "other".to_owned()));
    one.metadata.labels = Some(Arc::new(other.collect()));
    pod_records.insert(&one);
    assert_ne!(pod_records.get("shop", "a").cloned(), before);
    assert_eq!(
        pod_records
            .footprints()
            .iter()
            .filter(|one| !one.labels.is_empty())
            .count(),
        1
    );
}

#[test]
fn what_a_selector_means_is_known_however_pods_come_and_go() {
    let mut pod_records = PodRecords::default();
    let insert = |records: &mut PodRecords, name: &str, labels: &[(&str, &str)]| {
        let mut pod = pod(name, "n1", "Running");
        let labels = labels
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()));
        pod.metadata.labels = Some(Arc::new(labels.collect()));
        records.insert(&pod);
    };
    let selected = |records: &PodRecords, labels: &[(&str, &str)]| {
        let labels = labels
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()));
        let labels: BTreeMap<String, String> = labels.collect();
        let pods = records.selected("shop", &labels);
        let pods = pods.flat_map(|(_, pods)| pods.iter());
        let mut names: Vec<String> = pods.map(|pod| pod.name.to_string()).collect();
        names.sort();
        names
    };
    insert(&mut pod_records, "b", &[("app", "web"), ("by", "helm")]);
    insert(&mut pod_records, "a", &[("app", "web"), ("by", "helm")]);
    insert(&mut pod_records, "c", &[("app", "api"), ("by", "helm")]);
    assert_eq!(
        selected(&pod_records, &[("app", "web"), ("by", "helm")]),
        ["a", "b"]
    );
    assert_eq!(selected(&pod_records, &[("by", "helm")]), ["a", "b", "c"]);
    assert_eq!(selected(&pod_records, &[("app", "helm")]), [""; 0]);
    assert_eq!(
        selected(&pod_records, &[]),
        [""; 0],
        "nothing is selected by nothing"
    );
    insert(&mut pod_records, "c", &[("app", "web"), ("by", "helm")]);
    insert(&mut pod_records, "d", &[("app", "web")]);
    pod_records.remove("shop", "a");
    assert_eq!(
        selected(&pod_records, &[("app", "web"), ("by", "helm")]),
        ["b", "c"]
    );
    let labelled = pod_records.labelled("shop", "by");
    assert_eq!(labelled.map(|(_, pods)| pods.len()).sum::<usize>(), 2);
}

#[test]
fn thousands_come_and_go_and_are_found_by_name_and_node() {
    let mut pod_records = PodRecords::default();
    let mut known: BTreeMap<(String, String), String> = BTreeMap::new();
    // each number comes up several times, in no order
    for step in 0_usize..9_000 {
        let number = step * 7_919 % 3_001;
        let (namespace, name) = (format!("team-{}", number % 2), format!("web-{number}"));
        if step % 5 == 4 {
            pod_records.remove(&namespace, &name);
            known.remove(&(namespace, name));
            continue;
        }
        let node = format!("n{}", step % 7);
        let mut one = pod(&name, &node, "Running");
        one.metadata.namespace = Some(namespace.as_str().into());
        pod_records.insert(&one);
        known.insert((namespace, name), node);
    }
    assert!(known.len() > 2 * 1024 && pod_records.all.places() <= 3_001);
    assert_eq!(pod_records.len(), known.len());
    let names = |pod: &PodRecord| (pod.namespace.to_string(), pod.name.to_string());
    let all: Vec<_> = pod_records.iter().map(names).collect();
    assert!(all.iter().eq(known.keys()));
    for ((namespace, name), node) in &known {
        let found = pod_records.get(namespace, name).unwrap();
        assert_eq!(found.node.as_deref(), Some(node.as_str()));
    }
    let on_node = |node: &str| known.values().filter(|on| *on == node).count();
    assert_eq!(pod_records.on_node("n3").count(), on_node("n3"));
    let gone = (0..3_001).map(|number| (format!("team-{}", number % 2), format!("web-{number}")));
    for (namespace, name) in gone.filter(|one| !known.contains_key(one)) {
        assert!(pod_records.get(&namespace, &name).is_none());
    }
}

#[test]
fn of_one_spec_what_differs_otherwise_is_told_apart() {
    let first = pod("a", "n1", "Running");
    let alike = |name: &str| {
        let mut pod = first.clone();
        pod.metadata.name = Some(name.into());
        pod
    };
    let mut labelled = alike("c");
    labelled.metadata.labels = Some(Arc::new([("app".to_owned(), "db".to_owned())].into()));
    let mut resized = alike("d");
    let told = serde_json::json!({"metadata": {}, "status": {"containerStatuses": [{"name": "c", "image": "", "imageID": "",
        "ready": true, "restartCount": 0, "resources": {"requests": {"cpu": "300m"}}}]}});
    resized.status = serde_json::from_value::<Pod>(told).unwrap().status;
    let mut pod_records = PodRecords::default();
    for pod in [&first, &alike("b"), &labelled, &resized, &alike("e")] {
        pod_records.insert(pod);
    }
    let all = pod_records.on_node("n1");
    let places: Vec<usize> = all.map(PodRecords::place_of).collect();
    assert_eq!(places, [0, 0, 1, 2, 0]);
    for name in ["a", "b", "e"] {
        pod_records.remove("shop", name);
    }
    let mut other = pod("f", "n1", "Running");
    other.metadata.labels = None;
    pod_records.insert(&other);
    pod_records.insert(&alike("g"));
    let of = |name: &str| pod_records.footprint(pod_records.get("shop", name).unwrap());
    assert!(of("f").labels.is_empty(), "in the place that was left");
    assert_eq!(of("g").labels.len(), 1);
}
