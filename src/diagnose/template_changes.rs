//! What a pod template has different from an earlier one, field by field.
//!
//! The fields are compared as they are written, so that those which no rule knows are told too; the API server has filled in the
//! defaults of both. Of the environment only the names are told, and no value that could be a secret.

use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::shell;
use crate::report::{ChangeReport, How};
use crate::text::Fact;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// In the order of what is asked first; what is not here comes after, and metadata last.
const ORDER: [&str; 16] = [
    "image",
    "command",
    "args",
    "env",
    "envFrom",
    "resources",
    "startupProbe",
    "livenessProbe",
    "readinessProbe",
    "ports",
    "volumeMounts",
    "volumes",
    "nodeSelector",
    "affinity",
    "tolerations",
    "topologySpreadConstraints",
];

/// Lists whose items have a name, and in which field it stands.
const NAMED: [(&str, &str); 6] = [
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("ports", "containerPort"),
    ("imagePullSecrets", "name"),
];

/// Maps that are told by their keys also where one of the templates has none of them.
const MAPS: [&str; 6] = [
    "resources",
    "requests",
    "limits",
    "nodeSelector",
    "labels",
    "annotations",
];

/// Fields that say nothing: hashes of the template, and the old name of `serviceAccountName`.
const SILENT: [&str; 4] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "serviceAccount",
];

/// Values longer than a line are scripts or files.
const LONG: usize = 120;

/// Every field in which the templates differ.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<ChangeReport> {
    let mut found = Vec::new();
    let (old_meta, new_meta) = (&old["metadata"], &new["metadata"]);
    for (key, old, new) in fields(old_meta, new_meta) {
        if matches!(key, "labels" | "annotations") {
            compare(&mut found, None, &below("metadata", key), old, new);
        }
    }
    let (old, new) = (&old["spec"], &new["spec"]);
    for (key, old, new) in fields(old, new) {
        match key {
            "containers" | "initContainers" => containers(&mut found, key, old, new),
            _ => compare(&mut found, None, key, old, new),
        }
    }
    found.sort_by_cached_key(|change| {
        let first = first(&change.field);
        let known = ORDER.iter().position(|field| *field == first);
        let is_metadata = first == "metadata";
        let place = (is_metadata, known.unwrap_or(ORDER.len()));
        (place, change.container.clone(), change.field.clone())
    });
    found
}

/// The first part of a path.
pub(super) fn first(field: &str) -> &str {
    field.split(['.', '[']).next().unwrap_or_default()
}

fn containers(found: &mut Vec<ChangeReport>, list: &str, old: &Value, new: &Value) {
    for (name, old, new) in items("name", old, new) {
        if !old.is_null() && !new.is_null() {
            for (key, old, new) in fields(old, new) {
                compare(found, Some(&name), key, old, new);
            }
            continue;
        }
        let image = |container: &Value| Some(Fact::from(container["image"].as_str()?));
        found.push(ChangeReport {
            field: format!("{list}[{name}]"),
            container: None,
            how: how(old, new),
            from: image(old),
            to: image(new),
        });
    }
}

fn compare(
    found: &mut Vec<ChangeReport>,
    container: Option<&str>,
    path: &str,
    old: &Value,
    new: &Value,
) {
    let last = path.rsplit(['.', '[']).next().unwrap_or_default();
    if old == new || SILENT.contains(&last.trim_end_matches(']')) || equal_amounts(path, old, new) {
        return;
    }
    let key = NAMED
        .iter()
        .find(|(list, key)| *list == path && [old, new].iter().all(|list| is_told_by(key, list)));
    let is_map = |value: &Value| value.is_object() || value.is_null() && MAPS.contains(&last);
    if let Some((_, key)) = key {
        for (name, old, new) in items(key, old, new) {
            compare(found, container, &format!("{path}[{name}]"), old, new);
        }
    } else if is_map(old) && is_map(new) && !is_whole(path, old, new) {
        for (key, old, new) in fields(old, new) {
            compare(found, container, &below(path, key), old, new);
        }
    } else {
        found.push(ChangeReport {
            field: path.to_owned(),
            container: container.map(str::to_owned),
            how: how(old, new),
            from: value(path, old),
            to: value(path, new),
        });
    }
}

/// Whether two objects are told as a whole: a variable by its name alone, a volume by its source where that is another.
fn is_whole(path: &str, old: &Value, new: &Value) -> bool {
    let kind = |volume: &Value| source(volume).map(|(kind, _)| kind.to_owned());
    let is_item = path.ends_with(']');
    match first(path) {
        "env" => true,
        "volumes" => is_item && kind(old) != kind(new),
        _ => false,
    }
}

fn how(old: &Value, new: &Value) -> How {
    match (old, new) {
        (Value::Null, _) => How::Added,
        (_, Value::Null) => How::Removed,
        _ => How::Changed,
    }
}

