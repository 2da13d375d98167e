//! kube-scheduler's own arithmetic: why each node was rejected, with numbers.
//!
//! Every filter is evaluated on every node and none stops the others; the real scheduler stops at
//! the first failing plugin of a node, so its order ([`Filter`]) is kept to be able to compare
//! counts. One file a filter, each a pure function from (pod, node, [`View`]) to [`FilterFailure`]s.
//! `latest_message` finds the scheduler's message, `agreement` compares counts with it, `ranking` tells which filter failures
//! matter, `preemption` what removing pods would do, `remedy` looks for the smallest change after which a node passes.
//!
//! All of it is data. What does not belong here: which filter failure is *the* cause (`rules/scheduling`), and any sentence.

mod agreement;
mod attached;
mod control_plane;
mod dynamic_resources;
mod engine;
mod incoming;
mod inter_pod_affinity;
mod latest_message;
mod node_affinity;
mod node_declared_features;
mod node_name;
mod node_volume_limits;
mod ports;
pub mod preemption;
pub mod queueing_hint;
pub mod ranking;
pub mod remedy;
mod resources;
pub mod room;
mod run_filters;
mod taints;
#[cfg(test)]
pub(crate) mod testing;
mod topology_spread;
mod unschedulable;
mod view;
mod volume_binding;
pub mod volume_match;
mod volume_restrictions;
mod volume_zone;
mod volumes;

pub use agreement::{Agree, Agreement, Because};
pub use engine::Engine;
pub use incoming::Incoming;
pub use inter_pod_affinity::{Term, TermPods};
pub use run_filters::{computes, run_filters};
pub use taints::{Difference, NearMiss};
pub use topology_spread::Distribution;
pub use view::{NodeView, View};
pub use volumes::{NoVolume, VolumeFailure};

use crate::kubernetes::node_terms::{NodeRequirement, NodeTerms};
use crate::kubernetes::ports::HostPort;
use crate::kubernetes::quantity::Quantity;
use crate::snapshot::{Evidence, Gap, PodRecord};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

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

impl Filter {
    /// Whether the plugin stops at the first thing that it finds on a node; the others give all.
    fn gives_one(self) -> bool {
        !matches!(
            self,
            Filter::NodeResourcesFit | Filter::VolumeBinding | Filter::DynamicResources
        )
    }
}

/// One thing that keeps the pod off a node.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterFailure {
    /// The filter that fails.
    pub filter: Filter,
    /// The scheduler's words for it, without a count: `Insufficient cpu`.
    pub reason: Cow<'static, str>,
    /// What exactly, with numbers.
    pub what: What,
}

/// What exactly keeps a pod off a node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// The node is cordoned.
    Cordoned {
        /// Whether that keeps a control plane free, in place of its taint.
        keeps_free: bool,
    },
    /// The pod names another node.
    OtherNode,
    /// A taint is not tolerated.
    Taint {
        /// `key`
        key: String,
        /// `key=value:Effect`
        taint: String,
        /// A toleration that names the key and still does not fit.
        near_miss: Option<NearMiss>,
    },
    /// A node selector or affinity expression does not hold.
    Label {
        /// The unmet requirement.
        wanted: NodeRequirement,
        /// What the node carries under its key; `None` when it carries nothing.
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
        resource: Arc<str>,
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
    /// A claim, volume or disk of the pod.
    Volume(VolumeFailure),
    /// A topology spread constraint would be broken.
    Spread {
        /// The constraint's `topologyKey`.
        key: String,
        /// The node's domain; `None` when it lacks the label.
        domain: Option<String>,
        /// How many matching pods the domain holds.
        matching: i64,
        /// The fewest that a domain holds, or 0 while there are fewer domains than `minDomains`.
        fewest: i64,
        /// How many more than the fewest a domain may hold.
        max_skew: i64,
    },
    /// No pod that the pod wants to be near is in the node's domain.
    Apart {
        /// The pods that count.
        wanted: TermPods,
        /// The term's `topologyKey`.
        key: String,
        /// The node's domain; `None` when it lacks the label.
        domain: Option<String>,
    },
    /// A pod that the pod keeps away from, or that keeps it away, is in the node's domain.
    Together {
        /// That pod.
        holder: Holder,
        /// Whose rule it is: the pod's own, or the other's.
        own: bool,
        /// The term's `topologyKey`.
        key: String,
        /// The domain.
        domain: String,
    },
    /// What one filter finds in one way alone.
    Other(Other),
}

