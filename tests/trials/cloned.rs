//! Pods that are just like another are not looked at again: what is said of them must be what a look would give.
//!
//! Each stuck pod of a controller gets a clone, with the events that tell of it, and the clone is told with its original.
//! Each gets some more, of which each lacks something: they are just like it, or are told apart. Of a pod with a node that
//! is something of its status or an event, since one template makes the specs.

use super::{Case, items, list};
use crate::support::{Report, load, names_affected, names_unexplained};
use serde_json::{Value, json, to_value};
use std::collections::BTreeSet;

/// What a clone's name ends with.
const CLONE: &str = "-clone";

/// Cases whose clones are not told with their originals, and why that is right.
const APART: [(&str, &str); 0] = [];

pub(super) fn check(case: &Case) {
    let items = items(case.dump());
    // nobody named the clones
    if !case.report().scope.targets.is_empty() {
        return;
    }
    let originals = originals(&items, case.report());
    let clones = items
        .iter()
        .filter_map(|item| clone(item, &originals, CLONE));
    let shared = same_for_each(items.iter().cloned().chain(clones).collect());
    let known = APART.iter().find(|(name, _)| *name == case.name());
    match (known, apart(&shared, &originals)) {
        (None, apart) => assert_eq!(apart, [""; 0], "told without its original or its clone"),
        (Some((name, why)), apart) => assert!(
            !apart.is_empty(),
            "{name} is told together by now: take it off the list ({why})"
        ),
    }
    let lacking = lacking(&items, &originals);
    if !lacking.is_empty() {
        same_for_each(items.into_iter().chain(lacking).collect());
    }
}

/// What is said, which must be what a look at each pod gives.
fn same_for_each(cloned: Vec<Value>) -> Report {
    let loaded = load(&list(cloned).to_string()).expect("a case is readable");
    let (shared, each) = (loaded.report(), loaded.report_of_each());
    assert_eq!(
        to_value(&shared).expect("it is JSON"),
        to_value(each).expect("it is JSON")
    );
    shared
}

/// Clones of the pods, each without one of their fields or without one of their events.
fn lacking(items: &[Value], originals: &BTreeSet<String>) -> Vec<Value> {
    let pods = items.iter().filter(|item| item["kind"] == "Pod");
    let stuck = pods.filter(|pod| originals.contains(&name_in(&pod["metadata"])));
    stuck.flat_map(|pod| lacking_of(pod, items)).collect()
}

fn lacking_of(pod: &Value, items: &[Value]) -> Vec<Value> {
    let it = BTreeSet::from([name_in(&pod["metadata"])]);
    let events = |suffix: &str| -> Vec<Value> {
        let events = items.iter().filter(|item| item["kind"] == "Event");
        events
            .filter_map(|event| clone(event, &it, suffix))
            .collect()
    };
    let mut all = Vec::new();
    let is_bound = !pod["spec"]["nodeName"].is_null();
    let is_own = |field: &String| !is_bound || field.starts_with("/status");
    for (at, field) in fields(pod).into_iter().filter(is_own).enumerate() {
        let suffix = format!("-f{at}");
        let mut lacks = clone(pod, &it, &suffix).unwrap_or_default();
        remove(&mut lacks, &field);
        all.push(lacks);
        all.extend(events(&suffix));
    }
    for at in 0..events("").len() {
        let suffix = format!("-e{at}");
        all.extend(clone(pod, &it, &suffix));
        all.extend(events(&suffix));
        all.remove(all.len() - 1 - at);
    }
    all
}

/// The fields of a pod that may be missing, as JSON pointers.
fn fields(pod: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, depth: usize, found: &mut Vec<String>) {
        let inner: Vec<(String, &Value)> = match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (key.replace('/', "~1"), value))
                .collect(),
            Value::Array(all) => all
                .iter()
                .enumerate()
                .map(|(at, value)| (at.to_string(), value))
                .collect(),
            _ => return,
        };
        for (key, value) in inner {
            let path = format!("{path}/{key}");
            // what is in a list has a name, or cannot be decoded
            if key != "name" {
                found.push(path.clone());
            }
            if depth > 0 {
                walk(value, &path, depth - 1, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&pod["spec"], "/spec", 4, &mut found);
    walk(&pod["status"], "/status", 2, &mut found);
    walk(
        &pod["metadata"]["labels"],
        "/metadata/labels",
        0,
        &mut found,
    );
    walk(
        &pod["metadata"]["annotations"],
        "/metadata/annotations",
        0,
        &mut found,
    );
    found
}

fn remove(pod: &mut Value, field: &str) {
    let Some((outer, last)) = field.rsplit_once('/') else {
        return;
    };
    match pod.pointer_mut(outer) {
        Some(Value::Object(map)) => drop(map.remove(&last.replace("~1", "/"))),
        Some(Value::Array(all)) => drop(all.remove(last.parse().unwrap_or_default())),
        _ => {}
    }
}

/// The stuck pods that a controller made, as `namespace/name`.
fn originals(items: &[Value], report: &Report) -> BTreeSet<String> {
    let diagnosed = report.diagnoses.iter().flat_map(names_affected);
    let stuck: BTreeSet<String> = diagnosed.chain(names_unexplained(report)).collect();
    let made = items.iter().filter(|item| {
        let owners = item["metadata"]["ownerReferences"].as_array();
        let mut owners = owners.into_iter().flatten();
        item["kind"] == "Pod" && owners.any(|owner| owner["controller"] == true)
    });
    let made = made.map(|pod| name_in(&pod["metadata"]));
    made.filter(|name| stuck.contains(name)).collect()
}

fn name_in(reference: &Value) -> String {
    let word = |field: &str| reference[field].as_str().unwrap_or_default();
    format!("{}/{}", word("namespace"), word("name"))
}

/// The clone of one of these pods, or of an event that tells of one.
fn clone(item: &Value, originals: &BTreeSet<String>, suffix: &str) -> Option<Value> {
    let about = match item["kind"].as_str()? {
        "Pod" => "metadata",
        "Event" if item["involvedObject"]["kind"] == "Pod" => "involvedObject",
        _ => return None,
    };
    if !originals.contains(&name_in(&item[about])) {
        return None;
    }
    let mut clone = item.clone();
    for (part, field) in [(about, "name"), (about, "uid"), ("metadata", "name")] {
        if let Some(name) = item[part][field].as_str() {
            clone[part][field] = json!(format!("{name}{suffix}"));
        }
    }
    Some(clone)
}

/// The originals that are in a diagnosis, or unexplained, without their clone, or the other way round.
fn apart(report: &Report, originals: &BTreeSet<String>) -> Vec<String> {
    let groups = report.diagnoses.iter().map(names_affected);
    let mut apart = Vec::new();
    for group in groups.chain([names_unexplained(report)]) {
        let together =
            |name: &&String| group.contains(name) == group.contains(&format!("{name}{CLONE}"));
        apart.extend(originals.iter().filter(|name| !together(name)).cloned());
    }
    apart
}
