//! What must hold on every cluster, tried on every case and on damaged copies of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use crate::support::{Certainty, Kind, ObjectRef, Report, load, rules};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn cases() -> Vec<(PathBuf, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut found = Vec::new();
    for cause in std::fs::read_dir(root).expect("there are cases").flatten() {
        for variant in std::fs::read_dir(cause.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = variant.path().join("cluster.yaml");
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let value = serde_saphyr::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((path, value));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn report(dump: &Value) -> Option<Report> {
    Some(load(&dump.to_string()).ok()?.report())
}

fn items(dump: &Value) -> Vec<Value> {
    dump["items"].as_array().cloned().unwrap_or_default()
}

fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// Takes a kind away: its objects, and the record that it was read.
fn withhold(dump: &Value, kind: Kind) -> Value {
    let of_kind = |value: &Value| value["kind"] == kind.as_str();
    let mut kept = items(dump);
    kept.retain(|item| !of_kind(item));
    for item in &mut kept {
        if let Some(reads) = item.get_mut("reads").and_then(Value::as_array_mut) {
            reads.retain(|read| !of_kind(read));
            reads.push(json!({"kind": kind.as_str(), "why": "forbidden"}));
        }
    }
    list(kept)
}

fn claims(report: &Report) -> Vec<(&'static str, ObjectRef, Certainty)> {
    let claim = |d: &crate::support::Diagnosis| (d.cause, d.subject.clone(), d.certainty);
    report.diagnoses.iter().map(claim).collect()
}

/// Whether `specific` replaces `general`, directly or through others.
fn replaces(specific: &str, general: &str) -> bool {
    let refines = rules::find(specific).map_or(&[][..], |rule| rule.refines);
    refines
        .iter()
        .any(|named| *named == general || replaces(named, general))
}

#[test]
fn withholding_a_kind_never_makes_a_claim_stronger() {
    for (path, dump) in cases() {
        let full = claims(&report(&dump).expect("a case is readable"));
        for kind in Kind::all().filter(|kind| *kind != Kind::Pod) {
            let Some(reduced) = report(&withhold(&dump, kind)) else {
                continue;
            };
            for (cause, subject, certainty) in claims(&reduced) {
                // a pod whose owner cannot be read is named by itself
                let of_same = |other: &&(&str, ObjectRef, Certainty)| {
                    other.1 == subject || kind.is_workload()
                };
                let known = full.iter().filter(of_same).any(|(other, _, strength)| {
                    (*other == cause && *strength <= certainty) || replaces(other, cause)
                });
                assert!(
                    known || certainty != Certainty::Proven,
                    "{}: without {kind} `{cause}` is proven, with it there is {full:?}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn everything_stuck_is_diagnosed_or_unexplained() {
    for (path, dump) in cases() {
        let report = report(&dump).expect("a case is readable");
        let named = |one: &crate::support::Affected| {
            (one.kind.clone(), one.namespace.clone(), one.name.clone())
        };
        let diagnosed: BTreeSet<_> = report
            .diagnoses
            .iter()
            .flat_map(|d| d.affected.iter().map(named))
            .collect();
        let unexplained: BTreeSet<_> = report
            .unexplained
            .iter()
            .map(|u| named(&u.object))
            .collect();
        let pods =
            |all: &BTreeSet<(String, _, _)>| all.iter().filter(|(kind, ..)| kind == "Pod").count();
        assert!(
            diagnosed.is_disjoint(&unexplained),
            "{}: a pod is both",
            path.display()
        );
        assert_eq!(
            pods(&diagnosed) + pods(&unexplained),
            report.summary.by_kind.get("Pod").map_or(0, |of| of.stuck),
            "{}: a stuck pod was dropped",
            path.display()
        );
    }
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    for (path, dump) in cases() {
        let expected =
            serde_json::to_value(report(&dump).expect("a case is readable")).expect("it is JSON");
        let mut turned = items(&dump);
        turned.reverse();
        let got = serde_json::to_value(report(&list(turned)).expect("a case is readable"))
            .expect("it is JSON");
        assert_eq!(
            expected,
            got,
            "{}: the report depends on the order",
            path.display()
        );
    }
}

#[test]
fn no_sentence_has_a_hole() {
    for (path, dump) in cases() {
        let report = report(&dump).expect("a case is readable");
        for diagnosis in &report.diagnoses {
            let fixes = diagnosis.fixes.iter().map(|fix| fix.change.as_str());
            for sentence in fixes.chain([diagnosis.headline.as_str(), diagnosis.why.as_str()]) {
                let hole = sentence.split_once('{').is_some_and(|(_, rest)| {
                    rest.split_once('}').is_some_and(|(name, _)| {
                        name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                    })
                });
                assert!(
                    !hole,
                    "{}: `{sentence}` names a fact that is not there",
                    path.display()
                );
                assert!(
                    !sentence.ends_with('.'),
                    "{}: `{sentence}` ends in a full stop",
                    path.display()
                );
            }
        }
    }
}

/// Damages a value somewhere: removes it, or puts something unfit in its place.
fn damage(value: &mut Value, path: &[prop::sample::Index], how: u8) {
    let Some((here, deeper)) = path.split_first() else {
        *value = match how % 5 {
            0 => Value::Null,
            1 => json!(""),
            2 => json!(-1),
            3 => json!([]),
            _ => json!({}),
        };
        return;
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            let key = map
                .keys()
                .nth(here.index(map.len()))
                .cloned()
                .unwrap_or_default();
            if deeper.is_empty() && how.is_multiple_of(2) {
                map.remove(&key);
            } else if let Some(inner) = map.get_mut(&key) {
                damage(inner, deeper, how);
            }
        }
        Value::Array(all) if !all.is_empty() => {
            let at = here.index(all.len());
            damage(&mut all[at], deeper, how);
        }
        leaf => damage(leaf, &[], how),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_objects_never_make_a_rule_panic(
        case in any::<prop::sample::Index>(),
        wounds in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 2..8), any::<u8>()), 1..4),
    ) {
        thread_local! { static CASES: Vec<(PathBuf, Value)> = cases(); }
        CASES.with(|cases| {
            let (path, dump) = case.get(cases);
            let mut dump = dump.clone();
            for (at, how) in &wounds {
                if let Some(items) = dump["items"].as_array_mut() {
                    let mut all = Value::Array(std::mem::take(items));
                    damage(&mut all, at, *how);
                    *items = all.as_array().cloned().unwrap_or_default();
                }
            }
            if let Some(report) = report(&dump) {
                assert_eq!(report.defects, [], "{}: {dump}", path.display());
            }
        });
    }
}
