//! What `--dump` writes gives the same report as what it was written from, and keeps secrets.

use super::make::{cluster_wide, pod, read};
use crate::support::{DumpWriter, Extent, Keyed, Kind, Reading, Why, load, write_dump};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// An object of each kind about storage and devices, and a few others, with what is kept of it.
fn one_of_each() -> Vec<Value> {
    let object = |kind: Kind, more: Value| {
        let mut object = json!({"apiVersion": kind.api_version(), "kind": kind.as_str(), "metadata": {"name": "one"}});
        if kind.namespaced() {
            object["metadata"]["namespace"] = json!("shop");
        }
        for (field, value) in more.as_object().unwrap() {
            object[field] = value.clone();
        }
        object
    };
    vec![
        object(
            Kind::PersistentVolumeClaim,
            json!({"spec": {"volumeName": "one"}}),
        ),
        object(
            Kind::PersistentVolume,
            json!({"spec": {"csi": {"driver": "d", "volumeHandle": "h"}, "capacity": {"storage": "1Gi"}}}),
        ),
        object(Kind::StorageClass, json!({"provisioner": "d"})),
        object(
            Kind::CsiNode,
            json!({"spec": {"drivers": [{"name": "d", "nodeID": "1", "allocatable": {"count": 3}}]}}),
        ),
        object(Kind::CsiDriver, json!({"spec": {"storageCapacity": true}})),
        object(
            Kind::CsiStorageCapacity,
            json!({"storageClassName": "one", "capacity": "1Gi"}),
        ),
        object(
            Kind::VolumeAttachment,
            json!({"spec": {"attacher": "d", "nodeName": "n1", "source": {"persistentVolumeName": "one"}}}),
        ),
        object(
            Kind::ResourceClaim,
            json!({"spec": {"devices": {"requests": [{"name": "a", "exactly": {"deviceClassName": "one"}}]}}}),
        ),
        object(
            Kind::DeviceClass,
            json!({"spec": {"extendedResourceName": "example.com/gpu"}}),
        ),
        object(
            Kind::PodDisruptionBudget,
            json!({"status": {"disruptionsAllowed": 1}}),
        ),
        object(Kind::Namespace, json!({})),
    ]
}

#[test]
fn storage_devices_and_budgets_survive_being_dumped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.json");
    let objects = one_of_each();
    write_dump(&path, Extent::Masked, &objects, &reading());
    let before =
        load(&json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).unwrap();
    let after = read(&[&path]).unwrap();
    for loaded in [&before, &after] {
        assert!(loaded.store().claims().get("shop", "one").yes().is_some());
        assert!(
            loaded
                .store()
                .storage_classes()
                .get("", "one")
                .yes()
                .is_some()
        );
        assert!(loaded.store().namespaces().get("", "one").yes().is_some());
        let volume = loaded.store().volumes().get("", "one").yes().unwrap();
        assert_eq!(volume.attachment.as_ref().unwrap().to_string(), "d/h");
        let node = loaded.store().csi_nodes().get("", "one").yes().unwrap();
        assert_eq!(node.drivers.get("d"), Some(&Some(3)));
        assert!(
            loaded
                .store()
                .csi_drivers()
                .get("", "one")
                .yes()
                .unwrap()
                .storage_capacity
        );
        let left = loaded
            .store()
            .storage_capacities()
            .get("shop", "one")
            .yes()
            .unwrap();
        assert_eq!(left.class, "one");
        assert_eq!(
            loaded
                .store()
                .attachments()
                .get("", "one")
                .yes()
                .unwrap()
                .node,
            "n1"
        );
        let claim = loaded
            .store()
            .resource_claims()
            .get("shop", "one")
            .yes()
            .unwrap();
        assert_eq!(claim.classes, ["one"]);
        let class = loaded
            .store()
            .device_classes()
            .get("", "one")
            .yes()
            .unwrap();
        assert_eq!(class.extended_resource.as_deref(), Some("example.com/gpu"));
        let budget = loaded.store().budgets().get("shop", "one").yes().unwrap();
        assert_eq!(budget.disruptions_allowed, 1);
    }
}

