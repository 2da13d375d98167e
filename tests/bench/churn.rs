//! What it costs to follow a cluster that does not stand still: 10,000 pods on 500 nodes, 100 that wait, 100,000 changes.
//!
//! `cargo bench --bench churn` prints what a change costs to take in and to judge, the same where everything is judged anew, and
//! the memory after every tenth of the changes. At the end both must say the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may fail anywhere, measures time, and prints what it finds"
)]

mod cluster;

use cluster::Maker;
use kubectl_diagnose::testing::{
    Kind, Report, Requests, Retention, Scope, Store, Verdicts, diagnose, diagnose_again, process,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NODES: usize = 500;
const PODS_EACH: usize = 20;
const PENDING: usize = 100;
const CHANGES: usize = 100_000;
/// As many come in the second in which the watch looks once.
const A_LOOK: usize = 200;

/// What a pass took.
#[derive(Default)]
struct Cost {
    taking: Duration,
    judging: Duration,
    looks: usize,
    looked: u64,
    memory: Vec<u64>,
}

fn main() {
    // what runs on as it should: the status of healthy pods is written, and kubelets are heard
    let (calm, _) = compare("calm", &|index| match index % 10 {
        0 => heard(index),
        _ => written(index),
    });
    assert_eq!(calm.looked, 0, "nothing has changed");
    let (busy, _) = compare("busy", &Change::of);
    println!("resident KiB after each tenth: {:?}", busy.memory);
    let (first, last) = (busy.memory[0], busy.memory[busy.memory.len() - 1]);
    println!("last to first: {:.3}", last as f64 / first as f64);
}

/// Follows the same changes with what was found before, and without.
fn compare(name: &str, change: &dyn Fn(usize) -> Change) -> (Cost, Cost) {
    let mut verdicts = Verdicts::default();
    let mut first = 0;
    let (mut followed, again) = pass(change, |store, look| {
        let changes = store.take_changes();
        let (snapshot, scope) = (store.snapshot(), Scope::everything());
        let requests = Requests::default();
        let report = diagnose_again(&snapshot, &scope, requests, &mut verdicts, &changes);
        if look == 0 {
            first = verdicts.looked();
        }
        report
    });
    let (anew, expected) = pass(change, |store, _| {
        diagnose(&store.snapshot(), &Scope::everything(), Requests::default())
    });
    assert!(
        said(&again) == said(&expected),
        "what was kept differs from what is found"
    );
    followed.looked = verdicts.looked() - first;
    tell(&format!("{name}, followed"), &followed);
    tell(&format!("{name}, anew"), &anew);
    let looked = followed.looked as f64 / followed.looks as f64;
    println!("{name}: the rules looked at {looked:.1} objects a look");
    let ratio = followed.judging.as_secs_f64() / anew.judging.as_secs_f64();
    println!("{name}: judging, followed to anew: {ratio:.3}");
    (followed, anew)
}

/// What does not tell how old something is.
fn said(report: &Report) -> Vec<(&str, &str, &str, usize)> {
    let all = report.diagnoses.iter();
    let said = all.map(|one| {
        (
            one.cause,
            one.fingerprint.as_str(),
            one.headline.as_str(),
            one.affected.len(),
        )
    });
    said.collect()
}

fn tell(what: &str, cost: &Cost) {
    let micros = |time: Duration, parts: usize| time.as_secs_f64() * 1e6 / parts as f64;
    println!(
        "{what}: a change {:.1} µs to take in, {:.1} µs to judge; a look {:.2} ms",
        micros(cost.taking, CHANGES),
        micros(cost.judging, CHANGES),
        micros(cost.judging, cost.looks) / 1e3,
    );
}

fn pass(
    change: &dyn Fn(usize) -> Change,
    mut look: impl FnMut(&mut Store, usize) -> Report,
) -> (Cost, Report) {
    let mut store = cluster::store(NODES, PODS_EACH, PENDING, Maker::ReplicaSets);
    let start = store.snapshot().clock().at;
    let mut cost = Cost::default();
    let mut report = look(&mut store, 0);
    for look_at in 1..=CHANGES / A_LOOK {
        let some: Vec<Change> = (0..A_LOOK)
            .map(|place| change(look_at * A_LOOK + place))
            .collect();
        let begun = Instant::now();
        some.iter().for_each(|change| change.apply(&mut store));
        cost.taking += begun.elapsed();
        // what only time changes is another matter: all happens within a moment
        store.set_time(start + Duration::from_millis(look_at as u64 * 10));
        let begun = Instant::now();
        report = look(&mut store, look_at);
        cost.judging += begun.elapsed();
        cost.looks += 1;
        if cost.looks.is_multiple_of(CHANGES / A_LOOK / 10) {
            cost.memory.push(resident());
        }
    }
    (cost, report)
}

/// KiB that the process has in memory.
fn resident() -> u64 {
    process::memory(process::SELF).unwrap_or_default() / 1024
}

/// Something that an API server tells.
enum Change {
    Is(Kind, Vec<u8>),
    Gone(Kind, Vec<u8>),
}

fn is(kind: Kind, object: &Value) -> Change {
    Change::Is(kind, object.to_string().into_bytes())
}

/// The status of a healthy pod is written once more.
fn written(index: usize) -> Change {
    let pod = index * 7919 % (NODES * PODS_EACH);
    is(Kind::Pod, &cluster::written(pod, pod / PODS_EACH, index))
}

/// A kubelet is heard.
fn heard(index: usize) -> Change {
    is(Kind::Node, &cluster::heard(index * 31 % NODES, index))
}

impl Change {
    /// Of a hundred changes 70 write the status of a healthy pod, ten make a pod and ten take it away again, nine are a kubelet
    /// that is heard, and one is an event of a pod that waits.
    fn of(index: usize) -> Change {
        match index % 100 {
            70..80 => is(Kind::Pod, &passing(index)),
            80..90 => Change::Gone(Kind::Pod, passing(index - 10).to_string().into_bytes()),
            90..99 => heard(index),
            99 => is(Kind::Event, &event(index)),
            _ => written(index),
        }
    }

    fn apply(&self, store: &mut Store) {
        let done = match self {
            Change::Is(kind, json) => store.insert(*kind, json.as_slice(), Retention::Whole),
            Change::Gone(kind, json) => store.remove(*kind, json),
        };
        done.expect("a Kubernetes object");
    }
}

/// A pod of a Job, which stays for a moment.
fn passing(index: usize) -> Value {
    let mut pod = cluster::running(index, index * 31 % NODES);
    pod["metadata"]["name"] = json!(format!("job-{index}"));
    pod
}

/// What the scheduler says of a pod that waits, again and again.
fn event(index: usize) -> Value {
    let template = index / 100 % 20;
    let (name, namespace) = (
        format!("new-{template}-{template}"),
        format!("team-{template}"),
    );
    json!({
        "metadata": {"name": format!("{name}.1"), "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": name},
        "reason": "FailedScheduling", "message": "0/1000 nodes are available: 1000 Insufficient cpu.", "type": "Warning",
        "eventTime": "2026-01-01T01:00:00Z", "reportingComponent": "default-scheduler",
    })
}
