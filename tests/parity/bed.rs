//! Puts a generated cluster into the API server, and takes it away again.

use super::api::{Api, name};
use super::generator::World;
use serde_json::{Value, json};

/// What a cluster consists of beside pods and namespaces, in the order in which it goes.
const KINDS: [&str; 12] = [
    "StatefulSet",
    "ReplicaSet",
    "Deployment",
    "VolumeAttachment",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "CSIStorageCapacity",
    "CSINode",
    "CSIDriver",
    "Node",
    "RuntimeClass",
];

/// Takes everything away.
pub(crate) async fn wipe(api: &Api) {
    for kind in ["Pod"].into_iter().chain(KINDS) {
        loop {
            let left = api.list(kind, "").await;
            if left.is_empty() {
                break;
            }
            for object in &left {
                if object["metadata"]["finalizers"].is_array() {
                    let free = json!({"metadata": {"finalizers": null}});
                    // it may be gone by then
                    let _ = api.merge(&super::api::path(object), &free).await;
                }
            }
            let namespaces: std::collections::BTreeSet<Option<&str>> = left
                .iter()
                .map(|object| object["metadata"]["namespace"].as_str())
                .collect();
            for namespace in namespaces {
                api.delete_all(kind, namespace, "").await;
            }
        }
    }
    for class in api.list("PriorityClass", "").await {
        if !name(&class).starts_with("system-") {
            api.delete(&class).await.expect("a class can be deleted");
        }
    }
}

/// Brings a cluster about, without its probes.
pub(crate) async fn furnish(api: &Api, world: &World) {
    let (namespaces, objects): (Vec<&Value>, Vec<&Value>) = world
        .objects
        .iter()
        .partition(|object| object["kind"] == "Namespace");
    for namespace in namespaces {
        match api.get(&super::api::path(namespace)).await {
            Ok(_) => api.replace(namespace).await,
            Err(_) => api.create(namespace).await,
        }
        .expect("a namespace can be written");
    }
    let objects: Vec<Value> = objects.into_iter().cloned().collect();
    for objects in [&objects, &world.occupants] {
        for outcome in api.create_all(objects).await {
            outcome.unwrap_or_else(|error| panic!("seed {}: {error}", world.seed));
        }
    }
}