fn reading() -> Reading {
    Reading {
        unread: Some(Why::NotAsked),
        ..Reading::default()
    }
}

#[test]
fn values_of_secrets_and_config_maps_stay_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.json");
    let applied =
        json!({"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "team": "a"});
    let mut web = pod("shop", "web", "n1");
    web["metadata"]["annotations"] = applied.clone();
    web["metadata"]["managedFields"] = json!([{"manager": "hunter2"}]);
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "db", "namespace": "shop", "annotations": {"note": "hunter2"}},
        "data": {"password": "hunter2"}, "stringData": {"user": "hunter2"}});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"},
        "binaryData": {"logo": "hunter2"}});
    write_dump(&path, Extent::Masked, &[web, secret, map], &reading());
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains(r#""team":"masked-1""#), "{text}");
    let loaded = read(&[&path]).unwrap();
    let keys = |keyed: &Keyed| keyed.keys.clone().unwrap();
    assert_eq!(
        keys(loaded.store().secrets().get("shop", "db").yes().unwrap()),
        ["password", "user"]
    );
    assert_eq!(
        keys(
            loaded
                .store()
                .config_maps()
                .get("shop", "web")
                .yes()
                .unwrap()
        ),
        ["logo"]
    );
    assert_eq!(loaded.store().unread(), Why::NotAsked);
}

#[test]
fn what_was_read_by_its_metadata_alone_has_unknown_keys_ever_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.json");
    let mut writer = DumpWriter::create(&path, Extent::Masked).unwrap();
    for (name, kind) in [("db", "PartialObjectMetadata"), ("empty", "Secret")] {
        let json = json!({"kind": kind, "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop"}});
        writer
            .object(Kind::Secret, json.to_string().as_bytes())
            .unwrap();
    }
    writer.finish(&reading()).unwrap();
    let loaded = read(&[&path]).unwrap();
    assert_eq!(
        loaded
            .store()
            .secrets()
            .get("shop", "db")
            .yes()
            .unwrap()
            .keys,
        None
    );
    let empty = loaded.store().secrets().get("shop", "empty").yes().unwrap();
    assert_eq!(empty.keys.as_deref(), Some([].as_slice()));
}

#[test]
fn a_dump_is_a_list_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.json");
    let mut writer = DumpWriter::create(&path, Extent::Masked).unwrap();
    // as an item of the API server's list: no kind
    writer
        .object(
            Kind::StorageClass,
            br#"{"metadata": {"name": "fast"}, "provisioner": "x"}"#,
        )
        .unwrap();
    assert!(!path.exists(), "half a dump has no name");
    writer.finish(&reading()).unwrap();
    let list: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"][0]["kind"], "StorageClass");
    assert_eq!(list["items"][0]["apiVersion"], "storage.k8s.io/v1");
    assert_eq!(list["items"][1]["kind"], "Reading");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn a_dump_that_is_not_finished_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.json");
    fs::write(&path, "an older dump").unwrap();
    let mut writer = DumpWriter::create(&path, Extent::Masked).unwrap();
    writer
        .object(
            Kind::Node,
            cluster_wide("Node", "n1").to_string().as_bytes(),
        )
        .unwrap();
    let refused = writer
        .object(Kind::Secret, br#"{"data": hunter2"#)
        .unwrap_err();
    assert!(!format!("{refused:?}").contains("hunter2"));
    drop(writer);
    assert_eq!(fs::read_to_string(&path).unwrap(), "an older dump");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_is_an_error() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let mut writer = DumpWriter::create(full, Extent::Masked).unwrap();
    let node = cluster_wide("Node", "n1").to_string();
    let outcome = (0..1000).try_for_each(|_| writer.object(Kind::Node, node.as_bytes()));
    let error = outcome
        .and_then(|()| writer.finish(&reading()))
        .unwrap_err();
    assert_eq!(error.to_string(), "/dev/full cannot be written");
    assert!(full.exists(), "a device is not replaced");
    let nowhere = DumpWriter::create(Path::new("/nonexistent/dump.json"), Extent::Masked)
        .err()
        .unwrap();
    assert_eq!(
        nowhere.to_string(),
        "/nonexistent/dump.json cannot be written"
    );
}
