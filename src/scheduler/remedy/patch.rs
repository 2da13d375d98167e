//! The operations of a JSON patch and the steps of its pointers (RFC 6901 and 6902).

use serde_json::{Value, json};

/// Lets the patch fail unless the value is there: a webhook may have written the pod otherwise than its template.
pub(super) fn test(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "test", "path": path, "value": value.into()})
}

/// Sets a value, or inserts it into a list.
pub(super) fn add(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "add", "path": path, "value": value.into()})
}

/// Sets a value that is there.
pub(super) fn replace(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "replace", "path": path, "value": value.into()})
}

/// Takes a value away.
pub(super) fn remove(path: &str) -> Value {
    json!({"op": "remove", "path": path})
}

/// Takes a value away and sets it elsewhere.
pub(super) fn shift(from: &str, path: &str) -> Value {
    json!({"op": "move", "from": from, "path": path})
}

/// One step of a pointer.
pub(super) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
