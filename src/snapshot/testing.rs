//! Objects for the tests of this room and of what fills the store.

use super::Kind;
use serde_json::{Value, json};

/// An object of the kind, with a time, an owner and a node where it may have one.
pub(crate) fn object(kind: Kind) -> Value {
    let owner = json!({"kind": "ReplicaSet", "name": "web", "uid": "uid-web", "controller": true});
    let mut object = json!({
        "apiVersion": kind.api_version(), "kind": kind.as_str(),
        "metadata": {
            "name": "x", "uid": "uid-x", "creationTimestamp": "2026-01-01T00:00:00Z", "ownerReferences": [owner],
        },
        "spec": {}, "status": {},
    });
    if kind.namespaced() {
        object["metadata"]["namespace"] = json!("shop");
    }
    match kind {
        Kind::Event => {
            object["involvedObject"] = json!({"kind": "Pod", "namespace": "shop", "name": "x"});
            object["lastTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        Kind::Pod => object["spec"] = json!({"nodeName": "n1", "containers": [{"name": "app"}]}),
        Kind::CsiDriver => object["spec"] = json!({"storageCapacity": true}),
        Kind::CsiStorageCapacity => object["storageClassName"] = json!("fast"),
        Kind::ControllerRevision => object["revision"] = json!(1),
        Kind::StorageClass => object["provisioner"] = json!("csi.example.com"),
        _ => {}
    }
    object
}
