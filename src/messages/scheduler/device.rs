//! Every known wording about a ResourceClaim of dynamic resource allocation.
//!
//! Source: kube-scheduler `framework/plugins/dynamicresources` and `dynamic-resource-allocation/structured` of 1.26 to 1.37.

use super::reason::ClaimProblem;
use crate::messages::form::Pattern;

/// PreFilter, Filter and PreBind.
pub(super) const FORMS: &[Pattern<ClaimProblem>] = &[
    ("pod \"{}\": ResourceClaim not created yet", |_| {
        ClaimProblem::NotCreated
    }),
    (
        "waiting for dynamic resource controller to create the resourceclaim {*}",
        |_| ClaimProblem::NotCreated,
    ),
    (
        "resourceclaim.resource.k8s.io \"{}\" not found",
        |captures| ClaimProblem::Missing(captures.own(0)),
    ),
    ("resourceclaim \"{}\" not found", |captures| {
        ClaimProblem::Missing(captures.own(0))
    }),
    ("resourceclaim \"{}\" is being deleted", |captures| {
        ClaimProblem::Terminating(captures.own(0))
    }),
    ("ResourceClaim {} was not created for Pod {*}", |captures| {
        ClaimProblem::NotOwned(captures.own(0))
    }),
    (
        "ResourceClaim {} is not in the same namespace as Pod {*}",
        |captures| ClaimProblem::NotOwned(captures.own(0)),
    ),
    ("resourceclaim in use", |_| ClaimProblem::InUse),
    (
        "node allocatable resource claim {} shared by multiple pods",
        |_| ClaimProblem::InUse,
    ),
    (
        "node allocatable resource claim {} is already used by another pod",
        |_| ClaimProblem::InUse,
    ),
    (
        "resource claim {} is in the process of being allocated",
        |captures| ClaimProblem::Allocating(captures.own(0)),
    ),
    ("request {}: device class {} does not exist", |captures| {
        ClaimProblem::ClassMissing(captures.own(1))
    }),
    ("cannot allocate all claims", |_| ClaimProblem::NoDevice),
    ("cannot schedule extended resource claim", |_| {
        ClaimProblem::NoDevice
    }),
    ("cannot fit resource", |_| ClaimProblem::NoDevice),
    (
        "claim {}, request {}: cannot add device {} because a claim constraint would not be satisfied",
        |_| ClaimProblem::NoDevice,
    ),
    (
        "resourceclaim cannot be allocated for the node (unsuitable)",
        |_| ClaimProblem::NoDevice,
    ),
    ("resourceclaim not available on the node", |_| {
        ClaimProblem::OtherNode
    }),
    ("resourceclaim must be reallocated", |_| {
        ClaimProblem::OtherNode
    }),
    (
        "pod \"{}\", spec.resourceClaim \"{}\": none of the supported fields are set",
        |_| ClaimProblem::Invalid,
    ),
    ("resource claim {}, request {}: {*}", |_| {
        ClaimProblem::Invalid
    }),
    ("request {}: unsupported request type", |_| {
        ClaimProblem::Invalid
    }),
    (
        "claim {}, request {}: asks for all devices, but resource pool {*}",
        |_| ClaimProblem::NoDevice,
    ),
    ("invalid resource pools were encountered{*}", |_| {
        ClaimProblem::NoDevice
    }),
    (
        "claim {}: number of requested devices {} exceeds the claim limit of {}",
        |_| ClaimProblem::Invalid,
    ),
    ("claim {}: exact count {} is too large", |_| {
        ClaimProblem::Invalid
    }),
    ("claim {}: selector #{}: CEL {*}", |_| ClaimProblem::Invalid),
    ("class {}: selector #{}: CEL {*}", |_| ClaimProblem::Invalid),
    (
        "pod level request for {} is insufficient to cover the aggregated container and node-allocatable DRA requests",
        |_| ClaimProblem::Invalid,
    ),
    (
        "claim {}: node-allocatable resource claim not referenced by any container within the pod",
        |_| ClaimProblem::Invalid,
    ),
    (
        "resourceclaim depends on disabled DRAControlPlaneController feature",
        |_| ClaimProblem::Invalid,
    ),
    ("node {}: timed out trying to allocate devices", |_| {
        ClaimProblem::Timeout
    }),
    ("device binding timeout: claim={}", |_| {
        ClaimProblem::Timeout
    }),
];
