//! Cases that once differed, compared again without a cluster.
//!
//! A case is a dump as a run writes it down for a mismatch, cut to what matters: `target/tmp/parity/<seed>-<probe>.json`. Its
//! probe carries the scheduler's words in its condition, or the node that took it in an annotation.

use super::api::name;
use super::compare;
use super::generator::PROBE;
use super::verdicts::{Outcome, Verdict};
use crate::support::Engine;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// On a probe that a node took: its name.
const BOUND: &str = "parity.example.com/bound";

/// Writes a case down.
pub(crate) fn write(file: &Path, base: &[Value], verdict: &Verdict) {
    let mut pod = verdict.pod.clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    if let Some(meta) = pod["metadata"].as_object_mut() {
        meta.remove("managedFields");
    }
    if let Some(node) = verdict.outcome.node() {
        pod["metadata"]["annotations"][BOUND] = json!(node);
    }
    let objects: Vec<Value> = base.iter().cloned().chain([pod]).collect();
    let text = serde_json::to_string_pretty(&compare::dump_of(&objects)).expect("it is JSON");
    fs::write(file, text).expect("the file can be written");
}

/// What still differs in a folder of cases, and how many probes were compared.
pub(crate) fn compare_all(folder: &Path) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut differences = Vec::new();
    for entry in fs::read_dir(folder).expect("there are cases").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a case is readable");
        let mut dump: Value = serde_json::from_str(&text).expect("a case is JSON");
        read_all(&mut dump);
        let loaded = compare::loaded(&dump);
        let snapshot = loaded.snapshot();
        let engine = Engine::new(&snapshot);
        for pod in dump["items"].as_array().into_iter().flatten() {
            if pod["metadata"]["labels"][PROBE] != "probe" {
                continue;
            }
            let node = pod["metadata"]["annotations"][BOUND].as_str();
            let outcome = node.map_or(Outcome::Refused, |node| Outcome::Bound(node.to_owned()));
            let verdict = Verdict {
                pod: pod.clone(),
                outcome,
            };
            compared += 1;
            if let Some(difference) = compare::difference(&verdict, &engine) {
                let file = entry.path();
                differences.push(format!("{} {}: {difference}", file.display(), name(pod)));
            }
        }
    }
    (compared, differences)
}

/// A case was read whole; kinds that are read only since then had no objects that mattered.
fn read_all(dump: &mut Value) {
    let reads = compare::dump_of(&[])["items"][0]["reads"].take();
    for item in dump["items"].as_array_mut().into_iter().flatten() {
        if item["kind"] == "Reading" {
            item["reads"] = reads.clone();
        }
    }
}
