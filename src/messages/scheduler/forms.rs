//! Every known wording of a reason, by plugin, newest first.
//!
//! Sources: kube-scheduler `framework/plugins/*` of each minor 1.19 to 1.37; `algorithm/predicates/error.go` of 1.7 to 1.18.

use super::device;
use super::predicates::PREDICATE;
use super::reason::{NodeCondition, Reason};
use crate::messages::form::{Captures, Pattern, match_full, strip_prefix, whole};

/// What a clause means; [`Reason::Other`] if its wording is not known as a whole.
pub(super) fn reason(text: &str) -> Reason {
    verdict(text)
        .or_else(|| whole(FRAME, text))
        .or_else(|| whole(device::FORMS, text).map(Reason::DeviceClaim))
        .or_else(|| volcano(text))
        .unwrap_or(Reason::Other)
}

/// What a filter says of a node or of the pod, without a frame around it.
fn verdict(text: &str) -> Option<Reason> {
    insufficient(text).or_else(|| {
        [NODE, POD, VOLUME, PREDICATE]
            .into_iter()
            .find_map(|forms| whole(forms, text))
    })
}

/// `Insufficient <resource>`: a resource has no blank in its name, a quota's or an extender's words have.
fn insufficient(text: &str) -> Option<Reason> {
    // consoles break lines at the dot of `nvidia.com/gpu`
    let resource = strip_prefix(text, "Insufficient ")?.replace(". ", ".");
    let named = !resource.is_empty()
        && resource
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c));
    named.then(|| resource_reason(&resource))
}

fn resource_reason(resource: &str) -> Reason {
    const NATIVE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
    match NATIVE
        .iter()
        .find(|native| native.eq_ignore_ascii_case(resource))
    {
        Some(native) => Reason::InsufficientResource((*native).to_owned()),
        // up to 1.18: `Insufficient pods`
        None if resource.eq_ignore_ascii_case("pods") => Reason::TooManyPods,
        None => Reason::InsufficientResource(resource.to_owned()),
    }
}

/// Volcano wraps a filter's reason: `plugin <plugin> predicates failed <reason>`.
fn volcano(text: &str) -> Option<Reason> {
    let captures = match_full("plugin {} predicates failed {*}", text)?;
    Some(reason(captures.get(1)))
}

fn taint(captures: &Captures<'_>) -> Reason {
    Reason::UntoleratedTaint {
        taint: Some((captures.own(0), captures.own(1))),
    }
}

pub(super) fn untold(_: &Captures<'_>) -> Reason {
    Reason::UntoleratedTaint { taint: None }
}

