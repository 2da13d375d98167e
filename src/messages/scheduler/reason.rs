//! What a clause of a scheduler's message can mean, whatever version worded it.

use std::borrow::Cow;
use std::fmt;

/// Why a node, or the whole pod, was rejected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// Too little of this resource is free.
    InsufficientResource(String),
    /// Too little of some resource, which the text does not name.
    InsufficientUnnamed,
    /// The node's pod limit is reached.
    TooManyPods,
    /// A host port is taken.
    HostPorts,
    /// The node is cordoned.
    Unschedulable,
    /// A taint is not tolerated; its key and value when the version names them.
    UntoleratedTaint {
        /// Key and value; the value may be empty.
        taint: Option<(String, String)>,
    },
    /// A node condition, which versions before 1.12 named themselves and later ones express as taints.
    NodeCondition(NodeCondition),
    /// nodeSelector or required node affinity.
    NodeAffinity,
    /// Node affinity that the scheduler's profile adds.
    AddedAffinity,
    /// The terms of the node affinity exclude each other.
    AffinityTermsConflict,
    /// nodeName asks for another node.
    NodeName,
    /// Affinity to the pods of a Service, or labels that a policy demands (up to 1.22).
    LegacyPolicy,
    /// Required pod affinity.
    PodAffinity,
    /// The pod's own required anti-affinity.
    PodAntiAffinity,
    /// One of both: up to 1.20 the text does not tell.
    PodAffinityOrAntiAffinity,
    /// Required anti-affinity of pods that are there.
    ExistingPodsAntiAffinity,
    /// A topology spread constraint.
    TopologySpread {
        /// The node lacks the label of the topology.
        missing_label: bool,
    },
    /// The bound volume's node affinity.
    VolumeNodeAffinity,
    /// The bound volume's zone or region.
    VolumeZone,
    /// The node's limit of attached volumes.
    VolumeLimit,
    /// The node lacks the CSI driver.
    CsiDriverMissing(String),
    /// No volume to bind and none can be provisioned for this node.
    VolumeBind,
    /// Too little free storage as the CSI driver reports it.
    StorageCapacity,
    /// A claim is bound to a volume that does not exist.
    NonExistentVolume,
    /// A disk is in use by another pod.
    DiskConflict,
    /// A ReadWriteOncePod claim is in use by another pod.
    ReadWriteOncePod,
    /// A claim that binds immediately is not bound.
    UnboundImmediateClaims,
    /// The claim does not exist.
    ClaimMissing(String),
    /// The claim is bound to a volume that does not exist.
    ClaimLost {
        /// The claim.
        claim: String,
        /// The volume.
        volume: String,
    },
    /// The claim is being deleted.
    ClaimTerminating(String),
    /// A claim of this name exists, but not for this pod.
    ClaimNotOwned(String),
    /// The claim of an ephemeral volume is not created yet.
    EphemeralClaimPending(String),
    /// The StorageClass does not exist.
    StorageClassMissing(String),
    /// The volume does not exist.
    VolumeMissing(String),
    /// The claim has neither volume nor class.
    ClaimWithoutClass,
    /// A ResourceClaim of dynamic resource allocation.
    DeviceClaim(ClaimProblem),
    /// The node lacks a feature that the pod needs.
    RequiredFeatures,
    /// These plugins left the node out before the filters ran.
    ExcludedByPlugins(Vec<String>),
    /// A plugin held the pod until its time was up.
    PermitTimeout {
        /// The plugin.
        plugin: String,
    },
    /// The cluster has no node.
    NoNodes,
    /// The pod is being deleted.
    PodDeleting,
    /// The pod has scheduling gates.
    Gated,
    /// A plugin failed: an error, not a verdict.
    PluginError {
        /// PreFilter, Filter, Reserve, Permit, PreBind or Bind.
        point: String,
        /// The plugin.
        plugin: String,
        /// Its error.
        error: String,
    },
    /// An extender failed or could not be reached.
    ExtenderError {
        /// What was called.
        url: String,
    },
    /// The pod's group is not complete or does not fit as a whole.
    Gang,
    /// The pod waits in a queue of its scheduler.
    Queued,
    /// The quota of a scheduler's queue, not a ResourceQuota.
    QueueQuota,
    /// Unknown words: another scheduler, an extender, an out-of-tree plugin.
    Other,
}

/// Node conditions that messages before 1.18 name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeCondition {
    /// Ready is not True.
    NotReady,
    /// Memory is short.
    MemoryPressure,
    /// Disk is short.
    DiskPressure,
    /// Process ids are short.
    PidPressure,
    /// The network is not set up.
    NetworkUnavailable,
    /// The disk is full (up to 1.12).
    OutOfDisk,
    /// Not known.
    Unknown,
}

