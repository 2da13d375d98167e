//! Decodes what programs have bent on the way: a null that became a word, a whole number that became
//! a float, a text that became a number. Nothing is lost by taking these for what they were.
//!
//! Where that does not do, an object is decoded without the field that does not fit, if no rule needs
//! it. Only what was refused comes here, so that it costs nothing where all is well.

use serde_json::{Error, Value};

/// How many fields of one object are put right.
const FIELDS: usize = 64;

/// Fields without which an object says what it says: what a container is given from elsewhere, and who wrote it.
const UNNEEDED: [&str; 7] = [
    "env",
    "envFrom",
    "volumeMounts",
    "volumeDevices",
    "lifecycle",
    "managedFields",
    "annotations",
];

/// Volumes that decide where a pod can run; of any other the name is enough.
const DECISIVE_VOLUMES: [&str; 9] = [
    "persistentVolumeClaim",
    "ephemeral",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "iscsi",
    "rbd",
    "azureDisk",
    "cinder",
    "portworxVolume",
];

/// Puts an object right until `decode` takes it; whether it did.
pub(super) fn taken(json: &[u8], decode: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> bool {
    let Ok(mut object) = serde_json::from_slice::<Value>(json) else {
        return false;
    };
    plain(&mut object);
    for _ in 0..FIELDS {
        let Err(error) = decode(object.to_string().as_bytes()) else {
            return true;
        };
        let at = pointer(&object, error.column());
        if !replaced(&mut object, &at, decode) && !dropped(&mut object, &at) {
            return false;
        }
    }
    false
}

/// What is the same wherever it stands: whole numbers that passed through a float
/// (rancher/support-bundle-kit `pkg/manager/collectors/common.go`), and times that are none.
fn plain(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| {
                number.is_f64() && float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0
            });
            if let Some(float) = whole {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "it is whole and not too large"
                )]
                let whole = float as i64;
                *value = whole.into();
            }
        }
        Value::Array(all) => all.iter_mut().for_each(plain),
        Value::Object(fields) => {
            fields.retain(|key, value| !(is_time(key) && is_nothing(value)));
            fields.values_mut().for_each(plain);
        }
        _ => {}
    }
}

fn is_time(key: &str) -> bool {
    ["Time", "Timestamp", "At"]
        .iter()
        .any(|end| key.ends_with(end))
}

fn is_nothing(value: &Value) -> bool {
    matches!(value.as_str(), Some("" | "null" | "<nil>"))
}

/// Writes the value there as its field wants it, if that can be done without a loss.
fn replaced(
    object: &mut Value,
    at: &str,
    decode: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> bool {
    let Some(value) = object.pointer(at).cloned() else {
        return false;
    };
    let key = at.rsplit('/').next().unwrap_or_default();
    let candidates = match &value {
        Value::Number(number) => vec![number.to_string().into()],
        Value::Bool(yes) => vec![yes.to_string().into()],
        Value::String(_) if is_nothing(&value) => vec![Value::Null],
        Value::String(text) => {
            let number = text.parse::<i64>().ok().map(Value::from);
            let truth = text.parse::<bool>().ok().map(Value::from);
            // a time that was blotted out is not known; whether something is being deleted has to be
            let time = (is_time(key) && key != "deletionTimestamp").then_some(Value::Null);
            number.into_iter().chain(truth).chain(time).collect()
        }
        _ => Vec::new(),
    };
    for candidate in candidates {
        set(object, at, candidate);
        match decode(object.to_string().as_bytes()) {
            Err(error) if pointer(object, error.column()) == at => {}
            _ => return true,
        }
    }
    set(object, at, value);
    false
}

fn set(object: &mut Value, at: &str, value: Value) {
    if let Some(place) = object.pointer_mut(at) {
        *place = value;
    }
}

/// Takes the field out that stands in the way, or the item of the list that it is part of.
fn dropped(object: &mut Value, at: &str) -> bool {
    let steps: Vec<&str> = at.split('/').collect();
    let Some(depth) = steps.iter().position(|step| is_droppable(step)) else {
        return false;
    };
    let path = |steps: &[&str]| steps.join("/");
    let (upto, rest) = steps.split_at(depth + 1);
    let item = rest.first().and_then(|step| step.parse::<usize>().ok());
    match (object.pointer_mut(&path(upto)), item) {
        (Some(Value::Array(items)), Some(item)) if is_spare(items.get(item), rest) => {
            items.remove(item);
            true
        }
        (Some(field), _) if UNNEEDED.iter().any(|key| upto.last() == Some(key)) => {
            let was = std::mem::take(field);
            !was.is_null()
        }
        _ => false,
    }
}

fn is_droppable(step: &str) -> bool {
    step == "ports" || step == "volumes" || UNNEEDED.contains(&step)
}

/// Whether this item of a list decides nothing: a port that takes none of its node, a volume that is anywhere.
fn is_spare(item: Option<&Value>, at: &[&str]) -> bool {
    let has = |key: &str| item.and_then(|item| item.get(key)).is_some();
    !has("hostPort") && !DECISIVE_VOLUMES.iter().any(|key| has(key)) && !at.contains(&"hostPort")
}

/// Where in the object the decoder stopped, as a JSON pointer. It stops behind a scalar, and behind an
/// object that lacks something, but before an object or array that should be something else.
fn pointer(object: &Value, at: usize) -> String {
    let (mut path, mut value, mut from) = (String::new(), object, 0);
    'down: loop {
        let mut place = from + 1;
        for (key, name, child) in children(value) {
            let begins = place + name;
            let ends = begins + child.to_string().len();
            let nested = child.is_object() || child.is_array();
            if (begins < at && at <= ends) || (nested && at == begins) {
                path.push('/');
                path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                (value, from) = (child, begins);
                if at == begins || at == ends {
                    return path;
                }
                continue 'down;
            }
            place = ends + 1;
        }
        return path;
    }
}

