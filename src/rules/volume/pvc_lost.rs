//! A claim of the pod is bound to a volume that does not exist any more.
//!
//! Sources: pkg/controller/volume/persistentvolume/pv_controller.go (1.37), which sets phase Lost and never takes it back by
//! itself; kube-scheduler `framework/plugins/volumebinding` and `volumezone`.

use super::scheduler_message::{first, quote};
use crate::kubernetes::claims::{phase, volume_name};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, of_pod, of_unbound_pod};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::say;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// `pvc-lost`
pub static RULE: Rule = Rule {
    cause: "pvc-lost",
    layer: Layer::Volume,
    title: "a claim of the pod has lost its volume",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "ClaimLost",
        "Lost",
    ],
    explanation: include_str!("pvc_lost.md"),
    reads: &[Kind::PersistentVolumeClaim, Kind::PersistentVolume],
    refines: &["unbound-pvc", "scheduler-error"],
    root: Root::Facts(say!(
        "pvc-lost.root",
        "claim {claim} in namespace {namespace} has lost its volume"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    of_unbound_pod(case, of_claim, from_message)
}

/// The claim's phase is Lost, or its volume was looked for.
fn of_claim(
    case: &Case<'_>,
    claim: &ClaimOfPod<'_>,
    object: &PersistentVolumeClaim,
) -> Option<Finding> {
    let volume = volume_name(object)?;
    let gone = case.snapshot.volumes().get("", volume);
    let evidence: Vec<Evidence> = match (phase(object), gone) {
        ("Lost", Seen::No) => vec![lost(case, claim), absence(case, volume)],
        ("Lost", _) => vec![lost(case, claim)],
        ("Bound", Seen::No) => vec![absence(case, volume)],
        _ => return None,
    };
    let quote = quote(case, |reason| names(reason, &claim.name));
    let mut evidence = quote.into_iter().chain(evidence);
    let proof = evidence.next()?;
    let why = if matches!(gone, Seen::Yes(_)) {
        say!(
            "pvc-lost.why-there-again",
            "a volume of that name is there again, and a claim that is Lost stays so until it is bound anew"
        )
    } else {
        say!(
            "pvc-lost.why",
            "the volume was deleted while the claim was bound to it, and a claim is never bound to another one"
        )
    };
    Some(
        finding(case, proof, &claim.name, volume)
            .evidence(evidence)
            .why(why),
    )
}

fn lost(case: &Case<'_>, claim: &ClaimOfPod<'_>) -> Evidence {
    case.field_of(claim.object(case), "status.phase", "Lost")
}

fn absence(case: &Case<'_>, volume: &str) -> Evidence {
    case.absence(ObjectRef::new(Kind::PersistentVolume, "", volume))
}

fn names(reason: &Reason, name: &str) -> bool {
    match reason {
        Reason::ClaimLost { claim, .. } => claim == name,
        Reason::NonExistentVolume | Reason::VolumeMissing(_) => true,
        _ => false,
    }
}

/// Where claims were not read the scheduler's message names both, or the volume of the pod's only claim.
fn from_message(case: &Case<'_>) -> Option<Finding> {
    let ((claim, volume), quote) = first(case, |reason| match reason {
        Reason::ClaimLost { claim, volume } => Some((Some(claim), volume)),
        Reason::VolumeMissing(volume) => Some((None, volume)),
        _ => None,
    })?;
    let claims = of_pod(case);
    let only = match claims.as_slice() {
        [only] => Some(&only.name),
        _ => None,
    };
    let claim = claim.or(only)?;
    Some(finding(case, quote, claim, volume).certainty(Certainty::Likely))
}

fn finding(case: &Case<'_>, proof: Evidence, claim: &str, volume: &str) -> Finding {
    Finding::new(
        case.subject(),
        say!("pvc-lost.headline", "the claim {claim} is bound to the volume {volume}, which does not exist any more"),
        proof,
    )
    .fact("claim", claim)
    .fact("volume", volume)
    .fix([
        Fix::advice(
            say!("pvc-lost.recreate-volume", "create the PersistentVolume {volume} again for the same storage, if that is still there, with a claimRef that names the claim's uid"),
            Who::Admin,
        ),
        Fix::advice(
            say!("pvc-lost.make-claim-anew", "make the claim {claim} anew, and restore its data from a backup: what was on the volume is not on the new one"),
            Who::Owner,
        ),
    ])
    .inspect(shell::cluster(["get", "pv", "-o", "wide"]))
}
