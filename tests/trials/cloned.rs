//! Pods that are just like another are not looked at again: what is said of them must be what a look would give.
//!
//! Each stuck pod of a controller gets a clone, with the events that tell of it. The clone is told with its original.

use super::{Case, items, list};
use crate::support::{Report, load, names_affected, names_unexplained};
use serde_json::{Value, json, to_value};
use std::collections::BTreeSet;

/// What a clone's name ends with.
const CLONE: &str = "-clone";

/// Cases whose clones are not told with their originals, and why that is right.
const APART: [(&str, &str); 0] = [];

pub(super) fn check(case: &Case) {
    let items = items(&case.dump());
    let originals = originals(&items, &case.report());
    let clones = items.iter().filter_map(|item| clone(item, &originals));
    let cloned: Vec<Value> = items.iter().cloned().chain(clones).collect();
    let loaded = load(&list(cloned).to_string()).expect("a case is readable");
    let (shared, each) = (loaded.report(), loaded.report_of_each());
    assert_eq!(
        to_value(&shared).expect("it is JSON"),
        to_value(each).expect("it is JSON")
    );
    let known = APART.iter().find(|(name, _)| *name == case.name());
    match (known, apart(&shared, &originals)) {
        (None, apart) => assert_eq!(apart, [""; 0], "told without its original or its clone"),
        (Some((name, why)), apart) => assert!(
            !apart.is_empty(),
            "{name} is told together by now: take it off the list ({why})"
        ),
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
fn clone(item: &Value, originals: &BTreeSet<String>) -> Option<Value> {
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
            clone[part][field] = json!(format!("{name}{CLONE}"));
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
