//! What helps a workload whose own pods hold what its next pod wants: a host port, a claim or disk that only one may use, a
//! domain that its anti-affinity gives to one, or the room on their nodes.
//!
//! A rolling update that may not stop an old pod before a new one is ready waits for ever on what both want; and no more replicas
//! run than there are nodes or domains for them.
//!
//! Source: kubernetes `pkg/controller/deployment/rolling.go` and `util/deployment_util.go` (1.37): with maxSurge 0 and
//! maxUnavailable 1 an old pod goes first; a percentage of maxUnavailable is rounded down (ResolveFenceposts).

use super::change::in_turn;
use super::room::{lacks_only_room, placed};
use super::{Action, Remedy, Situation, affinity};
use crate::kubernetes::patch::{add, nested};
use crate::scheduler::ranking::nearest_feasible;
use crate::scheduler::{
    Filter, Holder, Incoming, NodeNames, NodeResult, VolumeFailure, What, run_filters,
};
use crate::snapshot::{PodRecord, Propagation, Relation, Seen, Workload};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What nodes lack that nothing but the workload's own pods closes.
#[derive(Default)]
struct HeldByOwn<'j> {
    /// The previous ReplicaSets whose pods do.
    previous: BTreeSet<&'j str>,
    /// What pods of the same template have, one each.
    places: BTreeSet<Place<'j>>,
    filters: BTreeSet<Filter>,
}

/// What each replica takes for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnePer {
    /// A host port, of which each node has one.
    Node,
    /// A domain of its anti-affinity.
    Domain {
        /// The `topologyKey`.
        key: String,
    },
    /// A claim or disk, of which there is one.
    Volume(String),
    /// Cpu, memory, devices.
    Room,
}

impl From<&Place<'_>> for OnePer {
    fn from(place: &Place<'_>) -> Self {
        match place {
            Place::Node(_) => OnePer::Node,
            Place::Domain(key, _) => {
                let key = (*key).to_owned();
                OnePer::Domain { key }
            }
            Place::Volume(volume) => OnePer::Volume((*volume).to_owned()),
        }
    }
}

/// What only one pod can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'j> {
    /// A host port of this node.
    Node(&'j str),
    /// A domain: a topology key and its value.
    Domain(&'j str, &'j str),
    /// A claim or a disk.
    Volume(&'j str),
}

/// The remedies for nodes that only pods of the same workload close.
pub(super) fn propose(at: &Situation<'_>) -> Vec<Remedy> {
    let found = HeldByOwn::of(at);
    if !found.previous.is_empty() {
        return found.replace_in_place(at).into_iter().collect();
    }
    if let Some(remedy) = room_of_old_pods(at) {
        return vec![remedy];
    }
    let fewer = found.fewer_replicas(at);
    fewer.into_iter().chain(found.preferred(at)).collect()
}

/// The pod's Deployment, as far as it was read.
fn deployment<'s>(at: &Situation<'s>) -> Option<&'s Workload> {
    let name = &at.template_owner.object.name;
    let read = at.snapshot.workload("Deployment", at.pod.namespace(), name);
    read.and_then(Seen::yes)
}

/// A rolling update that removes an old pod first, where these nodes take the pod then.
fn stop_old_pod_first(
    at: &Situation<'_>,
    removes: Vec<Filter>,
    feasible_nodes: NodeNames,
) -> Option<Remedy> {
    let workload = deployment(at);
    let before = workload.and_then(|read| read.strategy.clone());
    let kind = before.as_ref().and_then(|strategy| strategy.get("type"));
    if feasible_nodes.is_empty() || kind.is_some_and(|kind| kind == "Recreate") {
        return None;
    }
    let strategy =
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
    let patch = vec![add("/spec/strategy", strategy)];
    let before = nested("/spec/strategy", before);
    let command = at.template_owner.object.edit(&patch, &before);
    let replicas = workload.and_then(|read| read.wanted);
    let action = Action::StopOldPodFirst { replicas };
    let remedy = Remedy::of_owner(at, action, removes, (command, patch));
    Some(remedy.verified(at, feasible_nodes))
}

