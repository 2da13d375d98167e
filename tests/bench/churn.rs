//! What it costs to follow a cluster that does not stand still: 10,000 pods on 500 nodes, 100 that wait, 100,000 changes.
//!
//! `cargo bench --bench churn` prints what a change costs to take in and to judge, the same where everything is judged anew, and
//! the memory after every tenth of the changes. At the end both must say the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark may fail anywhere, and prints what it finds"
)]

mod cluster;

use cluster::Maker;
use kubectl_diagnose::testing::{
    Kind, Report, Requests, Retention, Scope, Store, Verdicts, diagnose, diagnose_again,
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
    memory: Vec<u64>,
}

fn main() {
    let changes: Vec<Change> = (0..CHANGES).map(Change::of).collect();
    let mut verdicts = Verdicts::default();
    let (followed, again) = pass(&changes, |store| {
        let changes = store.take_changes();
        let (snapshot, scope) = (store.snapshot(), Scope::everything());
        diagnose_again(
            &snapshot,
            &scope,
            Requests::default(),
            &mut verdicts,
            &changes,
        )
    });
    let (whole, anew) = pass(&changes, |store| {
        diagnose(&store.snapshot(), &Scope::everything(), Requests::default())
    });
    assert!(
        said(&again) == said(&anew),
        "what was kept differs from what is found"
    );
    tell("followed", &followed);
    tell("anew", &whole);
    println!("rules looked at an object {} times", verdicts.looked());
    let ratio = followed.judging.as_secs_f64() / whole.judging.as_secs_f64();
    println!("judging, followed to anew: {ratio:.2}");
    let first = followed.memory.first().copied().unwrap_or_default();
    println!("resident KiB, followed: {:?}", followed.memory);
    let last = followed.memory.last().copied().unwrap_or_default();
    println!("last to first: {:.3}", last as f64 / first as f64);
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

fn pass(changes: &[Change], mut look: impl FnMut(&mut Store) -> Report) -> (Cost, Report) {
    let mut store = cluster::store(NODES, PODS_EACH, PENDING, Maker::ReplicaSets);
    let start = store.snapshot().clock().at;
    let mut cost = Cost::default();
    let mut report = look(&mut store);
    for (second, some) in (1..).zip(changes.chunks(A_LOOK)) {
        let begun = Instant::now();
        some.iter().for_each(|change| change.apply(&mut store));
        cost.taking += begun.elapsed();
        store.set_time(start + Duration::from_secs(second));
        let begun = Instant::now();
        report = look(&mut store);
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
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}

/// Something that an API server tells.
enum Change {
    Is(Kind, Vec<u8>),
    Gone(Kind, Vec<u8>),
}

impl Change {
    /// Of ten changes six write the status of a healthy pod, one makes a pod and one takes it away again, one is an event, and
    /// one a kubelet that is heard.
    fn of(index: usize) -> Change {
        let is = |kind: Kind, object: Value| Change::Is(kind, object.to_string().into_bytes());
        let (pod, node) = (index * 7919 % (NODES * PODS_EACH), index * 31 % NODES);
        match index % 10 {
            6 => is(Kind::Pod, passing(index, node)),
            7 => Change::Gone(
                Kind::Pod,
                passing(index - 1, (index - 1) * 31 % NODES)
                    .to_string()
                    .into_bytes(),
            ),
            8 => is(Kind::Event, event(index)),
            9 => is(Kind::Node, cluster::heard(node, index)),
            _ => is(Kind::Pod, cluster::written(pod, pod / PODS_EACH, index)),
        }
    }

    fn apply(&self, store: &mut Store) {
        let done = match self {
            Change::Is(kind, json) => store.insert(*kind, json, Retention::Whole),
            Change::Gone(kind, json) => store.remove(*kind, json),
        };
        done.expect("a Kubernetes object");
    }
}

/// A pod of a Job, which stays for a moment.
fn passing(index: usize, node: usize) -> Value {
    let mut pod = cluster::running(index, node);
    pod["metadata"]["name"] = json!(format!("job-{index}"));
    pod
}

/// What the scheduler says of a pod that waits, again and again.
fn event(index: usize) -> Value {
    let template = index % 20;
    let (name, namespace) = (
        format!("new-{template}-{template}"),
        format!("team-{template}"),
    );
    let time = jiff::Timestamp::from_second(1_767_229_200 + index as i64 / 200).unwrap();
    json!({
        "metadata": {"name": format!("{name}.1"), "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": name},
        "reason": "FailedScheduling", "message": "0/1000 nodes are available: 1000 Insufficient cpu.", "type": "Warning",
        "eventTime": time.to_string(), "reportingComponent": "default-scheduler",
    })
}
