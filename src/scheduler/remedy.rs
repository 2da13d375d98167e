//! Looks for the smallest changes after which a node would take the pod, by making them on copies and judging again.
//!
//! For each node that comes into question every obstacle has its possible changes; all that stand against one node must go
//! together (AND), while any node will do (OR). What is offered was judged again and made at least one node fit; it is called
//! verified only when all nodes and pods of the cluster were read.
//!
//! `change` holds the single changes, with `spread` and `affinity` for those of constraints between pods, `options` which of them
//! removes an obstacle, `carrier` the object to change, `fix` and `patch` the commands, `own_pods` what helps a workload that is in
//! its own way. Nothing is ever run.
//!
//! What does not belong here: whether an obstacle is a cause (`rules/scheduling`).

mod affinity;
mod carrier;
mod change;
mod fix;
mod options;
mod own_pods;
mod spread;
#[cfg(test)]
mod tests;

use super::ranking::{Closeness, closest};
use super::{Engine, Filter, Holder, Incoming, Judgement, NodeObstacles, View, What, judge};
use crate::finding::{Fix, Who};
use crate::snapshot::{Kin, Snapshot, StuckPod};
use affinity::Lookalikes;
use carrier::Carrier;
use change::{Change, Kind, in_turn};
use k8s_openapi::api::core::v1::Pod;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// The most changes that are offered for one pod by one kind of person.
const OFFERED: usize = 3;
/// The nearest nodes for which changes are worked out; on the others the same ones come up again.
const NODES: usize = 100;

/// A change that would let the pod in, and what it removes.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The change.
    pub fix: Fix,
    /// The filters whose obstacles it removes.
    pub removes: Vec<Filter>,
}

/// A pod, and all that is known about where it could go.
struct Situation<'s> {
    pod: &'s StuckPod,
    snapshot: &'s Snapshot,
    view: &'s View<'s>,
    judged: &'s Judgement,
    /// What the pod wants by its spec alone.
    incoming: Incoming<'s, 's>,
    carrier: Carrier,
    /// Whether everything was read that the filters look at.
    proven: bool,
    lookalikes: OnceCell<Lookalikes>,
}

impl<'s> Situation<'s> {
    fn new(pod: &'s StuckPod, view: &'s View<'s>, judged: &'s Judgement) -> Self {
        let snapshot = view.snapshot();
        Situation {
            pod,
            snapshot,
            view,
            judged,
            incoming: Incoming::alone(pod.pod()),
            carrier: Carrier::of(pod, snapshot),
            proven: snapshot.pods().whole_cluster().is_ok() && judged.unread.is_empty(),
            lookalikes: OnceCell::new(),
        }
    }

    fn lookalikes(&self) -> &Lookalikes {
        self.lookalikes.get_or_init(|| Lookalikes::of(self))
    }

    fn kin(&self, holder: &Holder) -> Kin {
        let controller = holder.controller.as_deref();
        self.snapshot.kin(self.pod, &holder.namespace, controller)
    }
}

/// Changes that must be made together, for the sake of one node.
#[derive(Debug, Clone, PartialEq)]
struct Plan {
    node: String,
    changes: Vec<Change>,
}

impl Plan {
    fn who(&self) -> Who {
        let admin = self.changes.iter().any(|change| change.who() == Who::Admin);
        if admin { Who::Admin } else { Who::Owner }
    }

    /// Fewer changes, then smaller ones.
    fn effort(&self) -> (usize, u32) {
        let effort = self.changes.iter().map(Change::effort).sum();
        (self.changes.len(), effort)
    }

    /// What the plan does, whatever the node and the amounts.
    fn kinds(&self) -> Vec<Kind> {
        self.changes.iter().map(Change::kind).collect()
    }

    /// Makes the changes on copies and tells which nodes take the pod then; none when the plan's own does not.
    fn takers(&self, pod: &Pod, view: &View<'_>) -> Vec<String> {
        let mut pod = pod.clone();
        let mut changed: Option<View<'_>> = None;
        for change in in_turn(&self.changes) {
            change.apply_to_pod(&mut pod);
            let view = changed.as_ref().unwrap_or(view);
            if let Some(node) = change.node() {
                changed = Some(view.with_node(node, |node| change.apply_to_node(node)));
            }
        }
        judge::takers_with(&self.node, &pod, changed.as_ref().unwrap_or(view))
    }

    fn removes(&self) -> Vec<Filter> {
        let mut filters: Vec<Filter> = self.changes.iter().map(Change::filter).collect();
        filters.sort();
        filters.dedup();
        filters
    }
}

