//! Lets probes preempt, and sees whether the real scheduler does what is computed: the same node, the same pods that give way, or
//! the same words for why none can.
//!
//! Every other comparison uses probes that never preempt, so that one and the same cluster answers all of them. Here each attempt
//! is made undone: the pods that had to go are created again.

use super::api::{Api, name, path};
use super::compare;
use super::generator::World;
use super::run::{keep, say};
use super::verdicts::{Outcome as Decided, Verdict, said};
use crate::support::{Count, DryRun, Engine, Outcome, Victim, scheduler_messages as scheduler};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The class of a probe that preempts, between those of the pods that are there.
pub(crate) const PREEMPTOR: &str = "preemptor";
/// The most attempts on one cluster in which pods have to give way, and in which none can.
const PER_CLUSTER: (usize, usize) = (8, 4);
/// How long the scheduler may take to decide and to delete the pods that give way.
const PATIENCE: Duration = Duration::from_secs(10);
/// After which no more than the expected pods are thought to go.
const QUIET: Duration = Duration::from_millis(150);

/// What came of the attempts.
#[derive(Debug, Default)]
pub(crate) struct Preemptions {
    pub(crate) tried: usize,
    /// In how many pods gave way.
    pub(crate) preempted: usize,
    pub(crate) failed: Vec<String>,
}

/// Lets refused probes try again with a class that preempts.
pub(crate) async fn try_some(
    api: &Api,
    base: &[Value],
    world: &World,
    verdicts: &[Verdict],
    preemptions: &mut Preemptions,
) {
    let loaded = compare::loaded(&compare::dump_of(base));
    let snapshot = loaded.snapshot();
    let engine = Engine::new(&snapshot);
    let is_refused = |probe: &&Value| {
        let mut refused = verdicts.iter().filter(|v| v.outcome == Decided::Refused);
        refused.any(|verdict| name(&verdict.pod) == name(probe))
    };
    let mut left = PER_CLUSTER;
    for probe in world.probes.iter().filter(is_refused) {
        let mut probe = probe.clone();
        let spec = probe["spec"].as_object_mut().expect("a pod has a spec");
        spec.insert("priorityClassName".to_owned(), json!(PREEMPTOR));
        spec.remove("priority");
        spec.remove("preemptionPolicy");
        let Ok(created) = api.create(&probe).await else {
            continue;
        };
        let mut expected = expected(&created, &engine);
        if let Some(found) = &expected {
            let left = match found.chosen() {
                Some(_) => &mut left.0,
                None => &mut left.1,
            };
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => expected = None,
            }
        }
        let decided = match &expected {
            Some(expected) => Some(decided(api, &probe, base, expected).await),
            None => None,
        };
        api.delete(&probe).await.expect("the probe can be deleted");
        let (Some(expected), Some(decided)) = (expected, decided) else {
            continue;
        };
        restore(api, world, &decided).await;
        preemptions.tried += 1;
        preemptions.preempted += usize::from(decided.node.is_some());
        if let Some(difference) = difference(&expected, &decided, base) {
            let verdict = Verdict {
                pod: decided.pod,
                outcome: Decided::Refused,
            };
            let file = keep(world.seed, base, &verdict);
            let words = format!(
                "seed {} probe {}: {difference}\n    {}",
                world.seed,
                name(&probe),
                file.display()
            );
            say(&words);
            preemptions.failed.push(words);
        }
    }
}

/// What is computed, where it says anything: some node could be helped, and none takes the pod as it is.
fn expected(pod: &Value, engine: &Engine<'_>) -> Option<std::sync::Arc<DryRun>> {
    let pod = serde_json::from_value(pod.clone()).expect("it is a pod");
    if engine.run_filters(&pod).feasible_nodes().next().is_some() {
        return None;
    }
    let found = engine.dry_run(&pod);
    let says_something = found.count(|outcome| *outcome != Outcome::NotHelpful) > 0;
    says_something.then_some(found)
}

/// What the scheduler decided.
struct Choice {
    pod: Value,
    node: Option<String>,
    /// The pods that it let go, `namespace/name`.
    gone: BTreeSet<String>,
}

