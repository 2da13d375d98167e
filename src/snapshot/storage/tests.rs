//! What is kept of each kind, and how volumes of replaced plugins are named.

use super::*;
use serde_json::{Value, json};

fn volume(spec: Value) -> Volume {
    let object = json!({"metadata": {"name": "pv"}, "spec": spec});
    let raw: RawVolume = serde_json::from_value(object).unwrap();
    raw.into_volume()
}

#[test]
fn a_volume_keeps_what_decides_who_gets_it_and_where() {
    let raw: RawVolume = serde_json::from_value(json!({
        "metadata": {
            "name": "pv-1", "labels": {"topology.kubernetes.io/zone": "a"}, "managedFields": [{"manager": "x"}],
            "deletionTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], "volumeMode": "Block",
            "storageClassName": "fast", "volumeAttributesClassName": "gold",
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data", "uid": "u"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]}},
            "csi": {"driver": "csi.example.com", "volumeHandle": "h-1", "volumeAttributes": {"a": "b"}},
        },
        "status": {"phase": "Bound"},
    }))
    .unwrap();
    let read = raw.into_volume();
    assert_eq!(read.capacity, "10Gi".parse().unwrap());
    assert_eq!(read.access_modes, ["ReadWriteOnce"]);
    assert!(read.block && read.terminating);
    assert_eq!(
        (read.class.as_str(), read.phase.as_str()),
        ("fast", "Bound")
    );
    assert_eq!(read.attributes_class.as_deref(), Some("gold"));
    assert_eq!(read.labels.len(), 1);
    assert_eq!(
        read.claim,
        Some(ClaimRef {
            namespace: "shop".into(),
            name: "data".into(),
            uid: Some("u".into())
        })
    );
    assert_eq!(read.node_affinity.unwrap().node_selector_terms.len(), 1);
    assert_eq!(
        read.attachment,
        Some(Attachment::new("csi.example.com", "h-1"))
    );
    assert_eq!(read.in_tree, None);
}

#[test]
fn the_annotation_of_a_class_counts_before_the_field() {
    let raw: RawVolume = serde_json::from_value(json!({
        "metadata": {"name": "pv", "annotations": {CLASS: "old"}}, "spec": {"storageClassName": "new"},
    }))
    .unwrap();
    assert_eq!(raw.into_volume().class, "old");
    assert_eq!(volume(json!({})).class, "");
}

#[test]
fn a_volume_of_a_replaced_plugin_has_its_drivers_name() {
    for (spec, attachment, plugin) in [
        (
            json!({"awsElasticBlockStore": {"volumeID": "aws://z/vol-1"}}),
            Some("ebs.csi.aws.com/vol-1"),
            Some("kubernetes.io/aws-ebs"),
        ),
        (
            json!({"gcePersistentDisk": {"pdName": "d"}}),
            Some("pd.csi.storage.gke.io/projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d"),
            Some("kubernetes.io/gce-pd"),
        ),
        (
            json!({"azureDisk": {"diskName": "d", "diskURI": "u", "kind": "Managed"}}),
            Some("disk.csi.azure.com/u"),
            Some("kubernetes.io/azure-disk"),
        ),
        (
            json!({"azureDisk": {"diskName": "d", "diskURI": "u", "kind": "Dedicated"}}),
            None,
            Some("kubernetes.io/azure-disk"),
        ),
        (
            json!({"cinder": {"volumeID": "c"}}),
            Some("cinder.csi.openstack.org/c"),
            Some("kubernetes.io/cinder"),
        ),
        (
            json!({"portworxVolume": {"volumeID": "p"}}),
            Some("pxd.portworx.com/p"),
            Some("kubernetes.io/portworx-volume"),
        ),
        (json!({"vsphereVolume": {"volumePath": "v"}}), None, None),
        (json!({"local": {"path": "/mnt"}}), None, None),
    ] {
        let read = volume(spec);
        let attached = read.attachment.map(|it| it.to_string());
        assert_eq!(attached.as_deref(), attachment);
        assert_eq!(read.in_tree.map(|it| it.plugin), plugin);
    }
}

#[test]
fn a_node_has_a_limit_only_where_its_driver_says_one() {
    let raw: RawCsiNode = serde_json::from_value(json!({
        "metadata": {"name": "n1", "annotations": {MIGRATED: "kubernetes.io/aws-ebs,kubernetes.io/gce-pd"}},
        "spec": {"drivers": [
            {"name": "a", "nodeID": "1", "topologyKeys": [], "allocatable": {"count": 25}},
            {"name": "b", "nodeID": "1"},
            {"name": "c", "nodeID": "1", "allocatable": {}},
        ]},
    }))
    .unwrap();
    let read = raw.into_csi_node();
    let limits: Vec<_> = read.drivers.values().copied().collect();
    assert_eq!(limits, [Some(25), None, None]);
    assert_eq!(
        read.migrated,
        ["kubernetes.io/aws-ebs", "kubernetes.io/gce-pd"]
    );
}

#[test]
fn a_kubelet_that_has_no_drivers_yet_is_read_too() {
    for spec in [json!({"drivers": null}), json!({"drivers": []})] {
        let object = json!({"metadata": {"name": "n1"}, "spec": spec});
        let raw: RawCsiNode = serde_json::from_value(object).unwrap();
        assert_eq!(raw.into_csi_node(), CsiNode::default());
    }
}

#[test]
fn a_driver_heeds_neither_unless_it_says_so() {
    for (spec, capacity, prevents) in [
        (json!({}), false, false),
        (json!({"storageCapacity": true}), true, false),
        (json!({"preventPodSchedulingIfMissing": true}), false, true),
    ] {
        let object = json!({"metadata": {"name": "d"}, "spec": spec});
        let raw: RawCsiDriver = serde_json::from_value(object).unwrap();
        let read = raw.into_csi_driver();
        assert_eq!(
            (read.storage_capacity, read.prevents_if_missing),
            (capacity, prevents)
        );
    }
}

#[test]
fn the_largest_volume_limits_before_the_capacity_does() {
    for (object, limit) in [
        (
            json!({"capacity": "10Gi", "maximumVolumeSize": "1Gi"}),
            Some("1Gi"),
        ),
        (json!({"capacity": "10Gi"}), Some("10Gi")),
        (json!({}), None),
    ] {
        let raw: RawCapacity = serde_json::from_value(object).unwrap();
        let limit = limit.map(|text| text.parse().unwrap());
        assert_eq!(raw.into_capacity().limit(), limit);
    }
}

#[test]
fn an_attachment_tells_what_is_where_and_what_went_wrong() {
    let raw: RawAttachment = serde_json::from_value(json!({
        "metadata": {"name": "csi-1", "deletionTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"attacher": "csi.example.com", "nodeName": "n1", "source": {"persistentVolumeName": "pv-1"}},
        "status": {"attached": true, "detachError": {"message": "volume is busy", "time": "2026-01-01T00:00:00Z"}},
    }))
    .unwrap();
    let read = raw.into_attachment();
    assert_eq!(
        (read.attacher.as_str(), read.node.as_str()),
        ("csi.example.com", "n1")
    );
    assert_eq!(read.volume.as_deref(), Some("pv-1"));
    assert!(read.attached && read.terminating);
    assert_eq!(read.detach_error.as_deref(), Some("volume is busy"));
    assert_eq!(read.attach_error, None);
}
