//! Why a kubelet refused a pod that was bound to its node: [`read`] for `status.reason` and the message beside it.
//!
//! The kubelet looks once, before anything of the pod is made. The reason names the check; what failed in it is told by the
//! message. Evictions at admission are read by [`super::eviction`], a node that shuts down by [`super::disruption`].
//!
//! Sources: kubelet `lifecycle/predicate.go`, `lifecycle/handlers.go`, `kubelet.go` (rejectPod), `cm/devicemanager/manager.go`,
//! `cm/cpumanager/policy_static.go`, `cm/memorymanager/policy_static.go`, `cm/topologymanager/scope.go`, `sysctl/allowlist.go`
//! and `kubelet_volumes.go` of 1.19 to 1.37.

use super::form::{Captures, Pattern, anywhere, search};
use super::text;
use crate::kubernetes::quantity::Quantity;

/// What the kubelet refused the pod for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// Too little is left of a resource.
    Resource {
        /// cpu, memory, pods, an extended resource.
        resource: String,
        /// What of it the message tells.
        amounts: Option<Amounts>,
    },
    /// The node's labels do not fit the pod's nodeSelector or node affinity.
    NodeAffinity,
    /// The pod names another node.
    NodeName,
    /// A host port of the pod is taken.
    HostPorts,
    /// A NoExecute taint that the pod does not tolerate.
    Taint,
    /// Devices of the resource are there, and none is healthy.
    DevicesUnhealthy {
        /// The extended resource.
        resource: String,
    },
    /// No device plugin of the resource has registered with the kubelet.
    DevicesUnregistered {
        /// The extended resource.
        resource: String,
    },
    /// Fewer devices are free than are asked for.
    DevicesTaken {
        /// The extended resource.
        resource: String,
        /// How many are asked for.
        requested: String,
        /// How many are free.
        available: String,
    },
    /// The device plugin answered with an error.
    DevicePlugin,
    /// Too few CPUs are free for exclusive use.
    Cpus {
        /// How many are asked for.
        requested: String,
        /// How many are free.
        available: String,
    },
    /// CPUs are handed out by whole cores only.
    WholeCores,
    /// No NUMA node has the memory.
    Numa,
    /// No NUMA node has all of what is asked for together.
    Topology,
    /// A sysctl that this kubelet does not allow.
    Sysctl {
        /// The sysctl, if named.
        name: Option<String>,
    },
    /// The node has no AppArmor.
    NoAppArmor,
    /// A profile of AppArmor is not loaded.
    AppArmorProfile {
        /// The profile, if named.
        profile: Option<String>,
    },
    /// The pod is for another operating system.
    OperatingSystem,
    /// The kubelet had not read its own node yet.
    NodeInfo,
    /// The kubelet or its runtime lacks something that the pod uses.
    Unsupported {
        /// What it lacks.
        feature: String,
    },
    /// The node attaches no more volumes.
    AttachLimit,
    /// No known check, or no known words.
    Unknown,
}

/// How much of a resource a pod asks for, and how much of the node's is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// What the pod asks for.
    pub requested: Quantity,
    /// What the node's other pods ask for.
    pub used: Quantity,
    /// What the node has for pods.
    pub capacity: Quantity,
}

/// What the message of a pod that the kubelet turned away begins with, since 1.26 and before.
const HEADS: [&str; 2] = ["Pod was rejected: ", "Pod "];

/// Reads why a pod has failed; none where a kubelet has not refused it.
pub fn read(reason: &str, message: &str) -> Option<Rejection> {
    let text = text::bare(message);
    let text = HEADS
        .iter()
        .find_map(|head| text.strip_prefix(head))
        .unwrap_or(&text);
    let by_reason = || REASONS.iter().find(|(known, _)| *known == reason);
    if let Some(resource) = reason.strip_prefix("OutOf") {
        let of_text = resource_of(text);
        return Some(of_text.unwrap_or_else(|| Rejection::Resource {
            resource: resource.to_owned(),
            amounts: None,
        }));
    }
    if let Some((_, general)) = by_reason() {
        return Some(anywhere(FORMS, text).unwrap_or_else(general));
    }
    let is_rejected = message.trim_start().starts_with("Pod was rejected: ");
    (is_rejected && !ELSEWHERE.contains(&reason)).then_some(Rejection::Unknown)
}

/// Reasons with a meaning of their own.
const ELSEWHERE: [&str; 6] = [
    "Evicted",
    "NodeShutdown",
    "Shutdown",
    "Terminated",
    "Preempting",
    "DeadlineExceeded",
];

