//! What helps a workload whose own pods hold what its next pod wants: a host port, a claim or disk that only one may use, or a domain
//! that its anti-affinity gives to one.
//!
//! A rolling update that may not stop an old pod before a new one is ready waits for ever on what both want; and no more replicas
//! run than there are nodes or domains for them.
//!
//! Source: kubernetes `pkg/controller/deployment/rolling.go` (1.37): with maxSurge 0 and maxUnavailable 1 an old pod goes first.

use super::change::in_turn;
use super::template_owner::Propagation;
use super::{Remedy, Situation, affinity, fix};
use crate::kubernetes::labels::HOSTNAME;
use crate::kubernetes::patch::add;
use crate::rules::finding::{Fix, Who};
use crate::scheduler::ranking::nearest_feasible;
use crate::scheduler::{Filter, Holder, NodeResult, VolumeFailure, What, run_filters};
use crate::snapshot::{Kind, PodRecord, Relation, Seen};
use crate::text::say;
use serde_json::json;
use std::collections::BTreeSet;

/// The nodes on which nothing but the workload's own pods stands in the way.
#[derive(Default)]
struct InTheWay<'j> {
    /// The earlier ReplicaSets whose pods do.
    elders: BTreeSet<&'j str>,
    /// What pods of the same template have, one each.
    places: BTreeSet<Place<'j>>,
    filters: BTreeSet<Filter>,
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
    let found = InTheWay::of(at);
    if !found.elders.is_empty() {
        return found.replace_in_place(at).into_iter().collect();
    }
    let fewer = found.fewer_replicas(at);
    fewer.into_iter().chain(found.preferred(at)).collect()
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

impl<'j> InTheWay<'j> {
    fn of(at: &Situation<'j>) -> Self {
        let mut found = InTheWay::default();
        for node in nearest_feasible(&at.results.nodes).nodes() {
            let Some(held) = only_held(node) else {
                continue;
            };
            let relation: Vec<Relation> = held
                .iter()
                .map(|(holder, ..)| at.relation(holder))
                .collect();
            match relation.iter().max() {
                Some(Relation::PreviousRevision) => {
                    let elders = held
                        .iter()
                        .zip(&relation)
                        .filter(|(_, relation)| **relation == Relation::PreviousRevision);
                    let sets = elders.filter_map(|((holder, ..), _)| holder.controller.as_deref());
                    found.elders.extend(sets);
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
        let template_owner = &at.template_owner;
        let workload = at.snapshot.workload(
            "Deployment",
            at.pod.namespace(),
            &template_owner.object.name,
        );
        let strategy = workload
            .and_then(Seen::yes)
            .and_then(|read| read.strategy.as_ref())
            .and_then(|strategy| strategy.get("type"));
        if strategy.is_some_and(|kind| kind == "Recreate") {
            return None;
        }
        let is_elder = |pod_record: &PodRecord| {
            let controller = pod_record.controller.as_deref();
            *pod_record.namespace == *at.pod.namespace()
                && controller.is_some_and(|set| self.elders.contains(set))
        };
        let feasible_nodes = run_filters::feasible_nodes(at.pod.pod(), &at.view.without(is_elder));
        if feasible_nodes.is_empty() {
            return None;
        }
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
        let patch = vec![add("/spec/strategy", strategy)];
        let fix = Fix::command(
            say!(
                "remedy.stop-an-old-pod-first",
                "let rolling updates stop an old pod before they start a new one (maxSurge 0, maxUnavailable 1)"
            ),
            Who::Owner,
            template_owner.object.clone(),
            template_owner.patch(&patch),
        );
        Some(Remedy {
            fix: Fix {
                verified: at.proven.then_some(feasible_nodes),
                ..fix.patch(patch)
            },
            removes: self.removes(),
        })
    }

    /// Every place that could take a pod has one: as many as there are can run.
    fn fewer_replicas(&self, at: &Situation<'_>) -> Option<Remedy> {
        let object = &at.template_owner.object;
        let kind = object.known_kind()?;
        let scales = matches!(
            kind,
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController
        );
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let workload = at.snapshot.workload(kind.as_str(), namespace, &object.name);
        let wanted = workload.and_then(Seen::yes).and_then(|read| read.wanted);
        let places = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let change = match self.places.first()? {
            Place::Node(_) => {
                say!(
                    "remedy.fewer-replicas-host-port",
                    "run no more replicas than {replicas}: a host port lets each node run one, and no further node can take one"
                )
            }
            Place::Domain(HOSTNAME, _) => {
                say!(
                    "remedy.fewer-replicas-node",
                    "run no more replicas than {replicas}: the anti-affinity lets each node run one, and no further node can take one"
                )
            }
            Place::Domain(..) => {
                say!(
                    "remedy.fewer-replicas-domain",
                    "run no more replicas than {replicas}: the anti-affinity lets each value of {key} run one, and no further one can take one"
                )
            }
            Place::Volume(_) => {
                say!(
                    "remedy.fewer-replicas-volume",
                    "run no more replicas than {replicas}, since only one pod can have {volume}; a StatefulSet gives each pod a claim of its own"
                )
            }
        };
        if !scales || wanted.is_some_and(|wanted| wanted <= i64::from(places)) {
            return None;
        }
        let replicas = format!("--replicas={places}");
        let command = at.template_owner.kubectl(&["scale"], &[&replicas]);
        let fix = Fix::command(change, Who::Owner, object.clone(), command)
            .fact("replicas", places)
            .patch(vec![add("/spec/replicas", places)]);
        let fix = match self.places.first() {
            Some(Place::Domain(key, _)) => fix.fact("key", *key),
            Some(Place::Volume(volume)) => fix.fact("volume", *volume),
            Some(Place::Node(_)) | None => fix,
        };
        Some(Remedy {
            fix,
            removes: self.removes(),
        })
    }

    /// The terms of the anti-affinity as wishes. Pods that run keep the rule of the old template until they are replaced, and a
    /// rollout that waits for room would not replace them.
    fn preferred(&self, at: &Situation<'_>) -> Option<Remedy> {
        let renews = matches!(
            at.template_owner.propagation,
            Propagation::Rollout | Propagation::ByHand
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
        if !renews || changes.is_empty() {
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
        let fix = fix::of(&changes, &at.template_owner, at.pod.pod(), Who::Owner);
        Some(Remedy {
            fix: Fix {
                change: say!(
                    "remedy.prefer-and-delete",
                    "{changes}, and delete the pods that run, one after the other: each keeps new ones away by the old rule"
                ),
                verified: at.proven.then_some(feasible_nodes),
                ..fix
            },
            removes: self.removes(),
        })
    }
}
