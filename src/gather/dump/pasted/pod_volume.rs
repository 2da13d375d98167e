//! The volumes of a described pod, as far as they lead to other objects or tell why they cannot be mounted.

use super::object::made;
use super::tree::Field;
use serde_json::{Value, json};

pub(super) fn volumes(list: Option<&Field>) -> Value {
    let each = list.map_or(&[][..], |field| &field.children).iter();
    let each = each.filter(|field| !field.label.is_empty());
    json!(each.map(volume).collect::<Vec<_>>())
}

fn volume(field: &Field) -> Value {
    let value = |label: &str| json!(field.value(label));
    let optional = || json!(field.value("Optional").map(|word| word == "true"));
    let read_only = || json!(field.value("ReadOnly") == Some("true"));
    let kind = field.value("Type").unwrap_or_default();
    let kind = kind.split(' ').next().unwrap_or_default();
    let (key, source) = match kind {
        "Secret" => (
            "secret",
            made([
                ("secretName", value("SecretName")),
                ("optional", optional()),
            ]),
        ),
        "ConfigMap" => (
            "configMap",
            made([("name", value("Name")), ("optional", optional())]),
        ),
        "PersistentVolumeClaim" => (
            "persistentVolumeClaim",
            made([("claimName", value("ClaimName")), ("readOnly", read_only())]),
        ),
        "EphemeralVolume" => ("ephemeral", ephemeral(field)),
        "HostPath" => (
            "hostPath",
            made([("path", value("Path")), ("type", value("HostPathType"))]),
        ),
        "EmptyDir" => (
            "emptyDir",
            json!({"medium": field.value("Medium").unwrap_or_default()}),
        ),
        "Projected" => ("projected", json!({"sources": sources(field)})),
        "NFS" => (
            "nfs",
            made([("server", value("Server")), ("path", value("Path"))]),
        ),
        "CSI" => (
            "csi",
            made([("driver", value("Driver")), ("readOnly", read_only())]),
        ),
        "AWSElasticBlockStore" => (
            "awsElasticBlockStore",
            made([("volumeID", value("VolumeID"))]),
        ),
        "GCEPersistentDisk" => ("gcePersistentDisk", made([("pdName", value("PDName"))])),
        _ => ("", Value::Null),
    };
    made([("name", json!(field.label)), (key, source)])
}

fn ephemeral(field: &Field) -> Value {
    json!({"volumeClaimTemplate": {"spec": made([("storageClassName", json!(field.value("StorageClass")))])}})
}

/// Each begins with the label that names it; whether it is optional stands below (up to 1.33 in a field of another name).
fn sources(field: &Field) -> Vec<Value> {
    let mut found = Vec::new();
    for (at, child) in field.children.iter().enumerate() {
        let next = field
            .children
            .get(at + 1)
            .map_or("", |next| next.text.as_str());
        let optional = next == "Optional:    true" || next.ends_with("Optional: true") || {
            let after = next.split_once("ptional:");
            after.is_some_and(|(_, value)| value.trim() == "true" || value.trim() == "0xc0000")
        };
        let source = match child.label.as_str() {
            "SecretName" => json!({"secret": {"name": child.value, "optional": optional}}),
            "ConfigMapName" => json!({"configMap": {"name": child.value, "optional": optional}}),
            "DownwardAPI" => json!({"downwardAPI": {}}),
            "TokenExpirationSeconds" => json!({"serviceAccountToken": {"path": "token"}}),
            _ => continue,
        };
        found.push(source);
    }
    found
}
