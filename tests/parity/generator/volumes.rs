//! Volumes: classes, drivers, volumes and claims in every state, and pods that mount them.
//!
//! What is bound is so by hand: no controller runs. A probe whose claim would be bound stays waiting for that.

use super::super::random::Random;
use super::existing::FINALIZER;
use super::labels::{HOSTNAME, ZONE};
use super::{NAMESPACES, pod};
use serde_json::{Value, json};

/// A driver whose volumes a node may hold only so many of.
const LIMITED: &str = "limited.example.com";
const PLAIN: &str = "plain.example.com";
/// A driver that says how much room it has.
const MEASURED: &str = "measured.example.com";

/// Claims of each namespace: the beginning of their names and how many there are.
const CLAIMS: [(&str, usize); 10] = [
    ("bound", 8),
    ("once", 2),
    ("now", 1),
    ("wait", 4),
    ("manual", 3),
    ("lost", 1),
    ("going", 1),
    ("hollow", 1),
    ("classless", 1),
    ("stray", 1),
];

/// Everything that is there before pods.
pub(super) fn objects(random: &mut Random, nodes: &[Value]) -> Vec<Value> {
    let mut objects = classes();
    objects.extend(drivers());
    for node in nodes {
        objects.extend(csi_node(random, node));
    }
    for index in 0..random.between(1, 4) {
        objects.push(capacity(random, index));
    }
    for namespace in NAMESPACES {
        for (kind, count) in CLAIMS {
            for index in 0..count {
                objects.extend(claim(random, nodes, namespace, kind, index));
            }
        }
    }
    for index in 0..random.between(2, 6) {
        objects.push(available(random, nodes, index));
    }
    for index in 0..random.below(5) {
        let node = &random.one(nodes)["metadata"]["name"];
        let volume = format!("shop-bound-{}", random.below(8));
        objects.push(json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": format!("a{index}")},
            "spec": {"attacher": LIMITED, "nodeName": node, "source": {"persistentVolumeName": volume}},
        }));
    }
    objects
}

fn classes() -> Vec<Value> {
    let class = |name: &str, provisioner: &str, mode: &str| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": provisioner, "volumeBindingMode": mode,
        })
    };
    let mut zonal = class("wait-zonal", PLAIN, "WaitForFirstConsumer");
    zonal["allowedTopologies"] = json!([
        {"matchLabelExpressions": [{"key": ZONE, "values": ["a", "b"]}, {"key": "disk", "values": ["ssd"]}]},
        {"matchLabelExpressions": [{"key": ZONE, "values": ["c"]}]},
    ]);
    vec![
        class("wait", PLAIN, "WaitForFirstConsumer"),
        class("wait-measured", MEASURED, "WaitForFirstConsumer"),
        class(
            "manual",
            "kubernetes.io/no-provisioner",
            "WaitForFirstConsumer",
        ),
        class("now", PLAIN, "Immediate"),
        zonal,
    ]
}

fn drivers() -> [Value; 3] {
    [LIMITED, PLAIN, MEASURED].map(|name| {
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name},
            "spec": {"storageCapacity": name == MEASURED, "attachRequired": true},
        })
    })
}

fn csi_node(random: &mut Random, node: &Value) -> Option<Value> {
    let name = &node["metadata"]["name"];
    if random.percent(15) {
        return None;
    }
    let mut drivers = Vec::new();
    for (driver, share) in [(LIMITED, 80), (PLAIN, 60), ("ebs.csi.aws.com", 30)] {
        if random.percent(share) {
            let mut entry = json!({"name": driver, "nodeID": name, "topologyKeys": []});
            if driver != PLAIN {
                entry["allocatable"] = json!({"count": random.between(0, 3)});
            }
            drivers.push(entry);
        }
    }
    Some(json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
        "metadata": {"name": name, "annotations": {"storage.alpha.kubernetes.io/migrated-plugins": "kubernetes.io/aws-ebs"}},
        "spec": {"drivers": drivers},
    }))
}

