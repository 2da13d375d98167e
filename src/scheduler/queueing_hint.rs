//! Which changes of a cluster could matter to a pod that waits for a node.
//!
//! kube-scheduler asks each plugin that has rejected a pod, before it tries the pod again (`QueueingHintFn`,
//! pkg/scheduler/framework/plugins, 1.37). Here it is asked whether the results could differ at all, also for the worse: what
//! is taken of a node matters only where the pod is not kept off by what no other pod changes.

use super::{Filter, FilterResults, NodeResult};
use crate::kubernetes::affinity::{pod_affinity, pod_anti_affinity};
use crate::kubernetes::pod::Pod;
use crate::snapshot::{Changes, Dependencies, Dependency, Kind, note};

/// What the filters look at beside nodes and pods, and preemption with them.
const VOLUMES: [Kind; 7] = [
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
    Kind::StorageClass,
    Kind::CsiNode,
    Kind::CsiDriver,
    Kind::CsiStorageCapacity,
    Kind::VolumeAttachment,
];
const DEVICES: [Kind; 3] = [Kind::ResourceClaim, Kind::DeviceClass, Kind::ResourceSlice];
/// Few, or of weight for all: also those of which another pod's anti-affinity selects by their labels.
const ALWAYS: [Kind; 3] = [Kind::Node, Kind::PodDisruptionBudget, Kind::Namespace];

/// Works something out by the filters: what they ask of the store is for [`matters`] to say, the rest is noted.
pub(super) fn by_filters<T>(work: impl FnOnce() -> T) -> T {
    let (worked_out, asked) = Dependencies::of_kept(work);
    note(|| Dependency::Filters);
    asked
        .iter()
        .filter(|asked| !is_of_filters(asked))
        .for_each(|asked| note(|| asked.clone()));
    worked_out
}

fn is_of_filters(asked: &Dependency) -> bool {
    match asked {
        Dependency::Object(kind, ..)
        | Dependency::Namespace(kind, _)
        | Dependency::Kind(kind)
        | Dependency::Reads(kind) => {
            let mut all = [Kind::Pod]
                .into_iter()
                .chain(ALWAYS)
                .chain(VOLUMES)
                .chain(DEVICES);
            all.any(|one| one == *kind)
        }
        Dependency::PodsOn(_) | Dependency::WholePods | Dependency::Filters => true,
        Dependency::Events(_) | Dependency::Running(_) | Dependency::Awaiting(_) => false,
    }
}

/// Whether the filters, run again, could give other results for the pod. Without results everything could.
pub fn matters(changes: &Changes, pod: &Pod, results: Option<&FilterResults>) -> bool {
    if changes.is_empty() {
        return false;
    }
    let (Some(results), Some(spec)) = (results, pod.spec.as_ref()) else {
        return true;
    };
    let looks_across = !pod_affinity(spec).is_empty()
        || !pod_anti_affinity(spec).is_empty()
        || spec.topology_spread_constraints.is_some();
    let any_of = |kinds: &[Kind]| kinds.iter().any(|kind| changes.any_of(*kind));
    let mut rooms = changes.rooms().peekable();
    let on_others = rooms.peek().is_some() && (looks_across || changes.keep_others_away());
    on_others
        || changes.reads_of(Kind::Pod)
        || rooms.any(|node| depends_on_pods(results, node))
        || any_of(&ALWAYS)
        || (spec.volumes.is_some() && any_of(&VOLUMES))
        || (spec.resource_claims.is_some() && any_of(&DEVICES))
}

/// Whether what its pods take decides about the node. The first filter that fails is all that a scheduler looks at.
fn depends_on_pods(results: &FilterResults, node: &str) -> bool {
    let of_name = |result: &NodeResult| (*result.node).cmp(node);
    let place = results.nodes.binary_search_by(of_name).ok();
    let found = place.and_then(|place| results.nodes.get(place));
    let first = found.and_then(|result| result.failures.first());
    !first.is_some_and(|failure| {
        matches!(
            failure.filter,
            Filter::NodeUnschedulable
                | Filter::NodeName
                | Filter::TaintToleration
                | Filter::NodeAffinity
        )
    })
}