/// The values within a value: the key, how long it is when written, and the value.
fn children(value: &Value) -> Vec<(String, usize, &Value)> {
    match value {
        Value::Object(fields) => {
            let each = fields.iter().map(|(key, child)| {
                let name = Value::from(key.as_str()).to_string().len() + 1;
                (key.clone(), name, child)
            });
            each.collect()
        }
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.map(|(at, child)| (at.to_string(), 0, child)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Kind, Retention, Store, Why};
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    fn pod() -> Value {
        json!({
            "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"priority": 0, "containers": [{"name": "app", "image": "x",
                "env": [{"name": "A", "value": "b"}], "ports": [{"containerPort": 80}]}], "volumes": [{"name": "tmp", "emptyDir": {}}]},
            "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "lastProbeTime": null}]}
        })
    }

    /// The pod that is taken in with this value at this place.
    fn with(at: &str, value: Value) -> Option<Value> {
        let mut bent = pod();
        let (parent, key) = at.rsplit_once('/').unwrap();
        match bent.pointer_mut(parent).unwrap() {
            Value::Array(items) => items.push(value),
            parent => parent[key] = value,
        }
        let text = bent.to_string();
        let mut store = Store::new(Why::NotInDump);
        let mut read: Option<Pod> = None;
        let mut insert = |json: &[u8]| {
            let taken = store.insert(Kind::Pod, json, Retention::Whole);
            taken.map_err(|undecodable| undecodable.source)?;
            read = Some(serde_json::from_slice(json)?);
            Ok(())
        };
        if insert(text.as_bytes()).is_err() && !taken(text.as_bytes(), &mut insert) {
            return None;
        }
        Some(serde_json::to_value(read?).unwrap())
    }

    #[test]
    fn what_is_bent_is_taken_for_what_it_was() {
        for (at, bent, right) in [
            ("/spec/priority", json!(2e9), json!(2_000_000_000)),
            ("/spec/priority", json!("7"), json!(7)),
            ("/spec/hostNetwork", json!("true"), json!(true)),
            ("/metadata/name", json!(123), json!("123")),
            ("/spec/nodeName", json!(7), json!("7")),
            (
                "/spec/containers/0/resources",
                json!({"requests": {"cpu": 2}}),
                json!({"requests": {"cpu": "2"}}),
            ),
            (
                "/metadata/labels",
                json!({"release": 4, "on": true}),
                json!({"release": "4", "on": "true"}),
            ),
        ] {
            let read = with(at, bent.clone()).unwrap_or_else(|| panic!("{at}: {bent}"));
            assert_eq!(read.pointer(at), Some(&right), "{at}: {bent}");
        }
        for (at, bent) in [
            ("/spec/priority", json!("null")),
            ("/spec/priority", json!("")),
            ("/metadata/deletionTimestamp", json!("null")),
            ("/status/startTime", json!("")),
            ("/status/startTime", json!("***HIDDEN***")),
            ("/status/conditions/0/lastProbeTime", json!("null")),
        ] {
            let read = with(at, bent.clone()).unwrap_or_else(|| panic!("{at}: {bent}"));
            assert_eq!(read.pointer(at), None, "{at}: {bent}");
        }
    }

    #[test]
    fn what_no_rule_needs_costs_no_pod() {
        for (at, value) in [
            (
                "/spec/containers/0/env/-",
                json!({"name": "B", "valueFrom": "secretKeyRef(a/b)"}),
            ),
            ("/spec/containers/0/env", json!("***HIDDEN***")),
            (
                "/spec/containers/0/ports/-",
                json!({"containerPort": "http"}),
            ),
            (
                "/spec/volumes/-",
                json!({"name": "c", "configMap": "redacted"}),
            ),
            ("/metadata/annotations", json!([1])),
        ] {
            let read = with(at, value.clone()).unwrap_or_else(|| panic!("{at}: {value}"));
            let whole = |list: &str| read.pointer(list).and_then(Value::as_array).map(Vec::len);
            assert_eq!(whole("/spec/volumes"), Some(1), "{at}");
            assert_eq!(whole("/spec/containers"), Some(1), "{at}");
        }
    }

    #[test]
    fn what_decides_something_is_never_left_out() {
        for (at, value) in [
            (
                "/spec/containers/0/ports/-",
                json!({"containerPort": 80, "hostPort": "http"}),
            ),
            ("/spec/containers/0/ports", json!("***HIDDEN***")),
            (
                "/spec/volumes/-",
                json!({"name": "c", "persistentVolumeClaim": "redacted"}),
            ),
            ("/spec/priority", json!(1.5)),
            ("/spec/priority", json!("***HIDDEN***")),
            ("/metadata/deletionTimestamp", json!("***HIDDEN***")),
            ("/status/containerStatuses", json!("***HIDDEN***")),
            ("/metadata", json!("***HIDDEN***")),
        ] {
            assert_eq!(with(at, value.clone()), None, "{at}: {value}");
        }
    }
}
