//! Sets what is computed beside what the scheduler decided.

use super::verdicts::{Verdict, said};
use crate::support::{
    Agree, Count, Engine, Kind, Loaded, PodView, load, scheduler_messages as scheduler,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Kinds whose objects the scheduler does not look at.
const UNREAD: [Kind; 4] = [
    Kind::Event,
    Kind::ConfigMap,
    Kind::Secret,
    Kind::ServiceAccount,
];

/// The kinds that are read.
pub(crate) fn kinds() -> impl Iterator<Item = Kind> {
    Kind::read().filter(|kind| !UNREAD.contains(kind))
}

/// A dump of these objects that says that they are all there is.
pub(crate) fn dump_of(objects: &[Value]) -> Value {
    let reads: Vec<Value> = kinds().map(|kind| json!({"kind": kind.as_str()})).collect();
    let reading = json!({
        "apiVersion": "kubectl-diagnose/v1", "kind": "Reading", "metadata": {"name": "reading"},
        "asOf": "2100-01-01T00:00:00Z", "reads": reads,
    });
    let items: Vec<Value> = [reading]
        .into_iter()
        .chain(objects.iter().cloned())
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// Reads a dump as a user's `-f` would.
pub(crate) fn loaded(dump: &Value) -> Loaded {
    load(&dump.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with what is computed about a probe; nothing when it is what the scheduler decided.
pub(crate) fn difference(verdict: &Verdict, engine: &Engine<'_>) -> Option<String> {
    match verdict.outcome.node() {
        None => refused(&verdict.pod, engine),
        Some(node) => taken(&verdict.pod, engine, node),
    }
}

fn refused(pod: &Value, engine: &Engine<'_>) -> Option<String> {
    let is_it = |stuck: &&PodView| {
        pod["metadata"]["name"] == stuck.name() && pod["metadata"]["namespace"] == stuck.namespace()
    };
    let Some(stuck) = engine.snapshot().whole_pods().find(is_it) else {
        return Some("it is not taken for stuck".to_owned());
    };
    let found = engine.examine(stuck);
    let agreement = found.agreement;
    let sorted = |counts: &[Count]| {
        let mut counts = counts.to_vec();
        counts.sort();
        counts
    };
    let counted = agreement
        .scheduler
        .iter()
        .all(|count| count.count.is_some());
    let same = !counted || sorted(&agreement.scheduler) == sorted(&agreement.computed);
    if agreement.verdict == Agree::Equal && same {
        return None;
    }
    let text = |counts: &[Count]| {
        let text = |count: &Count| {
            let number = count.count.map(|n| format!("{n} ")).unwrap_or_default();
            format!("{number}{}", count.reason)
        };
        counts.iter().map(text).collect::<Vec<_>>().join(", ")
    };
    Some(format!(
        "{:?} {:?}\n    scheduler: {}\n    computed:  {}",
        agreement.verdict,
        agreement.because,
        text(&agreement.scheduler),
        text(&agreement.computed)
    ))
}

/// The reasons that the scheduler gives, without counts and names.
pub(crate) fn reasons(pod: &Value) -> BTreeSet<String> {
    let text = said(pod);
    let unnamed = |text: &str| {
        let parts = text.split('"').enumerate();
        let parts = parts.map(|(at, part)| if at % 2 == 1 { "…" } else { part });
        parts.collect::<Vec<_>>().join("\"")
    };
    scheduler::parse(text)
        .clauses
        .iter()
        .map(|clause| unnamed(&clause.text))
        .collect()
}

/// A pod that a node took must meet no filter failure there.
fn taken(pod: &Value, engine: &Engine<'_>, name: &str) -> Option<String> {
    let pod = serde_json::from_value(pod.clone()).expect("it is a pod");
    let results = engine.run_filters(&pod);
    if let Some(first) = results.before.first() {
        return Some(format!("node {name} took it against {first:?}"));
    }
    let Some(on_node) = results.nodes.iter().find(|node| *node.node == *name) else {
        return Some(format!("node {name} took it and is not known"));
    };
    let reasons: Vec<String> = on_node
        .failures
        .iter()
        .map(|failure| {
            format!(
                "{}: {} {:?}",
                failure.filter.as_str(),
                failure.reason,
                failure.what
            )
        })
        .collect();
    (!reasons.is_empty()).then(|| format!("node {name} took it against {}", reasons.join("; ")))
}
