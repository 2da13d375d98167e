//! The claims of a pod, and how far they have come.
//!
//! What a pod and a claim say of themselves is read by `kubernetes::claims`.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding` (1.37).

use crate::kubernetes::claims::{MountedClaim, mounted, phase, selected_node, volume_name};
use crate::rules::Case;
use crate::rules::finding::Finding;
use crate::snapshot::{Event, Kind, ObjectRef, Seen};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// A claim that a pod names.
#[derive(Debug, Clone)]
pub(crate) struct ClaimOfPod<'a> {
    /// The volume in the pod's spec.
    pub(crate) volume: &'a str,
    /// The claim's name.
    pub(crate) name: String,
    /// Made for this pod by the ephemeral volume controller, rather than by a person.
    pub(crate) ephemeral: bool,
    /// The claim, if it is there.
    pub(crate) seen: Seen<'a, &'a PersistentVolumeClaim>,
}

/// The claims that a pod names, in the order of its volumes.
pub(crate) fn of_pod<'a>(case: &Case<'a>) -> Vec<ClaimOfPod<'a>> {
    let claims = case.snapshot.claims();
    let with_object = |mounted: MountedClaim<'a>| ClaimOfPod {
        seen: claims.get(case.namespace(), &mounted.name),
        volume: mounted.volume,
        name: mounted.name,
        ephemeral: mounted.ephemeral,
    };
    mounted(case.pod().name(), case.pod().spec())
        .map(with_object)
        .collect()
}

/// What keeps a pod without a node waiting: what each of its claims that were read shows, or where not all were and none shows
/// anything, what the scheduler's message says.
pub(in crate::rules) fn of_unbound_pod(
    case: &Case<'_>,
    of_claim: fn(&Case<'_>, &ClaimOfPod<'_>, &PersistentVolumeClaim) -> Option<Finding>,
    from_message: fn(&Case<'_>) -> Option<Finding>,
) -> Vec<Finding> {
    if case.pod().node().is_some() {
        return Vec::new();
    }
    let claims = of_pod(case);
    let findings: Vec<Finding> = claims
        .iter()
        .filter_map(|claim| of_claim(case, claim, claim.seen.yes()?))
        .collect();
    let unread = claims.is_empty() || claims.iter().any(|claim| claim.seen.is_unknown());
    if findings.is_empty() && unread {
        from_message(case).into_iter().collect()
    } else {
        findings
    }
}

impl ClaimOfPod<'_> {
    /// The claim as an object.
    pub(crate) fn object(&self, case: &Case<'_>) -> ObjectRef {
        ObjectRef::new(Kind::PersistentVolumeClaim, case.namespace(), &self.name)
    }
}

/// Whether a volume that the pod has lies on one host: no further node is of any use to it.
pub(in crate::rules) fn lie_on_a_host(case: &Case<'_>) -> bool {
    of_pod(case).iter().any(|claim| {
        let name = claim.seen.yes().and_then(volume_name);
        let volume = name.and_then(|name| case.snapshot.volumes().get("", name).yes());
        volume.is_some_and(|volume| volume.host().is_some())
    })
}

/// Whether the scheduler has chosen a node for the claim and waits for its volume.
pub(crate) fn has_selected_node(claim: &PersistentVolumeClaim) -> bool {
    phase(claim) == "Pending" && selected_node(claim).is_some()
}

/// The newest event about a claim of one of these reasons.
pub(in crate::rules) fn event<'a>(
    case: &Case<'a>,
    claim: &ClaimOfPod<'a>,
    reasons: &[&str],
) -> Option<&'a Event> {
    let uid = claim
        .seen
        .yes()
        .and_then(|claim| claim.metadata.uid.as_deref());
    let events = case.snapshot.events_of(&claim.object(case), uid);
    let events = events.yes().unwrap_or_default();
    let mut newest_first = events.into_iter().rev();
    newest_first.find(|event| reasons.contains(&event.reason.as_str()))
}
