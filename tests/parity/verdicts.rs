//! What the scheduler says to each probe, of one and the same state of the cluster.
//!
//! Each probe is created alone, and taken away before the next one is. The scheduler hears of pods in the order in which they
//! come and go, so no probe sees another one.

use super::api::{Api, path};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the scheduler may take for its first word about a pod.
const PATIENCE: Duration = Duration::from_secs(20);
/// How soon it is asked for again.
const PAUSE: Duration = Duration::from_millis(2);

/// What became of a probe.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// No node took it.
    Refused,
    /// This node took it.
    Bound(String),
    /// This node takes it once its volumes are there.
    Waiting(String),
}

impl Outcome {
    /// The node that takes it.
    pub(crate) fn node(&self) -> Option<&str> {
        match self {
            Outcome::Refused => None,
            Outcome::Bound(node) | Outcome::Waiting(node) => Some(node),
        }
    }

    fn of(pod: &Value) -> Option<Outcome> {
        if let Some(node) = pod["spec"]["nodeName"].as_str() {
            return Some(Outcome::Bound(node.to_owned()));
        }
        // a pod that was refused before keeps its condition while it waits
        if let Some(node) = pod["status"]["nominatedNodeName"].as_str() {
            return Some(Outcome::Waiting(node.to_owned()));
        }
        let conditions = pod["status"]["conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        let refused = conditions.any(|c| c["type"] == "PodScheduled" && c["status"] == "False");
        refused.then_some(Outcome::Refused)
    }
}

/// A probe and what became of it on the cluster without other probes.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// The pod as it was last seen when refused, else as it was created.
    pub(crate) pod: Value,
    pub(crate) outcome: Outcome,
}

/// Waits for an outcome of which `enough` is true; what there is when it does not come.
pub(crate) async fn wait(
    api: &Api,
    probe: &Value,
    enough: impl Fn(&Outcome) -> bool,
) -> (Value, Outcome) {
    let begun = Instant::now();
    loop {
        let pod = api.get(&path(probe)).await.expect("the probe is there");
        let late = begun.elapsed() > PATIENCE;
        match Outcome::of(&pod) {
            Some(outcome) if late || enough(&outcome) => return (pod, outcome),
            None if late => panic!("the scheduler says nothing about {pod}"),
            _ => sleep(PAUSE).await,
        }
    }
}

/// Creates a probe, waits for the verdict and takes it away.
///
/// # Errors
/// When the API server does not take it, with its words.
pub(crate) async fn of(api: &Api, probe: &Value) -> Result<Verdict, String> {
    let created = api.create(probe).await?;
    let (pod, outcome) = wait(api, probe, |_| true).await;
    api.delete(probe).await.expect("the probe can be deleted");
    let pod = if outcome == Outcome::Refused {
        pod
    } else {
        created
    };
    Ok(Verdict { pod, outcome })
}

/// The scheduler's words about a pod.
pub(crate) fn said(pod: &Value) -> &str {
    let conditions = pod["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    let scheduled = conditions.find(|c| c["type"] == "PodScheduled");
    scheduled
        .and_then(|c| c["message"].as_str())
        .unwrap_or_default()
}
