//! One example for each wording of a reason.

use super::*;

#[test]
fn sentences_of_prefilter_stand_without_a_count() {
    for (sentence, reason) in [
        (
            "pod has unbound immediate PersistentVolumeClaims",
            Reason::UnboundImmediateClaims,
        ),
        (
            "persistentvolumeclaim \"disk.0\" not found",
            Reason::ClaimMissing(words("disk.0")),
        ),
        (
            "persistentvolumeclaim \"disk\" is being deleted",
            Reason::ClaimTerminating(words("disk")),
        ),
        (
            "persistentvolumeclaim \"disk\" bound to non-existent persistentvolume \"pv-7\"",
            Reason::ClaimLost {
                claim: words("disk"),
                volume: words("pv-7"),
            },
        ),
        (
            "waiting for ephemeral volume controller to create the persistentvolumeclaim \"web-0-tmp\"",
            Reason::EphemeralClaimPending(words("web-0-tmp")),
        ),
        (
            "PVC shop/web-0-tmp was not created for pod shop/web-0 (pod is not owner)",
            Reason::ClaimNotOwned(words("shop/web-0-tmp")),
        ),
        (
            "storageclass.storage.k8s.io \"fast\" not found",
            Reason::StorageClassMissing(words("fast")),
        ),
        (
            "persistentvolume \"pv-7\" not found",
            Reason::VolumeMissing(words("pv-7")),
        ),
        (
            "PersistentVolumeClaim had no pv name and storageClass name",
            Reason::ClaimWithoutClass,
        ),
        ("pod affinity terms conflict", Reason::AffinityTermsConflict),
        (
            "resourceclaim \"gpu\" not found",
            Reason::DeviceClaim(ClaimProblem::Missing(words("gpu"))),
        ),
        (
            "pod \"shop/web-0\": ResourceClaim not created yet",
            Reason::DeviceClaim(ClaimProblem::NotCreated),
        ),
        (
            "request one: device class big does not exist",
            Reason::DeviceClaim(ClaimProblem::ClassMissing(words("big"))),
        ),
    ] {
        for text in [
            format!("0/5 nodes are available: {sentence}."),
            format!("0/5 nodes are available: {sentence}. not found"),
            format!(
                "0/5 nodes are available: {sentence}. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."
            ),
            format!(
                "0/5 nodes are available: {sentence}. no new claims to deallocate, preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."
            ),
        ] {
            let message = parse(&text);
            assert_eq!(
                (message.nodes, message.form),
                (Some(5), Form::Sentence),
                "{text}"
            );
            assert_eq!(message.counts(), [(None, sentence)], "{text}");
            assert_eq!(message.clauses[0].reason, reason, "{text}");
        }
        // up to 1.25 the sentence is counted by node, and some hand it on without a head
        assert_eq!(
            parse(&format!("0/5 nodes are available: 5 {sentence}.")).counts(),
            [(Some(5), sentence)]
        );
        assert_eq!((only(sentence), parse(sentence).form), (reason, Form::Bare));
    }
}

