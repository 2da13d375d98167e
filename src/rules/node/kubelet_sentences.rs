//! What is said of a kubelet that does not take up a pod, by what is known of it.

use crate::rules::finding::{Fix, Who};
use crate::text::{Sentence, say};

/// What is known of the kubelet.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kubelet {
    /// The node was not read.
    Unread,
    /// The node says that it is not Ready.
    NotReady,
    /// The node is Ready by a word that is too old.
    Stale,
    /// Something else plays its part.
    StandIn,
    /// It is heard of, and runs other pods.
    Busy,
    /// It is heard of, as far as known.
    Heard,
}

pub(super) fn headline(kubelet: Kubelet) -> Sentence {
    match kubelet {
        Kubelet::NotReady => say!(
            "kubelet-silent.not-ready",
            "the pod has been bound to {node}[ for {since}], and its kubelet has not taken it up: the node is not Ready"
        ),
        Kubelet::Stale => say!(
            "kubelet-silent.stale",
            "the kubelet of {node} has not taken the pod up[ for {since}] and was last heard of {heard} ago, though its node counts as Ready"
        ),
        Kubelet::StandIn => say!(
            "kubelet-silent.stand-in",
            "node {node} is one of {standIn}, which has not taken the pod up[ for {since}]"
        ),
        Kubelet::Busy => say!(
            "kubelet-silent.busy",
            "the kubelet of {node} has not taken the pod up[ for {since}], while {running} other {running|pod is|pods are} ready there"
        ),
        Kubelet::Heard | Kubelet::Unread => say!(
            "kubelet-silent.headline",
            "the kubelet of {node} has not taken the pod up[ for {since}]"
        ),
    }
}

pub(super) fn why(kubelet: Kubelet) -> Sentence {
    match kubelet {
        Kubelet::StandIn => say!(
            "kubelet-silent.stand-in-why",
            "on such a node no kubelet runs; what plays its part takes only the pods that it is configured for"
        ),
        Kubelet::Stale => say!(
            "kubelet-silent.stale-why",
            "a kubelet renews its Lease every 10 seconds and writes its node's status every 5 minutes at least; the controller that marks silent nodes may not run"
        ),
        _ => say!(
            "kubelet-silent.why",
            "a kubelet gives a pod that is bound to its node a startTime within seconds; it may hang, be busy ending other pods, or not see its pods for want of rights"
        ),
    }
}

pub(super) fn fix(kubelet: Kubelet) -> Fix {
    let change = match kubelet {
        Kubelet::NotReady => say!(
            "kubelet-silent.clear-condition",
            "bring the kubelet back, or clear what keeps the node from being Ready"
        ),
        Kubelet::StandIn => say!(
            "kubelet-silent.keep-off",
            "keep pods that are to run off such nodes, by a taint or a nodeSelector"
        ),
        _ => say!(
            "kubelet-silent.see-kubelet",
            "see what the kubelet of {node} logs about the pod, and restart it if it hangs"
        ),
    };
    Fix::advice(change, Who::Admin)
}