/// The pod lacks nothing but room, an old pod may not go before it is ready, and each of the old ones leaves enough for one like
/// it where it is.
fn room_of_old_pods(at: &Situation<'_>) -> Option<Remedy> {
    let workload = deployment(at)?;
    if unavailable(workload) > 0 || !lacks_only_room(at) {
        return None;
    }
    let old = |record: &&PodRecord| {
        let relation = || at.relation(&Holder::from(*record));
        record.node.is_some() && !record.terminating && relation() == Relation::PreviousRevision
    };
    let records = at.snapshot.store().pod_records();
    let incoming = Incoming::new(at.pod.pod(), at.view);
    let in_place = records.in_namespace(at.pod.namespace()).filter(old);
    let in_place = in_place.map(|record| {
        let node = at.view.node(record.node.as_deref()?)?;
        let left = run_filters::without(&incoming, node, &[record], at.view);
        left.is_empty().then(|| node.name().to_owned())
    });
    let nodes: BTreeSet<String> = in_place.collect::<Option<_>>()?;
    let removes = vec![Filter::NodeResourcesFit];
    stop_old_pod_first(at, removes, nodes.into_iter().map(Into::into).collect())
}

/// How many pods a rolling update may do without.
fn unavailable(deployment: &Workload) -> i64 {
    let strategy = deployment.strategy.as_ref();
    let field = |name: &str| strategy?.pointer(&format!("/rollingUpdate/{name}"));
    let wanted = deployment.wanted.unwrap_or_default();
    let number = |name: &str, rounded: i64| {
        let value = field(name);
        let percentage = || value?.as_str()?.strip_suffix('%')?.parse::<i64>().ok();
        let share = |percentage: i64| percentage.saturating_mul(wanted).saturating_add(rounded);
        let number = value.and_then(Value::as_i64);
        number.unwrap_or_else(|| share(percentage().unwrap_or(25)).div_euclid(100))
    };
    match (number("maxUnavailable", 0), number("maxSurge", 99)) {
        (0, 0) => 1,
        (unavailable, _) => unavailable,
    }
}

/// The holders with what they hold, when nothing else rejects the pod there.
fn only_held(node: &NodeResult) -> Option<Vec<(&Holder, Place<'_>, Filter)>> {
    let held = node.failures.iter().map(|failure| match &failure.what {
        What::Port { holder, .. } => Some((holder, Place::Node(&node.node), failure.filter)),
        What::Together {
            holder,
            key,
            domain,
            ..
        } => Some((holder, Place::Domain(key, domain), failure.filter)),
        What::Volume(
            VolumeFailure::InUse {
                claim: one, holder, ..
            }
            | VolumeFailure::Disk { disk: one, holder },
        ) => Some((holder, Place::Volume(one), failure.filter)),
        _ => None,
    });
    held.collect()
}

impl<'j> HeldByOwn<'j> {
    fn of(at: &Situation<'j>) -> Self {
        let mut found = HeldByOwn::default();
        for node in nearest_feasible(&at.results.nodes).nodes() {
            let Some(held) = only_held(node) else {
                continue;
            };
            let relations: Vec<Relation> = held
                .iter()
                .map(|(holder, ..)| at.relation(holder))
                .collect();
            match relations.iter().max() {
                Some(Relation::PreviousRevision) => {
                    let previous = held
                        .iter()
                        .zip(&relations)
                        .filter(|(_, relation)| **relation == Relation::PreviousRevision);
                    let sets =
                        previous.filter_map(|((holder, ..), _)| holder.controller.as_deref());
                    found.previous.extend(sets);
                }
                // a pod that holds two ports, or a port and a domain, takes one place
                Some(Relation::SameOwner) => found
                    .places
                    .extend(held.first().map(|(_, place, _)| *place)),
                Some(Relation::Other) | None => continue,
            }
            found
                .filters
                .extend(held.iter().map(|(.., filter)| *filter));
        }
        found
    }