/// What is wrong with a ResourceClaim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimProblem {
    /// It is not created yet.
    NotCreated,
    /// It does not exist.
    Missing(String),
    /// It is being deleted.
    Terminating(String),
    /// It exists, but not for this pod.
    NotOwned(String),
    /// Others use it and it cannot be shared further.
    InUse,
    /// It is being allocated right now.
    Allocating(String),
    /// Its device class does not exist.
    ClassMissing(String),
    /// No free device of the node satisfies it.
    NoDevice,
    /// It is allocated, for another node.
    OtherNode,
    /// It asks for what this scheduler or class cannot do.
    Invalid,
    /// Devices could not be prepared in time.
    Timeout,
}

impl Reason {
    /// The filter plugin that gives this reason, by its name in a scheduler's configuration. `None` for what no in-tree
    /// filter says.
    pub fn plugin(&self) -> Option<&'static str> {
        Some(match self {
            Self::InsufficientResource(_) | Self::InsufficientUnnamed | Self::TooManyPods => {
                "NodeResourcesFit"
            }
            Self::HostPorts => "NodePorts",
            Self::Unschedulable => "NodeUnschedulable",
            Self::UntoleratedTaint { .. } => "TaintToleration",
            Self::NodeAffinity | Self::AddedAffinity | Self::AffinityTermsConflict => {
                "NodeAffinity"
            }
            Self::NodeName => "NodeName",
            Self::PodAffinity
            | Self::PodAntiAffinity
            | Self::PodAffinityOrAntiAffinity
            | Self::ExistingPodsAntiAffinity => "InterPodAffinity",
            Self::TopologySpread { .. } => "PodTopologySpread",
            Self::VolumeNodeAffinity
            | Self::VolumeBind
            | Self::StorageCapacity
            | Self::NonExistentVolume => "VolumeBinding",
            Self::UnboundImmediateClaims
            | Self::ClaimMissing(_)
            | Self::ClaimLost { .. }
            | Self::ClaimTerminating(_) => "VolumeBinding",
            Self::ClaimNotOwned(_) | Self::EphemeralClaimPending(_) => "VolumeBinding",
            Self::VolumeZone
            | Self::StorageClassMissing(_)
            | Self::VolumeMissing(_)
            | Self::ClaimWithoutClass => "VolumeZone",
            Self::VolumeLimit | Self::CsiDriverMissing(_) => "NodeVolumeLimits",
            Self::DiskConflict | Self::ReadWriteOncePod => "VolumeRestrictions",
            Self::DeviceClaim(_) => "DynamicResources",
            Self::RequiredFeatures => "NodeDeclaredFeatures",
            Self::Gated => "SchedulingGates",
            Self::NodeCondition(_)
            | Self::LegacyPolicy
            | Self::ExcludedByPlugins(_)
            | Self::PermitTimeout { .. }
            | Self::NoNodes => return None,
            Self::PodDeleting
            | Self::PluginError { .. }
            | Self::ExtenderError { .. }
            | Self::Gang
            | Self::Queued
            | Self::QueueQuota => return None,
            Self::Other => return None,
        })
    }

    /// Whether the sentence rejects the pod as a whole and stands without a count since 1.26.
    pub fn is_about_the_pod(&self) -> bool {
        matches!(
            self,
            Self::UnboundImmediateClaims
                | Self::ClaimMissing(_)
                | Self::ClaimLost { .. }
                | Self::ClaimTerminating(_)
                | Self::ClaimNotOwned(_)
                | Self::EphemeralClaimPending(_)
                | Self::StorageClassMissing(_)
                | Self::VolumeMissing(_)
                | Self::ClaimWithoutClass
                | Self::AffinityTermsConflict
                | Self::NoNodes
                | Self::Gated
        )
    }
}

/// The words of the newest scheduler that are the same for every node.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InsufficientResource(resource) => write!(f, "Insufficient {resource}"),
            Self::CsiDriverMissing(driver) => {
                write!(f, "{driver} CSI driver is not installed on the node")
            }
            Self::ClaimMissing(claim) => write!(f, "persistentvolumeclaim \"{claim}\" not found"),
            Self::ClaimLost { claim, volume } => write!(
                f,
                "persistentvolumeclaim \"{claim}\" bound to non-existent persistentvolume \"{volume}\""
            ),
            Self::ClaimTerminating(claim) => {
                write!(f, "persistentvolumeclaim \"{claim}\" is being deleted")
            }
            Self::ClaimNotOwned(claim) => write!(f, "PVC {claim} was not created for pod"),
            Self::EphemeralClaimPending(claim) => write!(
                f,
                "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{claim}\""
            ),
            Self::StorageClassMissing(class) => {
                write!(f, "storageclass.storage.k8s.io \"{class}\" not found")
            }
            Self::VolumeMissing(volume) => write!(f, "persistentvolume \"{volume}\" not found"),
            Self::DeviceClaim(problem) => write!(f, "{problem}"),
            Self::ExcludedByPlugins(plugins) => write!(
                f,
                "node(s) didn't satisfy plugin(s) [{}]",
                plugins.join(" ")
            ),
            Self::PermitTimeout { plugin } => {
                write!(f, "rejected due to timeout at plugin {plugin}")
            }
            Self::PluginError {
                point,
                plugin,
                error,
            } => write!(f, "running {point} plugin \"{plugin}\": {error}"),
            Self::ExtenderError { url } => write!(f, "failed call of extender {url}"),
            _ => f.write_str(self.words().unwrap_or_default()),
        }
    }
}

