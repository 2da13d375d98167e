//! Described Services, ServiceAccounts, ConfigMaps and Secrets.

use super::object::{Described, made};
use super::tree::Field;
use crate::snapshot::Kind;
use serde_json::{Value, json};

pub(super) fn object(it: &Described) -> Value {
    let fields = &it.fields;
    let spec = made([
        ("type", json!(fields.value("Type"))),
        ("selector", json!(fields.pairs("Selector"))),
        ("clusterIP", json!(fields.value("IP"))),
    ]);
    made([("spec", spec)])
}

pub(super) fn account(it: &Described) -> Value {
    let names = it.fields.list("Image pull secrets");
    // the mark of one that is not there is no part of its name
    let names = names
        .iter()
        .map(|line| line.split(' ').next().unwrap_or_default());
    made([(
        "imagePullSecrets",
        json!(names.map(|name| json!({"name": name})).collect::<Vec<_>>()),
    )])
}

/// Only the names of the keys are taken, and never a value.
pub(super) fn keyed(it: &Described) -> Value {
    let lines: Vec<&str> = it.data.iter().flatten().map(String::as_str).collect();
    let keys: Vec<&str> = match it.kind {
        Kind::Secret => lines.iter().filter_map(|line| size(line)).collect(),
        _ => lines.windows(2).filter_map(key_above_rule).collect(),
    };
    let kind = it
        .fields
        .any(&["Type"])
        .map(|field: &Field| field.value.as_str());
    json!({"keys": keys, "type": kind.filter(|_| it.kind == Kind::Secret)})
}

/// `password:  12 bytes`
fn size(line: &str) -> Option<&str> {
    let (key, rest) = line.split_once(':')?;
    rest.trim().strip_suffix(" bytes")?.parse::<u64>().ok()?;
    Some(key)
}

/// A key stands above `----`.
fn key_above_rule<'a>(pair: &[&'a str]) -> Option<&'a str> {
    let [key, rule] = pair else {
        return None;
    };
    (rule.trim() == "----")
        .then(|| key.trim_end().strip_suffix(':'))
        .flatten()
}
