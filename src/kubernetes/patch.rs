//! JSON patches: their operations, the steps of their pointers (RFC 6901 and 6902), and the command that makes one.
//!
//! What is to be patched, and whether it can be, is decided elsewhere.

use super::shell;
use serde_json::{Value, json};

/// The command that patches an object, which kubectl takes as one word (`deployment/web`) or as two.
pub fn command(namespace: &str, object: &[&str], patch: &[Value]) -> String {
    let patch = Value::from(patch).to_string();
    let options = ["--type", "json", "-p", patch.as_str()];
    let words = ["patch"].iter().chain(object).chain(&options);
    shell::kubectl(namespace, words)
}

/// Lets the patch fail unless the value is there: a webhook may have written the pod otherwise than its template.
pub fn test(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "test", "path": path, "value": value.into()})
}

/// Sets a value, or inserts it into a list.
pub fn add(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "add", "path": path, "value": value.into()})
}

/// Sets a value that is there.
pub fn replace(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "replace", "path": path, "value": value.into()})
}

/// Takes a value away.
pub fn remove(path: &str) -> Value {
    json!({"op": "remove", "path": path})
}

/// Takes a value away and sets it elsewhere.
pub fn shift(from: &str, path: &str) -> Value {
    json!({"op": "move", "from": from, "path": path})
}

/// One step of a pointer.
pub fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_one_word_or_by_two() {
        let patch = [remove(&format!("/metadata/labels/{}", escaped("a/b")))];
        let quoted = r#"'[{"op":"remove","path":"/metadata/labels/a~1b"}]'"#;
        for (object, words) in [(&["pod", "a"][..], "pod a"), (&["pod/a"], "pod/a")] {
            assert_eq!(
                command("shop", object, &patch),
                format!("kubectl -n shop patch {words} --type json -p {quoted}")
            );
        }
    }
}
