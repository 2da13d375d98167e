//! Whether a node would take a pod by all that the scheduler asks, and not only by what is computed here.
//!
//! A node without obstacles proves nothing while a filter that is not computed may decide: then there is no answer. What follows
//! from room that the scheduler does not see is for `rules/scheduling`.

use super::message::Reason;
use super::{Examination, judge, said};
use crate::snapshot::{Snapshot, StuckPod};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{PodSpec, Volume};

/// The nodes that would take the pod, in order of names; none while something that is not read or not computed may decide.
pub fn takers<'e>(
    pod: &StuckPod,
    snapshot: &Snapshot,
    examination: &'e Examination,
) -> Vec<&'e str> {
    let whole = snapshot.pods().whole_cluster().is_ok() && snapshot.nodes().whole_cluster().is_ok();
    let by_default = said::scheduler(pod) == said::DEFAULT;
    let understood = examination.said.as_ref().is_some_and(|said| {
        let mut reasons = said.message.clauses.iter().map(|clause| &clause.reason);
        !said.message.cut && reasons.all(is_computed)
    });
    if !whole || !by_default || !understood || !is_modelled(pod.spec(), snapshot) {
        return Vec::new();
    }
    match examination.judged.as_deref() {
        Some(judged) if judged.unread.is_empty() => judged.takers().collect(),
        _ => Vec::new(),
    }
}

/// When the scheduler is last known to have tried. It may have done so later: a series of events is written down anew every half
/// hour (client-go `tools/events/event_broadcaster.go`, 1.37).
pub fn last_attempt(pod: &StuckPod, snapshot: &Snapshot) -> Option<Timestamp> {
    said::last_attempt(pod, snapshot)
}

/// Whether the filter that says this is computed here.
fn is_computed(reason: &Reason) -> bool {
    match reason {
        // a profile's own affinity, and what a policy demands, cannot be read
        Reason::AddedAffinity | Reason::InsufficientUnnamed | Reason::LegacyPolicy => false,
        Reason::ExcludedByPlugins(plugins) => plugins.iter().all(|plugin| judge::computes(plugin)),
        reason => reason.plugin().is_some_and(judge::computes),
    }
}

/// Whether every filter that has a say in this pod is computed here.
fn is_modelled(spec: &PodSpec, snapshot: &Snapshot) -> bool {
    const VOLUMES: [&str; 4] = [
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
    ];
    let occupants = snapshot.occupants();
    let kept_off = |plugin: &str| match plugin {
        "PodTopologySpread" => spec.topology_spread_constraints.is_some(),
        "InterPodAffinity" => {
            let own = spec.affinity.as_ref();
            let own = own
                .is_some_and(|own| own.pod_affinity.is_some() || own.pod_anti_affinity.is_some());
            own || occupants
                .iter()
                .any(|other| !occupants.shape(other).anti_affinity.is_empty())
        }
        "DynamicResources" => spec.resource_claims.iter().flatten().next().is_some(),
        _ => VOLUMES.contains(&plugin) && spec.volumes.iter().flatten().any(may_bind_to_nodes),
    };
    let mut others =
        VOLUMES
            .into_iter()
            .chain(["PodTopologySpread", "InterPodAffinity", "DynamicResources"]);
    others.all(|plugin| judge::computes(plugin) || !kept_off(plugin))
}

/// Whether a volume may suit some nodes and not others; what the kubelet makes itself does not.
fn may_bind_to_nodes(volume: &Volume) -> bool {
    let anywhere = volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.empty_dir.is_some()
        || volume.projected.is_some()
        || volume.downward_api.is_some()
        || volume.host_path.is_some()
        || volume.image.is_some()
        || volume.nfs.is_some();
    !anywhere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Engine;
    use crate::scheduler::testing::{Cluster, Object, node, pod};
    use crate::snapshot::Kind;
    use serde_json::json;

    fn refused(message: &str) -> Object {
        pod("web").asks("cpu", "1").set(
            "/status/conditions",
            json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]),
        )
    }

    fn found(pod: &Object, cluster: Cluster) -> Vec<String> {
        let cluster = cluster.with(node("n1", "4", "8Gi")).seal();
        let pod = pod.stuck();
        let examination = Engine::new(&cluster).examine(&pod);
        let takers = takers(&pod, &cluster, &examination);
        takers.into_iter().map(str::to_owned).collect()
    }

    const SHORT: &str = "0/1 nodes are available: 1 Insufficient cpu.";

    #[test]
    fn a_node_takes_the_pod_when_all_that_decides_is_computed() {
        assert_eq!(found(&refused(SHORT), Cluster::new()), ["n1"]);
    }

    #[test]
    fn what_is_not_computed_may_decide() {
        let none: [&str; 0] = [];
        let cases = [
            refused("0/1 nodes are available: 1 words of tomorrow."),
            refused(
                "0/1 nodes are available: 1 node(s) didn't match scheduler-enforced node affinity.",
            ),
            refused(SHORT).set("/spec/schedulerName", json!("other")),
            refused(SHORT).set(
                "/spec/resourceClaims",
                json!([{"name": "gpu", "resourceClaimName": "gpu"}]),
            ),
            pod("web").asks("cpu", "1"),
        ];
        for pod in cases {
            assert_eq!(found(&pod, Cluster::new()), none, "{pod:?}");
        }
    }

    #[test]
    fn what_was_not_read_may_decide() {
        let unread = Cluster::unread().read(Kind::Node);
        assert_eq!(found(&refused(SHORT), unread), Vec::<String>::new());
    }
}
