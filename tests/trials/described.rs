//! What kubectl itself describes of a recorded cluster leads to the cause to which its objects lead, or to a weaker form of it,
//! and never to another.
//!
//! `tests/cluster/describe` writes the texts: kubectl asks a server that holds the objects, at the time of the recording.

use super::{Case, items};
use crate::api_server::{ApiServer, Asked, Response, Wanted};
use crate::support::{Certainty, Diagnosis, Kind, Report, load, rules, words};
use jiff::{SignedDuration, Timestamp, fmt::strtime};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

/// Cases of which a description tells no cause, and what it lacks.
const MISSED: &[(&str, &str)] = &[
    (
        "image-pull-slow/recorded-silent-registry",
        "whose the event of the pull is is not shown",
    ),
    (
        "node-lost/recorded-silent",
        "nothing tells for how long the node has been silent",
    ),
    (
        "resize-pending/recorded-deferred",
        "the condition PodResizePending is shown without its time and its words",
    ),
    (
        "scheduler-absent/recorded",
        "the name of the scheduler is not shown, and nobody says anything of the pod",
    ),
    (
        "scheduling-gated/recorded",
        "neither the gates nor the reason of the condition PodScheduled are shown",
    ),
];

/// What somebody who helps asks for, in this order.
const KINDS: [Kind; 11] = [
    Kind::Pod,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
    Kind::StorageClass,
    Kind::ServiceAccount,
    Kind::Node,
];

pub(super) fn is_recorded(case: &Case) -> bool {
    case.variant.starts_with("recorded")
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test is told to write what it would read"
)]
pub(super) fn check(case: &Case) {
    let path = case.folder.join("describe.txt");
    if std::env::var_os("DESCRIBE_CASES").is_some() {
        let kubectl = std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".to_owned());
        std::fs::write(&path, describe(case, &kubectl)).expect("the case is writable");
    }
    let text = std::fs::read_to_string(&path);
    let text = text.expect("tests/cluster/describe writes what kubectl describes of the case");
    let (all, pods) = (read(&text), read(&of_pods(&text)));
    no_other(case.report(), &all, 1);
    no_other(case.report(), &pods, 0);
    no_other(case.report(), &read(&without_containers(&text)), 1);
    let expected = case.report().diagnoses.first();
    let missed = MISSED.iter().find(|(name, _)| *name == case.name());
    let found = all.diagnoses.first();
    match (expected, missed) {
        (Some(expected), None) => assert!(
            found.is_some(),
            "{} is not found: put it on the list, with what is lacking",
            expected.cause
        ),
        (_, Some((name, why))) => {
            assert!(
                found.is_none(),
                "{name} is found by now: take it off the list ({why})"
            );
        }
        (None, None) => {}
    }
}

fn read(text: &str) -> Report {
    let loaded = load(text).expect("a description can be read");
    loaded.report()
}

/// As kubectl 1.32 describes events: which container one is about is not said.
fn without_containers(text: &str) -> String {
    let mut parts = text.split("spec.");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| {
        let told = part.split_once("}: ").filter(|(field, _)| {
            let kind = field.split_once('{').map(|(kind, _)| kind);
            matches!(
                kind,
                Some("containers" | "initContainers" | "ephemeralContainers")
            )
        });
        match told {
            Some((_, message)) => whole + message,
            None => whole + "spec." + part,
        }
    })
}

/// The part that people paste first.
fn of_pods(text: &str) -> String {
    let commands = text.split("$ kubectl ");
    let pods = commands.filter(|part| part.starts_with("describe pods "));
    pods.map(|part| format!("$ kubectl {part}")).collect()
}