async fn decided(api: &Api, probe: &Value, base: &[Value], expected: &DryRun) -> Choice {
    let begun = Instant::now();
    let (pod, node) = loop {
        let pod = api.get(&path(probe)).await.expect("the probe is there");
        let node = pod["status"]["nominatedNodeName"].as_str();
        let node = node.map(str::to_owned);
        if node.is_some() || !said(&pod).is_empty() {
            break (pod, node);
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "the scheduler says nothing about {pod}"
        );
        sleep(Duration::from_millis(2)).await;
    };
    let mut gone = BTreeSet::new();
    // on a busy machine one pod may go long after another, so all who are expected are waited for
    while let Some(node) = node.as_deref().filter(|_| begun.elapsed() < PATIENCE) {
        sleep(QUIET).await;
        let before = gone.len();
        gone = gone_of(api, base).await;
        let are_all = choices(expected, base).contains(&(node, gone.clone()));
        if are_all && gone.len() == before {
            break;
        }
    }
    Choice { pod, node, gone }
}

/// The pods of the cluster that have begun to go.
async fn gone_of(api: &Api, base: &[Value]) -> BTreeSet<String> {
    let now = api.list("Pod", "").await;
    let goes =
        |pod: &&Value| is_live(pod) && !now.iter().any(|other| same(other, pod) && is_live(other));
    pods(base).filter(goes).map(id).collect()
}

fn pods(objects: &[Value]) -> impl Iterator<Item = &Value> {
    objects.iter().filter(|object| object["kind"] == "Pod")
}

fn is_live(pod: &Value) -> bool {
    pod["metadata"]["deletionTimestamp"].is_null()
}

fn id(pod: &Value) -> String {
    format!(
        "{}/{}",
        pod["metadata"]["namespace"].as_str().unwrap_or_default(),
        name(pod)
    )
}

fn same(one: &Value, other: &Value) -> bool {
    id(one) == id(other)
}

/// Brings those back that had to go, as they were made: the API server does not take all again that it has written into them.
async fn restore(api: &Api, world: &World, decided: &Choice) {
    for pod in world
        .existing
        .iter()
        .filter(|pod| decided.gone.contains(&id(pod)))
    {
        // it may be gone by now
        let _ = api.delete(pod).await;
        api.create(pod).await.expect("the pod can be there again");
    }
    if !decided.gone.is_empty() {
        sleep(QUIET).await;
    }
}

fn difference(expected: &DryRun, decided: &Choice, base: &[Value]) -> Option<String> {
    let choices = choices(expected, base);
    let Some(node) = decided.node.as_deref() else {
        let theirs = tail(&decided.pod);
        let ours = texts(&expected.counts());
        let same = choices.is_empty() && theirs == ours;
        return (!same).then(|| {
            format!("nobody gives way\n    scheduler: {theirs:?}\n    computed:  {ours:?}, or {choices:?}")
        });
    };
    let chosen = (node, decided.gone.clone());
    (!choices.contains(&chosen))
        .then(|| format!("others give way\n    scheduler: {chosen:?}\n    computed:  {choices:?}"))
}

/// The nodes that the scheduler may choose, and which pods it then lets go.
fn choices<'e>(expected: &'e DryRun, base: &[Value]) -> Vec<(&'e str, BTreeSet<String>)> {
    let choices = expected.choices();
    choices
        .map(|(node, victims)| (node, live(victims, base)))
        .collect()
}

/// Those that are not going anyway.
fn live(victims: &[Victim], base: &[Value]) -> BTreeSet<String> {
    let victims = victims.iter().map(|victim| victim.pod.to_string());
    victims
        .filter(|victim| pods(base).any(|pod| id(pod) == *victim && is_live(pod)))
        .collect()
}

/// What the scheduler says about preemption.
fn tail(pod: &Value) -> Vec<String> {
    let message = scheduler::parse(said(pod));
    let items = message.preemption.map(|found| found.items);
    let counts = items.into_iter().flatten().map(|item| Count {
        count: item.count,
        reason: item.text,
    });
    texts(&counts.collect::<Vec<_>>())
}

fn texts(counts: &[Count]) -> Vec<String> {
    let text = |count: &Count| format!("{} {}", count.count.unwrap_or_default(), count.reason);
    let mut texts: Vec<String> = counts.iter().map(text).collect();
    texts.sort();
    texts
}