/// What one filter finds in one way alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    /// The names that the required node affinity asks for exclude each other.
    NamesConflict,
    /// The required node affinity has only empty terms, which match no node.
    EmptyTerms,
    /// As many pods use a device claim as may.
    DeviceClaimInUse {
        /// The claim.
        claim: String,
        /// How many may.
        users: usize,
    },
    /// The devices of a claim are on other nodes.
    DevicesElsewhere {
        /// The claim.
        claim: String,
        /// These.
        nodes: NodeTerms,
    },
    /// Features that the node's kubelet does not declare.
    MissingFeatures(Vec<&'static str>),
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

impl From<&PodRecord> for Holder {
    fn from(pod_record: &PodRecord) -> Self {
        Holder {
            namespace: pod_record.namespace.to_string(),
            name: pod_record.name.to_string(),
            controller: pod_record.controller.as_deref().map(str::to_owned),
        }
    }
}

/// `shop/web-0`
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Nodes by their names, in order; whoever tells of them shares the list.
pub type NodeNames = Arc<[Arc<str>]>;

/// Everything that rejects the pod on one node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeResult {
    /// The node.
    pub node: Arc<str>,
    /// In the order of the filters; empty when the pod fits.
    pub failures: Arc<[FilterFailure]>,
}

impl NodeResult {
    /// What tells its list of filter failures from others: nodes that reject the pod alike may share one.
    fn list(&self) -> *const () {
        Arc::as_ptr(&self.failures).cast()
    }
}

/// The nodes by what rejects the pod there: those that share a list stand together.
pub fn alike(nodes: &[NodeResult]) -> Vec<Vec<&NodeResult>> {
    let mut groups: Vec<Vec<&NodeResult>> = Vec::new();
    let mut places = BTreeMap::new();
    for node in nodes {
        let place = *places.entry(node.list()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(node),
            None => groups.push(vec![node]),
        }
    }
    groups
}

/// A filter that lacks something it would have to read. It raises no filter failure, and a node without filter failures
/// need not be free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The filter.
    pub filter: Filter,
    /// What is missing.
    pub gap: Gap,
}

/// How many of the pods were read that take room on nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PodsRead {
    /// All of the cluster.
    #[default]
    All,
    /// Those of every node that the pod admits: on the others nothing but an anti-affinity towards the pod could bear on it.
    OfItsNodes,
    /// Others may bear on it.
    NotAll(Gap),
}

impl PodsRead {
    /// Why more may reject the pod than was found.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            PodsRead::NotAll(gap) => Some(gap),
            PodsRead::All | PodsRead::OfItsNodes => None,
        }
    }
}

/// Why nodes were rejected.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FilterResults {
    /// What the scheduler refuses the pod for before it looks at any node; it gives the first.
    pub before: Vec<FilterFailure>,
    /// What rejects it on each node, in order of names.
    pub nodes: Vec<NodeResult>,
    /// The filters that could not be computed.
    pub unread: Vec<Unread>,
    /// How many pods they could look at.
    pub pods: PodsRead,
    /// What PodTopologySpread counted, constraint by constraint.
    pub spread: Vec<Distribution>,
}

impl FilterResults {
    /// Whether all was read that the filters look at.
    pub fn is_whole(&self) -> bool {
        self.pods.gap().is_none() && self.unread.is_empty()
    }

    /// The nodes that would take the pod.
    pub fn feasible_nodes(&self) -> impl Iterator<Item = &str> {
        let refused = !self.before.is_empty();
        let free = self.nodes.iter().filter(|node| node.failures.is_empty());
        free.filter(move |_| !refused).map(|node| &*node.node)
    }
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

/// A message of a scheduler about a pod, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SchedulerMessage {
    /// What it says.
    pub message: crate::messages::scheduler::Message,
    /// It, verbatim.
    pub quote: Evidence,
}

/// Everything known about why a pod is not bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// The scheduler's latest message; absent when there is none.
    pub scheduler_message: Option<SchedulerMessage>,
    /// Why each node was rejected; absent when the nodes were not all read. With pods unread, more may reject the pod.
    pub results: Option<Arc<FilterResults>>,
    /// Whether both agree.
    pub agreement: Agreement,
}

impl Examination {
    /// Why each node was rejected, in order of names.
    pub fn nodes(&self) -> Option<&[NodeResult]> {
        self.results
            .as_deref()
            .map(|results| results.nodes.as_slice())
    }

    /// Whether pods that were not read may reject the pod, or nodes were not.
    pub fn lacks_pods(&self) -> bool {
        let results = self.results.as_deref();
        results.is_none_or(|results| results.pods.gap().is_some())
    }

    /// Whether the pod as a whole is refused by what was read now, before any node is looked at.
    pub fn is_refused(&self) -> bool {
        let results = self.results.as_deref();
        results.is_some_and(|results| !results.before.is_empty())
    }
}
