//! Described workloads. Of the template only the labels are taken: too little of it is shown to compare two.

use super::object::{Described, made};
use super::tree::{Field, number};
use crate::snapshot::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The reasons with which a Job has failed for good.
const OF_A_FAILED_JOB: [&str; 5] = [
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "FailedIndexes",
    "MaxFailedIndexesExceeded",
    "PodFailurePolicy",
];

pub(super) fn object(it: &Described) -> Value {
    let fields = &it.fields;
    let template = fields.get("Pod Template");
    let labels = template
        .map(|template| template.pairs("Labels"))
        .unwrap_or_default();
    let selector = fields.value("Selector").map_or(Value::Null, selector);
    let spec = made([
        ("selector", selector),
        ("replicas", json!(amount(fields, &["desired"]))),
        ("parallelism", json!(fields.number("Parallelism"))),
        ("completions", json!(fields.number("Completions"))),
        (
            "suspend",
            json!(
                fields
                    .value("Suspend")
                    .map(|word| word.eq_ignore_ascii_case("true"))
            ),
        ),
        (
            "podManagementPolicy",
            json!(fields.value("Pod Management Policy")),
        ),
        ("schedule", json!(fields.value("Schedule"))),
        ("strategy", kind_of(fields.value("StrategyType"))),
        ("updateStrategy", kind_of(fields.value("Update Strategy"))),
        (
            "template",
            made([("metadata", made([("labels", json!(labels))]))]),
        ),
    ]);
    // what a ReplicaSet's template holds is compared with another's
    let spec = match spec {
        Value::Object(mut spec) if it.kind == Kind::ReplicaSet => {
            spec.remove("template");
            Value::Object(spec)
        }
        spec => spec,
    };
    made([("spec", spec), ("status", status(it))])
}

fn status(it: &Described) -> Value {
    let fields = &it.fields;
    let pods = fields.value("Pods Statuses").unwrap_or_default();
    let count = |label: &str| json!(fields.number(label));
    made([
        ("replicas", json!(amount(fields, &["total", "current"]))),
        ("updatedReplicas", json!(amount(fields, &["updated"]))),
        ("availableReplicas", json!(amount(fields, &["available"]))),
        ("active", json!(counted(pods, "Active"))),
        ("succeeded", json!(counted(pods, "Succeeded"))),
        ("failed", json!(counted(pods, "Failed"))),
        (
            "desiredNumberScheduled",
            count("Desired Number of Nodes Scheduled"),
        ),
        (
            "currentNumberScheduled",
            count("Current Number of Nodes Scheduled"),
        ),
        (
            "updatedNumberScheduled",
            count("Number of Nodes Scheduled with Up-to-date Pods"),
        ),
        (
            "numberAvailable",
            count("Number of Nodes Scheduled with Available Pods"),
        ),
        ("lastScheduleTime", json!(fields.time("Last Schedule Time"))),
        ("conditions", conditions(it)),
    ])
}

fn kind_of(word: Option<&str>) -> Value {
    made([("type", json!(word))])
}

/// `3 desired | 1 updated | 3 total`, `1 current / 3 desired`
fn amount(fields: &Field, words: &[&str]) -> Option<i64> {
    let value = fields.value("Replicas")?;
    let mut parts = value.split(['|', '/']);
    parts.find_map(|part| {
        let (amount, word) = part.trim().split_once(' ')?;
        words.contains(&word).then(|| number(amount)).flatten()
    })
}

/// `1 Active (0 Ready) / 0 Succeeded / 2 Failed`
fn counted(value: &str, word: &str) -> Option<i64> {
    let mut parts = value.split('/');
    parts.find_map(|part| {
        let (amount, rest) = part.trim().split_once(' ')?;
        rest.starts_with(word).then(|| number(amount)).flatten()
    })
}

/// Rows of type, status and reason; the message is not shown.
fn conditions(it: &Described) -> Value {
    let rows = it
        .fields
        .get("Conditions")
        .map_or(&[][..], |field| &field.children);
    let row = |row: &Field| {
        let mut words = row.text.split_ascii_whitespace();
        let (name, status) = (words.next()?, words.next()?);
        let is_status = matches!(status, "True" | "False" | "Unknown");
        let reason = json!(words.next());
        is_status.then(|| {
            made([
                ("type", json!(name)),
                ("status", json!(status)),
                ("reason", reason),
            ])
        })
    };
    let rows = rows.iter().filter_map(row);
    json!(rows.chain(job_failed(it)).collect::<Vec<_>>())
}

/// A Job's conditions are not shown; its controller says the same in an event (pkg/controller/job/job_controller.go
/// recordJobFinished).
fn job_failed(it: &Described) -> Option<Value> {
    let rows = it.events.iter().flatten().filter(|_| it.kind == Kind::Job);
    let mut words = rows.filter_map(|row| {
        let mut words = row.split_ascii_whitespace();
        let is_warning = words.next() == Some("Warning");
        words.next().filter(|_| is_warning)
    });
    let reason = words.find(|word| OF_A_FAILED_JOB.contains(word))?;
    Some(json!({"type": "Failed", "status": "True", "reason": reason}))
}

/// `app=web,tier in (a,b)`; `Null` when it cannot be taken apart.
pub(super) fn selector(text: &str) -> Value {
    let mut labels = BTreeMap::new();
    let mut expressions = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = match (rest.find(','), rest.find('('), rest.find(')')) {
            (Some(comma), Some(open), Some(close)) if open < comma => close + 1,
            (Some(comma), ..) => comma,
            (None, ..) => rest.len(),
        };
        let Some((term, tail)) = rest.split_at_checked(end) else {
            return Value::Null;
        };
        if let Some((key, value)) = term.split_once('=') {
            labels.insert(key.to_owned(), value.to_owned());
        } else {
            expressions.push(expression(term));
        }
        rest = tail.trim_start_matches(',').trim_start();
    }
    if expressions.iter().any(Value::is_null) {
        return Value::Null;
    }
    made([
        ("matchLabels", json!(labels)),
        ("matchExpressions", json!(expressions)),
    ])
}

fn expression(term: &str) -> Value {
    let term = term.trim();
    let of = |key: &str, operator: &str, values: &str| {
        let values = values.trim_matches(['(', ')']).split(',').map(str::trim);
        let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
        made([
            ("key", json!(key)),
            ("operator", json!(operator)),
            ("values", json!(values)),
        ])
    };
    if let Some((key, values)) = term.split_once(" notin ") {
        return of(key, "NotIn", values);
    }
    if let Some((key, values)) = term.split_once(" in ") {
        return of(key, "In", values);
    }
    match term.strip_prefix('!') {
        Some(key) => of(key, "DoesNotExist", ""),
        None if term.contains(' ') => Value::Null,
        None => of(term, "Exists", ""),
    }
}
