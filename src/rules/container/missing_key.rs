//! `missing-key`: a container's environment names a key that its ConfigMap or Secret does not have.

use super::reference::{Refusal, UNMADE, demands, refusals};
use crate::messages::config::ConfigFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::keyed::{MissedKey, kind_of};
use crate::rules::shared::template::{Template, field_path, role_word};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Kind, ObjectRef};
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

fn check(case: &Case<'_>) -> Vec<Finding> {
    refusals(case, UNMADE)
        .iter()
        .filter_map(|refusal| match &refusal.failure {
            ConfigFailure::KeyMissing {
                kind, name, key, ..
            } => Some(finding(case, refusal, kind_of(*kind), name, key)),
            _ => None,
        })
        .collect()
}

fn finding(case: &Case<'_>, refusal: &Refusal<'_>, kind: Kind, name: &str, key: &str) -> Finding {
    let missed = MissedKey::look(case, kind, name, key);
    let is_there = missed.is_there();
    let places = places(case, refusal, kind, name, key);
    let headline = if is_there {
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
    let finding = Finding::new(case.subject(), headline, refusal.proof.clone())
        .container(refusal.container.name())
        .fact("role", role_word(refusal.container.role))
        .fact("kind", kind.as_str())
        .fact("name", name)
        .fact("key", key)
        .evidence(quoted)
        .inspect(describe(&missed.object));
    let finding = missed.quoted(case, finding);
    if is_there {
        return finding.why(
            say!(
                "missing-key.why-by-now",
                "it was added after the kubelet last looked; the kubelet tries again by itself within about a minute"
            ),
        );
    }
    missed
        .told(finding, |near| rename(case, &places, key, near))
        .fix([Fix::advice(
            say!(
                "missing-key.add-key",
                "add key {key} to {kind} {name}; the pod then starts by itself"
            ),
            Who::Owner,
        )])
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
fn describe(object: &ObjectRef) -> String {
    object.kubectl(["describe", &object.argument()])
}
