//! A case gives the report that lies beside it.
//!
//! A variant named `near-miss…` must not give its cause; any other must give it first. Under `healthy` nothing may be found,
//! under `unexplained` nothing may be claimed.

use super::{Case, expectation};
use crate::json_schema::Schema;
use crate::support::{
    Origin, PLAIN, Report, explain_json, kept_pods, names_affected, names_unexplained,
    render::text, stuck_pods,
};
use serde_json::{Value, to_value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::published);

pub(super) fn check(case: &Case) {
    let mut report = case.report().clone();
    report.version = "[version]";
    causes(case, &report);
    no_hole(&report);
    each_stuck_object_once(&report);
    nothing_absent_is_pointed_to(&report);
    explained_by_its_status(&report);
    SCHEMA.keeps(&to_value(&report).expect("it is JSON"), "/$defs/Report");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&case.folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.remove_snapshot_suffix();
    settings.set_omit_expression(true);
    settings.remove_input_file();
    settings.bind(|| insta::assert_snapshot!("report.txt", text(&report, PLAIN)));
    if expectation::whole(case) {
        settings.bind(|| insta::assert_json_snapshot!("report.json", report));
    }
    expectation::check(case, &report);
}

fn causes(case: &Case, report: &Report) {
    let causes: Vec<&str> = report.diagnoses.iter().map(|d| d.cause).collect();
    assert_eq!(report.defects, [], "a rule panicked");
    match case.cause.as_str() {
        "healthy" => {
            assert_eq!(causes, [""; 0], "something was found on a healthy cluster");
            assert_eq!(report.unexplained, [], "a healthy pod was called stuck");
        }
        "unexplained" => {
            assert_eq!(causes, [""; 0], "something was claimed");
            assert_ne!(report.unexplained, [], "the stuck pod was dropped");
        }
        cause if case.variant.starts_with("near-miss") => {
            assert!(!causes.contains(&cause), "fired on a near miss: {causes:?}");
        }
        cause => assert!(
            causes.first() == Some(&cause) || follows_from_the_first(report, cause),
            "found {causes:?}"
        ),
    }
}

/// Whether the cause is told as what follows from the first.
fn follows_from_the_first(report: &Report, cause: &str) -> bool {
    let first = report.diagnoses.first().map(|one| &one.fingerprint);
    let mut of_cause = report.diagnoses.iter().filter(|one| one.cause == cause);
    of_cause.any(|one| one.consequence_of.is_some() && one.consequence_of.as_ref() == first)
}

/// Who only knows what `kubectl get pods` shows is led to the cause.
fn explained_by_its_status(report: &Report) {
    // the pods of a lost node keep the status that they had
    let of_pods = report
        .diagnoses
        .iter()
        .filter(|one| one.subject.kind != "Node");
    let mut causes: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for diagnosis in of_pods {
        for pod in diagnosis.affected.iter().filter(|one| one.kind == "Pod") {
            let key = (&pod.namespace, &pod.name, &pod.status);
            causes.entry(key).or_default().push(diagnosis.cause);
        }
    }
    for ((.., status), causes) in causes {
        let offered = explain_json(std::slice::from_ref(status)).unwrap_or_default();
        let offered: Vec<Value> = serde_json::from_str(&offered).unwrap_or_default();
        let is_offered = |cause: &&str| offered.iter().any(|one| one["cause"] == **cause);
        assert!(
            causes.iter().any(is_offered),
            "`explain {status}` does not lead to {}: the rule's `seen_as` lacks it",
            causes.join(" or ")
        );
    }
}

/// Sentences are complete, and end without a full stop.
fn no_hole(report: &Report) {
    for diagnosis in &report.diagnoses {
        let fixes = diagnosis.fixes.iter().map(|fix| fix.change.as_str());
        for sentence in fixes.chain([diagnosis.headline.as_str(), diagnosis.why.as_str()]) {
            assert_eq!(
                hole(sentence),
                None,
                "`{sentence}` names a fact that is not there"
            );
            assert!(!sentence.ends_with('.'), "`{sentence}` ends in a full stop");
        }
    }
}

/// A word in braces, whatever its case.
fn hole(sentence: &str) -> Option<&str> {
    let opened = sentence.split('{').skip(1);
    let mut holes = opened.filter_map(|rest| Some(rest.split_once('}')?.0));
    holes.find(|name| {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(word)
    })
}

/// No command asks for an object of which the report itself says that it is not there.
fn nothing_absent_is_pointed_to(report: &Report) {
    for diagnosis in &report.diagnoses {
        let quotes = diagnosis.evidence.iter().chain([&diagnosis.proof]);
        let absent = quotes.filter(|quote| quote.origin == Origin::Absence);
        for object in absent.map(|quote| &quote.object) {
            let next = &diagnosis.next.command;
            assert!(
                !next.ends_with(&format!(" {}", object.argument())),
                "`{next}` is about {object}, which is not there"
            );
        }
    }
}

fn each_stuck_object_once(report: &Report) {
    let sure = report.diagnoses.iter().filter(|one| !one.is_hint());
    let mut diagnosed: Vec<String> = sure.flat_map(names_affected).collect();
    diagnosed.sort();
    diagnosed.dedup();
    let unexplained = names_unexplained(report);
    // what is of no namespace is named by its kind
    let is_pod =
        |name: &&String| name.matches('/').count() == 1 && !name.starts_with(char::is_uppercase);
    let both: Vec<&String> = unexplained
        .iter()
        .filter(|name| diagnosed.contains(name))
        .collect();
    assert_eq!(both, [""; 0], "diagnosed and unexplained");
    assert_eq!(
        diagnosed.iter().chain(&unexplained).filter(is_pod).count(),
        stuck_pods(report) + kept_pods(report),
        "a stuck object was dropped"
    );
}