/// The smallest changes that let the pod in: its owner's before an administrator's. None when the nodes were not all read, a
/// node would take it as it is, or it is refused as a whole.
pub fn propose(pod: &StuckPod, engine: &Engine<'_>) -> Vec<Remedy> {
    let snapshot = engine.snapshot();
    if snapshot.nodes().whole_cluster().is_err() {
        return Vec::new();
    }
    let judged = engine.judge(pod.pod());
    if judged.takers().next().is_some() || !judged.before.is_empty() {
        return Vec::new();
    }
    let at = Situation::new(pod, engine.view(), &judged);
    let mut remedies = own_pods::propose(&at);
    let closest = closest(&judged.nodes);
    let plans = candidates(&at, &closest);
    for who in [Who::Owner, Who::Admin] {
        let plans = fewest(&plans, who);
        let offered = plans.filter_map(|plan| {
            let takers = plan.takers(pod.pod(), at.view);
            let fix = fix::of(&plan.changes, &at.carrier, pod.pod(), who);
            (!takers.is_empty()).then(|| Remedy {
                fix: Fix {
                    verified: at.proven.then_some(takers),
                    ..fix
                },
                removes: plan.removes(),
            })
        });
        remedies.extend(offered.take(OFFERED));
    }
    remedies.extend(larger_node(&at, &closest));
    remedies
}

/// The plans of one kind of person with the fewest changes, the smallest first.
fn fewest(plans: &[Plan], who: Who) -> impl Iterator<Item = &Plan> {
    let own = move || plans.iter().filter(move |plan| plan.who() == who);
    let least = own().map(|plan| plan.changes.len()).min();
    own().filter(move |plan| Some(plan.changes.len()) == least)
}

/// Every plan worth trying, the smallest first, and of those that differ in amounts or nodes alone the smallest.
fn candidates(at: &Situation<'_>, closest: &Closeness<'_>) -> Vec<Plan> {
    let nearest = closest.nodes().take(NODES);
    let mut plans: Vec<Plan> = nearest.flat_map(|node| for_node(at, node)).collect();
    plans.sort_by_cached_key(Plan::effort);
    let mut known = BTreeSet::new();
    plans.retain(|plan| known.insert(plan.kinds()));
    plans
}

/// The plans for one node: each change alone if it is enough; else what the owner can do as far as possible, and what an
/// administrator can.
fn for_node(at: &Situation<'_>, node: &NodeObstacles) -> Vec<Plan> {
    let Some(on) = at.view.node(&node.node) else {
        return Vec::new();
    };
    let mut options: Vec<Vec<Change>> = node
        .obstacles
        .iter()
        .map(|obstacle| options::of(at, on, obstacle))
        .collect();
    options.dedup();
    let plan = |changes: Vec<Change>| Plan {
        node: node.node.clone(),
        changes,
    };
    if let [only] = options.as_slice() {
        return only.iter().map(|one| plan(vec![one.clone()])).collect();
    }
    let preferring = |who: Who| -> Option<Plan> {
        let mut changes: Vec<Change> = Vec::new();
        for alternatives in &options {
            let preferred = alternatives.iter().find(|change| change.who() == who);
            let change = preferred.or(alternatives.first())?;
            if !changes.contains(change) {
                changes.push(change.clone());
            }
        }
        Some(plan(changes))
    };
    [Who::Owner, Who::Admin]
        .into_iter()
        .filter_map(preferring)
        .collect()
}

/// Advice that always helps against full nodes, without a command: how much room a further node must have.
fn larger_node(at: &Situation<'_>, closest: &Closeness<'_>) -> Option<Remedy> {
    let is_room = |node: &NodeObstacles| {
        let mut obstacles = node.obstacles.iter();
        obstacles.any(|o| matches!(o.what, What::Resource { .. } | What::PodCount { .. }))
    };
    closest.nodes().next().filter(|node| is_room(node))?;
    let amounts = at
        .incoming
        .requests
        .iter()
        .filter(|(_, amount)| !amount.is_zero());
    let size: Vec<String> = amounts
        .map(|(resource, amount)| format!("{resource} {}", amount.human(resource)))
        .collect();
    let fix = if size.is_empty() {
        Fix::advice("add a node, or let a node run more pods", Who::Admin)
    } else {
        Fix::advice("add a node with room for {size}", Who::Admin).fact("size", size.join(" and "))
    };
    Some(Remedy {
        fix,
        removes: vec![Filter::NodeResourcesFit],
    })
}
