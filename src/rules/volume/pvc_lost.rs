//! A claim of the pod is bound to a volume that does not exist any more.
//!
//! Sources: pkg/controller/volume/persistentvolume/pv_controller.go (1.37), which sets phase Lost and never takes it back by
//! itself; kube-scheduler `framework/plugins/volumebinding` and `volumezone`.

use crate::text::say;
use crate::kubernetes::claims::volume_name;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, look_through, phase, said};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, Seen};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// `pvc-lost`
pub static RULE: Rule = Rule {
    cause: "pvc-lost",
    layer: Layer::Volume,
    title: "a claim of the pod has lost its volume",
    explanation: include_str!("pvc_lost.md"),
    reads: &[Kind::PersistentVolumeClaim, Kind::PersistentVolume],
    refines: &["unbound-pvc", "scheduler-error"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    look_through(case, of_claim, told)
}

/// The claim says so itself, or its volume was looked for.
fn of_claim(
    case: &Case<'_>,
    claim: &ClaimOfPod<'_>,
    object: &PersistentVolumeClaim,
) -> Option<Finding> {
    let volume = volume_name(object)?;
    let state = phase(object);
    let gone = case.snapshot.volumes().get("", volume);
    let evidence: Vec<Evidence> = match (state, gone) {
        ("Lost", Seen::No) => vec![lost(case, claim), absence(case, volume)],
        ("Lost", _) => vec![lost(case, claim)],
        ("Bound", Seen::No) => vec![absence(case, volume)],
        _ => return None,
    };
    let quote = said(case, |reason| speaks_of(reason, &claim.name)).map(|(_, quote)| quote);
    let mut evidence = quote.into_iter().chain(evidence);
    let proof = evidence.next()?;
    let finding = finding(case, proof, &claim.name, volume).evidence(evidence.collect::<Vec<_>>());
    Some(match state {
        // the volume is there again; the claim does not notice
        "Lost" if matches!(gone, Seen::Yes(_)) => finding.why(say!("pvc-lost.of-claim-why", "a volume of that name is there again, and a claim that is Lost stays so until it is bound anew")),
        _ => finding.why(say!("pvc-lost.of-claim-why-2", "the volume was deleted while the claim was bound to it, and a claim is never bound to another one")),
    })
}

fn lost(case: &Case<'_>, claim: &ClaimOfPod<'_>) -> Evidence {
    case.field_of(claim.object(case), "status.phase", "Lost")
}

fn absence(case: &Case<'_>, volume: &str) -> Evidence {
    case.absence(ObjectRef::new(Kind::PersistentVolume, "", volume))
}

fn speaks_of(reason: &Reason, name: &str) -> bool {
    match reason {
        Reason::ClaimLost { claim, .. } => claim == name,
        Reason::NonExistentVolume | Reason::VolumeMissing(_) => true,
        _ => false,
    }
}

/// The scheduler's words, where claims were not read. It names both.
fn told(case: &Case<'_>) -> Option<Finding> {
    let (clause, quote) = said(case, |reason| matches!(reason, Reason::ClaimLost { .. }))?;
    let Reason::ClaimLost { claim, volume } = &clause.reason else {
        return None;
    };
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
            say!("pvc-lost.fix", "create the PersistentVolume {volume} again for the same storage, if that is still there, with a claimRef that names the claim's uid"),
            Who::Admin,
        ),
        Fix::advice(
            say!("pvc-lost.fix-2", "make the claim {claim} anew, and restore its data from a backup: what was on the volume is not on the new one"),
            Who::Owner,
        ),
    ])
    .look(case.kubectl(["describe", "pvc", claim]))
}
