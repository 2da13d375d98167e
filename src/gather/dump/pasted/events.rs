//! Events, as they stand below a described object and in the tables of `kubectl get events` and `kubectl events`.
//!
//! How long ago is said of each, and never when.

use super::object::{Described, made};
use super::table::{self, Row};
use super::time;
use crate::snapshot::Kind;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What an event is about.
struct About {
    kind: &'static str,
    namespace: Option<String>,
    name: String,
}

/// The events below a described object.
pub(super) fn described(object: &Described, lines: &[&str]) -> Vec<Value> {
    let rows = table::rows(lines, &["Type", "Reason", "Message"]);
    let event = |row: Row| {
        let about = About {
            kind: object.kind.as_str(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        };
        event(&row, about, object.now)
    };
    rows.into_iter().map(event).collect()
}

/// The events of a table of its own, in the namespace of its command where it names none.
pub(super) fn listed(lines: &[String], namespace: Option<&str>, now: Timestamp) -> Vec<Value> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let rows = table::rows(&lines, &["TYPE", "REASON", "MESSAGE"]);
    let of_row = |row: Row| {
        let (kind, name) = match row.get("OBJECT") {
            Some(object) => object.split_once('/')?,
            None => (row.get("KIND")?, row.get("NAME")?),
        };
        let kind = Kind::all().find(|known| known.as_str().eq_ignore_ascii_case(kind))?;
        let place = row.get("NAMESPACE").or(namespace);
        let about = About {
            kind: kind.as_str(),
            namespace: place.filter(|_| kind.namespaced()).map(str::to_owned),
            name: name.to_owned(),
        };
        Some(event(&row, about, now))
    };
    rows.into_iter().filter_map(of_row).collect()
}

fn event(row: &Row, about: About, now: Timestamp) -> Value {
    let cell = |names: &[&str]| names.iter().find_map(|name| row.get(name));
    let age = cell(&["Age", "LastSeen", "LAST SEEN", "LASTSEEN"]).unwrap_or_default();
    let (last, repeated) = age.split_once(" (x").unwrap_or((age, ""));
    let (count, over) = repeated.split_once(" over ").unwrap_or_default();
    let first = cell(&["FirstSeen", "FIRST SEEN", "FIRSTSEEN"]);
    let first = first.unwrap_or(over.trim_end_matches(')'));
    let counted = cell(&["Count", "COUNT"]).unwrap_or(count);
    let message = cell(&["Message", "MESSAGE"]).unwrap_or_default();
    let (path, message) = path(message);
    let path = path.or(cell(&["SubObjectPath", "SUBOBJECT"]));
    let reason = cell(&["Reason", "REASON"]).unwrap_or_default();
    // up to 1.18 the host stands behind it: `kubelet, worker-1`
    let source = cell(&["From", "SOURCE"]).unwrap_or_default();
    let component = source.split(',').next().unwrap_or_default();
    let last = time::before(now, time::ago(last));
    let first = time::before(now, time::ago(first)).or(last);
    let place = about
        .namespace
        .clone()
        .unwrap_or_else(|| "default".to_owned());
    made([
        ("apiVersion", json!("v1")),
        ("kind", json!("Event")),
        (
            "metadata",
            json!({"name": name(&about, reason, path, message), "namespace": place}),
        ),
        (
            "involvedObject",
            made([
                ("kind", json!(about.kind)),
                ("namespace", json!(about.namespace)),
                ("name", json!(about.name)),
                ("fieldPath", json!(path)),
            ]),
        ),
        ("type", json!(cell(&["Type", "TYPE"]))),
        ("reason", json!(reason)),
        ("message", json!(message)),
        ("count", json!(counted.parse::<i64>().ok())),
        ("firstTimestamp", json!(first)),
        ("lastTimestamp", json!(last)),
        ("source", json!({"component": component})),
    ])
}

/// `spec.containers{app}: …`, which stands before the message since 1.19.
fn path(message: &str) -> (Option<&str>, &str) {
    let split = message.split_once("}: ");
    let path = split.filter(|(path, _)| {
        let list = path.split_once('{').map(|(list, _)| list);
        let lists = [
            "spec.containers",
            "spec.initContainers",
            "spec.ephemeralContainers",
        ];
        list.is_some_and(|list| lists.contains(&list))
    });
    let Some((path, rest)) = path else {
        return (None, message);
    };
    (message.get(..=path.len()), rest)
}

/// The same event, seen in two places, is one.
fn name(about: &About, reason: &str, path: Option<&str>, message: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (about.kind, path, message).hash(&mut hasher);
    format!("{}.{reason}.{:x}", about.name, hasher.finish())
}