/// The first cause is that of the objects or one of which that is a special case, and no surer. From this place on others may
/// be possible: the scheduler's message counts nodes for several reasons, and which of them matters only the nodes tell.
fn no_other(whole: &Report, part: &Report, offered_from: usize) {
    for (at, diagnosis) in part.diagnoses.iter().enumerate() {
        let is_known = match whole.diagnoses.first() {
            Some(first) if at == 0 => weakens(first, diagnosis),
            _ => whole
                .diagnoses
                .iter()
                .any(|known| weakens(known, diagnosis)),
        };
        let is_offered = at >= offered_from && diagnosis.certainty == Certainty::Possible;
        assert!(
            is_known || is_offered,
            "the description gives {} {}: {}\nthe objects give {:?}",
            words(&diagnosis.certainty),
            diagnosis.cause,
            diagnosis.headline,
            whole
                .diagnoses
                .iter()
                .map(|one| one.cause)
                .collect::<Vec<_>>()
        );
    }
}

fn weakens(known: &Diagnosis, diagnosis: &Diagnosis) -> bool {
    let mut general = BTreeSet::from([known.cause]);
    let mut open = vec![known.cause];
    while let Some(rule) = open.pop().and_then(rules::find) {
        for cause in rule.refines {
            if general.insert(cause) {
                open.push(cause);
            }
        }
    }
    general.contains(diagnosis.cause) && diagnosis.certainty >= known.certainty
}

/// What kubectl prints of the objects of a case, with the prompts.
fn describe(case: &Case, kubectl: &str) -> String {
    let dumped = load(&case.text()).expect("a case is readable");
    let taken: Timestamp = dumped.as_of().parse().expect("it is a time");
    // in whole seconds, as kubectl prints times
    let late = SignedDuration::from_secs(Timestamp::now().duration_since(taken).as_secs());
    let moved: Vec<Value> = items(case.dump())
        .iter()
        .map(|item| moved(item, late))
        .collect();
    let server = serve(moved);
    let mut text = String::new();
    for kind in KINDS {
        let of_kind = items(case.dump())
            .into_iter()
            .filter(|item| item["kind"] == kind.as_str());
        let names = of_kind.map(|item| {
            let meta = &item["metadata"];
            let word = |key: &str| meta[key].as_str().unwrap_or_default().to_owned();
            (word("namespace"), word("name"))
        });
        let names: BTreeSet<(String, String)> = names.collect();
        // of several at once kubectl shows no events
        for (namespace, name) in names {
            let mut arguments = vec!["describe".to_owned(), kind.plural().to_owned(), name];
            if !namespace.is_empty() {
                arguments.extend(["-n".to_owned(), namespace]);
            }
            let said = run(kubectl, &server, &arguments);
            let command = arguments.join(" ");
            let _ = writeln!(
                text,
                "$ kubectl {command}\n{}",
                back(&said, late).trim_end()
            );
        }
    }
    text
}

