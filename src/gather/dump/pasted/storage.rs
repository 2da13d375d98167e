//! Described claims, volumes and storage classes.

use super::object::{Described, made};
use super::tree::Field;
use serde_json::{Map, Value, json};

/// Of a claim that is not bound neither its request nor its access modes are shown.
pub(super) fn claim(it: &Described) -> Value {
    let fields = &it.fields;
    made([
        (
            "spec",
            made([
                ("storageClassName", json!(fields.value("StorageClass"))),
                ("volumeName", json!(fields.value("Volume"))),
                ("volumeMode", json!(fields.value("VolumeMode"))),
                ("accessModes", json!(modes(fields))),
            ]),
        ),
        (
            "status",
            made([
                ("phase", json!(phase(fields))),
                ("accessModes", json!(modes(fields))),
                ("capacity", storage(fields)),
            ]),
        ),
    ])
}

pub(super) fn volume(it: &Described) -> Value {
    let fields = &it.fields;
    let claim = fields
        .value("Claim")
        .and_then(|claim| claim.split_once('/'));
    let claim = claim.map(|(namespace, name)| json!({"namespace": namespace, "name": name}));
    made([
        (
            "spec",
            made([
                ("storageClassName", json!(fields.value("StorageClass"))),
                ("claimRef", json!(claim)),
                (
                    "persistentVolumeReclaimPolicy",
                    json!(fields.value("Reclaim Policy")),
                ),
                ("accessModes", json!(modes(fields))),
                ("volumeMode", json!(fields.value("VolumeMode"))),
                ("capacity", storage(fields)),
                ("nodeAffinity", affinity(fields)),
                ("csi", csi(fields)),
            ]),
        ),
        (
            "status",
            made([
                ("phase", json!(phase(fields))),
                ("message", json!(fields.value("Message"))),
            ]),
        ),
    ])
}

pub(super) fn class(it: &Described) -> Value {
    let fields = &it.fields;
    made([
        ("provisioner", json!(fields.value("Provisioner"))),
        ("reclaimPolicy", json!(fields.value("ReclaimPolicy"))),
        (
            "volumeBindingMode",
            json!(fields.value("VolumeBindingMode")),
        ),
    ])
}

/// Of what is being deleted it is not shown; it is bound if it names the other.
fn phase(fields: &Field) -> Option<&str> {
    let status = fields.value("Status")?;
    let bound = || {
        fields
            .value("Volume")
            .or(fields.value("Claim"))
            .map(|_| "Bound")
    };
    if status.starts_with("Terminating") {
        bound()
    } else {
        Some(status)
    }
}

fn storage(fields: &Field) -> Value {
    made([(
        "storage",
        json!(fields.value("Capacity").filter(|amount| *amount != "0")),
    )])
}

/// `RWO,ROX` (k8s.io/kubectl `pkg/util/storage` GetAccessModesAsString)
fn modes(fields: &Field) -> Vec<&str> {
    let short = fields.value("Access Modes").unwrap_or_default().split(',');
    let long = short.filter_map(|mode| match mode.trim() {
        "RWO" => Some("ReadWriteOnce"),
        "ROX" => Some("ReadOnlyMany"),
        "RWX" => Some("ReadWriteMany"),
        "RWOP" => Some("ReadWriteOncePod"),
        _ => None,
    });
    long.collect()
}

/// `Term 0:  key in [a, b]`
fn affinity(fields: &Field) -> Value {
    let required = fields
        .get("Node Affinity")
        .and_then(|field| field.get("Required Terms"));
    let terms = required
        .map_or(&[][..], |field| &field.children)
        .iter()
        .map(|term| {
            let requirements = term.lines().filter_map(|line| {
                let mut words = line.splitn(3, ' ');
                let (key, operator) = (words.next()?, words.next()?);
                let operator = match operator {
                    "in" => "In",
                    "notin" => "NotIn",
                    "exists" => "Exists",
                    "doesnotexist" => "DoesNotExist",
                    _ => return None,
                };
                let values = words.next().unwrap_or_default().trim_matches(['[', ']']);
                let values: Vec<&str> = values
                    .split(", ")
                    .filter(|value| !value.is_empty())
                    .collect();
                Some(made([
                    ("key", json!(key)),
                    ("operator", json!(operator)),
                    ("values", json!(values)),
                ]))
            });
            json!({"matchExpressions": requirements.collect::<Vec<_>>()})
        });
    let terms: Vec<Value> = terms.collect();
    if terms.is_empty() {
        Value::Null
    } else {
        json!({"required": {"nodeSelectorTerms": terms}})
    }
}

fn csi(fields: &Field) -> Value {
    let source = fields.get("Source").filter(|source| {
        source
            .value("Type")
            .is_some_and(|kind| kind.starts_with("CSI "))
    });
    let Some((driver, handle)) =
        source.and_then(|it| Some((it.value("Driver")?, it.value("VolumeHandle")?)))
    else {
        return Value::Null;
    };
    let fields = [("driver", driver), ("volumeHandle", handle)];
    Value::Object(Map::from_iter(
        fields.map(|(key, value)| (key.to_owned(), json!(value))),
    ))
}
