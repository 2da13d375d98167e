//! The claims of a pod, and how far they have come.
//!
//! Sources: kube-scheduler `framework/plugins/volumebinding` (1.37), component-helpers
//! `storage/ephemeral` and `storage/volume`.

use crate::finding::Evidence;
use crate::rules::Case;
use crate::scheduler::message::{Clause, Reason};
use crate::snapshot::{Event, Kind, ObjectRef, Seen};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec};

/// Set by the scheduler once it has chosen a node for a claim that waits for its first consumer.
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

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
    let (pod, snapshot) = (case.pod, case.snapshot);
    let volumes = pod.spec().volumes.iter().flatten();
    volumes
        .filter_map(|volume| {
            let (name, ephemeral) = match (&volume.persistent_volume_claim, &volume.ephemeral) {
                (Some(source), _) => (source.claim_name.clone(), false),
                (None, Some(_)) => (format!("{}-{}", pod.name(), volume.name), true),
                (None, None) => return None,
            };
            Some(ClaimOfPod {
                volume: &volume.name,
                seen: snapshot.claims().get(pod.namespace(), &name),
                name,
                ephemeral,
            })
        })
        .collect()
}

impl ClaimOfPod<'_> {
    /// The claim as an object.
    pub(crate) fn object(&self, case: &Case<'_>) -> ObjectRef {
        ObjectRef::new(Kind::PersistentVolumeClaim, case.namespace(), &self.name)
    }
}

/// `status.phase`
pub(crate) fn phase(claim: &PersistentVolumeClaim) -> &str {
    let status = claim.status.as_ref();
    status
        .and_then(|status| status.phase.as_deref())
        .unwrap_or_default()
}

/// Whether the scheduler has chosen a node for the claim and waits for its volume.
pub(crate) fn has_selected_node(claim: &PersistentVolumeClaim) -> bool {
    let annotations = claim.metadata.annotations.as_ref();
    phase(claim) == "Pending" && annotations.is_some_and(|all| all.contains_key(SELECTED_NODE))
}

/// A field of the claim's spec, where an empty text is a value.
pub(super) fn field<'c>(
    claim: &'c PersistentVolumeClaim,
    of: impl Fn(&'c PersistentVolumeClaimSpec) -> Option<&'c String>,
) -> Option<&'c str> {
    claim.spec.as_ref().and_then(of).map(String::as_str)
}

/// The newest event about a claim of one of these reasons.
pub(super) fn event<'a>(
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

/// The first clause of the scheduler's message that `wanted` takes, with the whole message as evidence.
pub(super) fn said<'c>(
    case: &'c Case<'_>,
    wanted: impl Fn(&Reason) -> bool,
) -> Option<(&'c Clause, Evidence)> {
    let said = case.scheduling()?.said.as_ref()?;
    let clause = said
        .message
        .clauses
        .iter()
        .find(|clause| wanted(&clause.reason))?;
    Some((clause, said.quote.clone()))
}