    fn removes(&self) -> Vec<Filter> {
        self.filters.iter().copied().collect()
    }

    fn replace_in_place(&self, at: &Situation<'_>) -> Option<Remedy> {
        let is_previous = |pod_record: &PodRecord| {
            let controller = pod_record.controller.as_deref();
            *pod_record.namespace == *at.pod.namespace()
                && controller.is_some_and(|set| self.previous.contains(set))
        };
        let feasible_nodes =
            run_filters::feasible_nodes(at.pod.pod(), &at.view.without(is_previous));
        stop_old_pod_first(at, self.removes(), feasible_nodes)
    }

    /// Every place that could take a pod has one: as many as there are can run.
    fn fewer_replicas(&self, at: &Situation<'_>) -> Option<Remedy> {
        let object = &at.template_owner.object;
        let kind = object.known_kind()?;
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let workload = at.snapshot.workload(kind.as_str(), namespace, &object.name);
        let wanted = workload.and_then(Seen::yes).and_then(|read| read.wanted);
        let places = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        // a replica may be on a node that is closed for something else as well, and runs all the same
        let places = places.max(placed(at).unwrap_or_default());
        let one_per = OnePer::from(self.places.first()?);
        if !kind.scales() || wanted.is_some_and(|wanted| wanted <= i64::from(places)) {
            return None;
        }
        let action = Action::FewerReplicas {
            replicas: places,
            one_per,
        };
        let patch = vec![add("/spec/replicas", places)];
        let change = (object.edit(&patch, &Value::Null), patch);
        Some(Remedy::of_owner(at, action, self.removes(), change))
    }

    /// The terms of the anti-affinity become preferred. Pods that run keep the term of the old template until they are replaced,
    /// and a rollout that waits for room would not replace them.
    fn preferred(&self, at: &Situation<'_>) -> Option<Remedy> {
        let replaces = matches!(
            at.template_owner.propagation,
            Propagation::Rollout | Propagation::OnDelete
        );
        let keys: BTreeSet<&str> = self
            .places
            .iter()
            .filter_map(|place| match place {
                Place::Domain(key, _) => Some(*key),
                Place::Node(_) | Place::Volume(_) => None,
            })
            .collect();
        let terms = keys
            .iter()
            .flat_map(|key| affinity::of_anti_affinity(at, key));
        let changes: Vec<_> = terms.collect();
        if !replaces || changes.is_empty() {
            return None;
        }
        let mut pod = at.pod.pod().clone();
        for change in in_turn(&changes) {
            change.apply_to_pod(&mut pod);
        }
        let of_workload =
            |pod_record: &PodRecord| at.relation(&Holder::from(pod_record)) != Relation::Other;
        let feasible_nodes = run_filters::feasible_nodes(&pod, &at.view.unguarded_by(of_workload));
        if feasible_nodes.is_empty() {
            return None;
        }
        let action = Action::PreferAndReplace(changes);
        let remedy = Remedy::of_changes(at, action, self.removes());
        Some(remedy.verified(at, feasible_nodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_of_pods_that_may_be_missing_is_rounded_down() {
        let unavailable = |replicas: i64, update: Value| {
            unavailable(&Workload {
                wanted: Some(replicas),
                strategy: Some(json!({"type": "RollingUpdate", "rollingUpdate": update})),
                ..Workload::default()
            })
        };
        assert_eq!(unavailable(3, Value::Null), 0);
        assert_eq!(unavailable(4, Value::Null), 1);
        assert_eq!(unavailable(3, json!({"maxUnavailable": 1})), 1);
        assert_eq!(unavailable(5, json!({"maxUnavailable": "30%"})), 1);
        // one of the two has to be more than nothing
        assert_eq!(
            unavailable(3, json!({"maxSurge": 0, "maxUnavailable": "30%"})),
            1
        );
        assert_eq!(
            unavailable(1, json!({"maxSurge": "1%", "maxUnavailable": 0})),
            0
        );
    }
}
