//! Which of several causes comes first when only the scheduler's message is known.
//!
//! The reason that is counted on most nodes is seldom the cause: those are the nodes that the pod
//! could never use. So what can pass by itself comes before what somebody has set apart, that before
//! the pod's own choice of nodes, and of equals the one with fewer nodes. Where nodes were read,
//! `scheduler::ranking` knows better.

use super::taint_meaning::{self, Meaning};
use crate::messages::scheduler::Reason;

/// What kind of thing rejects the pod, the closest to a remedy first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Class {
    /// Room on a node that the pod could use: resources, ports, claims, other pods.
    Room,
    /// Where the pod has to be for the sake of other pods: near some, or evenly among them. There is room elsewhere, and what
    /// that lacks is met first.
    Topology,
    /// A state in which a node takes no pods for a while: a cordon, a condition.
    State,
    /// What somebody has set up to keep such pods away: a taint, a policy of the scheduler.
    Reserved,
    /// The pod's own choice of nodes.
    Choice,
    /// A taint of the control plane, which few pods are meant to tolerate.
    ControlPlane,
}

impl Class {
    /// The class of a reason that the scheduler gives.
    pub(in crate::rules) fn of(reason: &Reason) -> Class {
        match reason {
            Reason::UntoleratedTaint {
                taint: Some((key, _)),
            } => match taint_meaning::meaning(key) {
                Some(Meaning::ControlPlane) => Class::ControlPlane,
                Some(_) => Class::State,
                None => Class::Reserved,
            },
            // a taint, or labels that the scheduler's own configuration demands: no choice of the pod's
            Reason::UntoleratedTaint { taint: None }
            | Reason::AddedAffinity
            | Reason::LegacyPolicy => Class::Reserved,
            Reason::NodeAffinity | Reason::NodeName | Reason::ExcludedByPlugins(_) => Class::Choice,
            Reason::Unschedulable | Reason::NodeCondition(_) => Class::State,
            Reason::PodAffinity
            | Reason::PodAffinityOrAntiAffinity
            | Reason::TopologySpread { .. } => Class::Topology,
            _ => Class::Room,
        }
    }

    /// Smaller comes first: by class, then by the number of nodes.
    pub(in crate::rules) fn rank(self, nodes: Option<u32>) -> u32 {
        (self as u32).saturating_mul(1 << 20) + nodes.unwrap_or_default().min((1 << 20) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::scheduler::parse;

    /// The reasons of a message, the likeliest cause first.
    fn ordered(message: &str) -> Vec<String> {
        let message = parse(message);
        let mut clauses: Vec<_> = message.clauses.iter().collect();
        clauses.sort_by_key(|clause| Class::of(&clause.reason).rank(clause.count));
        clauses
            .into_iter()
            .map(|clause| clause.reason.to_string())
            .collect()
    }

    #[test]
    fn a_full_node_comes_before_a_cordoned_one() {
        assert_eq!(
            ordered("0/11 nodes are available: 1 node(s) were unschedulable, 6 Insufficient cpu."),
            ["Insufficient cpu", "node(s) were unschedulable"]
        );
    }

    #[test]
    fn many_nodes_do_not_make_a_cause() {
        assert_eq!(
            ordered(
                "0/60 nodes are available: 2 Insufficient cpu, 3 node(s) had untolerated taint {team: a}, 55 node(s) didn't match Pod's node affinity/selector."
            ),
            [
                "Insufficient cpu",
                "node(s) had untolerated taint(s)",
                "node(s) didn't match Pod's node affinity/selector"
            ]
        );
        assert_eq!(
            ordered(
                "0/9 nodes are available: 8 node(s) didn't have free ports for the requested pod ports, 1 Insufficient memory."
            ),
            [
                "Insufficient memory",
                "node(s) didn't have free ports for the requested pod ports"
            ]
        );
    }

    #[test]
    fn what_the_place_to_go_to_lacks_comes_before_why_the_others_are_closed() {
        assert_eq!(
            ordered(
                "0/9 nodes are available: 2 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable, 6 Insufficient memory."
            ),
            [
                "Insufficient memory",
                "node(s) didn't match pod topology spread constraints",
                "node(s) were unschedulable"
            ]
        );
        assert_eq!(
            ordered(
                "0/3 nodes are available: 1 node(s) didn't match pod affinity rules, 2 Too many pods."
            ),
            ["Too many pods", "node(s) didn't match pod affinity rules"]
        );
    }

    #[test]
    fn a_taint_is_what_its_key_means() {
        assert_eq!(
            ordered(
                "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) had untolerated taint {unschedulable: true}, 2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }."
            ),
            ["node(s) had untolerated taint(s)"; 3]
        );
        let disk = parse(
            "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.",
        );
        assert_eq!(Class::of(&disk.clauses[0].reason), Class::State);
        let own = parse(
            "0/1 nodes are available: 1 node(s) had untolerated taint {unschedulable: true}.",
        );
        assert_eq!(Class::of(&own.clauses[0].reason), Class::Reserved);
    }
}
