//! Names of predicates in place of reasons, up to 1.9, and those under which they are configured up to 1.22.
//!
//! Sources: kube-scheduler `algorithm/predicates/error.go` and `predicates.go` of 1.7 to 1.18.

use super::forms::untold;
use super::reason::{NodeCondition, Reason};
use crate::messages::form::Pattern;

/// They name the check that failed, so `NoDiskConflict` is a conflict.
pub(super) const PREDICATE: &[Pattern<Reason>] = &[
    ("PodToleratesNodeTaints", untold),
    ("PodToleratesNodeNoExecuteTaints", untold),
    ("MatchNodeSelector", |_| Reason::NodeAffinity),
    ("HostName", |_| Reason::NodeName),
    ("PodFitsHost", |_| Reason::NodeName),
    ("PodFitsHostPorts", |_| Reason::HostPorts),
    ("PodFitsPorts", |_| Reason::HostPorts),
    ("PodFitsResources", |_| Reason::InsufficientUnnamed),
    ("MatchInterPodAffinity", |_| {
        Reason::PodAffinityOrAntiAffinity
    }),
    ("PodAffinityRulesNotMatch", |_| Reason::PodAffinity),
    ("PodAntiAffinityRulesNotMatch", |_| Reason::PodAntiAffinity),
    ("ExistingPodsAntiAffinityRulesNotMatch", |_| {
        Reason::ExistingPodsAntiAffinity
    }),
    ("CheckServiceAffinity", |_| Reason::LegacyPolicy),
    ("CheckNodeLabelPresence", |_| Reason::LegacyPolicy),
    ("NoVolumeZoneConflict", |_| Reason::VolumeZone),
    ("NoVolumeNodeConflict", |_| Reason::VolumeNodeAffinity),
    ("VolumeNodeAffinityConflict", |_| Reason::VolumeNodeAffinity),
    ("VolumeBindingNoMatch", |_| Reason::VolumeBind),
    ("CheckVolumeBinding", |_| Reason::VolumeBind),
    ("MaxVolumeCount", |_| Reason::VolumeLimit),
    ("MaxEBSVolumeCount", |_| Reason::VolumeLimit),
    ("MaxGCEPDVolumeCount", |_| Reason::VolumeLimit),
    ("MaxAzureDiskVolumeCount", |_| Reason::VolumeLimit),
    ("MaxCinderVolumeCount", |_| Reason::VolumeLimit),
    ("MaxCSIVolumeCountPred", |_| Reason::VolumeLimit),
    ("NoDiskConflict", |_| Reason::DiskConflict),
    ("NodeUnschedulable", |_| Reason::Unschedulable),
    ("CheckNodeUnschedulable", |_| Reason::Unschedulable),
    ("EvenPodsSpread", |_| Reason::TopologySpread {
        missing_label: false,
    }),
    ("CheckNodeCondition", |_| {
        Reason::NodeCondition(NodeCondition::Unknown)
    }),
    ("CheckNodeMemoryPressure", |_| {
        Reason::NodeCondition(NodeCondition::MemoryPressure)
    }),
    ("CheckNodeDiskPressure", |_| {
        Reason::NodeCondition(NodeCondition::DiskPressure)
    }),
    ("CheckNodePIDPressure", |_| {
        Reason::NodeCondition(NodeCondition::PidPressure)
    }),
    ("NodeNotReady", |_| {
        Reason::NodeCondition(NodeCondition::NotReady)
    }),
    ("NodeOutOfDisk", |_| {
        Reason::NodeCondition(NodeCondition::OutOfDisk)
    }),
    ("NodeUnderMemoryPressure", |_| {
        Reason::NodeCondition(NodeCondition::MemoryPressure)
    }),
    ("NodeUnderDiskPressure", |_| {
        Reason::NodeCondition(NodeCondition::DiskPressure)
    }),
    ("NodeUnderPIDPressure", |_| {
        Reason::NodeCondition(NodeCondition::PidPressure)
    }),
    ("NodeNetworkUnavailable", |_| {
        Reason::NodeCondition(NodeCondition::NetworkUnavailable)
    }),
    ("NodeUnknownCondition", |_| {
        Reason::NodeCondition(NodeCondition::Unknown)
    }),
];