/// A reason, and what it says alone.
type Known = (&'static str, fn() -> Rejection);

/// Reasons of refusals, with what each says where the message adds nothing known.
const REASONS: &[Known] = &[
    ("NodeAffinity", || Rejection::NodeAffinity),
    // up to 1.19
    ("MatchNodeSelector", || Rejection::NodeAffinity),
    ("NodeName", || Rejection::NodeName),
    ("HostName", || Rejection::NodeName),
    ("NodePorts", || Rejection::HostPorts),
    ("PodFitsHostPorts", || Rejection::HostPorts),
    ("TaintToleration", || Rejection::Taint),
    ("UnexpectedAdmissionError", || Rejection::Unknown),
    ("TopologyAffinityError", || Rejection::Topology),
    ("SMTAlignmentError", || Rejection::WholeCores),
    ("EmptyPodSharedPoolError", || Rejection::Unknown),
    ("SysctlForbidden", || Rejection::Sysctl { name: None }),
    ("AppArmor", || Rejection::AppArmorProfile { profile: None }),
    ("PodOSSelectorNodeLabelDoesNotMatch", || {
        Rejection::OperatingSystem
    }),
    ("PodOSNotSupported", || Rejection::OperatingSystem),
    ("InvalidNodeInfo", || Rejection::NodeInfo),
    ("SupplementalGroupsPolicyNotSupported", || {
        unsupported("supplementalGroupsPolicy Strict")
    }),
    ("InitContainerRestartPolicyForbidden", || {
        unsupported("sidecar containers")
    }),
    ("PodLevelResourcesNotSupported", || {
        unsupported("resources of the pod as a whole")
    }),
    ("UnsupportedPodLevelResources", || {
        unsupported("resources of the pod as a whole")
    }),
    ("PodFeatureUnsupported", || Rejection::Unknown),
    ("VolumeAttachmentLimitExceeded", || Rejection::AttachLimit),
    ("UnknownReason", || Rejection::Unknown),
    ("UnexpectedPredicateFailureType", || Rejection::Unknown),
];

fn unsupported(feature: &str) -> Rejection {
    Rejection::Unsupported {
        feature: feature.to_owned(),
    }
}

const FORMS: &[Pattern<Rejection>] = &[
    // cm/devicemanager/manager.go devicesToAllocate
    (
        "no healthy devices present; cannot allocate unhealthy devices {}",
        |captures| Rejection::DevicesUnhealthy {
            resource: listed(captures),
        },
    ),
    (
        "previously allocated devices are no longer healthy; cannot allocate unhealthy devices {}",
        |captures| Rejection::DevicesUnhealthy {
            resource: listed(captures),
        },
    ),
    ("previously allocated devices are no longer healthy", |_| {
        Rejection::DevicePlugin
    }),
    ("cannot allocate unregistered device {}", |captures| {
        Rejection::DevicesUnregistered {
            resource: listed(captures),
        }
    }),
    (
        "requested number of devices unavailable for {}. Requested: {}, Available: {}",
        |captures| Rejection::DevicesTaken {
            resource: captures.own(0),
            requested: captures.own(1),
            available: listed_at(captures, 2),
        },
    ),
    // cm/cpumanager/policy_static.go, cpu_assignment.go
    (
        "not enough cpus available to satisfy request: requested={}, available={}",
        |captures| Rejection::Cpus {
            requested: captures.own(0),
            available: listed_at(captures, 1),
        },
    ),
    ("SMT Alignment Error", |_| Rejection::WholeCores),
    // cm/memorymanager/policy_static.go
    ("[memorymanager]", |_| Rejection::Numa),
    (
        "Resources cannot be allocated with Topology locality",
        |_| Rejection::Topology,
    ),
    // the device plugin's own answer
    ("Allocate failed due to rpc error: ", |_| {
        Rejection::DevicePlugin
    }),
    // sysctl/allowlist.go
    ("forbidden sysctl: \"{}\"", |captures| Rejection::Sysctl {
        name: Some(captures.own(0)),
    }),
    // security/apparmor/validate.go
    ("AppArmor is not enabled on the host", |_| {
        Rejection::NoAppArmor
    }),
    ("profile \"{}\" is not loaded", |captures| {
        Rejection::AppArmorProfile {
            profile: Some(captures.own(0)),
        }
    }),
    (
        "requires node features that are not available: {*}",
        |captures| Rejection::Unsupported {
            feature: captures.own(0),
        },
    ),
];

/// The last hole, without the comma that follows it.
fn listed(captures: &Captures<'_>) -> String {
    listed_at(captures, 0)
}

fn listed_at(captures: &Captures<'_>, hole: usize) -> String {
    captures.get(hole).trim_end_matches([',', '.']).to_owned()
}

fn resource_of(text: &str) -> Option<Rejection> {
    let captures = search(ENOUGH, text)?;
    Some(Rejection::Resource {
        resource: captures.own(0),
        amounts: amounts(text).map(|(_, amounts)| amounts),
    })
}

/// `lifecycle/predicate.go` InsufficientResourceError.
const ENOUGH: &str = "Node didn't have enough resource: {}, requested: {}, used: {}, capacity: {}";
/// `allocation/allocation_manager.go` canResizePod, 1.33 to 1.35: more than the node has in all.
const CAPACITY: &str = "Node didn't have enough capacity: {}, requested: {}, capacity: {}";

/// The resource of which a node has too little, and how much: of the cpu in thousandths, of what is else whole bytes or pieces.
pub fn amounts(text: &str) -> Option<(String, Amounts)> {
    let (captures, used) = match search(ENOUGH, text) {
        Some(captures) => (captures, true),
        None => (search(CAPACITY, text)?, false),
    };
    let resource = captures.get(0);
    let amount = |hole| {
        let number: i64 = listed_at(&captures, hole).parse().ok()?;
        Some(match resource {
            "cpu" => Quantity::from_milli(number),
            _ => Quantity::from_units(number),
        })
    };
    let amounts = Amounts {
        requested: amount(1)?,
        used: if used { amount(2)? } else { Quantity::ZERO },
        capacity: amount(if used { 3 } else { 2 })?,
    };
    Some((resource.to_owned(), amounts))
}

#[cfg(test)]
mod tests;
