//! Makes small dumps.

use crate::support::Loaded;
use std::collections::BTreeSet;

pub(crate) use crate::support::read_dumps as read;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;

/// A pod that waits for its image.
pub(crate) fn pod(namespace: &str, name: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": "registry.example/web:1"}]},
        "status": {"phase": "Pending", "containerStatuses": [{
            "name": "app", "image": "registry.example/web:1", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}]}
    })
}

pub(crate) fn event(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": "web"},
        "reason": "Failed", "message": "m", "type": "Warning", "lastTimestamp": "2026-01-01T00:10:00Z"
    })
}

pub(crate) fn cluster_wide(kind: &str, name: &str) -> Value {
    let version = if kind == "StorageClass" {
        "storage.k8s.io/v1"
    } else {
        "v1"
    };
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "provisioner": "x"})
}

pub(crate) fn claim(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace}})
}

pub(crate) fn list(items: &[Value]) -> Value {
    json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}})
}

/// A list as Go writes it: its items carry no kind.
pub(crate) fn typed(kind: &str, items: &[Value]) -> Value {
    let bare: Vec<Value> = items
        .iter()
        .cloned()
        .map(|mut item| {
            let fields = item.as_object_mut().unwrap();
            fields.remove("kind");
            fields.remove("apiVersion");
            item
        })
        .collect();
    json!({"kind": kind, "apiVersion": "v1", "metadata": {}, "items": bare})
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap()
}

pub(crate) fn yaml(value: &Value) -> Vec<u8> {
    let mut text = b"---\n".to_vec();
    text.extend(serde_saphyr::to_string(value).unwrap().into_bytes());
    text
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, path, text.as_slice())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

/// What one file with this content gives.
pub(crate) fn read_file(text: &[u8]) -> anyhow::Result<Loaded> {
    let folder = folder(&[("saved", text.to_vec())]);
    read(&[&folder.path().join("saved")])
}

/// The pods that were read, as `namespace/name`.
pub(crate) fn pods(loaded: &Loaded) -> Vec<String> {
    let store = loaded.store();
    let whole = store.whole_pods();
    let whole = whole.map(|pod| format!("{}/{}", pod.namespace(), pod.name()));
    let records = store.pod_records().iter();
    let records = records.map(|pod| format!("{}/{}", pod.namespace, pod.name));
    let all: BTreeSet<String> = whole.chain(records).collect();
    all.into_iter().collect()
}
