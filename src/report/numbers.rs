//! What is stuck in numbers: how much of it, how long, and what waits for room.

use super::{Affected, Diagnosis, ObjectKey, Unexplained, WorkloadReport};
use crate::kubernetes::quantity::Quantity;
use crate::snapshot::Kind;
use crate::triage::Layer;
use serde::Serialize;
use std::collections::BTreeMap;

/// Seconds within which trouble is new.
pub const NEW: i64 = 15 * 60;

/// Numbers of what is stuck, each object once; what has ended or is held is not among it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StuckNumbers {
    /// All of them.
    pub objects: usize,
    /// Pods among them whose containers were started again.
    pub restarting: usize,
    /// Pods that the workloads among them want and do not have.
    pub never_created: i64,
    /// Those whose trouble began within the last 15 minutes.
    pub new: usize,
    /// Seconds for which the longest has been stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_seconds: Option<i64>,
    /// Seconds for which half of those of which that is known have been stuck, or longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_seconds: Option<i64>,
    /// By the layer at which each is stuck; of several the first that is told.
    pub by_layer: BTreeMap<&'static str, usize>,
    /// By namespace.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_namespace: BTreeMap<String, usize>,
    /// Pods by their node.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_node: BTreeMap<String, usize>,
    /// Pods that have no node.
    pub without_node: usize,
    /// What those request in all, as Kubernetes writes amounts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requested: BTreeMap<String, String>,
}

impl StuckNumbers {
    /// Of everything that is told; none where nothing is stuck.
    pub fn of(
        diagnoses: &[Diagnosis],
        unexplained: &[Unexplained],
        workloads: &[WorkloadReport],
    ) -> Option<Self> {
        let stuck = diagnoses.iter().filter(|one| !one.is_hint());
        let diagnosed = stuck.flat_map(|one| {
            let affected = one.affected.iter();
            affected.map(|affected| (affected, one.layer))
        });
        let unexplained = unexplained.iter().map(|one| (&one.object, one.next.layer));
        let mut objects: BTreeMap<ObjectKey<'_>, (&Affected, Layer)> = BTreeMap::new();
        for (one, layer) in diagnosed.chain(unexplained) {
            if !one.ended && !one.held {
                objects.entry(one.key()).or_insert((one, layer));
            }
        }
        let mut numbers = StuckNumbers::default();
        let mut requested: BTreeMap<&str, Quantity> = BTreeMap::new();
        for (one, layer) in objects.values() {
            numbers.count(one, *layer);
            numbers.never_created += lacks(one, workloads);
            for (resource, amount) in &one.requests {
                let sum = requested.entry(resource).or_default();
                *sum = *sum + *amount;
            }
        }
        let mut ages: Vec<i64> = objects
            .values()
            .filter_map(|(one, _)| one.since_seconds)
            .collect();
        ages.sort_unstable();
        numbers.new = ages.iter().filter(|age| **age <= NEW).count();
        numbers.longest_seconds = ages.last().copied();
        numbers.median_seconds = ages.get(ages.len() / 2).copied();
        let text = |(resource, amount): (&str, Quantity)| (resource.to_owned(), amount.to_string());
        numbers.requested = requested.into_iter().map(text).collect();
        (numbers.objects > 0).then_some(numbers)
    }

    fn count(&mut self, one: &Affected, layer: Layer) {
        self.objects += 1;
        *self.by_layer.entry(layer.as_str()).or_default() += 1;
        if let Some(namespace) = &one.namespace {
            *self.by_namespace.entry(namespace.clone()).or_default() += 1;
        }
        if one.kind != Kind::Pod.as_str() {
            return;
        }
        self.restarting += usize::from(one.restarts.is_some());
        match &one.node {
            Some(node) => *self.by_node.entry(node.clone()).or_default() += 1,
            None => self.without_node += 1,
        }
    }
}

/// How many pods a workload lacks that is stuck for that.
fn lacks(one: &Affected, workloads: &[WorkloadReport]) -> i64 {
    if one.kind == Kind::Pod.as_str() {
        return 0;
    }
    let is_it = |known: &&WorkloadReport| one.workload.as_ref() == Some(&known.object);
    let workload = workloads.iter().find(is_it);
    let lacks = workload.and_then(|known| Some(known.wanted? - known.pods?));
    lacks.unwrap_or_default().max(0)
}
