//! What the keys of well-known taints mean.
//!
//! Only whole keys count: a taint `unschedulable=true` is somebody's own and no cordon, and
//! `karpenter.sh/not-ready` tells nothing about the node's Ready condition.
//!
//! Sources: k8s.io/api core/v1 well_known_taints.go and k8s.io/cloud-provider api/well_known_taints.go
//! (v0.37); for 1.12 and before pkg/scheduler/algorithm/well_known_labels.go. Who sets the others is
//! documented by the projects whose domain the key bears.

use super::leaving;
use crate::snapshot::Leaving;
use crate::text::{Fact, Message, Sentence, say};

/// What Kubernetes itself says with a taint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    /// The Ready condition is False.
    NotReady,
    /// The Ready condition is Unknown: the kubelet is silent.
    Unreachable,
    /// The node's network is not set up.
    NetworkUnavailable,
    /// The cloud controller has not taken the node in.
    Uninitialized,
    /// Memory is short.
    MemoryPressure,
    /// Disk is short.
    DiskPressure,
    /// Process ids are short.
    PidPressure,
    /// Cordoned.
    Unschedulable,
    /// Kept for the control plane.
    ControlPlane,
}

const TABLE: &[(&str, Meaning)] = &[
    ("node.kubernetes.io/not-ready", Meaning::NotReady),
    ("node.kubernetes.io/unreachable", Meaning::Unreachable),
    (
        "node.kubernetes.io/network-unavailable",
        Meaning::NetworkUnavailable,
    ),
    (
        "node.cloudprovider.kubernetes.io/uninitialized",
        Meaning::Uninitialized,
    ),
    (
        "node.kubernetes.io/memory-pressure",
        Meaning::MemoryPressure,
    ),
    ("node.kubernetes.io/disk-pressure", Meaning::DiskPressure),
    ("node.kubernetes.io/pid-pressure", Meaning::PidPressure),
    ("node.kubernetes.io/unschedulable", Meaning::Unschedulable),
    (
        "node-role.kubernetes.io/control-plane",
        Meaning::ControlPlane,
    ),
    ("node-role.kubernetes.io/master", Meaning::ControlPlane),
    // up to 1.12
    ("node.alpha.kubernetes.io/notReady", Meaning::NotReady),
    ("node.alpha.kubernetes.io/unreachable", Meaning::Unreachable),
    ("node.kubernetes.io/out-of-disk", Meaning::DiskPressure),
];

/// What a taint of this key says, when Kubernetes itself sets it.
pub(crate) fn meaning(key: &str) -> Option<Meaning> {
    TABLE
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, meaning)| *meaning)
}

impl Meaning {
    /// The node is not able to run pods yet, or no longer.
    pub(crate) fn is_not_ready(self) -> bool {
        matches!(
            self,
            Meaning::NotReady
                | Meaning::Unreachable
                | Meaning::NetworkUnavailable
                | Meaning::Uninitialized
        )
    }

    /// The node is short of something.
    pub(crate) fn is_pressure(self) -> bool {
        matches!(
            self,
            Meaning::MemoryPressure | Meaning::DiskPressure | Meaning::PidPressure
        )
    }

    /// The node condition that the taint mirrors, by its type.
    pub(crate) fn condition(self) -> Option<&'static str> {
        match self {
            Meaning::NotReady | Meaning::Unreachable => Some("Ready"),
            Meaning::NetworkUnavailable => Some("NetworkUnavailable"),
            Meaning::MemoryPressure => Some("MemoryPressure"),
            Meaning::DiskPressure => Some("DiskPressure"),
            Meaning::PidPressure => Some("PIDPressure"),
            Meaning::Uninitialized | Meaning::Unschedulable | Meaning::ControlPlane => None,
        }
    }
}

/// What a taint that is not a node condition's is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// A predicate of "this taint".
    pub(crate) words: Fact,
    /// A component removes it, or the node, by itself: tolerating it would do harm.
    pub(crate) passing: bool,
}

const OFF_CONTROL_PLANE: Sentence = say!(
    "taint.off-control-plane",
    "keeps ordinary pods off the control plane"
);

const PURPOSES: &[(&str, Sentence, bool)] = &[
    (
        "node-role.kubernetes.io/control-plane",
        OFF_CONTROL_PLANE,
        false,
    ),
    ("node-role.kubernetes.io/master", OFF_CONTROL_PLANE, false),
    (
        "CriticalAddonsOnly",
        say!(
            "taint.for-add-ons",
            "keeps the node for the cluster's add-ons"
        ),
        false,
    ),
    (
        "nvidia.com/gpu",
        say!(
            "taint.for-gpus",
            "keeps the node for pods that ask for a GPU"
        ),
        false,
    ),
    (
        "kubernetes.io/arch",
        say!(
            "taint.other-architecture",
            "marks a node of another processor architecture"
        ),
        false,
    ),
    (
        "eks.amazonaws.com/compute-type",
        say!(
            "taint.fargate",
            "marks a Fargate node, which runs the one pod that it was made for"
        ),
        false,
    ),
    (
        "kubernetes.azure.com/scalesetpriority",
        say!("taint.spot", "marks a spot node"),
        false,
    ),
    (
        "karpenter.sh/",
        say!(
            "taint.karpenter",
            "says that Karpenter is bringing the node up or taking it away"
        ),
        true,
    ),
    (
        "node.cilium.io/agent-not-ready",
        say!(
            "taint.cilium-agent",
            "says that Cilium's agent on the node is not up yet"
        ),
        true,
    ),
    (
        "ebs.csi.aws.com/agent-not-ready",
        say!(
            "taint.ebs-driver",
            "says that the EBS CSI driver on the node is not up yet"
        ),
        true,
    ),
];

/// What a taint of this key is for, where its setter is known; a table entry that ends in a slash
/// stands for its whole domain.
pub(crate) fn purpose(key: &str) -> Option<Purpose> {
    if let Some(leaving) = Leaving::of_taint(key) {
        let says = say!("taint.leaving", "says that {leaving}");
        let says = Message::new(says).fact("leaving", leaving::words(leaving));
        return Some(Purpose {
            words: says.into(),
            passing: true,
        });
    }
    PURPOSES
        .iter()
        .find(|(known, ..)| *known == key || (known.ends_with('/') && key.starts_with(known)))
        .map(|(_, words, passing)| Purpose {
            words: (*words).into(),
            passing: *passing,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_keys_have_a_meaning() {
        for (key, expected) in [
            (
                "node.kubernetes.io/unschedulable",
                Some(Meaning::Unschedulable),
            ),
            ("unschedulable", None),
            ("node.kubernetes.io/not-ready", Some(Meaning::NotReady)),
            ("karpenter.sh/not-ready", None),
            (
                "node.kubernetes.io/disk-pressure",
                Some(Meaning::DiskPressure),
            ),
            ("disk-pressure", None),
            ("node-role.kubernetes.io/infra", None),
        ] {
            assert_eq!(meaning(key), expected, "{key}");
        }
    }

    #[test]
    fn a_domain_stands_for_its_keys() {
        assert!(purpose("karpenter.sh/not-ready").is_some_and(|purpose| purpose.passing));
        assert!(purpose("node-role.kubernetes.io/master").is_some_and(|purpose| !purpose.passing));
        assert_eq!(purpose("karpenter.example/pool"), None);
    }

    #[test]
    fn the_setters_of_conditions_are_not_named_twice() {
        for (key, ..) in PURPOSES {
            assert!(
                matches!(meaning(key), None | Some(Meaning::ControlPlane)),
                "{key}"
            );
        }
    }
}
