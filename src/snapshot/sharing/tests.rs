use super::*;
use crate::kubernetes::pod::{ContainerStatus, PodCondition, PodStatus};
use crate::snapshot::{Kind, ObjectRef, Retention, Store, Why};
use serde_json::{Value, json};
use std::mem::size_of;

/// A pod of a template that cannot pull its image.
fn pod(name: &str, node: &str) -> Value {
    let token = format!("kube-api-access-{name}");
    let asked = json!({"requests": {"cpu": "100m"}});
    json!({
        "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "labels": {"app": "web"}, "annotations": {"team": "shop"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u", "controller": true}]},
        "spec": {"nodeName": node,
            "volumes": [{"name": token, "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}}],
            "containers": [{"name": "app", "image": "web:1", "resources": asked, "volumeMounts": [{"name": token, "mountPath": "/var/run/secrets"}]}]},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
            "containerStatuses": [{"name": "app", "image": "web:1", "imageID": "", "ready": false, "restartCount": 0, "resources": asked,
                "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"web:1\""}}}]},
    })
}

fn event(name: &str, about: &str) -> Value {
    let about =
        json!({"kind": "Pod", "namespace": "shop", "name": about, "uid": format!("uid-{about}")});
    json!({"metadata": {"name": name, "namespace": "shop"}, "involvedObject": about, "reason": "Failed",
        "message": "Error: ErrImagePull", "source": {"component": "kubelet"}})
}

fn store(objects: impl IntoIterator<Item = (Kind, Value)>) -> Store {
    let mut store = Store::new(Why::NotInDump);
    for (kind, object) in objects {
        let json = object.to_string();
        store
            .insert(kind, json.as_bytes(), Retention::Whole)
            .unwrap();
    }
    store
}

fn pods(all: impl IntoIterator<Item = Value>) -> Store {
    store(all.into_iter().map(|pod| (Kind::Pod, pod)))
}

fn is_same(one: &Word, other: &Word) -> bool {
    std::ptr::eq(one.as_str(), other.as_str())
}

fn both(store: &Store) -> [&Pod; 2] {
    ["a", "b"].map(|name| store.whole_pod("shop", name).unwrap().pod())
}

#[test]
fn pods_of_one_template_share_what_they_have_of_it() {
    let store = pods([pod("a", "n1"), pod("b", "n2")]);
    let [a, b] = both(&store);
    let spec = |pod: &Pod| pod.spec.clone().unwrap();
    assert!(Arc::ptr_eq(&spec(a), &spec(b)));
    let meta = |pod: &Pod| pod.metadata.clone();
    let labels = |pod: &Pod| meta(pod).labels.unwrap();
    assert!(Arc::ptr_eq(&labels(a), &labels(b)));
    let owners = |pod: &Pod| meta(pod).owner_references.unwrap();
    assert!(Arc::ptr_eq(&owners(a), &owners(b)));
    assert!(is_same(
        &meta(a).annotations[0].1,
        &meta(b).annotations[0].1
    ));
}

#[test]
fn pods_of_one_trouble_share_its_words() {
    let store = pods([pod("a", "n1"), pod("b", "n2")]);
    let [a, b] = both(&store).map(|pod| pod.status.clone().unwrap());
    let container = |status: &PodStatus| status.container_statuses.as_ref().unwrap()[0].clone();
    let [a, b] = [container(&a), container(&b)];
    let message = |one: &ContainerStatus| {
        let waiting = one.state.as_ref().unwrap().waiting.as_ref().unwrap();
        waiting.message.clone().unwrap()
    };
    assert!(is_same(&message(&a), &message(&b)));
    assert!(is_same(&a.image, &b.image));
    assert!(Arc::ptr_eq(&a.resources.unwrap(), &b.resources.unwrap()));
}

