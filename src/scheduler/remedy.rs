//! Looks for the smallest changes after which a node would take the pod, by making them on copies and running the filters again.
//!
//! For each node that comes into question every filter failure has its possible changes; all that reject one node must go
//! together (AND), while any node will do (OR). What is offered was checked by running the filters again and made at least one node fit; it is called
//! verified only when all nodes and pods of the cluster were read.
//!
//! `change` holds the single changes, with `spread` and `affinity` for those of constraints between pods, `options` which of them
//! removes an filter failure, `template_owner` the object to change, `fix` and `patch` the commands, `own_pods` what helps a workload that is in
//! its own way. Nothing is ever run.
//!
//! What does not belong here: whether an filter failure is a cause (`rules/scheduling`).

mod affinity;
mod change;
mod fix;
mod options;
mod own_pods;
mod spread;
mod template_owner;
#[cfg(test)]
mod tests;

use super::ranking::{Nearest, nearest_feasible};
use super::{Engine, Filter, FilterResults, Holder, Incoming, NodeResult, View, What, run_filters};
use crate::rules::finding::{Fix, Who};
use crate::snapshot::{PodView, Relation, Snapshot};
use affinity::LabelPeers;
use change::{Change, Kind, in_turn};
use k8s_openapi::api::core::v1::Pod;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use template_owner::TemplateOwner;

/// The most changes that are offered for one pod by one kind of person.
const OFFERED: usize = 3;
/// The nearest nodes for which changes are worked out; on the others the same ones come up again.
const NODES: usize = 100;

/// A change that would let the pod in, and what it removes.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The change.
    pub fix: Fix,
    /// The filters whose filter failures it removes.
    pub removes: Vec<Filter>,
}

/// A pod, and all that is known about where it could go.
struct Situation<'s> {
    pod: &'s PodView,
    snapshot: &'s Snapshot<'s>,
    view: &'s View<'s>,
    results: &'s FilterResults,
    /// What the pod wants by its spec alone.
    incoming: Incoming<'s, 's>,
    template_owner: TemplateOwner,
    /// Whether everything was read that the filters look at.
    proven: bool,
    label_peers: OnceCell<LabelPeers>,
}

impl<'s> Situation<'s> {
    fn new(pod: &'s PodView, view: &'s View<'s>, results: &'s FilterResults) -> Self {
        let snapshot = view.snapshot();
        Situation {
            pod,
            snapshot,
            view,
            results,
            incoming: Incoming::alone(pod.pod()),
            template_owner: TemplateOwner::of(pod, snapshot),
            proven: snapshot.pods().whole_cluster().is_ok() && results.unread.is_empty(),
            label_peers: OnceCell::new(),
        }
    }

    fn label_peers(&self) -> &LabelPeers {
        self.label_peers.get_or_init(|| LabelPeers::of(self))
    }

    fn relation(&self, holder: &Holder) -> Relation {
        let controller = holder.controller.as_deref();
        self.snapshot
            .relation(self.pod, &holder.namespace, controller)
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
    fn feasible_nodes(&self, pod: &Pod, view: &View<'_>) -> Vec<String> {
        let mut pod = pod.clone();
        let mut changed: Option<View<'_>> = None;
        for change in in_turn(&self.changes) {
            change.apply_to_pod(&mut pod);
            let view = changed.as_ref().unwrap_or(view);
            if let Some(node) = change.node() {
                changed = Some(view.with_node(node, |node| change.apply_to_node(node)));
            }
        }
        run_filters::takers_with(&self.node, &pod, changed.as_ref().unwrap_or(view))
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
pub fn propose(pod: &PodView, engine: &Engine<'_>) -> Vec<Remedy> {
    let snapshot = engine.snapshot();
    if snapshot.nodes().whole_cluster().is_err() {
        return Vec::new();
    }
    let results = engine.run_filters(pod.pod());
    if results.feasible_nodes().next().is_some() || !results.before.is_empty() {
        return Vec::new();
    }
    let at = Situation::new(pod, engine.view(), &results);
    let mut remedies = own_pods::propose(&at);
    let nearest_feasible = nearest_feasible(&results.nodes);
    let plans = candidates(&at, &nearest_feasible);
    for who in [Who::Owner, Who::Admin] {
        let plans = fewest(&plans, who);
        let offered = plans.filter_map(|plan| {
            let feasible_nodes = plan.feasible_nodes(pod.pod(), at.view);
            let fix = fix::of(&plan.changes, &at.template_owner, pod.pod(), who);
            (!feasible_nodes.is_empty()).then(|| Remedy {
                fix: Fix {
                    verified: at.proven.then_some(feasible_nodes),
                    ..fix
                },
                removes: plan.removes(),
            })
        });
        remedies.extend(offered.take(OFFERED));
    }
    remedies.extend(larger_node(&at, &nearest_feasible));
    remedies
}

/// The plans of one kind of person with the fewest changes, the smallest first.
fn fewest(plans: &[Plan], who: Who) -> impl Iterator<Item = &Plan> {
    let own = move || plans.iter().filter(move |plan| plan.who() == who);
    let least = own().map(|plan| plan.changes.len()).min();
    own().filter(move |plan| Some(plan.changes.len()) == least)
}

/// Every plan worth trying, the smallest first, and of those that differ in amounts or nodes alone the smallest.
fn candidates(at: &Situation<'_>, nearest_feasible: &Nearest<'_>) -> Vec<Plan> {
    let nearest = nearest_feasible.nodes().take(NODES);
    let mut plans: Vec<Plan> = nearest.flat_map(|node| for_node(at, node)).collect();
    plans.sort_by_cached_key(Plan::effort);
    let mut known = BTreeSet::new();
    plans.retain(|plan| known.insert(plan.kinds()));
    plans
}

/// The plans for one node: each change alone if it is enough; else what the owner can do as far as possible, and what an
/// administrator can.
fn for_node(at: &Situation<'_>, node: &NodeResult) -> Vec<Plan> {
    let Some(on) = at.view.node(&node.node) else {
        return Vec::new();
    };
    let mut options: Vec<Vec<Change>> = node
        .failures
        .iter()
        .map(|failure| options::of(at, on, failure))
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
fn larger_node(at: &Situation<'_>, nearest_feasible: &Nearest<'_>) -> Option<Remedy> {
    let is_room = |node: &NodeResult| {
        let mut failures = node.failures.iter();
        failures.any(|o| matches!(o.what, What::Resource { .. } | What::PodCount { .. }))
    };
    nearest_feasible
        .nodes()
        .next()
        .filter(|node| is_room(node))?;
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
