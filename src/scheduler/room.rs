//! Whether a node would take a pod by all that the scheduler asks, and not only by what is computed here.
//!
//! A node without filter failures proves nothing while a filter that is not computed may decide: then there is no
//! answer. What follows from room that the scheduler does not see is for `rules/scheduling`.

use super::agreement::is_computed;
use super::{Examination, latest_message};
use crate::snapshot::{DEFAULT_SCHEDULER, PodView, Snapshot};
use jiff::Timestamp;

/// The nodes that would take the pod, in order of names; none while something that is not read or not computed may decide.
pub fn feasible_nodes<'e>(
    pod: &PodView,
    snapshot: &Snapshot<'_>,
    examination: &'e Examination,
) -> Vec<&'e str> {
    let whole = snapshot.nodes().whole_cluster().is_ok();
    let by_default = pod.scheduler() == DEFAULT_SCHEDULER;
    let understood = examination
        .scheduler_message
        .as_ref()
        .is_some_and(|latest| {
            let mut reasons = latest.message.clauses.iter().map(|clause| &clause.reason);
            !latest.message.cut && reasons.all(is_computed)
        });
    if !whole || !by_default || !understood {
        return Vec::new();
    }
    match examination.results.as_deref() {
        Some(results) if results.is_whole() => results.feasible_nodes().collect(),
        _ => Vec::new(),
    }
}

/// When the scheduler is last known to have tried. It may have done so later: a series of events is written down anew every half
/// hour (client-go `tools/events/event_broadcaster.go`, 1.37).
pub fn last_attempt(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
    latest_message::last_attempt(pod, snapshot)
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
        let cluster = cluster.with(node("n1", "4", "8Gi")).snapshot();
        let pod = pod.stuck();
        let examination = Engine::new(&cluster).examine(&pod);
        let feasible_nodes = feasible_nodes(&pod, &cluster, &examination);
        feasible_nodes.into_iter().map(str::to_owned).collect()
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