#[test]
fn filters_and_their_plugins() {
    for (text, plugin, canonical) in [
        ("Insufficient cpu", "NodeResourcesFit", "Insufficient cpu"),
        ("insufficient CPU", "NodeResourcesFit", "Insufficient cpu"),
        (
            "Insufficient nvidia. com/gpu",
            "NodeResourcesFit",
            "Insufficient nvidia.com/gpu",
        ),
        ("Insufficient pods", "NodeResourcesFit", "Too many pods"),
        (
            "Insufficient hugepages-2Mi",
            "NodeResourcesFit",
            "Insufficient hugepages-2Mi",
        ),
        (
            "node(s) didn't match the requested node name",
            "NodeName",
            "node(s) didn't match the requested node name",
        ),
        (
            "node(s) didn't match the requested hostname",
            "NodeName",
            "node(s) didn't match the requested node name",
        ),
        (
            "node(s) didn't match node selector",
            "NodeAffinity",
            "node(s) didn't match Pod's node affinity/selector",
        ),
        (
            "node(s) didn't match Pod's node affinity",
            "NodeAffinity",
            "node(s) didn't match Pod's node affinity/selector",
        ),
        (
            "node(s) didn\u{2019}t match scheduler-enforced node affinity",
            "NodeAffinity",
            "node(s) didn't match scheduler-enforced node affinity",
        ),
        (
            "node(s) didn't have free ports for the requested pod ports",
            "NodePorts",
            "node(s) didn't have free ports for the requested pod ports",
        ),
        (
            "node(s) had no available disk",
            "VolumeRestrictions",
            "node(s) had no available disk",
        ),
        (
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
            "VolumeRestrictions",
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
        ),
        (
            "node(s) exceed max volume count",
            "NodeVolumeLimits",
            "node(s) exceed max volume count",
        ),
        (
            "disk.csi.example.com CSI driver is not installed on the node",
            "NodeVolumeLimits",
            "disk.csi.example.com CSI driver is not installed on the node",
        ),
        (
            "node(s) had volume node affinity conflict",
            "VolumeBinding",
            "node(s) didn't match PersistentVolume's node affinity",
        ),
        (
            "node(s) didn't find available persistent volumes to bind",
            "VolumeBinding",
            "node(s) didn't find available persistent volumes to bind",
        ),
        (
            "node(s) did not have enough free storage",
            "VolumeBinding",
            "node(s) did not have enough free storage",
        ),
        (
            "pvc(s) bound to non-existent pv(s)",
            "VolumeBinding",
            "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
        ),
        (
            "pod has unbound PersistentVolumeClaims (repeated 4 times)",
            "VolumeBinding",
            "pod has unbound immediate PersistentVolumeClaims",
        ),
        (
            "node(s) had no available volume zone",
            "VolumeZone",
            "node(s) had no available volume zone",
        ),
        (
            "node(s) didn't match pod topology spread constraints (missing required label)",
            "PodTopologySpread",
            "node(s) didn't match pod topology spread constraints (missing required label)",
        ),
        (
            "node(s) didn't match pod affinity rules",
            "InterPodAffinity",
            "node(s) didn't match pod affinity rules",
        ),
        (
            "node(s) didn't match pod anti-affinity rules",
            "InterPodAffinity",
            "node(s) didn't match pod anti-affinity rules",
        ),
        (
            "node(s) didn't match pod affinity/anti-affinity",
            "InterPodAffinity",
            "node(s) didn't match pod affinity/anti-affinity",
        ),
        (
            "node(s) didn't satisfy existing pods anti-affinity rules",
            "InterPodAffinity",
            "node(s) didn't satisfy existing pods anti-affinity rules",
        ),
        (
            "cannot allocate all claims",
            "DynamicResources",
            "cannot allocate all claims",
        ),
        (
            "resourceclaim not available on the node",
            "DynamicResources",
            "resourceclaim not available on the node",
        ),
        (
            "claim a/b, request c: cannot add device d because a claim constraint would not be satisfied",
            "DynamicResources",
            "cannot allocate all claims",
        ),
        (
            "node(s) didn't match Pod's required features",
            "NodeDeclaredFeatures",
            "node(s) didn't match Pod's required features",
        ),
    ] {
        let reason = only(&format!("0/3 nodes are available: 3 {text}."));
        assert_eq!(
            (reason.plugin(), reason.to_string().as_str()),
            (Some(plugin), canonical),
            "{text}"
        );
    }
}

#[test]
fn conditions_of_old_schedulers() {
    for (text, condition) in [
        ("node(s) were not ready", NodeCondition::NotReady),
        ("node(s) were out of disk space", NodeCondition::OutOfDisk),
        ("node(s) had memory pressure", NodeCondition::MemoryPressure),
        ("node(s) had disk pressure", NodeCondition::DiskPressure),
        ("node(s) had pid pressure", NodeCondition::PidPressure),
        (
            "node(s) had unavailable network",
            NodeCondition::NetworkUnavailable,
        ),
        ("NodeNotReady", NodeCondition::NotReady),
        ("NodeUnderMemoryPressure", NodeCondition::MemoryPressure),
        ("NodeOutOfDisk", NodeCondition::OutOfDisk),
    ] {
        assert_eq!(
            only(&format!("0/2 nodes are available: 2 {text}.")),
            Reason::NodeCondition(condition),
            "{text}"
        );
    }
}

/// The frame of a filter that fails, by version, around what is a verdict today.
#[test]
fn a_verdict_in_the_frame_of_an_error() {
    const FRAMES: [&str; 6] = [
        "error while running \"P\" filter plugin for pod \"web-0\": ",
        "error while running \"P\" prefilter plugin for pod \"web-0\": ",
        "running \"P\" filter plugin for pod \"web-0\": ",
        "running \"P\" filter plugin: ",
        "running PreFilter plugin \"P\": ",
        "rejected by \"P\" at prefilter: ",
    ];
    for (verdict, reason) in [
        (
            "pod has unbound immediate PersistentVolumeClaims",
            Reason::UnboundImmediateClaims,
        ),
        (
            "could not find v1.PersistentVolumeClaim \"shop/data-web-0\"",
            Reason::ClaimMissing(words("data-web-0")),
        ),
        (
            "error getting PVC \"shop/data-web-0\": could not find v1.PersistentVolumeClaim \"shop/data-web-0\"",
            Reason::ClaimMissing(words("data-web-0")),
        ),
        (
            "could not find v1.PersistentVolume \"pvc-1\"",
            Reason::VolumeMissing(words("pvc-1")),
        ),
        (
            "persistentvolumeclaim \"data-web-0\" not found",
            Reason::ClaimMissing(words("data-web-0")),
        ),
        ("node(s) didn't match node selector", Reason::NodeAffinity),
    ] {
        for frame in FRAMES {
            let message = format!("{frame}{verdict}");
            assert_eq!(only(&message), reason, "{message}");
        }
    }
    // what is bound after the choice of a node is no verdict about nodes
    let bound = "running PreBind plugin \"P\": persistentvolumeclaim \"data\" not found";
    assert!(matches!(only(bound), Reason::PluginError { .. }));
}