impl Reason {
    /// The same words, which most often are nobody's own.
    pub fn text(&self) -> Cow<'static, str> {
        match self.words() {
            Some(words) => Cow::Borrowed(words),
            None => Cow::Owned(self.to_string()),
        }
    }

    /// The words of a reason that names nothing.
    fn words(&self) -> Option<&'static str> {
        Some(match self {
            Self::InsufficientUnnamed => "insufficient resources",
            Self::TooManyPods => "Too many pods",
            Self::HostPorts => "node(s) didn't have free ports for the requested pod ports",
            Self::Unschedulable => "node(s) were unschedulable",
            Self::UntoleratedTaint { .. } => "node(s) had untolerated taint(s)",
            Self::NodeCondition(condition) => condition.words(),
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Self::AddedAffinity => "node(s) didn't match scheduler-enforced node affinity",
            Self::AffinityTermsConflict => "pod affinity terms conflict",
            Self::NodeName => "node(s) didn't match the requested node name",
            Self::LegacyPolicy => "node(s) didn't match the scheduler's policy",
            Self::PodAffinity => "node(s) didn't match pod affinity rules",
            Self::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Self::PodAffinityOrAntiAffinity => "node(s) didn't match pod affinity/anti-affinity",
            Self::ExistingPodsAntiAffinity => {
                "node(s) didn't satisfy existing pods anti-affinity rules"
            }
            Self::TopologySpread {
                missing_label: false,
            } => "node(s) didn't match pod topology spread constraints",
            Self::TopologySpread {
                missing_label: true,
            } => "node(s) didn't match pod topology spread constraints (missing required label)",
            Self::VolumeNodeAffinity => "node(s) didn't match PersistentVolume's node affinity",
            Self::VolumeZone => "node(s) had no available volume zone",
            Self::VolumeLimit => "node(s) exceed max volume count",
            Self::VolumeBind => "node(s) didn't find available persistent volumes to bind",
            Self::StorageCapacity => "node(s) did not have enough free storage",
            Self::NonExistentVolume => {
                "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
            }
            Self::DiskConflict => "node(s) had no available disk",
            Self::ReadWriteOncePod => {
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
            }
            Self::UnboundImmediateClaims => "pod has unbound immediate PersistentVolumeClaims",
            Self::ClaimWithoutClass => "PersistentVolumeClaim had no pv name and storageClass name",
            Self::RequiredFeatures => "node(s) didn't match Pod's required features",
            Self::NoNodes => "no nodes available to schedule pods",
            Self::PodDeleting => "skip schedule deleting pod",
            Self::Gated => "Scheduling is blocked due to non-empty scheduling gates",
            Self::Gang => "pod group is not ready",
            Self::Queued => "queued",
            Self::QueueQuota => "queue quota exceeded",
            Self::Other => "unknown reason",
            _ => return None,
        })
    }
}

impl NodeCondition {
    fn words(self) -> &'static str {
        match self {
            Self::NotReady => "node(s) were not ready",
            Self::MemoryPressure => "node(s) had memory pressure",
            Self::DiskPressure => "node(s) had disk pressure",
            Self::PidPressure => "node(s) had pid pressure",
            Self::NetworkUnavailable => "node(s) had unavailable network",
            Self::OutOfDisk => "node(s) were out of disk space",
            Self::Unknown => "node(s) had unknown conditions",
        }
    }
}

impl fmt::Display for ClaimProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCreated => f.write_str("ResourceClaim not created yet"),
            Self::Missing(claim) => write!(f, "resourceclaim \"{claim}\" not found"),
            Self::Terminating(claim) => write!(f, "resourceclaim \"{claim}\" is being deleted"),
            Self::NotOwned(claim) => {
                write!(f, "ResourceClaim {claim} was not created for this pod")
            }
            Self::InUse => f.write_str("resourceclaim in use"),
            Self::Allocating(claim) => write!(
                f,
                "resource claim {claim} is in the process of being allocated"
            ),
            Self::ClassMissing(class) => write!(f, "device class {class} does not exist"),
            Self::NoDevice => f.write_str("cannot allocate all claims"),
            Self::OtherNode => f.write_str("resourceclaim not available on the node"),
            Self::Invalid => f.write_str("resourceclaim cannot be satisfied as written"),
            Self::Timeout => f.write_str("timed out trying to allocate devices"),
        }
    }
}