/// `resources.requests.cpu`, `nodeSelector[example.com/pool]`
fn below(path: &str, key: &str) -> String {
    if key.contains(['.', '/']) {
        format!("{path}[{key}]")
    } else {
        format!("{path}.{key}")
    }
}

static NOTHING: Value = Value::Null;

/// The fields of either object, with what each has there.
fn fields<'v>(old: &'v Value, new: &'v Value) -> Vec<(&'v str, &'v Value, &'v Value)> {
    let keys = |value: &'v Value| value.as_object().into_iter().flat_map(Map::keys);
    let all: BTreeSet<&String> = keys(old).chain(keys(new)).collect();
    let at = |value: &'v Value, key: &str| value.get(key).unwrap_or(&NOTHING);
    all.into_iter()
        .map(|key| (key.as_str(), at(old, key), at(new, key)))
        .collect()
}

/// The items of either list by name, with what each has of that name.
fn items<'v>(key: &str, old: &'v Value, new: &'v Value) -> Vec<(String, &'v Value, &'v Value)> {
    let name = |item: &Value| name(key, item);
    let list = |value: &'v Value| value.as_array().into_iter().flatten();
    let names: BTreeSet<String> = list(old).chain(list(new)).map(name).collect();
    let at = |value: &'v Value, wanted: &str| {
        let found = list(value).find(|item| name(item) == wanted);
        found.unwrap_or(&NOTHING)
    };
    names
        .into_iter()
        .map(|name| (name.clone(), at(old, &name), at(new, &name)))
        .collect()
}

fn name(key: &str, item: &Value) -> String {
    match &item[key] {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}

/// Whether each item of a list has a name of its own; an absent list has no items.
fn is_told_by(key: &str, list: &Value) -> bool {
    let mut seen = BTreeSet::new();
    match list {
        Value::Array(items) => items.iter().all(|item| seen.insert(name(key, item))),
        other => other.is_null(),
    }
}

/// The kind of a volume's source, and the source.
fn source(volume: &Value) -> Option<(&str, &Value)> {
    let mut sources = volume.as_object()?.iter();
    let (kind, source) = sources.find(|(key, _)| *key != "name")?;
    Some((kind, source))
}

fn amount(path: &str, value: &Value) -> Option<(Quantity, String)> {
    let resource = ["resources.requests", "resources.limits"]
        .iter()
        .find_map(|map| path.strip_prefix(map))?
        .trim_matches(['.', '[', ']']);
    let quantity = match value {
        Value::String(text) => text.parse().ok()?,
        other => other.as_number()?.to_string().parse().ok()?,
    };
    Some((quantity, resource.to_owned()))
}

fn equal_amounts(path: &str, old: &Value, new: &Value) -> bool {
    let (old, new) = (amount(path, old), amount(path, new));
    old.is_some() && old == new
}

/// A value, where it may be told.
fn value(path: &str, value: &Value) -> Option<Fact> {
    if let Some((quantity, resource)) = amount(path, value) {
        return Some(Fact::amount(quantity, &resource));
    }
    if !is_open(path) {
        return None;
    }
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) => value.to_string(),
        Value::Number(number) => {
            let number = number.as_i64();
            return number.map(Fact::Number);
        }
        Value::Array(words) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            shell::words(words?)
        }
        Value::Object(_) if first(path) == "volumes" => volume(value)?,
        Value::Object(_) | Value::Null => return None,
    };
    let is_short = text.len() <= LONG && !text.contains('\n');
    (is_short && !speaks_of_a_secret(&text)).then(|| text.into())
}

/// `configMap web-config`, `emptyDir`
fn volume(volume: &Value) -> Option<String> {
    let (kind, source) = source(volume)?;
    let names = ["name", "secretName", "claimName", "path", "driver"];
    let name = names.iter().find_map(|key| source[key].as_str());
    Some(name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}")))
}

/// Whether the values of a field are no secrets by what it is for.
fn is_open(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    match first(path) {
        "image"
        | "imagePullPolicy"
        | "command"
        | "args"
        | "workingDir"
        | "ports"
        | "volumeMounts"
        | "volumeDevices"
        | "imagePullSecrets"
        | "nodeSelector"
        | "nodeName"
        | "schedulerName"
        | "serviceAccountName"
        | "priorityClassName"
        | "runtimeClassName"
        | "hostNetwork"
        | "securityContext"
        | "terminationGracePeriodSeconds" => true,
        "startupProbe" | "livenessProbe" | "readinessProbe" => !path.contains("httpHeaders"),
        "volumes" => {
            let told = [
                "name",
                "secretName",
                "claimName",
                "path",
                "sizeLimit",
                "medium",
            ];
            path.ends_with(']') || told.contains(&last)
        }
        _ => false,
    }
}

