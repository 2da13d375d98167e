//! Preemption as it is seen from outside: which pods give way to one, and why none does.
//!
//! Source: kube-scheduler `framework/preemption/preemption.go`, `plugins/defaultpreemption` (1.37). Victims are deleted gracefully
//! and count on their node until they are gone; a PodDisruptionBudget is a preference in their choice and forbids none.

use super::message::{Message, PreemptionSays};
use super::{View, judge};
use crate::snapshot::{Occupant, Snapshot, StuckPod};

/// The node on which preemption makes room for the pod.
pub fn nominated(pod: &StuckPod) -> Option<&str> {
    let node = pod.status().nominated_node_name.as_deref();
    node.filter(|node| !node.is_empty())
}

/// The pods that are going from a node and have a lower priority than the pod, in order of namespaces and names.
pub fn victims<'a>(pod: &StuckPod, node: &str, snapshot: &'a Snapshot) -> Vec<&'a Occupant> {
    let priority = pod.spec().priority.unwrap_or_default();
    let occupants = snapshot.occupants();
    let gives_way = |occupant: &&Occupant| {
        occupant.terminating && occupants.shape(occupant).priority < priority
    };
    occupants.on_node(node).filter(gives_way).collect()
}

/// Whether the pod passes every filter on a node once these pods are gone; not where one could not be computed.
pub fn fits_without(
    pod: &StuckPod,
    node: &str,
    victims: &[&Occupant],
    snapshot: &Snapshot,
) -> bool {
    let is_victim = |occupant: &Occupant| {
        let mut victims = victims.iter();
        victims.any(|victim| victim.namespace == occupant.namespace && victim.name == occupant.name)
    };
    let later = View::of(snapshot).without(is_victim);
    let judged = judge(pod.pod(), &later);
    judged.unread.is_empty() && judged.takers().any(|taker| taker == node)
}

/// Why preemption makes no room for a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The pod's own policy.
    Policy,
    /// No pod on this many nodes has a lower priority.
    Priority {
        /// Nodes.
        nodes: u32,
    },
}

/// What the scheduler says about it, where that is not told by the other reasons.
pub fn refused(message: &Message) -> Option<Refused> {
    let items = &message.preemption.as_ref()?.items;
    items.iter().find_map(|item| match item.says {
        PreemptionSays::PolicyNever => Some(Refused::Policy),
        PreemptionSays::NoVictims => item.count.map(|nodes| Refused::Priority { nodes }),
        _ => None,
    })
}

/// Whether the scheduler says that it has found a node, or that pods are going from it.
pub fn under_way(message: &Message) -> bool {
    let items = message.preemption.iter().flat_map(|found| &found.items);
    items.into_iter().any(|item| {
        matches!(
            item.says,
            PreemptionSays::VictimsTerminating | PreemptionSays::Potential { .. }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::message::parse;
    use crate::scheduler::testing::{Cluster, Object, node, pod};
    use serde_json::json;

    fn going(name: &str, priority: i32) -> Object {
        pod(name)
            .on("n1")
            .asks("cpu", "1")
            .set("/spec/priority", json!(priority))
            .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:30Z"))
    }

    #[test]
    fn victims_are_going_and_of_lower_priority() {
        let web = pod("web")
            .asks("cpu", "2")
            .set("/spec/priority", json!(10))
            .stuck();
        let cluster = Cluster::new()
            .with(node("n1", "2", "1Gi"))
            .with(going("low", 1))
            .with(going("lower", 0))
            .with(going("equal", 10))
            .with(pod("stays").on("n1"))
            .seal();
        let found = victims(&web, "n1", &cluster);
        let names: Vec<&str> = found.iter().map(|victim| &*victim.name).collect();
        assert_eq!(names, ["low", "lower"]);
        assert!(victims(&web, "n2", &cluster).is_empty());
        // the one of equal priority holds what is missing
        assert!(!fits_without(&web, "n1", &found, &cluster));
    }

    #[test]
    fn the_pod_fits_once_they_are_gone() {
        let web = pod("web").asks("cpu", "2").set("/spec/priority", json!(10));
        let cluster = Cluster::new()
            .with(node("n1", "2", "1Gi"))
            .with(going("low", 1))
            .with(web.clone())
            .seal();
        let web = web.stuck();
        let found = victims(&web, "n1", &cluster);
        assert!(fits_without(&web, "n1", &found, &cluster));
        assert!(!fits_without(&web, "n1", &[], &cluster));
    }

    #[test]
    fn the_tail_says_why_not() {
        let tail = |text: &str| {
            refused(&parse(&format!(
                "0/2 nodes are available: 2 Insufficient cpu. {text}"
            )))
        };
        assert_eq!(
            tail("preemption: not eligible due to preemptionPolicy=Never."),
            Some(Refused::Policy)
        );
        assert_eq!(
            tail(
                "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
            ),
            Some(Refused::Priority { nodes: 1 })
        );
        assert_eq!(
            tail(
                "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
            ),
            None
        );
        let waits = parse(
            "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.",
        );
        assert!(under_way(&waits));
        assert!(!under_way(&parse(
            "0/2 nodes are available: 2 Insufficient cpu."
        )));
    }
}
