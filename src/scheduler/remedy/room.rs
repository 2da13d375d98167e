//! For how many pods of a template there is room, where one that is let in would not be the last that waits.

use super::{Action, OnePer, Remedy, Situation, View};
use crate::kubernetes::affinity::{pod_affinity, pod_anti_affinity};
use crate::kubernetes::patch::add;
use crate::kubernetes::pod::Pod;
use crate::scheduler::ranking::nearest_feasible;
use crate::scheduler::{Filter, Incoming, What, resources};
use crate::snapshot::{PodRecord, Relation, Seen};
use serde_json::Value;
use std::sync::Arc;

/// For how many pods like this one these nodes have room; none where one of them bears on where the next can go.
pub(super) fn for_pods(pod: &Pod, view: &View<'_>, nodes: &[Arc<str>]) -> Option<usize> {
    let incoming = Incoming::alone(pod);
    let spec = incoming.spec;
    let is_bound_to_others =
        spec.topology_spread_constraints.is_some()
            || !pod_affinity(spec).is_empty()
            || !pod_anti_affinity(spec).is_empty()
            || !incoming.ports.is_empty()
            || spec.resource_claims.is_some()
            || spec.volumes.iter().flatten().any(|volume| {
                volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some()
            });
    if is_bound_to_others {
        return None;
    }
    let on = |name: &Arc<str>| -> i64 {
        let Some(node) = view.node(name) else {
            return 0;
        };
        let (running, limit) = resources::count(node);
        let asked = incoming.compared.iter();
        let rooms = asked.map(|(resource, asked)| asked.goes_into(node.free(resource)));
        rooms.fold(limit.saturating_sub(running), i64::min).max(0)
    };
    let all = nodes.iter().map(on).fold(0, i64::saturating_add);
    usize::try_from(all).ok()
}

/// Whether the nearest node lacks nothing for the pod but room.
pub(super) fn lacks_only_room(at: &Situation<'_>) -> bool {
    let nearest = nearest_feasible(&at.results.nodes);
    let failures = nearest.nodes().next().map(|node| &*node.failures);
    let is_room = |what: &What| matches!(what, What::Resource { .. } | What::PodCount { .. });
    failures.is_some_and(|all| !all.is_empty() && all.iter().all(|one| is_room(&one.what)))
}

/// No more replicas than run, where the nearest node lacks nothing but room. Not in the midst of a rollout, in which pods of the
/// old template make room for new ones.
pub(super) fn fewer_replicas(at: &Situation<'_>) -> Option<Remedy> {
    if !lacks_only_room(at) {
        return None;
    }
    let object = &at.template_owner.object;
    let kind = object.known_kind().filter(|kind| kind.scales())?;
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let workload = at.snapshot.workload(kind.as_str(), namespace, &object.name);
    let wanted = workload.and_then(Seen::yes).and_then(|read| read.wanted);
    let placed = placed(at)?;
    if placed == 0 || wanted.is_some_and(|wanted| wanted <= i64::from(placed)) {
        return None;
    }
    let action = Action::FewerReplicas {
        replicas: placed,
        one_per: OnePer::Room,
    };
    let patch = vec![add("/spec/replicas", placed)];
    let change = (object.edit(&patch, &Value::Null), patch);
    let removes = vec![Filter::NodeResourcesFit];
    Some(Remedy::of_owner(at, action, removes, change))
}

/// How many pods of the same template have a node; none in the midst of a rollout.
pub(super) fn placed(at: &Situation<'_>) -> Option<u32> {
    let records = at.snapshot.store().pod_records();
    let is_placed = |record: &&PodRecord| record.node.is_some() && !record.terminating;
    let namespace = at.pod.namespace();
    let mut placed = 0;
    for (controller, pods) in records.by_controller_in(namespace) {
        let relation = at.snapshot.relation(at.pod, namespace, Some(controller));
        let mut of_controller = pods.filter(is_placed);
        match relation {
            Relation::PreviousRevision if of_controller.next().is_some() => return None,
            Relation::SameOwner => placed += of_controller.count(),
            _ => {}
        }
    }
    u32::try_from(placed).ok()
}
