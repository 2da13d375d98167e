//! kube-scheduler's own arithmetic: what stands against a pod on each node, with numbers.
//!
//! Every filter is evaluated on every node and none stops the others; the real scheduler stops at
//! the first failing plugin of a node, so its order ([`Filter`]) is kept to be able to compare
//! counts. One file a filter, each a pure function from (pod, node, [`View`]) to [`Obstacle`]s.
//! `message` reads the scheduler's words, `agreement` sets ours beside them, `ranking` tells which
//! obstacles matter, `remedy` looks for the smallest change after which judging again finds none.
//!
//! What does not belong here: which obstacle is *the* cause (`rules/scheduling`), and prose.

mod agreement;
mod incoming;
mod judge;
pub mod message;
mod node_affinity;
mod node_name;
mod ports;
pub mod preemption;
pub mod ranking;
pub mod remedy;
mod resources;
pub mod room;
mod said;
mod taints;
#[cfg(test)]
mod testing;
mod unschedulable;
mod view;

pub use incoming::Incoming;
pub use judge::judge;
pub use view::{NodeView, View};

use crate::finding::Evidence;
use crate::kubernetes::ports::HostPort;
use crate::kubernetes::quantity::Quantity;
use crate::snapshot::{Snapshot, StuckPod};
use serde::Serialize;

/// The scheduler's filter plugins, in the order in which the default profile runs them
/// (pkg/scheduler/apis/config/v1/default_plugins.go, 1.37).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Filter {
    /// Cordoned nodes.
    NodeUnschedulable,
    /// `spec.nodeName`
    NodeName,
    /// Taints of effect NoSchedule and NoExecute.
    TaintToleration,
    /// `nodeSelector` and required node affinity.
    NodeAffinity,
    /// Host ports.
    NodePorts,
    /// Resources and the number of pods.
    NodeResourcesFit,
    /// Disks and claims that only one pod may use.
    VolumeRestrictions,
    /// Attach limits.
    NodeVolumeLimits,
    /// Bound and unbound claims.
    VolumeBinding,
    /// Zone labels of volumes.
    VolumeZone,
    /// Topology spread constraints.
    PodTopologySpread,
    /// Affinity and anti-affinity between pods.
    InterPodAffinity,
    /// Device claims.
    DynamicResources,
    /// Features that the kubelet declares.
    NodeDeclaredFeatures,
}

impl Filter {
    /// The plugin's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Filter::NodeUnschedulable => "NodeUnschedulable",
            Filter::NodeName => "NodeName",
            Filter::TaintToleration => "TaintToleration",
            Filter::NodeAffinity => "NodeAffinity",
            Filter::NodePorts => "NodePorts",
            Filter::NodeResourcesFit => "NodeResourcesFit",
            Filter::VolumeRestrictions => "VolumeRestrictions",
            Filter::NodeVolumeLimits => "NodeVolumeLimits",
            Filter::VolumeBinding => "VolumeBinding",
            Filter::VolumeZone => "VolumeZone",
            Filter::PodTopologySpread => "PodTopologySpread",
            Filter::InterPodAffinity => "InterPodAffinity",
            Filter::DynamicResources => "DynamicResources",
            Filter::NodeDeclaredFeatures => "NodeDeclaredFeatures",
        }
    }
}

/// One thing that keeps the pod off a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Obstacle {
    /// The filter that fails.
    pub filter: Filter,
    /// The scheduler's words for it, without a count: `Insufficient cpu`.
    pub reason: String,
    /// What exactly, with numbers.
    pub what: What,
}

/// What exactly keeps a pod off a node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// The node is cordoned.
    Cordoned,
    /// The pod names another node.
    OtherNode,
    /// A taint is not tolerated.
    Taint {
        /// `key`
        key: String,
        /// `key=value:Effect`
        taint: String,
        /// A toleration that names the key and still does not fit, and why.
        near_miss: Option<String>,
    },
    /// A node selector or affinity expression does not hold.
    Label {
        /// The unmet expression: `disk=ssd`, `zone in (a, b)`.
        wanted: String,
        /// The label's key.
        key: String,
        /// What the node carries under the key; `None` when it carries nothing.
        found: Option<String>,
    },
    /// A host port is held by another pod.
    Port {
        /// The port that the pod wants.
        port: HostPort,
        /// Who holds it.
        holder: Holder,
    },
    /// Too little of a resource is free.
    Resource {
        /// `cpu`, `memory`, `nvidia.com/gpu`, …
        resource: String,
        /// What the pod asks.
        asked: Quantity,
        /// What is not taken; negative when the node is overcommitted.
        free: Quantity,
        /// What pods may take in all.
        allocatable: Quantity,
    },
    /// The node runs as many pods as it may.
    PodCount {
        /// Pods on the node.
        running: i64,
        /// `status.allocatable.pods`
        limit: i64,
    },
    /// Anything else, in words.
    Other(String),
}

/// A pod that holds what another wants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Holder {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its controller as `Kind/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
}

/// Everything that stands against the pod on one node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeObstacles {
    /// The node.
    pub node: String,
    /// In the order of the filters; empty when the pod fits.
    pub obstacles: Vec<Obstacle>,
}

/// Our counts beside the scheduler's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Agreement {
    /// The clauses of the scheduler's message.
    pub scheduler: Vec<Count>,
    /// What we compute for the first failing filter of each node, by the scheduler's own words.
    pub computed: Vec<Count>,
    /// Whether they are the same.
    pub verdict: Agree,
    /// Why they differ or cannot be compared; empty when equal.
    pub because: String,
}

/// How many nodes a reason is given for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Count {
    /// Nodes; absent for a sentence about the pod as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The scheduler's words.
    pub reason: String,
}

/// The outcome of comparing counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Agree {
    /// Clause by clause the same.
    Equal,
    /// Not the same.
    Different,
    /// One side is missing or knows something that the other cannot.
    NotComparable,
}

/// What the scheduler said about a pod, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Its words, parsed.
    pub message: message::Message,
    /// Its words, verbatim.
    pub quote: Evidence,
}

/// Everything known about why a pod is not bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// What the scheduler said last; absent when it said nothing.
    pub said: Option<Said>,
    /// What stands against the pod on each node, in order of names; absent when the nodes were not all read.
    /// With pods unread, what stands against the pod still does, and more may.
    pub nodes: Option<Vec<NodeObstacles>>,
    /// Whether both agree.
    pub agreement: Agreement,
}

/// Looks at a pod that is not bound.
pub fn examine(pod: &StuckPod, snapshot: &Snapshot) -> Examination {
    examine_in(pod, snapshot, &View::of(snapshot))
}

/// Looks at a pod that is not bound, with a view of the snapshot that several pods share.
pub fn examine_in(pod: &StuckPod, snapshot: &Snapshot, view: &View<'_>) -> Examination {
    let said = said::newest(pod, snapshot);
    let nodes = match snapshot.nodes().whole_cluster() {
        Ok(()) => Some(judge(pod.pod(), view)),
        Err(_) => None,
    };
    let agreement = agreement::compare(pod, snapshot, said.as_ref(), nodes.as_deref());
    Examination {
        said,
        nodes,
        agreement,
    }
}
