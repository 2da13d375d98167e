//! JSON patches: their operations, the steps of their pointers, and what they make of an object (RFC 6901 and 6902).
//!
//! What is to be patched, whether it can be, and by which command, is decided elsewhere.

use serde::Serialize;
use serde_json::{Map, Value, json};

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

/// Sets a value and makes what is missing on the way to it, as far as this object is the one to be patched.
pub fn set(object: &Value, path: &str, value: impl Into<Value>) -> Value {
    let ends = path.match_indices('/').skip(1).map(|(at, _)| at);
    for end in ends.chain([path.len()]) {
        let (known, rest) = path.split_at(end);
        if object.pointer(known).is_none_or(Value::is_null) {
            return add(known, nested(rest, value.into()));
        }
    }
    replace(path, value)
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

fn steps(pointer: &str) -> Vec<String> {
    let steps = pointer.split('/').skip(1);
    steps
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// An object of which no more is known than the value at this pointer.
pub fn nested(pointer: &str, value: impl Serialize) -> Value {
    let value = serde_json::to_value(value).unwrap_or_default();
    let steps = steps(pointer).into_iter().rev();
    steps.fold(value, |inner, step| {
        Value::from(Map::from_iter([(step, inner)]))
    })
}

/// The object as it is after the patch; of one that is known in part only, parents are made on the way. None where the patch
/// speaks of an item of a list that is not known.
pub fn applied(object: &Value, patch: &[Value]) -> Option<Value> {
    let mut object = object.clone();
    for operation in patch {
        let word = |name: &str| operation.get(name).and_then(Value::as_str);
        let (path, value) = (word("path")?, operation.get("value"));
        match word("op")? {
            "add" => put(&mut object, path, value?.clone(), true)?,
            "replace" => put(&mut object, path, value?.clone(), false)?,
            "remove" => drop(take(&mut object, path)?),
            "move" => {
                let moved = take(&mut object, word("from")?)?;
                put(&mut object, path, moved, true)?;
            }
            _ => {}
        }
    }
    Some(object)
}

/// What holds the value at the pointer, and the pointer's last step.
fn parent<'v>(object: &'v mut Value, pointer: &str) -> Option<(&'v mut Value, String)> {
    let mut steps = steps(pointer);
    let last = steps.pop()?;
    let mut at = object;
    for step in steps {
        at = match at {
            Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
            other => fields(other, &step)?.entry(step).or_insert(Value::Null),
        };
    }
    Some((at, last))
}

/// The fields of an object, which is made where nothing is known; a step that is a place in a list tells that it was none.
fn fields<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Map<String, Value>> {
    if value.is_null() && step != "-" && step.parse::<usize>().is_err() {
        *value = Value::from(Map::new());
    }
    value.as_object_mut()
}

fn put(object: &mut Value, pointer: &str, value: Value, insert: bool) -> Option<()> {
    let (parent, last) = parent(object, pointer)?;
    match parent {
        Value::Array(items) if insert => {
            let place = if last == "-" {
                items.len()
            } else {
                last.parse().ok()?
            };
            (place <= items.len()).then(|| items.insert(place, value))
        }
        Value::Array(items) => {
            *items.get_mut(last.parse::<usize>().ok()?)? = value;
            Some(())
        }
        other => {
            fields(other, &last)?.insert(last, value);
            Some(())
        }
    }
}

fn take(object: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, last) = parent(object, pointer)?;
    match parent {
        Value::Array(items) => {
            let place: usize = last.parse().ok()?;
            (place < items.len()).then(|| items.remove(place))
        }
        other => other.as_object_mut()?.remove(&last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_made_on_what_is_known() {
        let object = json!({"a": {"b/c": [1, 2]}});
        let patch = [
            test("/a/b~1c/0", 1),
            add("/a/b~1c/-", 3),
            add("/a/b~1c/0", 0),
            remove("/a/b~1c/1"),
            replace("/a/b~1c/1", 4),
            shift("/a/b~1c/2", "/a/three"),
            add(&format!("/new/{}/on", escaped("x/y~z")), true),
        ];
        assert_eq!(
            applied(&object, &patch),
            Some(json!({"a": {"b/c": [0, 4], "three": 3}, "new": {"x/y~z": {"on": true}}}))
        );
        assert_eq!(nested("/spec/x~1y", json!(1)), json!({"spec": {"x/y": 1}}));
    }

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        let object = json!({"a": {"b": null, "c": 1}, "list": [{}]});
        for (path, expected) in [
            ("/a/c", replace("/a/c", 2)),
            ("/a/d", add("/a/d", 2)),
            ("/a/b/e/f", add("/a/b", json!({"e": {"f": 2}}))),
            ("/list/0/x/y", add("/list/0/x", json!({"y": 2}))),
        ] {
            assert_eq!(set(&object, path, 2), expected);
        }
    }

    #[test]
    fn an_unknown_list_is_not_made_up() {
        for patch in [
            add("/spec/containers/0/image", "a"),
            add("/spec/tolerations/-", json!({})),
            remove("/spec/nodeName"),
            shift("/spec/a", "/spec/b"),
        ] {
            assert_eq!(
                applied(&json!({}), std::slice::from_ref(&patch)),
                None,
                "{patch}"
            );
        }
    }
}
