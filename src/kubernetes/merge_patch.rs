//! Strategic merge patches: in what two versions of an object differ, as `kubectl patch` takes it unless told another type.
//!
//! Objects are merged field by field, null takes a field away. Of a list with a merge key the items of other keys stay; any
//! other list is replaced, so that whoever changes an item states all of them again.
//!
//! Sources: apimachinery `pkg/util/strategicpatch`, the tags `patchStrategy` and `patchMergeKey` of k8s.io/api/core/v1 and
//! admissionregistration/v1 (1.37).

use serde_json::{Map, Value, json};

/// A patch.
#[derive(Debug, Clone, PartialEq)]
pub struct MergePatch {
    /// The patch.
    pub patch: Value,
    /// Whether it states items of a list again that stay as they were or nearly so: what others changed there meanwhile is lost.
    pub restates: bool,
}

/// What turns one version into the other. None where they do not differ, and where no such patch can say it: an item is moved,
/// is new where the order says something, or has no key of its own.
pub fn between(before: &Value, after: &Value) -> Option<MergePatch> {
    let mut restates = false;
    let patch = fields("", before, after, &mut restates)?;
    (!patch.is_empty()).then(|| MergePatch {
        patch: Value::from(patch),
        restates,
    })
}

/// Of what lies in a pod's spec, of a Service's ports and of a webhook configuration: no other lists are patched.
fn merge_key(parent: &str, list: &str) -> Option<&'static str> {
    Some(match list {
        "containers" | "initContainers" | "env" | "volumes" | "schedulingGates"
        | "resourceClaims" | "webhooks" => "name",
        // a ServiceAccount's are replaced
        "imagePullSecrets" if parent == "spec" => "name",
        // a Service's
        "ports" if parent == "spec" => "port",
        "ports" => "containerPort",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "topologySpreadConstraints" => "topologyKey",
        "hostAliases" => "ip",
        _ => return None,
    })
}

fn fields(
    parent: &str,
    before: &Value,
    after: &Value,
    restates: &mut bool,
) -> Option<Map<String, Value>> {
    let none = Map::new();
    let (old, new) = (before.as_object().unwrap_or(&none), after.as_object()?);
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let mut patch: Map<String, Value> = gone.map(|name| (name.clone(), Value::Null)).collect();
    for (name, value) in new {
        let changed = match old.get(name) {
            Some(same) if same == value => continue,
            Some(known @ Value::Object(_)) if value.is_object() => {
                Value::from(fields(name, known, value, restates)?)
            }
            Some(Value::Array(known)) => match (merge_key(parent, name), value) {
                (Some(key), Value::Array(items)) => items_of(name, key, known, items, restates)?,
                _ => {
                    *restates |= !known.is_empty();
                    value.clone()
                }
            },
            _ => value.clone(),
        };
        patch.insert(name.clone(), changed);
    }
    Some(patch)
}

fn items_of(
    list: &str,
    key: &str,
    old: &[Value],
    new: &[Value],
    restates: &mut bool,
) -> Option<Value> {
    let (old, new) = (keyed(key, old)?, keyed(key, new)?);
    let find = |items: &[(&Value, &Value)], wanted: &Value| {
        items.iter().position(|(name, _)| *name == wanted)
    };
    let kept: Vec<usize> = new
        .iter()
        .filter_map(|(name, _)| find(&old, name))
        .collect();
    // a new one comes to stand in front of those that are there
    let is_ordered = matches!(list, "containers" | "initContainers" | "env");
    if !kept.is_sorted() || (is_ordered && kept.len() < new.len()) {
        return None;
    }
    let mut patch = Vec::new();
    for (name, item) in &new {
        match find(&old, name).and_then(|place| old.get(place)) {
            Some((_, known)) if known == item => {}
            Some((_, known)) => {
                let mut changed = fields("", known, item, restates)?;
                changed.insert(key.to_owned(), (*name).clone());
                patch.push(Value::from(changed));
            }
            None => patch.push((*item).clone()),
        }
    }
    let gone = old.iter().filter(|(name, _)| find(&new, name).is_none());
    patch.extend(gone.map(|(name, _)| json!({key: name, "$patch": "delete"})));
    Some(Value::from(patch))
}

/// The items with their keys, when no two share one.
fn keyed<'v>(key: &str, items: &'v [Value]) -> Option<Vec<(&'v Value, &'v Value)>> {
    let mut found: Vec<(&Value, &Value)> = Vec::new();
    for item in items {
        let name = item.get(key)?;
        if found.iter().any(|(other, _)| *other == name) {
            return None;
        }
        found.push((name, item));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(before: Value, after: Value) -> Option<Value> {
        let spec = |value: Value| json!({"spec": value});
        let found = between(&spec(before), &spec(after))?;
        assert!(!found.restates, "{found:?}");
        found.patch.get("spec").cloned()
    }

    #[test]
    fn fields_come_change_and_go() {
        let before = json!({"replicas": 3, "paused": true, "nodeSelector": {"a": "b", "c": "d"}});
        let after = json!({"replicas": 2, "nodeSelector": {"a": "e", "c": "d"}, "new": {"x": 1}});
        assert_eq!(
            patch(before, after),
            Some(
                json!({"replicas": 2, "paused": null, "nodeSelector": {"a": "e"}, "new": {"x": 1}})
            )
        );
        assert_eq!(patch(json!({"a": 1}), json!({"a": 1})), None);
    }

    #[test]
    fn items_are_found_by_their_keys() {
        let app = |port: Value| json!({"name": "app", "image": "a", "ports": [port]});
        let side = json!({"name": "side"});
        assert_eq!(
            patch(
                json!({"containers": [side, app(json!({"containerPort": 80, "hostPort": 80}))]}),
                json!({"containers": [side, app(json!({"containerPort": 80}))]}),
            ),
            Some(
                json!({"containers": [{"name": "app", "ports": [{"containerPort": 80, "hostPort": null}]}]})
            )
        );
        let secrets = |names: &[&str]| {
            let names = names.iter().map(|name| json!({"name": name}));
            json!({"imagePullSecrets": names.collect::<Vec<_>>()})
        };
        assert_eq!(
            patch(secrets(&["a", "b"]), secrets(&["b", "c"])),
            Some(json!({"imagePullSecrets": [{"name": "c"}, {"name": "a", "$patch": "delete"}]}))
        );
        // another order, two of one key, a new one where the order says something
        for (before, after) in [(&["a", "b"], &["b", "a"][..]), (&["a", "a"], &["a"])] {
            assert_eq!(patch(secrets(before), secrets(after)), None, "{before:?}");
        }
        let containers = |list: Value| json!({"containers": list});
        let new = containers(json!([{"name": "a"}, {"name": "b"}]));
        assert_eq!(patch(containers(json!([{"name": "a"}])), new), None);
    }

    #[test]
    fn other_lists_are_stated_again() {
        let list = |items: &[&str]| json!({"spec": {"tolerations": items}});
        let found = between(&list(&["a"]), &list(&["a", "b"]));
        let found = found.expect("they differ");
        assert_eq!(found.patch, list(&["a", "b"]));
        assert!(found.restates);
        assert!(
            !between(&json!({"spec": {}}), &list(&["a"]))
                .expect("they differ")
                .restates
        );
        // what is a pod's list of secrets is another in a ServiceAccount
        let secrets = |name: &str| json!({"imagePullSecrets": [{"name": name}]});
        let found = between(&secrets("a"), &secrets("b")).expect("they differ");
        assert_eq!(found.patch, secrets("b"));
    }
}
