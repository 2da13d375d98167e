//! A large cluster, made up the same way each time.

use kubectl_diagnose::testing::{Kind, ReadScope, Retention, Store, Why};
use serde_json::{Value, json};

const ZONES: usize = 5;
/// How many templates the pods on the nodes have.
const WORKLOADS: usize = 2_000;
/// How many templates the pending pods have.
const TEMPLATES: usize = 200;

/// Who made the pending pods.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    /// One ReplicaSet a template.
    ReplicaSets,
    /// Somebody by hand, each alone.
    Nobody,
}

/// That many nodes with that many pods each, and pending pods.
pub(crate) fn store(nodes: usize, pods_each: usize, pending: usize, maker: Maker) -> Store {
    let mut store = Store::new(Why::NotAsked);
    for kind in Kind::all() {
        store.record(kind, ReadScope::Everywhere, Ok(()));
    }
    let mut take = |kind: Kind, object: &Value| {
        let bytes = object.to_string();
        store
            .insert(kind, bytes.as_bytes(), Retention::Whole)
            .expect("a Kubernetes object");
    };
    // in the order in which a scan reads them
    for index in 0..nodes * pods_each {
        take(Kind::Pod, &running(index, index / pods_each));
    }
    for index in 0..pending {
        let mut pod = waiting(index);
        if maker == Maker::Nobody {
            pod["metadata"]["ownerReferences"] = json!([]);
        }
        take(Kind::Pod, &pod);
    }
    for index in 0..nodes {
        take(Kind::Node, &node(index));
    }
    store.set_time("2026-01-01T01:00:00Z".parse().expect("a time"));
    store
}

/// One node in ten is another team's, one in fifty cordoned, one in four of the other architecture.
fn node(index: usize) -> Value {
    let taints = match index % 10 {
        0 => json!([{"key": "team", "value": "search", "effect": "NoSchedule"}]),
        _ => json!([]),
    };
    json!({
        "metadata": {
            "name": format!("node-{index:05}"),
            "labels": {
                "kubernetes.io/hostname": format!("node-{index:05}"),
                "kubernetes.io/arch": if index.is_multiple_of(4) { "arm64" } else { "amd64" },
                "topology.kubernetes.io/zone": format!("zone-{}", index % ZONES),
                "pool": format!("pool-{}", index % 7),
            },
        },
        "spec": {"taints": taints, "unschedulable": index % 50 == 3},
        "status": {
            "allocatable": {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        },
    })
}

pub(crate) fn running(index: usize, node: usize) -> Value {
    let workload = index % WORKLOADS;
    let labels =
        json!({"app": format!("app-{workload}"), "tier": format!("tier-{}", workload % 3)});
    let mut pod = json!({
        "metadata": {
            "name": format!("app-{workload}-{index}"),
            "namespace": format!("team-{}", workload % 40),
            "labels": labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("app-{workload}"), "uid": format!("{workload}"), "controller": true}],
        },
        "spec": {
            "nodeName": format!("node-{node:05}"),
            "containers": [{"name": "app", "image": "registry.example/app:1", "resources": {"requests": {"cpu": "700m", "memory": "2Gi"}}}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "image": "", "imageID": "", "state": {"running": {}}}],
        },
    });
    if workload.is_multiple_of(10) {
        pod["spec"]["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": format!("app-{workload}")}}},
        ]}});
    }
    pod
}

fn waiting(index: usize) -> Value {
    let template = index % TEMPLATES;
    let mut pod = json!({
        "metadata": {
            "name": format!("new-{template}-{index}"),
            "namespace": format!("team-{}", template % 40),
            "labels": {"app": format!("app-{template}"), "tier": format!("tier-{}", template % 3)},
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("new-{template}"), "uid": format!("{template}"), "controller": true}],
        },
        "spec": {"containers": [{"name": "app", "image": "registry.example/app:1", "resources": {"requests": {"cpu": "4", "memory": "8Gi"}}}]},
        "status": {
            "phase": "Pending",
            "conditions": [{
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": "2026-01-01T00:30:00Z",
                "message": "0/5000 nodes are available: 5000 Insufficient cpu.",
            }],
        },
    });
    constrain(&mut pod["spec"], template);
    pod
}

/// Each template asks something else beside.
fn constrain(spec: &mut Value, template: usize) {
    let app = json!({"matchLabels": {"app": format!("app-{template}")}});
    let term = |key: &str| json!([{"topologyKey": key, "labelSelector": app.clone()}]);
    let required = |terms: Value| json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
    let zone = "topology.kubernetes.io/zone";
    match template % 8 {
        0 => spec["nodeSelector"] = json!({"pool": "pool-3"}),
        1 => {
            spec["affinity"] = json!({"podAntiAffinity": required(term("kubernetes.io/hostname"))})
        }
        2 => spec["affinity"] = json!({"podAffinity": required(term(zone))}),
        3 => spec["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 80}]),
        4 => {
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": zone, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": app}])
        }
        5 => {
            spec["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": app}])
        }
        6 => {
            spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["arm64"]}]}]}}})
        }
        _ => spec["tolerations"] = json!([{"key": "team", "operator": "Exists"}]),
    }
}

/// A pod whose status is written once more.
pub(crate) fn written(index: usize, node: usize, version: usize) -> Value {
    let mut pod = running(index, node);
    pod["metadata"]["resourceVersion"] = json!(version.to_string());
    pod
}

/// A node whose kubelet was heard of.
pub(crate) fn heard(index: usize, second: usize) -> Value {
    let mut node = node(index);
    let time = format!("2026-01-01T00:{:02}:{:02}Z", second / 60 % 60, second % 60);
    node["status"]["conditions"][0]["lastHeartbeatTime"] = json!(time);
    node
}
