//! What preemption would find for a pod that no node takes: on each node, which pods would have to give way.
//!
//! It is found as the scheduler finds it. Where removing pods can help at all, every pod of lower priority is taken off
//! the node; if the pod fits then, they are put back one by one, the most important first, as long as it still fits. Of
//! the nodes the one is chosen where the least is lost.
//!
//! Left out on purpose: PodDisruptionBudgets, which only change the order in which pods are put back and nodes compared, so that
//! the scheduler may choose another node; extenders; groups of pods that are preempted together (alpha in 1.37). Whether the pod
//! may preempt at all is its policy's and no question of this module.
//!
//! Source: kube-scheduler `framework/preemption/preemption.go` and `types.go`, `plugins/defaultpreemption` (1.37).

use crate::kubernetes::pod::Pod;
use crate::messages::scheduler::PreemptionSays;
use crate::scheduler::{
    Count, FilterFailure, FilterResults, Holder, Incoming, NodeResult, NodeView, View,
    VolumeFailure, What, run_filters,
};
use crate::snapshot::PodRecord;
use jiff::Timestamp;
use serde::Serialize;
use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The scheduler looks no further when this many nodes have been found, or a tenth of those in question
/// (`DefaultPreemptionArgs`). It begins anywhere, and here the first by name are taken.
const ENOUGH: usize = 100;

/// A pod that would give way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Victim {
    /// The pod.
    pub pod: Holder,
    /// `spec.priority`
    pub priority: i32,
    #[serde(skip)]
    started: Option<Timestamp>,
}

/// What preemption finds on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Removing pods does not help: the node is too small, tainted, of the wrong label.
    NotHelpful,
    /// No pod on it has a lower priority.
    NoVictims,
    /// Without all pods of lower priority the filters still fail for these reasons.
    StillFails(Vec<String>),
    /// The pod fits once these are gone, the most important first.
    Room(Vec<Victim>),
}

/// What preemption finds, node by node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// In order of names; nodes behind the last one that was needed are missing.
    pub nodes: Vec<(Arc<str>, Outcome)>,
}

/// Tries it on all nodes.
pub(in crate::scheduler) fn dry_run(pod: &Pod, view: &View<'_>, results: &FilterResults) -> DryRun {
    // with nobody below it no node is looked at
    let incoming = LazyCell::new(|| Incoming::new(pod, view));
    let refused = !results.before.is_empty();
    let hopeless = |node: &NodeResult| refused || !may_help(&node.failures);
    let in_question = results.nodes.iter().filter(|node| !hopeless(node)).count();
    let enough = ENOUGH.max(in_question / 10);
    let priority = Incoming::alone(pod).priority();
    let footprints = view.pod_records().footprints().iter();
    let lower: Vec<bool> = footprints
        .map(|footprint| footprint.priority < priority)
        .collect();
    let is_lower = |place: usize| lower.get(place).copied().unwrap_or_default();
    let mut found = 0;
    let mut nodes = Vec::new();
    for node in &results.nodes {
        let outcome = match view.node(&node.node) {
            Some(on) if !hopeless(node) => {
                if found >= enough {
                    continue;
                }
                let lower: Vec<&PodRecord> = on.pods_like(is_lower).collect();
                if lower.is_empty() {
                    Outcome::NoVictims
                } else {
                    on_node(&incoming, on, lower, view)
                }
            }
            _ => Outcome::NotHelpful,
        };
        found += usize::from(matches!(outcome, Outcome::Room(_)));
        nodes.push((Arc::clone(&node.node), outcome));
    }
    DryRun { nodes }
}

/// Whether pods that go could make the node fit. The first failing filter alone decides that, since the scheduler stops there.
fn may_help(failures: &[FilterFailure]) -> bool {
    let Some(first) = failures.first() else {
        return false;
    };
    let mut of_first = failures
        .iter()
        .take_while(|other| other.filter == first.filter);
    if first.filter.gives_one() {
        goes_with_pods(first)
    } else {
        of_first.all(goes_with_pods)
    }
}

/// Whether a filter failure can go with the pods of a node: the scheduler answers `Unschedulable` and not
/// `UnschedulableAndUnresolvable`.
fn goes_with_pods(failure: &FilterFailure) -> bool {
    match &failure.what {
        What::Port { .. } | What::PodCount { .. } | What::Together { .. } => true,
        What::Resource {
            asked, allocatable, ..
        } => asked <= allocatable,
        What::Spread { domain, .. } => domain.is_some(),
        What::Volume(failure) => matches!(
            failure,
            VolumeFailure::Disk { .. }
                | VolumeFailure::InUse { .. }
                | VolumeFailure::AttachLimit { .. }
                | VolumeFailure::NoDriver { .. }
        ),
        _ => false,
    }
}

