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
    tar_of(files, &[])
}

/// One whose files were written at these seconds.
pub(crate) fn tar_of(files: &[(&str, Vec<u8>)], written: &[u64]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (number, (path, text)) in files.iter().enumerate() {
        let mut header = tar::Header::new_ustar();
        header.set_mtime(written.get(number).copied().unwrap_or_default());
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

/// A zip archive as Go's `archive/zip` writes it: sizes stand behind the files.
pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (path, text) in files {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        let packed = encoder.finish().unwrap();
        archive.extend(zip_header(path, 8, 8, 0, 0));
        archive.extend(&packed);
        archive.extend(b"PK\x07\x08\0\0\0\0");
        archive.extend((packed.len() as u32).to_le_bytes());
        archive.extend((text.len() as u32).to_le_bytes());
    }
    archive.extend(zip_end());
    archive
}

/// A zip archive whose files are stored as they are.
pub(crate) fn zip_stored(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (path, text) in files {
        archive.extend(zip_header(path, 0, 0, text.len() as u32, 0));
        archive.extend(text);
    }
    archive.extend(zip_end());
    archive
}

/// The header of a file in a zip archive: flags, method, packed size, and how much stands behind its name.
pub(crate) fn zip_header(path: &str, flags: u16, method: u16, size: u32, extra: u16) -> Vec<u8> {
    let mut header = b"PK\x03\x04\x14\0".to_vec();
    header.extend(flags.to_le_bytes());
    header.extend(method.to_le_bytes());
    header.extend([0; 8]);
    header.extend(size.to_le_bytes());
    header.extend(size.to_le_bytes());
    header.extend((path.len() as u16).to_le_bytes());
    header.extend(extra.to_le_bytes());
    header.extend(path.as_bytes());
    header
}

/// The directory of a zip archive, of which nothing but its mark is read.
pub(crate) fn zip_end() -> Vec<u8> {
    b"PK\x01\x02 and so on".to_vec()
}
