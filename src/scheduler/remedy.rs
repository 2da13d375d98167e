//! Looks for the smallest changes after which a node would take the pod, by making them on copies and running the filters again.
//!
//! For each node that comes into question every filter failure has its possible changes; all that reject one node must go
//! together (AND), while any node will do (OR). What is offered was checked by running the filters again and made at least one
//! node fit; it is called verified only when all nodes and pods of the cluster were read.
//!
//! `change` holds the single changes, with `spread` and `affinity` for those of constraints between pods, `options` which of them
//! removes a filter failure, `commands` what makes them, `own_pods` what helps a workload whose own pods are in the way, `room`
//! for how many pods a change makes room. Nothing is ever run.
//!
//! What does not belong here: whether a filter failure is a cause (`rules/scheduling`), how a remedy is worded and who may
//! apply it (`rules/shared/remedies`).

mod affinity;
mod change;
mod commands;
mod options;
mod own_pods;
mod room;
mod spread;

pub use affinity::{AffinityRelaxation, AffinityRule, RelaxedTerm};
pub use change::Change;
pub use own_pods::OnePer;
pub use spread::{RelaxedSpread, SpreadRelaxation};

use super::ranking::{Nearest, nearest_feasible};
use super::{
    Engine, Filter, FilterResults, Holder, Incoming, NodeNames, NodeResult, View, run_filters,
};
use crate::kubernetes::pod::Pod;
use crate::snapshot::{ObjectRef, PodView, Relation, Snapshot, TemplateOwner};
use affinity::LabelPeers;
use change::{ChangeKind, in_turn};
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most plans that are offered for one pod, of those that change no node and of those that do.
const OFFERED: usize = 3;
/// The nearest nodes for which changes are worked out; on the others the same ones come up again.
const NODES: usize = 100;

/// What would let the pod in, and which filter failures it removes.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// What is done.
    pub action: Action,
    /// The filters whose filter failures it removes.
    pub removes: Vec<Filter>,
    /// The object to change.
    pub target: Option<ObjectRef>,
    /// The change as a JSON patch (RFC 6902) against the target; empty when there is none that does all of it.
    pub patch: Vec<Value>,
    /// The command that does all of it, quoted for a POSIX shell; empty when there is none.
    pub command: String,
    /// The nodes that take the pod then; absent when not all nodes and pods were read, or the filters were not run again.
    pub verified: Option<NodeNames>,
    /// For how many pods like this one there is room then, where one does not bear on the next.
    pub room: Option<usize>,
}

impl Remedy {
    /// One without a command.
    fn new(action: Action, removes: Vec<Filter>) -> Self {
        Remedy {
            action,
            removes,
            target: None,
            patch: Vec::new(),
            command: String::new(),
            verified: None,
            room: None,
        }
    }

    /// One of these changes.
    fn of_changes(at: &Situation<'_>, action: Action, removes: Vec<Filter>) -> Self {
        Remedy::new(action, removes).commanded(&at.template_owner, at.pod)
    }

    /// With what makes its changes of this pod.
    fn commanded(self, template_owner: &TemplateOwner, pod: &PodView) -> Self {
        let (Action::Change(changes) | Action::PreferAndReplace(changes)) = &self.action else {
            return self;
        };
        let commands = commands::of(changes, template_owner, pod.pod());
        Remedy {
            target: commands.target,
            patch: commands.patch,
            command: commands.command,
            ..self
        }
    }

    /// One whose patch changes the owner of the pod's template.
    fn of_owner(
        at: &Situation<'_>,
        action: Action,
        removes: Vec<Filter>,
        (command, patch): (String, Vec<Value>),
    ) -> Self {
        Remedy {
            target: Some(at.template_owner.object.clone()),
            patch,
            command,
            ..Remedy::new(action, removes)
        }
    }

    /// With the number of pods for which there is room.
    fn with_room(self, room: Option<usize>) -> Self {
        let room = room.filter(|_| self.verified.is_some());
        Remedy { room, ..self }
    }

    /// Verified, when everything was read that decides.
    fn verified(self, at: &Situation<'_>, feasible_nodes: NodeNames) -> Self {
        let verified = at.proven.then_some(feasible_nodes);
        Remedy { verified, ..self }
    }
}