/// Whether the words of a command name something that nobody should read.
fn speaks_of_a_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = [
        "passw",
        "secret",
        "token",
        "credential",
        "apikey",
        "api-key",
        "api_key",
    ];
    let in_url = || text.split("://").skip(1).any(|rest| rest.contains('@'));
    words.iter().any(|word| text.contains(word)) || in_url()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The changes in words, of templates with this spec.
    fn told(old: Value, new: Value) -> Vec<String> {
        let template = |spec: Value| json!({"metadata": {"labels": {"app": "web"}}, "spec": spec});
        let changes = changes(&template(old), &template(new));
        changes.iter().map(|it| it.message().english()).collect()
    }

    fn of_container(old: Value, new: Value) -> Vec<String> {
        let spec = |mut container: Value| {
            container["name"] = json!("app");
            json!({"containers": [container]})
        };
        told(spec(old), spec(new))
    }

    #[test]
    fn what_is_asked_first_comes_first() {
        let found = of_container(
            json!({"image": "web:1", "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": 80}}}),
            json!({"image": "web:2", "resources": {"requests": {"cpu": "2", "memory": "1024Mi"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 80}}, "command": ["sh", "-c", "run it"]}),
        );
        assert_eq!(
            found,
            [
                "image of container app changed from web:1 to web:2",
                "command sh -c 'run it' added to container app",
                "resources.requests.cpu of container app changed from 100m to 2",
                "readinessProbe.httpGet.path of container app changed from / to /ready",
            ]
        );
    }

    #[test]
    fn of_the_environment_only_names_are_told() {
        let variable = |name: &str, value: &str| json!({"name": name, "value": value});
        let found = of_container(
            json!({"env": [variable("DB_HOST", "pg-1"), variable("DEBUG", "yes")]}),
            json!({"env": [variable("DB_HOST", "pg-2"), {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]}),
        );
        assert_eq!(
            found,
            [
                "env[DB_HOST] of container app changed",
                "env[DEBUG] removed from container app",
                "env[KEY] added to container app",
            ]
        );
    }

    #[test]
    fn no_secret_is_told_and_no_script() {
        let probe = |value: &str| json!({"httpGet": {"port": 80, "httpHeaders": [{"name": "Authorization", "value": value}]}});
        let found = of_container(
            json!({"args": ["--password=hunter2"], "command": ["run", "postgres://me:hunter2@db/x"], "livenessProbe": probe("hunter2")}),
            json!({"args": ["--password=hunter3"], "command": ["sh", "-c", "a\nb"], "livenessProbe": probe("hunter3")}),
        );
        assert_eq!(
            found,
            [
                "command of container app changed",
                "args of container app changed",
                "livenessProbe.httpGet.httpHeaders of container app changed",
            ]
        );
    }

    #[test]
    fn volumes_are_told_by_their_sources() {
        let found = told(
            json!({"volumes": [{"name": "a", "configMap": {"name": "one"}}, {"name": "b", "emptyDir": {"sizeLimit": "1Gi"}}, {"name": "c", "emptyDir": {}}]}),
            json!({"volumes": [{"name": "a", "configMap": {"name": "two"}}, {"name": "b", "emptyDir": {"sizeLimit": "2Gi"}}, {"name": "c", "persistentVolumeClaim": {"claimName": "data"}}]}),
        );
        assert_eq!(
            found,
            [
                "volumes[a].configMap.name changed from one to two",
                "volumes[b].emptyDir.sizeLimit changed from 1Gi to 2Gi",
                "volumes[c] changed from emptyDir to persistentVolumeClaim data",
            ]
        );
    }

    #[test]
    fn fields_that_are_not_known_here_are_told_without_values() {
        let found = told(
            json!({"containers": [{"name": "app", "image": "web:1"}], "nodeSelector": {"pool": "a"}}),
            json!({"containers": [{"name": "app", "image": "web:1"}, {"name": "proxy", "image": "envoy:1"}],
                "nodeSelector": {"pool": "a", "example.com/disk": "ssd"}, "somethingNew": {"a": 1}}),
        );
        assert_eq!(
            found,
            [
                "nodeSelector[example.com/disk] ssd added",
                "containers[proxy] envoy:1 added",
                "somethingNew added",
            ]
        );
    }

    #[test]
    fn a_restart_changes_an_annotation_and_hashes_say_nothing() {
        let template = |hash: &str, at: &str| json!({"metadata": {"labels": {"pod-template-hash": hash}, "annotations": {"kubectl.kubernetes.io/restartedAt": at}}});
        let found = changes(&template("1a", "now"), &template("2b", "then"));
        let found: Vec<String> = found.iter().map(|it| it.message().english()).collect();
        assert_eq!(
            found,
            ["metadata.annotations[kubectl.kubernetes.io/restartedAt] changed"]
        );
        assert_eq!(changes(&Value::Null, &Value::Null), []);
    }
}