#[test]
fn what_is_each_pods_own_stays_its_own() {
    let store = pods([pod("a", "n1"), pod("b", "n2")]);
    for (name, node) in [("a", "n1"), ("b", "n2")] {
        let pod = store.whole_pod("shop", name).unwrap();
        let token = format!("kube-api-access-{name}");
        assert_eq!((pod.name(), pod.node()), (name, Some(node)));
        assert_eq!(pod.volume_names().collect::<Vec<_>>(), [token.as_str()]);
        assert_eq!(pod.volume_objects()[0].volume, token);
        let spec = pod.spec();
        let mounts = spec.containers[0].volume_mounts.as_ref().unwrap();
        assert_eq!(mounts[0].name, spec.volumes.as_ref().unwrap()[0].name);
    }
}

#[test]
fn another_template_is_another_one() {
    let mut other = pod("b", "n1");
    other["spec"]["containers"][0]["env"] = json!([{"name": "A", "value": "b"}]);
    let store = pods([pod("a", "n1"), other]);
    let [a, b] = both(&store).map(|pod| pod.spec.clone().unwrap());
    assert!(!Arc::ptr_eq(&a, &b));
    assert_eq!(
        (&a.containers[0].env, b.containers[0].env.is_some()),
        (&None, true)
    );
}

#[test]
fn events_of_the_same_words_hold_them_once() {
    let events = [("e1", "a"), ("e2", "a"), ("e3", "b")];
    let store = store(events.map(|(name, about)| (Kind::Event, event(name, about))));
    let of = |name: &str| -> Vec<&Event> {
        let pod = ObjectRef::new(Kind::Pod, "shop", name);
        store.events().of(&pod, None).collect()
    };
    let (a, b) = (of("a"), of("b"));
    assert!(is_same(&a[0].message, &b[0].message) && is_same(&a[0].reason, &b[0].reason));
    assert!(Arc::ptr_eq(&a[0].about, &a[1].about));
    assert!(is_same(
        a[0].uid.as_ref().unwrap(),
        a[1].uid.as_ref().unwrap()
    ));
}

#[test]
fn what_nobody_has_any_more_is_let_go_of() {
    let mut sharing = Sharing::default();
    for number in 0..10 * FEW {
        let json = pod(&number.to_string(), "n1");
        sharing.pod(&mut serde_json::from_value(json).unwrap());
    }
    let words = sharing.words.known.len();
    assert!(words < 2 * FEW, "{words}");
    assert_eq!(format!("{:?}", sharing.specs), "0");
}

/// What a pod takes beside what it shares: itself, its conditions and containers.
#[test]
fn little_of_a_pod_is_its_own() {
    let sizes = [
        (size_of::<Pod>(), 520),
        (size_of::<PodCondition>(), 96),
        (size_of::<ContainerStatus>(), 280),
        (size_of::<Event>(), 192),
    ];
    for (size, most) in sizes {
        assert!(size <= most, "{sizes:?}");
    }
}

#[test]
fn nodes_of_one_pool_share_what_they_offer_and_what_is_said_of_them() {
    let node = |name: &str, cpu: &str| {
        let ready = json!([{"type": "Ready", "status": "True", "reason": "KubeletReady"}]);
        let offers = json!({"cpu": cpu, "memory": "8Gi"});
        let status = json!({"allocatable": offers, "capacity": offers, "conditions": ready, "declaredFeatures": ["A"]});
        (
            Kind::Node,
            json!({"metadata": {"name": name}, "status": status}),
        )
    };
    let store = store([node("a", "4"), node("b", "4"), node("c", "8")]);
    let [a, b, c] = ["a", "b", "c"].map(|name| store.nodes().get("", name).yes().unwrap());
    assert!(
        Arc::ptr_eq(&a.allocatable, &b.allocatable) && Arc::ptr_eq(&a.allocatable, &a.capacity)
    );
    assert!(!Arc::ptr_eq(&a.allocatable, &c.allocatable));
    assert!(Arc::ptr_eq(&a.declared_features, &c.declared_features));
    assert!(is_same(&a.conditions[0].status, &c.conditions[0].status));
}