/// What is found on a node with these pods of lower priority.
fn on_node<'v>(
    pod: &Incoming<'_, 'v>,
    node: &NodeView<'v>,
    lower: Vec<&'v PodRecord>,
    view: &View<'v>,
) -> Outcome {
    let mut gone = by_importance(lower, view);
    let left = run_filters::without(pod, node, &gone, view);
    if !left.is_empty() {
        return Outcome::StillFails(reasons(&left));
    }
    for pod_record in gone.clone() {
        let others: Vec<&PodRecord> = gone
            .iter()
            .copied()
            .filter(|other| !other.is(pod_record))
            .collect();
        if run_filters::takes_without(pod, node, &others, view) {
            gone = others;
        }
    }
    let victim = |pod_record: &PodRecord| Victim {
        pod: Holder::from(pod_record),
        priority: view.pod_records().footprint(pod_record).priority,
        started: pod_record.started(),
    };
    Outcome::Room(gone.into_iter().map(victim).collect())
}

/// The most important first: of the same priority those that have run longer.
fn by_importance<'v>(mut pods: Vec<&'v PodRecord>, view: &View<'v>) -> Vec<&'v PodRecord> {
    let priority = |pod_record: &PodRecord| view.pod_records().footprint(pod_record).priority;
    pods.sort_by_key(|pod_record| (Reverse(priority(pod_record)), since(pod_record.started())));
    pods
}

/// A pod that has not started counts as started now.
fn since(started: Option<Timestamp>) -> Timestamp {
    started.unwrap_or(Timestamp::MAX)
}

/// The reasons of the first failing filter, each once.
fn reasons(failures: &[FilterFailure]) -> Vec<String> {
    let Some(first) = failures.first() else {
        return Vec::new();
    };
    let same = failures
        .iter()
        .take_while(|other| other.filter == first.filter);
    let reasons: BTreeSet<&str> = if first.filter.gives_one() {
        BTreeSet::from([&*first.reason])
    } else {
        same.map(|failure| &*failure.reason).collect()
    };
    reasons.into_iter().map(str::to_owned).collect()
}

impl DryRun {
    /// The node that the scheduler would choose, and who gives way there: of those that it may choose the first.
    pub fn chosen(&self) -> Option<(&str, &[Victim])> {
        self.choices().next()
    }

    /// All nodes that the scheduler may choose. They lose the least important pods, then the fewest, then the youngest; of those
    /// that lose the same it takes any.
    pub fn choices(&self) -> impl Iterator<Item = (&str, &[Victim])> {
        let rooms = || self.nodes.iter().filter_map(room);
        let least = rooms().map(|(_, victims)| loss(victims)).min();
        rooms().filter(move |(_, victims)| Some(loss(victims)) == least)
    }

    /// The nodes by what the scheduler says of them when preemption finds none.
    pub fn counts(&self) -> Vec<Count> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (_, outcome) in &self.nodes {
            let reasons = match outcome {
                Outcome::NotHelpful => vec![PreemptionSays::NOT_HELPFUL.to_owned()],
                Outcome::NoVictims => vec![PreemptionSays::NO_VICTIMS.to_owned()],
                Outcome::StillFails(reasons) => reasons.clone(),
                Outcome::Room(_) => continue,
            };
            for reason in reasons {
                *counts.entry(reason).or_default() += 1;
            }
        }
        let count = |(reason, count)| Count {
            count: Some(count),
            reason,
        };
        counts.into_iter().map(count).collect()
    }

    /// On how many nodes it is so.
    pub fn count(&self, is_so: impl Fn(&Outcome) -> bool) -> usize {
        let nodes = self.nodes.iter();
        nodes.filter(|(_, outcome)| is_so(outcome)).count()
    }
}

fn room((node, outcome): &(Arc<str>, Outcome)) -> Option<(&str, &[Victim])> {
    match outcome {
        Outcome::Room(victims) => Some((node, victims)),
        _ => None,
    }
}

/// What a node loses, to be compared: its most important victim, all of their priorities, their number, the time for
/// which the oldest of the most important ones has run.
fn loss(victims: &[Victim]) -> (i32, i64, usize, Reverse<Timestamp>) {
    let highest = victims.first().map_or(i32::MIN, |victim| victim.priority);
    // counted from the lowest one, so that each pod adds to it
    let sum = victims
        .iter()
        .map(|victim| i64::from(victim.priority) - i64::from(i32::MIN))
        .sum();
    let earliest = victims
        .iter()
        .filter(|victim| victim.priority == highest)
        .map(|victim| since(victim.started))
        .min();
    let earliest = Reverse(earliest.unwrap_or(Timestamp::MAX));
    (highest, sum, victims.len(), earliest)
}

#[cfg(test)]
mod tests;
