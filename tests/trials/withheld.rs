//! Who may not read a kind hears nothing that is surer than what the one who may hears.

use super::{Case, commands, items, list, report_of};
use crate::support::{Certainty, Kind, ObjectRef, Report, rules};
use serde_json::{Value, json};

type Claim = (&'static str, ObjectRef, Certainty);

pub(super) fn check(case: &Case) {
    let dump = case.dump();
    let full = claims(&report_of(dump).expect("a case is readable"));
    let kinds = Kind::all().filter(|kind| *kind != Kind::Pod);
    let (read, unread): (Vec<Kind>, Vec<Kind>) = kinds.partition(|kind| is_read(dump, *kind));
    for kind in read {
        if let Some(report) = report_of(&withhold(dump, &[kind])) {
            no_stronger(&full, &report, kind.is_workload());
            commands::ask_for_nothing_of(&report, kind);
        }
    }
    // what was not read anyway is now forbidden: one trial shows that the reason does not matter
    if let Some(report) = report_of(&withhold(dump, &unread)) {
        no_stronger(&full, &report, false);
    }
}

/// Whether anything is there to be withheld.
fn is_read(dump: &Value, kind: Kind) -> bool {
    items(dump).iter().any(|item| {
        let reads = item["reads"].as_array().into_iter().flatten();
        reads.chain([item]).any(|value| of_kind(value, kind))
    })
}

fn of_kind(value: &Value, kind: Kind) -> bool {
    value["kind"] == kind.as_str()
}

/// Takes kinds away: their objects, and the record that they were read.
fn withhold(dump: &Value, kinds: &[Kind]) -> Value {
    let withheld = |value: &Value| kinds.iter().any(|kind| of_kind(value, *kind));
    let mut kept = items(dump);
    kept.retain(|item| !withheld(item));
    for item in &mut kept {
        if let Some(reads) = item.get_mut("reads").and_then(Value::as_array_mut) {
            reads.retain(|read| !withheld(read));
            let forbidden = |kind: &Kind| json!({"kind": kind.as_str(), "why": "forbidden"});
            reads.extend(kinds.iter().map(forbidden));
        }
    }
    list(kept)
}

/// A pod whose owner cannot be read is named by itself, so that its subject may change with it.
fn no_stronger(full: &[Claim], report: &Report, another_subject: bool) {
    for (cause, subject, certainty) in claims(report) {
        let of_same = |other: &&Claim| other.1 == subject || another_subject;
        let known = full.iter().filter(of_same).any(|(other, _, strength)| {
            (*other == cause && *strength <= certainty) || replaces(other, cause)
        });
        assert!(
            known || certainty != Certainty::Proven,
            "`{cause}` is proven without {:?}, with them there is {full:?}",
            report.gaps
        );
    }
}

fn claims(report: &Report) -> Vec<Claim> {
    let claims = report.diagnoses.iter();
    claims
        .map(|d| (d.cause, d.subject.clone(), d.certainty))
        .collect()
}

/// Whether `specific` replaces `general`, directly or through others.
fn replaces(specific: &str, general: &str) -> bool {
    let refines = rules::find(specific).map_or(&[][..], |rule| rule.refines);
    refines
        .iter()
        .any(|named| *named == general || replaces(named, general))
}
