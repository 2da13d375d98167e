//! `missing-key`: a container's environment names a key that its ConfigMap or Secret does not have.

use super::reference::{Refusal, UNMADE, demands, refusals};
use crate::kubernetes::nearest::nearest;
use crate::messages::config::{ConfigFailure, ObjectKind};
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::shared::keyed::catalog;
use crate::rules::shared::template::{Template, field_path, role_word};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Keyed, Kind, ObjectRef, Seen};
use crate::text::say;
use serde_json::json;

/// A container's environment names a key that its ConfigMap or Secret does not have.
pub static RULE: Rule = Rule {
    cause: "missing-key",
    layer: Layer::Container,
    title: "a ConfigMap or Secret lacks a key that a container's environment names",
    seen_as: &["CreateContainerConfigError", "Failed"],
    explanation: include_str!("missing_key.md"),
    reads: &[Kind::ConfigMap, Kind::Secret],
    refines: &[],
    root: Root::Facts(say!(
        "missing-key.root",
        "{kind} {name} in namespace {namespace} has no key {key}"
    )),
    check: Check::Pod(check),
};

/// So many keys stand in the headline.
const NAMED: usize = 3;

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, UNMADE)
        .iter()
        .filter_map(|refusal| match &refusal.failure {
            ConfigFailure::KeyMissing {
                kind, name, key, ..
            } => {
                let kind = match kind {
                    ObjectKind::ConfigMap => Kind::ConfigMap,
                    ObjectKind::Secret => Kind::Secret,
                };
                Some(finding(case, refusal, kind, name, key))
            }
            _ => None,
        })
        .collect()
}

fn finding(case: &Case<'_>, refusal: &Refusal<'_>, kind: Kind, name: &str, key: &str) -> Finding {
    let keys = keys(catalog(case, kind).get(case.namespace(), name));
    let near = nearest(key, keys.iter().flatten().map(String::as_str)).map(str::to_owned);
    let here = keys
        .as_ref()
        .is_some_and(|keys| keys.iter().any(|k| k == key));
    let keys_shown = keys.clone();
    let places = places(case, refusal, kind, name, key);
    let headline = if here {
        say!(
            "missing-key.by-now",
            "{role} {container} waited for key {key} of {kind} {name}, which has it by now"
        )
    } else {
        say!(
            "missing-key.headline",
            "{role} {container} needs key {key} of {kind} {name}, which has no such key[; it has {has}]"
        )
    };
    let quoted = places
        .iter()
        .map(|pointer| case.field(field_path(pointer), key));
    let mut finding = Finding::new(case.subject(), headline, refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .fact("kind", kind.as_str())
        .fact("name", name)
        .fact("key", key)
        .evidence(quoted)
        .inspect(describe(case, kind, name));
    if let Some(keys) = keys {
        let object = ObjectRef::new(kind, case.namespace(), name);
        let quote = if keys.is_empty() {
            "{}".to_owned()
        } else {
            keys.join(", ")
        };
        finding = finding
            .evidence([case.field_of(object, "data", quote)])
            .inspect(NextCommand::default())
            .fact("keys", keys);
    }
    if here {
        return finding.why(
            say!(
                "missing-key.why-by-now",
                "it was added after the kubelet last looked; the kubelet tries again by itself within about a minute"
            ),
        );
    }
    // all keys where they are few
    let has = keys_shown.filter(|keys| (1..=NAMED).contains(&keys.len()));
    let has = has.or(near.clone().map(|near| vec![near]));
    let rename = near.as_deref().map(|near| rename(case, &places, key, near));
    finding
        .fact_if("nearest", near)
        .fact_if("has", has)
        .fix(rename)
        .fix([Fix::advice(
            say!(
                "missing-key.add-key",
                "add key {key} to {kind} {name}; the pod then starts by itself"
            ),
            Who::Owner,
        )])
}

/// The names of the keys, as far as they were read.
fn keys(object: Seen<'_, &Keyed>) -> Option<Vec<String>> {
    object.yes()?.keys.clone()
}

/// Pointers to the places that name the key, below the pod's spec.
fn places(
    case: &Case<'_>,
    refusal: &Refusal<'_>,
    kind: Kind,
    name: &str,
    key: &str,
) -> Vec<String> {
    demands(case, &refusal.container, kind, name)
        .into_iter()
        .filter(|(_, wanted)| *wanted == Some(key))
        .map(|(pointer, _)| format!("{pointer}/key"))
        .collect()
}

fn rename(case: &Case<'_>, places: &[String], key: &str, near: &str) -> Fix {
    let change = say!(
        "missing-key.name-nearest",
        "if {nearest} is meant, name that key in {role} {container}"
    );
    match (Template::of(case), places) {
        (Some(template), [pointer]) => template.replace(change, pointer, &json!(key), &json!(near)),
        _ => Fix::advice(change, Who::Owner).of_template(),
    }
}

/// `describe` shows a Secret's keys with their sizes only; a ConfigMap is no secret.
fn describe(case: &Case<'_>, kind: Kind, name: &str) -> String {
    let object = ObjectRef::new(kind, case.namespace(), name);
    object.kubectl(["describe", &object.argument()])
}