fn capacity(random: &mut Random, index: usize) -> Value {
    let mut capacity = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity",
        "metadata": {"name": format!("c{index}"), "namespace": random.pick(&NAMESPACES)},
        "storageClassName": random.pick(&["wait-measured", "wait-measured", "wait"]),
        "capacity": random.pick(&["1Gi", "5Gi", "20Gi"]),
    });
    if random.percent(30) {
        capacity["maximumVolumeSize"] = json!(random.pick(&["1Gi", "10Gi"]));
    }
    match random.below(4) {
        0 => {}
        1 => capacity["nodeTopology"] = json!({}),
        _ => {
            capacity["nodeTopology"] = json!({"matchLabels": {ZONE: random.pick(&["a", "b", "c"])}})
        }
    }
    capacity
}

/// A claim, with its volume where it is bound to one.
fn claim(
    random: &mut Random,
    nodes: &[Value],
    namespace: &str,
    kind: &str,
    index: usize,
) -> Vec<Value> {
    let name = format!("{kind}-{index}");
    let size = random.pick(&["1Gi", "2Gi", "8Gi"]);
    let mode = if kind == "once" {
        "ReadWriteOncePod"
    } else {
        random.pick(&["ReadWriteOnce", "ReadWriteMany"])
    };
    let mut claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "annotations": {}},
        "spec": {"accessModes": [mode], "resources": {"requests": {"storage": size}}, "storageClassName": "wait"},
        "status": {"phase": "Pending"},
    });
    let volume_name = format!("{namespace}-{name}");
    match kind {
        "bound" | "once" | "going" | "hollow" | "lost" => {
            claim["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = json!("yes");
            claim["spec"]["volumeName"] = json!(volume_name);
            claim["status"]["phase"] = json!(if kind == "lost" { "Lost" } else { "Bound" });
        }
        "now" => claim["spec"]["storageClassName"] = json!("now"),
        "manual" => claim["spec"]["storageClassName"] = json!("manual"),
        "classless" => claim["spec"]["storageClassName"] = json!(""),
        "stray" => claim["spec"]["storageClassName"] = json!("gone"),
        _ => {
            let classes = ["wait", "wait-zonal", "wait-measured"];
            claim["spec"]["storageClassName"] = json!(random.pick(&classes));
            if random.percent(15) {
                let node = &random.one(nodes)["metadata"]["name"];
                claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] =
                    node.clone();
            }
        }
    }
    if kind == "going" {
        claim["metadata"]["finalizers"] = json!([FINALIZER]);
        claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    if !matches!(kind, "bound" | "once" | "going") {
        return vec![claim];
    }
    let mut volume = volume(random, nodes, &volume_name, mode, size);
    volume["spec"]["storageClassName"] = json!("wait");
    volume["spec"]["claimRef"] =
        json!({"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name});
    volume["status"] = json!({"phase": "Bound"});
    vec![volume, claim]
}

/// A volume that waits for a claim.
fn available(random: &mut Random, nodes: &[Value], index: usize) -> Value {
    let mode = random.pick(&["ReadWriteOnce", "ReadWriteMany"]);
    let size = random.pick(&["1Gi", "4Gi", "8Gi"]);
    let mut volume = volume(random, nodes, &format!("free-{index}"), mode, size);
    volume["spec"]["storageClassName"] = json!("manual");
    let phase = if random.percent(85) {
        "Available"
    } else {
        "Released"
    };
    volume["status"] = json!({"phase": phase});
    if random.percent(10) {
        volume["spec"]["volumeMode"] = json!("Block");
    }
    volume
}

fn volume(random: &mut Random, nodes: &[Value], name: &str, mode: &str, size: &str) -> Value {
    let mut volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "labels": {}},
        "spec": {
            "accessModes": [mode], "capacity": {"storage": size}, "persistentVolumeReclaimPolicy": "Retain",
        },
    });
    if random.percent(10) {
        volume["spec"]["awsElasticBlockStore"] = json!({"volumeID": format!("vol-{name}")});
    } else {
        let driver = random.pick(&[LIMITED, LIMITED, PLAIN]);
        volume["spec"]["csi"] = json!({"driver": driver, "volumeHandle": format!("h-{name}")});
    }
    let required = match random.below(6) {
        0 => {
            let node = &random.one(nodes)["metadata"]["name"];
            json!([{"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [node]}]}])
        }
        1 | 2 => {
            let zones = random.some(&["a", "b", "c"], 1, 2);
            json!([{"matchExpressions": [{"key": ZONE, "operator": "In", "values": zones}]}])
        }
        _ => Value::Null,
    };
    if !required.is_null() {
        volume["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": required}});
    }
    if random.percent(20) {
        let key = random.pick(&[ZONE, "failure-domain.beta.kubernetes.io/zone"]);
        volume["metadata"]["labels"][key] = json!(random.pick(&["a", "b", "a__b"]));
    }
    volume
}

