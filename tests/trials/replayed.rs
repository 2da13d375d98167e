//! A case says the same of a live cluster: its objects are served, and read as the plan asks for them.
//!
//! A rule whose objects no plan reads fires on every dump and on no cluster; it fails here.

use super::{Case, expectation, items, served};
use crate::api_server::ApiServer;
use crate::support::{
    ConnectionFlags, Kind, Loaded, ReadScope, Report, Scope, load, names_unexplained,
    read_cluster_with, words,
};
use std::fmt::Write as _;
use std::time::Duration;

/// Cases that are not the same live, and why that is right.
const DIFFERENT: [(&str, &str); 3] = [
    (
        "missing-key/typical",
        "of a Secret no keys are read, since its values would come with them",
    ),
    (
        "unexplained/short-of-pods",
        "a scan reads the workloads that an event names; nothing was said of this one",
    ),
    (
        "volume-restrictions/typical-rolling-update",
        "no API server has a ReplicaSet without a template: an empty one is sent",
    ),
];

pub(super) fn check(case: &Case) {
    let dumped = load(&case.text()).expect("a case is readable");
    let server = served::serve(&dumped, items(case.dump()));
    let scope = scope(&dumped);
    let everywhere = scope.namespace.is_none();
    let logs = !dumped.reading().logs.is_empty();
    let live = read_cluster_with(&flags(&server), scope, everywhere, logs);
    let live = live.unwrap_or_else(|error| panic!("{error}: {:?}", asked(&server)));
    let (dumped, live) = (said(&dumped.report()), said(&live.report()));
    let known = DIFFERENT.iter().find(|(name, _)| *name == case.name());
    match known {
        None => assert!(
            dumped == live,
            "of the dump is said:\n{dumped}\nof the cluster:\n{live}\nasked:\n{}",
            asked(&server).join("\n")
        ),
        Some((name, why)) => assert!(
            dumped != live,
            "{name} is the same by now: take it off the list ({why})"
        ),
    }
}

fn flags(server: &ApiServer) -> ConnectionFlags {
    ConnectionFlags {
        kubeconfig: Some(server.kubeconfig()),
        request_timeout: Some(Duration::from_secs(60)),
        ..ConnectionFlags::default()
    }
}

/// What the dump was asked for; else all namespaces, or the one whose pods it holds.
fn scope(dumped: &Loaded) -> Scope {
    let reading = dumped.reading();
    if reading.scope.has_names() {
        return reading.scope;
    }
    let reads = reading.reads;
    let mut pods = reads.into_iter().filter(|read| read.kind == Kind::Pod);
    let namespaces: Vec<String> = pods
        .by_ref()
        .filter_map(|read| match read.read_scope {
            ReadScope::Namespace(namespace) | ReadScope::Object(namespace, _) => Some(namespace),
            ReadScope::Node(_) | ReadScope::Everywhere => None,
        })
        .collect();
    Scope {
        namespace: namespaces.first().cloned(),
        ..Scope::everything()
    }
}

/// What a reader goes by.
fn said(report: &Report) -> String {
    let mut text = String::new();
    for diagnosis in &report.diagnoses {
        let _ = writeln!(
            text,
            "{} {} {}: {}",
            words(&diagnosis.certainty),
            diagnosis.cause,
            diagnosis.subject,
            diagnosis.headline
        );
        let fixes = diagnosis.fixes.iter();
        let undo = fixes.filter(|fix| fix.command.contains(" rollout undo "));
        undo.for_each(|fix| text.push_str(&format!("  {}: {}\n", fix.change, fix.command)));
    }
    text.push_str(&expectation::rollouts(report));
    for name in names_unexplained(report) {
        let _ = writeln!(text, "unexplained {name}");
    }
    text
}

fn asked(server: &ApiServer) -> Vec<String> {
    let line = |asked: &crate::api_server::Asked| format!("{}?{}", asked.path, asked.query);
    server.asked().iter().map(line).collect()
}