fn run(kubectl: &str, server: &ApiServer, arguments: &[String]) -> String {
    let output = Command::new(kubectl)
        .arg("--kubeconfig")
        .arg(server.kubeconfig())
        .args([
            "--cache-dir",
            &std::env::temp_dir().join("described").display().to_string(),
        ])
        .args(arguments)
        .env("TZ", "UTC")
        .output()
        .expect("KUBECTL is a kubectl");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kubectl {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The same object later, so that kubectl, which takes its own clock, gives the ages of the recording.
fn moved(value: &Value, late: SignedDuration) -> Value {
    match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            // Kubernetes' MicroTime has six digits
            Ok(time) if text.contains('.') => {
                json!((time + late).strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
            }
            Ok(time) if text.ends_with('Z') => json!(time + late),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| moved(item, late)).collect(),
        Value::Object(fields) => {
            let moved = fields
                .iter()
                .map(|(key, value)| (key.clone(), moved(value, late)));
            Value::Object(moved.collect())
        }
        _ => value.clone(),
    }
}

/// The times of the recording again.
fn back(text: &str, late: SignedDuration) -> String {
    let format = "%a, %d %b %Y %H:%M:%S %z";
    let mut moved = String::new();
    let mut rest = text;
    while let Some(end) = rest.find(" +0000") {
        let (before, after) = rest.split_at(end + " +0000".len());
        let (before, found) = before.split_at(before.len().saturating_sub(31));
        let time = strtime::parse(format, found).and_then(|time| time.to_timestamp());
        moved.push_str(before);
        match time {
            // Go's zero time stands for none
            Ok(time) if time.as_second() > 0 => {
                let time = (time - late).to_zoned(jiff::tz::TimeZone::UTC);
                moved.push_str(&strtime::format(format, &time).expect("it is a time"));
            }
            _ => moved.push_str(found),
        }
        rest = after;
    }
    moved + rest
}

fn serve(items: Vec<Value>) -> ApiServer {
    let server = ApiServer::start();
    server.answer(move |asked| discovery(asked).or_else(|| answer(asked, &items)));
    server
}

/// What kubectl asks before all else.
fn discovery(asked: &Asked) -> Option<Response> {
    let groups: BTreeSet<&str> = Kind::read().map(Kind::group).collect();
    let of_group = |group: &str, version: &str| {
        let kinds = Kind::read().filter(|kind| kind.group() == group).map(|kind| {
            json!({"name": kind.plural(), "kind": kind.as_str(), "namespaced": kind.namespaced(), "verbs": ["get", "list"]})
        });
        json!({"kind": "APIResourceList", "groupVersion": version, "resources": kinds.collect::<Vec<_>>()})
    };
    let words: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    let found = match words.as_slice() {
        ["api"] => json!({"kind": "APIVersions", "versions": ["v1"]}),
        ["api", "v1"] => of_group("", "v1"),
        ["apis"] => {
            let named = groups
                .iter()
                .filter(|group| !group.is_empty())
                .map(|group| {
                    let version = json!({"groupVersion": format!("{group}/v1"), "version": "v1"});
                    json!({"name": group, "versions": [version], "preferredVersion": version})
                });
            json!({"kind": "APIGroupList", "groups": named.collect::<Vec<_>>()})
        }
        ["apis", group, "v1"] => of_group(group, &format!("{group}/v1")),
        _ => return None,
    };
    Some(Response::json(&found))
}

fn answer(asked: &Asked, items: &[Value]) -> Option<Response> {
    let wanted = Wanted::of(&asked.path)?;
    let mut found = items.iter().filter(|item| wanted.is(item));
    if wanted.name.is_some() {
        return found.next().map(Response::json);
    }
    let selector = asked.query("fieldSelector").unwrap_or_default();
    let selector = selector
        .replace("%3D", "=")
        .replace("%2C", ",")
        .replace("%21", "!");
    let found: Vec<Value> = found
        .filter(|item| selected(item, &selector))
        .cloned()
        .collect();
    Some(Response::list(
        &format!("{}List", wanted.kind.as_str()),
        &found,
    ))
}

fn selected(item: &Value, selector: &str) -> bool {
    let field = |path: &str| {
        let found = path.split('.').fold(item, |value, key| &value[key]);
        found.as_str().unwrap_or_default().to_owned()
    };
    let terms = selector.split(',').filter(|term| !term.is_empty());
    terms.into_iter().all(|term| match term.split_once("!=") {
        Some((path, value)) => field(path) != value,
        None => term
            .split_once('=')
            .is_none_or(|(path, value)| field(path) == value),
    })
}

/// Of the recorded cases that have a cause at most one in twenty is missed.
#[allow(clippy::print_stdout, reason = "the figure is wanted")]
pub(super) fn share(cases: &[Case]) {
    let has_cause = |case: &&Case| !case.report().diagnoses.is_empty();
    let recorded = cases.iter().filter(|case| is_recorded(case));
    let found = recorded.filter(has_cause).count();
    let missed = MISSED.len();
    println!("described: {} of {found}", found - missed);
    assert!(missed * 20 <= found, "{missed} of {found} are missed");
}