fn excluded(captures: &Captures<'_>) -> Reason {
    Reason::ExcludedByPlugins(
        captures
            .get(0)
            .split([' ', ','])
            .filter(|plugin| !plugin.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

/// A plugin failed. Filters up to 1.18 fail with what is a verdict since, and those of today with what their caches do not hold
/// yet (plugins/volumebinding): such words mean what they mean without the frame.
fn error(point: &str, plugin: &str, error: &str) -> Reason {
    let filters = matches!(point, "PreFilter" | "Filter");
    let verdict = filters.then(|| verdict(error)).flatten();
    verdict.unwrap_or_else(|| Reason::PluginError {
        point: point.to_owned(),
        plugin: plugin.to_owned(),
        error: error.to_owned(),
    })
}

/// `default/data` is the claim `data`: a pod's claims are of its namespace.
fn claim_missing(captures: &Captures<'_>) -> Reason {
    let key = captures.last();
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    Reason::ClaimMissing(name.to_owned())
}

/// Filters on what the node is.
const NODE: &[Pattern<Reason>] = &[
    // plugins/nodeunschedulable
    ("node(s) were unschedulable", |_| Reason::Unschedulable),
    ("node(s) had unknown conditions", |_| {
        Reason::NodeCondition(NodeCondition::Unknown)
    }),
    // plugins/nodename; `hostname` up to 1.20
    ("node(s) didn't match the requested node name", |_| {
        Reason::NodeName
    }),
    ("node(s) didn't match the requested hostname", |_| {
        Reason::NodeName
    }),
    // plugins/tainttoleration: 1.34, 1.24, 1.19, 1.18
    ("node(s) had untolerated taint(s)", untold),
    ("node(s) had untolerated taint {{}: {*}}", taint),
    (
        "node(s) had taint {{}: {*}}, that the pod didn't tolerate",
        taint,
    ),
    (
        "node(s) had taint {{}: {*}} that the pod didn't tolerate",
        taint,
    ),
    ("node(s) had taints that the pod didn't tolerate", untold),
    // plugins/nodeaffinity: 1.21, 1.20, 1.19
    ("node(s) didn't match Pod's node affinity/selector", |_| {
        Reason::NodeAffinity
    }),
    ("node(s) didn't match Pod's node affinity", |_| {
        Reason::NodeAffinity
    }),
    ("node(s) didn't match node selector", |_| {
        Reason::NodeAffinity
    }),
    (
        "node(s) didn't match scheduler-enforced node affinity",
        |_| Reason::AddedAffinity,
    ),
    ("pod affinity terms conflict", |_| {
        Reason::AffinityTermsConflict
    }),
    // plugins/nodelabel, plugins/serviceaffinity up to 1.22
    ("node(s) didn't have the requested labels", |_| {
        Reason::LegacyPolicy
    }),
    ("node(s) didn't match service affinity", |_| {
        Reason::LegacyPolicy
    }),
    // plugins/nodeports, plugins/noderesources
    (
        "node(s) didn't have free ports for the requested pod ports",
        |_| Reason::HostPorts,
    ),
    ("Too many pods", |_| Reason::TooManyPods),
    // up to 1.4, and the kubelet
    ("Node didn't have enough resource: {}", |captures| {
        resource_reason(captures.get(0))
    }),
    (
        "Node didn't have enough resource: {}, requested: {*}",
        |captures| resource_reason(captures.get(0)),
    ),
    // plugins/nodedeclaredfeatures 1.35
    ("node(s) didn't match Pod's required features", |_| {
        Reason::RequiredFeatures
    }),
    // algorithm/predicates/error.go 1.9 to 1.17
    ("node(s) were not ready", |_| {
        Reason::NodeCondition(NodeCondition::NotReady)
    }),
    ("node(s) were out of disk space", |_| {
        Reason::NodeCondition(NodeCondition::OutOfDisk)
    }),
    ("node(s) had memory pressure", |_| {
        Reason::NodeCondition(NodeCondition::MemoryPressure)
    }),
    ("node(s) had disk pressure", |_| {
        Reason::NodeCondition(NodeCondition::DiskPressure)
    }),
    ("node(s) had pid pressure", |_| {
        Reason::NodeCondition(NodeCondition::PidPressure)
    }),
    ("node(s) had unavailable network", |_| {
        Reason::NodeCondition(NodeCondition::NetworkUnavailable)
    }),
    // Volcano: plugins/predicates
    ("node(s) resource fit failed", |_| {
        Reason::InsufficientUnnamed
    }),
    ("node(s) pod number exceeded", |_| Reason::TooManyPods),
];

/// Filters on the pods that are there.
const POD: &[Pattern<Reason>] = &[
    // plugins/interpodaffinity; the last one up to 1.20, beside one of the others
    ("node(s) didn't match pod affinity rules", |_| {
        Reason::PodAffinity
    }),
    ("node(s) didn't match pod anti-affinity rules", |_| {
        Reason::PodAntiAffinity
    }),
    (
        "node(s) didn't satisfy existing pods anti-affinity rules",
        |_| Reason::ExistingPodsAntiAffinity,
    ),
    (
        "node(s) didn't match pod affinity/anti-affinity rules",
        |_| Reason::PodAffinityOrAntiAffinity,
    ),
    ("node(s) didn't match pod affinity/anti-affinity", |_| {
        Reason::PodAffinityOrAntiAffinity
    }),
    // plugins/podtopologyspread
    (
        "node(s) didn't match pod topology spread constraints (missing required label)",
        |_| Reason::TopologySpread {
            missing_label: true,
        },
    ),
    (
        "node(s) didn't match pod topology spread constraints",
        |_| Reason::TopologySpread {
            missing_label: false,
        },
    ),
];

/// Filters on volumes.
const VOLUME: &[Pattern<Reason>] = &[
    // plugins/volumebinding; node affinity: 1.33, before
    (
        "node(s) didn't match PersistentVolume's node affinity",
        |_| Reason::VolumeNodeAffinity,
    ),
    ("node(s) had volume node affinity conflict", |_| {
        Reason::VolumeNodeAffinity
    }),
    (
        "node(s) didn't find available persistent volumes to bind",
        |_| Reason::VolumeBind,
    ),
    ("node(s) did not have enough free storage", |_| {
        Reason::StorageCapacity
    }),
    (
        "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        |_| Reason::NonExistentVolume,
    ),
    ("pvc(s) bound to non-existent pv(s)", |_| {
        Reason::NonExistentVolume
    }),
    (
        "pod has unbound immediate PersistentVolumeClaims{*}",
        |_| Reason::UnboundImmediateClaims,
    ),
    // up to 1.12: `… (repeated 3 times)`
    ("pod has unbound PersistentVolumeClaims{*}", |_| {
        Reason::UnboundImmediateClaims
    }),
    (
        "persistentvolumeclaim \"{}\" bound to non-existent persistentvolume \"{}\"",
        |captures| Reason::ClaimLost {
            claim: captures.own(0),
            volume: captures.own(1),
        },
    ),
    ("persistentvolumeclaim \"{}\" not found", |captures| {
        Reason::ClaimMissing(captures.own(0))
    }),
    ("persistentvolumeclaims \"{}\" not found", |captures| {
        Reason::ClaimMissing(captures.own(0))
    }),
    // up to 1.10, up to 1.9
    (
        "PersistentVolumeClaim is not found: \"{}\"{*}",
        |captures| Reason::ClaimMissing(captures.own(0)),
    ),
    ("PersistentVolumeClaim is not bound: \"{}\"{*}", |_| {
        Reason::UnboundImmediateClaims
    }),
    // plugins/volumebinding assume_cache.go: what its cache lacks
    (
        "could not find v1.PersistentVolumeClaim \"{}\"",
        claim_missing,
    ),
    (
        "error getting PVC \"{}\": could not find v1.PersistentVolumeClaim \"{}\"",
        claim_missing,
    ),
    ("could not find v1.PersistentVolume \"{}\"", |captures| {
        Reason::VolumeMissing(captures.own(0))
    }),
    (
        "error getting PV \"{}\": could not find v1.PersistentVolume \"{}\"",
        |captures| Reason::VolumeMissing(captures.own(1)),
    ),
    (
        "persistentvolumeclaim \"{}\" is being deleted",
        |captures| Reason::ClaimTerminating(captures.own(0)),
    ),
    (
        "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{}\"",
        |captures| Reason::EphemeralClaimPending(captures.own(0)),
    ),
    (
        "PVC {} was not created for pod {} (pod is not owner)",
        |captures| Reason::ClaimNotOwned(captures.own(0)),
    ),
    // plugins/volumezone
    ("node(s) had no available volume zone", |_| {
        Reason::VolumeZone
    }),
    (
        "PersistentVolumeClaim had no pv name and storageClass name",
        |_| Reason::ClaimWithoutClass,
    ),
    ("persistentvolume \"{}\" not found", |captures| {
        Reason::VolumeMissing(captures.own(0))
    }),
    ("storageclass.storage.k8s.io \"{}\" not found", |captures| {
        Reason::StorageClassMissing(captures.own(0))
    }),
    // plugins/nodevolumelimits
    ("node(s) exceed max volume count", |_| Reason::VolumeLimit),
    ("{} CSI driver is not installed on the node", |captures| {
        Reason::CsiDriverMissing(captures.own(0))
    }),
    // plugins/volumerestrictions; ReadWriteOncePod: 1.34, 1.22
    ("node(s) had no available disk", |_| Reason::DiskConflict),
    (
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
        |_| Reason::ReadWriteOncePod,
    ),
    (
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
        |_| Reason::ReadWriteOncePod,
    ),
];

/// The scheduling framework, schedule_one.go, and other schedulers' queues.
const FRAME: &[Pattern<Reason>] = &[
    ("no nodes available to schedule pods", |_| Reason::NoNodes),
    ("skip schedule deleting pod: {*}", |_| Reason::PodDeleting),
    (
        "Scheduling is blocked due to non-empty scheduling gates",
        |_| Reason::Gated,
    ),
    ("node(s) didn't satisfy plugin(s) [{*}]", excluded),
    (
        "node(s) didn't satisfy plugin(s) [{*}] simultaneously",
        excluded,
    ),
    ("node(s) didn't satisfy plugin {}", excluded),
    // 1.28 to 1.31
    ("node is filtered out by the prefilter result", |_| {
        Reason::ExcludedByPlugins(Vec::new())
    }),
    ("node(s) is filtered out by the prefilter result", |_| {
        Reason::ExcludedByPlugins(Vec::new())
    }),
    (
        "rejected due to timeout after waiting {} at plugin {}",
        |captures| Reason::PermitTimeout {
            plugin: captures.own(1),
        },
    ),
    ("running {} plugin \"{}\": {*}", |captures| {
        error(captures.get(0), captures.get(1), captures.get(2))
    }),
    ("running \"{}\" filter plugin: {*}", |captures| {
        error("Filter", captures.get(0), captures.get(1))
    }),
    // 1.15 to 1.20; 1.15 to 1.18; 1.18 to 1.21
    ("rejected by \"{}\" at prefilter: {*}", |captures| {
        verdict(captures.get(1)).unwrap_or(Reason::Other)
    }),
    (
        "error while running \"{}\" {} plugin for pod \"{}\": {*}",
        |captures| error(old_point(captures.get(1)), captures.get(0), captures.get(3)),
    ),
    ("running \"{}\" {} plugin for pod \"{}\": {*}", |captures| {
        error(old_point(captures.get(1)), captures.get(0), captures.get(3))
    }),
    ("waiting on permit for pod: {*}", |captures| {
        error("Permit", "", captures.get(0))
    }),
    // extender.go
    ("failed {} with extender at URL {}, code {}", |captures| {
        Reason::ExtenderError {
            url: captures.own(1),
        }
    }),
    ("Post \"{}\": {*}", |captures| Reason::ExtenderError {
        url: captures.own(0),
    }),
    // plugins/gangscheduling and schedule_one_podgroup.go 1.35, 1.36; scheduler-plugins coscheduling; Volcano
    ("waiting for minCount pods from a gang{*}", |_| Reason::Gang),
    ("pod group is unschedulable", |_| Reason::Gang),
    ("failed to schedule other pod from a pod group: {*}", |_| {
        Reason::Gang
    }),
    ("pod group is waiting for preemption to complete", |_| {
        Reason::Gang
    }),
    (
        "pre-filter pod {} cannot find enough sibling pods{*}",
        |_| Reason::Gang,
    ),
    ("no feasible placements found", |_| Reason::Gang),
    ("{} placements are available{*}", |_| Reason::Gang),
    ("optimistic rejection in PostFilter", |_| Reason::Gang),
    ("podGroup {} failed recently", |_| Reason::Gang),
    ("pod group is not ready{*}", |_| Reason::Gang),
    ("{}/{} tasks in gang unschedulable{*}", |_| Reason::Gang),
    ("Not enough valid tasks for gang-scheduling{*}", |_| {
        Reason::Gang
    }),
    // YuniKorn k8shim
    (
        "Task {} is pending for the requested resources become available",
        |_| Reason::Queued,
    ),
    ("{} is queued and waiting for allocation", |_| {
        Reason::Queued
    }),
    (
        "Task {} is skipped from scheduling because the queue quota has been exceed{*}",
        |_| Reason::QueueQuota,
    ),
    // Koordinator and scheduler-plugins: elastic quota
    ("Insufficient quotas {*}", |_| Reason::QueueQuota),
    (
        "Pod {} is rejected in PreFilter because ElasticQuota {*}",
        |_| Reason::QueueQuota,
    ),
];

/// `prebind` as 1.18 to 1.21 write it, in the spelling of the configuration.
fn old_point(point: &str) -> &str {
    const POINTS: [&str; 6] = [
        "PreFilter",
        "Filter",
        "Reserve",
        "Permit",
        "PreBind",
        "Bind",
    ];
    POINTS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(point))
        .unwrap_or(point)
}
