//! Puts a generated cluster into the API server, and takes it away again.

use super::api::{Api, path};
use super::generator::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::sleep;

/// What a cluster consists of beside pods and namespaces, in the order in which it goes.
const KINDS: [&str; 11] = [
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
];

/// What stays: namespaces cannot go without their controller, and the classes are the same for every cluster.
const STANDING: [&str; 3] = ["Namespace", "PriorityClass", "RuntimeClass"];

/// How often the scheduler looks whether a pod that waits for its volumes is still there, and a little more
/// (framework/plugins/volumebinding/binder.go, BindPodVolumes).
const FORGETTING: Duration = Duration::from_millis(1200);

/// Makes claims and volumes again what they were before a pod was to get them.
pub(crate) async fn restore(api: &Api, base: &[Value]) {
    sleep(FORGETTING).await;
    for kind in ["PersistentVolumeClaim", "PersistentVolume"] {
        for object in api.list(kind, "").await {
            let same = |other: &&Value| path(other) == path(&object) && other["kind"] == kind;
            let original = base.iter().find(same).expect("none has come");
            let is = |part: fn(&Value) -> &Value| part(original) == part(&object);
            if !is(|o| &o["spec"]) || !is(|o| &o["metadata"]["annotations"]) {
                api.replace(original)
                    .await
                    .unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
    sleep(Duration::from_millis(100)).await;
}

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
                    let _ = api.merge(&path(object), &free).await;
                }
            }
            let namespaces: BTreeSet<Option<&str>> = left
                .iter()
                .map(|object| object["metadata"]["namespace"].as_str())
                .collect();
            for namespace in namespaces {
                api.delete_all(kind, namespace, "").await;
            }
        }
    }
}

/// Brings a cluster about, without its probes.
pub(crate) async fn furnish(api: &Api, world: &World) {
    let stands = |object: &&Value| STANDING.iter().any(|kind| object["kind"] == *kind);
    let (standing, objects): (Vec<&Value>, Vec<&Value>) = world.objects.iter().partition(stands);
    for object in standing {
        match api.get(&path(object)).await {
            Ok(_) if object["kind"] == "Namespace" => api.replace(object).await,
            Ok(known) => Ok(known),
            Err(_) => {
                let created = api.create(object).await;
                // admission hears of it a moment later
                sleep(Duration::from_millis(100)).await;
                created
            }
        }
        .unwrap_or_else(|error| panic!("{error}"));
    }
    let objects: Vec<Value> = objects.into_iter().cloned().collect();
    for objects in [&objects, &world.existing] {
        for outcome in api.create_all(objects).await {
            outcome.unwrap_or_else(|error| panic!("seed {}: {error}", world.seed));
        }
    }
}
