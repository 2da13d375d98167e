//! What the scheduler says to each probe, of one and the same state of the cluster.
//!
//! All probes are created together; those that are bound change what the others see. So they are taken away and the rest is
//! created anew, until none is bound: what is said then is of the cluster without probes. Those that were bound are then
//! created one by one, each alone.

use super::api::{Api, name, path};
use super::generator::{NAMESPACES, PROBE};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the scheduler may take for its first word about a pod.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a pod without a word is taken to wait for its volumes.
const SILENCE: Duration = Duration::from_secs(3);

/// What became of a probe.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// No node took it.
    Refused,
    /// This node took it.
    Bound(String),
    /// It waits for a volume, on the node if that is told: some node takes it.
    Waiting(Option<String>),
}

/// A probe and what became of it on the cluster without other probes.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// The pod as it was last seen when refused, else as it was created.
    pub(crate) pod: Value,
    pub(crate) outcome: Outcome,
}

/// The verdicts of one cluster.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) all: Vec<Verdict>,
    /// Probes that the API server did not take, with its words.
    pub(crate) invalid: Vec<String>,
    /// How often the probes were created together.
    pub(crate) passes: usize,
}

fn outcome(pod: &Value) -> Option<Outcome> {
    if let Some(node) = pod["spec"]["nodeName"].as_str() {
        return Some(Outcome::Bound(node.to_owned()));
    }
    let conditions = pod["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    let scheduled = conditions.find(|c| c["type"] == "PodScheduled")?;
    (scheduled["status"] == "False").then_some(Outcome::Refused)
}

/// Takes all probes away.
async fn clear(api: &Api) {
    let all = format!("{PROBE}%3Dprobe");
    for namespace in NAMESPACES {
        api.delete_all("Pod", Some(namespace), &all).await;
    }
    while !api.list("Pod", &all).await.is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    // the scheduler hears of it a moment later
    sleep(Duration::from_millis(50)).await;
}

/// Runs every probe to its verdict.
pub(crate) async fn of(api: &Api, probes: &[Value]) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut left = probes.to_vec();
    let mut alone: Vec<Value> = Vec::new();
    loop {
        verdicts.passes += 1;
        let seen = together(api, &left, &mut verdicts.invalid).await;
        let taken = |probe: &&Value| {
            seen.get(name(probe))
                .is_some_and(|(_, o)| *o != Outcome::Refused)
        };
        let bound: Vec<Value> = left.iter().filter(taken).cloned().collect();
        clear(api).await;
        if bound.is_empty() {
            let refused = seen
                .into_values()
                .map(|(pod, outcome)| Verdict { pod, outcome });
            verdicts.all.extend(refused);
            break;
        }
        left.retain(|probe| {
            seen.get(name(probe))
                .is_some_and(|(_, o)| *o == Outcome::Refused)
        });
        alone.extend(bound);
    }
    for probe in alone {
        verdicts.all.push(single(api, &probe).await);
    }
    verdicts
}

/// Creates probes together and waits for a word about each.
async fn together(
    api: &Api,
    probes: &[Value],
    invalid: &mut Vec<String>,
) -> BTreeMap<String, (Value, Outcome)> {
    let mut stored = BTreeMap::new();
    for outcome in api.create_all(probes).await {
        match outcome {
            Ok(pod) => {
                stored.insert(name(&pod).to_owned(), pod);
            }
            Err(why) => invalid.push(why),
        }
    }
    let begun = Instant::now();
    let mut quiet = (0, begun);
    loop {
        let pods = api.list("Pod", &format!("{PROBE}%3Dprobe")).await;
        let known = pods.iter().filter(|pod| outcome(pod).is_some()).count();
        if quiet.0 != known {
            quiet = (known, Instant::now());
        }
        let silent = quiet.1.elapsed() > SILENCE;
        if known == stored.len() || silent {
            assert!(begun.elapsed() < PATIENCE, "the scheduler does not answer");
            let told = |pod: Value| {
                let waits = pod["status"]["nominatedNodeName"]
                    .as_str()
                    .map(str::to_owned);
                let outcome = outcome(&pod).unwrap_or(Outcome::Waiting(waits));
                (name(&pod).to_owned(), (pod, outcome))
            };
            return pods.into_iter().map(told).collect();
        }
        sleep(Duration::from_millis(60)).await;
    }
}

/// Creates one probe alone, waits for its verdict and takes it away.
pub(crate) async fn single(api: &Api, probe: &Value) -> Verdict {
    let created = api.create(probe).await.expect("it was created before");
    let begun = Instant::now();
    let (pod, outcome) = loop {
        let pod = api.get(&path(probe)).await.expect("the probe is there");
        match outcome(&pod) {
            Some(outcome) => break (pod, outcome),
            None if begun.elapsed() > SILENCE => {
                let waits = pod["status"]["nominatedNodeName"]
                    .as_str()
                    .map(str::to_owned);
                break (pod, Outcome::Waiting(waits));
            }
            None => sleep(Duration::from_millis(4)).await,
        }
    };
    api.delete(probe).await.expect("the probe can be deleted");
    while api.get(&path(probe)).await.is_ok() {
        sleep(Duration::from_millis(4)).await;
    }
    let pod = if outcome == Outcome::Refused {
        pod
    } else {
        created
    };
    Verdict { pod, outcome }
}