/// What a remedy does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Changes of the pod's spec and of nodes, which are made together.
    Change(Vec<Change>),
    /// Terms of the anti-affinity become preferred, and the pods that run are deleted one after the other, since each keeps the
    /// term of the old template.
    PreferAndReplace(Vec<Change>),
    /// A rolling update stops an old pod before it starts a new one.
    StopOldPodFirst {
        /// How many pods the Deployment wants, where that was read: one fewer serves meanwhile.
        replicas: Option<i64>,
    },
    /// No more replicas run than this.
    FewerReplicas {
        /// How many can.
        replicas: u32,
        /// What each of them takes.
        one_per: OnePer,
    },
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
            proven: results.is_whole(),
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
    fn changes_a_node(&self) -> bool {
        self.changes.iter().any(|change| change.node().is_some())
    }

    /// Fewer changes, then smaller ones.
    fn effort(&self) -> (usize, u32) {
        let effort = self.changes.iter().map(Change::effort).sum();
        (self.changes.len(), effort)
    }

    /// What the plan does, whatever the node and the amounts.
    fn kinds(&self) -> Vec<ChangeKind> {
        self.changes.iter().map(Change::kind).collect()
    }

    /// The pod with the changes of its spec.
    fn changed(&self, pod: &Pod) -> Pod {
        let mut pod = pod.clone();
        for change in in_turn(&self.changes) {
            change.apply_to_pod(&mut pod);
        }
        pod
    }

    /// Makes the changes on copies and tells which nodes take the pod then; none when the plan's own does not.
    fn feasible_nodes(&self, pod: &Pod, view: &View<'_>) -> NodeNames {
        let mut pod = pod.clone();
        let mut changed: Option<View<'_>> = None;
        for change in in_turn(&self.changes) {
            change.apply_to_pod(&mut pod);
            let view = changed.as_ref().unwrap_or(view);
            if let Some(node) = change.node() {
                changed = Some(view.with_node(node, |node| change.apply_to_node(node)));
            }
        }
        run_filters::feasible_nodes_with(&self.node, &pod, changed.as_ref().unwrap_or(view))
    }

    fn removes(&self) -> Vec<Filter> {
        let mut filters: Vec<Filter> = self.changes.iter().map(Change::filter).collect();
        filters.sort();
        filters.dedup();
        filters
    }
}

/// The smallest changes that let the pod in: those of its spec before those of nodes. None when the nodes were not all read, a
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
    for of_nodes in [false, true] {
        let offered = fewest(&plans, of_nodes).filter_map(|plan| {
            let feasible_nodes = engine.shared_names(plan.feasible_nodes(pod.pod(), at.view));
            (!feasible_nodes.is_empty()).then(|| {
                let action = Action::Change(plan.changes.clone());
                let room = room::for_pods(&plan.changed(pod.pod()), at.view, &feasible_nodes);
                let remedy = Remedy::of_changes(&at, action, plan.removes());
                remedy.verified(&at, feasible_nodes).with_room(room)
            })
        });
        remedies.extend(offered.take(OFFERED));
        remedies.extend(room::fewer_replicas(&at).filter(|_| !of_nodes));
    }
    remedies
}

/// The remedies of a pod without controller, by those of another one that asks the same: they differ in what they change alone.
pub fn of_like(pod: &PodView, remedies: &[Remedy], snapshot: &Snapshot<'_>) -> Arc<[Remedy]> {
    let template_owner = TemplateOwner::of(pod, snapshot);
    let of_pod = |remedy: &Remedy| remedy.clone().commanded(&template_owner, pod);
    remedies.iter().map(of_pod).collect()
}

/// The plans with the fewest changes, of those that change a node or of the others; the smallest first.
fn fewest(plans: &[Plan], of_nodes: bool) -> impl Iterator<Item = &Plan> {
    let own = move || {
        let plans = plans.iter();
        plans.filter(move |plan| plan.changes_a_node() == of_nodes)
    };
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

/// The plans for one node: each change alone if it is enough; else changes of the pod's spec as far as possible, and changes of
/// the node as far as possible.
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
        node: node.node.to_string(),
        changes,
    };
    if let [only] = options.as_slice() {
        return only.iter().map(|one| plan(vec![one.clone()])).collect();
    }
    let preferring = |of_node: bool| -> Option<Plan> {
        let mut changes: Vec<Change> = Vec::new();
        for alternatives in &options {
            let preferred = alternatives
                .iter()
                .find(|change| change.node().is_some() == of_node);
            let change = preferred.or(alternatives.first())?;
            if !changes.contains(change) {
                changes.push(change.clone());
            }
        }
        Some(plan(changes))
    };
    [false, true].into_iter().filter_map(preferring).collect()
}