/// Gives a probe one or two volumes.
pub(super) fn constrain(random: &mut Random, probe: &mut Value) {
    for index in 0..random.between(1, 2) {
        let mut volume = json!({"name": format!("v{index}")});
        match random.below(20) {
            0 => volume["persistentVolumeClaim"] = json!({"claimName": "missing"}),
            1 => {
                volume["ephemeral"] = json!({"volumeClaimTemplate": {"spec": {
                    "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                }}});
            }
            2..=4 => inline(random, &mut volume),
            _ => volume["persistentVolumeClaim"] = json!({"claimName": claim_name(random)}),
        }
        mount(probe, volume);
    }
}

/// Gives a pod that is there a volume that others may want as well.
pub(super) fn occupy(random: &mut Random, pod: &mut Value) {
    let mut volume = json!({"name": "v0"});
    match random.below(10) {
        0 | 1 => inline(random, &mut volume),
        2 => {
            let name = format!("once-{}", random.below(2));
            volume["persistentVolumeClaim"] = json!({"claimName": name});
        }
        _ => {
            let name = format!("bound-{}", random.below(8));
            volume["persistentVolumeClaim"] = json!({"claimName": name});
        }
    }
    mount(pod, volume);
}

fn mount(pod: &mut Value, volume: Value) {
    let known = pod["spec"]["volumes"].as_array();
    if known
        .into_iter()
        .flatten()
        .all(|other| other["name"] != volume["name"])
    {
        pod::push(&mut pod["spec"]["volumes"], volume);
    }
}

fn claim_name(random: &mut Random) -> String {
    // most claims that stop a pod as a whole are rare
    let (kind, count) = match random.below(100) {
        0..=54 => CLAIMS[0],
        55..=64 => CLAIMS[1],
        65..=76 => CLAIMS[3],
        77..=84 => CLAIMS[4],
        _ => random.pick(&CLAIMS),
    };
    format!("{kind}-{}", random.below(count))
}

/// Disks that are named in the pod itself.
fn inline(random: &mut Random, volume: &mut Value) {
    let read_only = random.percent(50);
    let number = random.below(2);
    match random.below(4) {
        0 => {
            volume["gcePersistentDisk"] =
                json!({"pdName": format!("disk-{number}"), "readOnly": read_only})
        }
        1 => {
            volume["awsElasticBlockStore"] =
                json!({"volumeID": format!("vol-{number}"), "readOnly": read_only})
        }
        2 => {
            volume["iscsi"] = json!({
                "targetPortal": "10.0.0.1:3260", "iqn": format!("iqn.2001-04.com.example:{number}"), "lun": 0,
                "readOnly": read_only,
            });
        }
        _ => {
            volume["rbd"] = json!({
                "monitors": random.some(&["10.0.0.1", "10.0.0.2", "10.0.0.3"], 1, 2), "image": "disk",
                "pool": format!("pool-{number}"), "readOnly": read_only,
            });
        }
    }
}
