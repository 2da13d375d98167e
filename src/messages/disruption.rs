//! Why a pod had to go that had done nothing wrong: [`read`] for what its status says of it, [`evictor`] for who tells of it in
//! an event.
//!
//! Sources: kubelet `nodeshutdown/nodeshutdown_manager.go` (1.20 to 1.37), `preemption/preemption.go`; kube-scheduler
//! `framework/preemption`; `pkg/registry/core/pod/storage/eviction.go`; `pkg/controller/tainteviction`, `podgc`,
//! `devicetainteviction`; cluster-autoscaler `core/scaledown/actuation/drain.go`; Karpenter
//! `pkg/controllers/node/termination/terminator/events/events.go`; descheduler `pkg/descheduler/evictions/evictions.go`.

/// What ended or refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disruption {
    /// The node was shut down, in an orderly way.
    Shutdown,
    /// The node was being shut down when the pod came.
    RefusedAtShutdown,
    /// The kubelet made room for a critical pod.
    PreemptedByKubelet,
    /// The scheduler made room for a pod of higher priority.
    PreemptedByScheduler,
    /// Somebody asked for its eviction: a drain, an autoscaler, a descheduler.
    EvictedByApi,
    /// Its node has a NoExecute taint.
    Tainted,
    /// A device that it uses has a NoExecute taint.
    DeviceTainted,
    /// Its node was deleted.
    NodeGone,
    /// The kubelet ended it, and does not say why.
    ByKubelet,
}

/// Reads `status.reason` and its message, and the reason of the condition DisruptionTarget where that is True.
pub fn read(reason: &str, message: &str, condition: Option<&str>) -> Option<Disruption> {
    let by_reason = match reason {
        "NodeShutdown" if message.contains("rejected") => Some(Disruption::RefusedAtShutdown),
        // 1.20; since 1.21
        "Shutdown" | "NodeShutdown" => Some(Disruption::Shutdown),
        "Terminated" if message.contains("shutdown") => Some(Disruption::Shutdown),
        "Preempting" => Some(Disruption::PreemptedByKubelet),
        // each has a meaning of its own, also where a condition stands beside it
        "" | "Terminated" => None,
        _ => return None,
    };
    by_reason.or_else(|| match condition? {
        "PreemptionByScheduler" | "PreemptionByKubeScheduler" => {
            Some(Disruption::PreemptedByScheduler)
        }
        "EvictionByEvictionAPI" => Some(Disruption::EvictedByApi),
        "DeletionByTaintManager" => Some(Disruption::Tainted),
        "DeletionByDeviceTaintManager" => Some(Disruption::DeviceTainted),
        "DeletionByPodGC" => Some(Disruption::NodeGone),
        "TerminationByKubelet" => Some(Disruption::ByKubelet),
        _ => None,
    })
}

/// Who evicts pods and says so in an event of the pod. `kubectl drain` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evictor {
    /// The cluster autoscaler, for a node that it takes away.
    ClusterAutoscaler,
    /// Karpenter, for a node that it takes away.
    Karpenter,
    /// The descheduler, for a better place.
    Descheduler,
}

/// Reads an event of a pod.
pub fn evictor(reason: &str, component: &str, message: &str) -> Option<Evictor> {
    match reason {
        "ScaleDown" if message == "deleting pod for node scale down" => {
            Some(Evictor::ClusterAutoscaler)
        }
        "Evicted" | "Disrupted" if component == "karpenter" => Some(Evictor::Karpenter),
        "EvictionFailed" => None,
        _ if message.ends_with(" node by sigs.k8s.io/descheduler") => Some(Evictor::Descheduler),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_status_says_decides_before_the_condition() {
        let by_kubelet = Some("TerminationByKubelet");
        for (reason, message, condition, expected) in [
            (
                "Terminated",
                "Pod was terminated in response to imminent node shutdown.",
                by_kubelet,
                Some(Disruption::Shutdown),
            ),
            (
                "NodeShutdown",
                "Pod was rejected as the node is shutting down.",
                None,
                Some(Disruption::RefusedAtShutdown),
            ),
            (
                "Shutdown",
                "Node is shutting, evicting pods",
                None,
                Some(Disruption::Shutdown),
            ),
            (
                "Preempting",
                "Preempted in order to admit critical pod",
                by_kubelet,
                Some(Disruption::PreemptedByKubelet),
            ),
            (
                "",
                "",
                Some("EvictionByEvictionAPI"),
                Some(Disruption::EvictedByApi),
            ),
            ("", "", by_kubelet, Some(Disruption::ByKubelet)),
            ("Evicted", "", by_kubelet, None),
            ("DeadlineExceeded", "", None, None),
            ("Terminated", "by its operator", None, None),
            ("", "", Some("SomethingNew"), None),
            ("", "", None, None),
        ] {
            assert_eq!(
                read(reason, message, condition),
                expected,
                "{reason} {condition:?}"
            );
        }
    }

    #[test]
    fn who_evicts_is_told_by_component_and_words() {
        for (reason, component, message, expected) in [
            (
                "ScaleDown",
                "cluster-autoscaler",
                "deleting pod for node scale down",
                Some(Evictor::ClusterAutoscaler),
            ),
            (
                "Evicted",
                "karpenter",
                "Evicted pod: Underutilized",
                Some(Evictor::Karpenter),
            ),
            // the kubelet's own
            (
                "Evicted",
                "kubelet",
                "The node was low on resource: memory.",
                None,
            ),
            (
                "LowNodeUtilization",
                "sigs.k8s.io/descheduler",
                "pod eviction from worker-1 node by sigs.k8s.io/descheduler",
                Some(Evictor::Descheduler),
            ),
            (
                "EvictionFailed",
                "sigs.k8s.io/descheduler",
                "pod eviction from worker-1 node by sigs.k8s.io/descheduler failed: total eviction limit exceeded (1)",
                None,
            ),
            ("Killing", "kubelet", "Stopping container app", None),
        ] {
            assert_eq!(
                evictor(reason, component, message),
                expected,
                "{reason} {component}"
            );
        }
    }
}
