//! What the scheduler's message says of claims without a volume.

use super::scheduler_message::first;
use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::of_pod;
use crate::snapshot::Kind;
use crate::text::{Message, Sentence, say};

/// The scheduler rejected the pod for a claim, or waits for its volume.
pub(super) fn speaks_of_claims(reason: &Reason) -> bool {
    match reason {
        Reason::UnboundImmediateClaims
        | Reason::VolumeBind
        | Reason::ClaimWithoutClass
        | Reason::StorageCapacity
        | Reason::NonExistentVolume => true,
        Reason::PluginError { plugin, point, .. } => {
            plugin == "VolumeBinding" && point == "PreBind"
        }
        _ => false,
    }
}

/// By the scheduler's message, where claims were not read.
pub(super) fn from_message(case: &Case<'_>) -> Option<Finding> {
    let (reason, quote) = first(case, |reason| speaks_of_claims(reason).then_some(reason))?;
    let certainty = match reason {
        Reason::PluginError { .. } => Certainty::Possible,
        _ => Certainty::Likely,
    };
    let names: Vec<String> = of_pod(case).into_iter().map(|claim| claim.name).collect();
    let claims = names.iter().map(|name| format!("pvc/{name}"));
    let describe = case.kubectl(["describe".to_owned()].into_iter().chain(claims));
    let finding = Finding::new(case.subject(), headline(reason), quote)
        .certainty(certainty)
        .fact("which", which(&names))
        .when(names.len() == 1, |finding| {
            finding.why(say!(
                "unbound-pvc.why-its-events-not-read",
                "why, its events say, which were not read"
            ))
        })
        .when(names.len() != 1, |finding| {
            finding.why(say!(
                "unbound-pvc.why-events-not-read",
                "which claim it is, and why, is said by the claims' own events, which were not read"
            ))
        })
        .fact_if("claims", (!names.is_empty()).then_some(names))
        .fix([Fix::advice(
            say!(
                "unbound-pvc.look-at-claims",
                "look at the events of {claims|claim|claims} {claims}, and at {claims|its|their} StorageClass"
            ),
            Who::Owner,
        )
        .looks_at(Kind::PersistentVolumeClaim)])
        .inspect(describe);
    Some(finding)
}

/// The claim, where the pod has no other.
fn which(names: &[String]) -> Message {
    match names {
        [only] => Message::new(say!("unbound-pvc.the-claim", "claim {claim}"))
            .fact("claim", only.as_str()),
        _ => say!("unbound-pvc.a-claim", "a claim of the pod").into(),
    }
}

/// What is known where the scheduler's message names no claim.
fn headline(reason: &Reason) -> Sentence {
    match reason {
        Reason::UnboundImmediateClaims => {
            say!("unbound-pvc.of-a-claim", "{which} has no volume yet")
        }
        Reason::ClaimWithoutClass => say!(
            "unbound-pvc.of-a-claim-without-class",
            "{which} has neither a volume nor a class"
        ),
        Reason::VolumeBind => say!(
            "unbound-pvc.of-a-claim-on-these-nodes",
            "no volume is there for {which}, and none can be made on these nodes"
        ),
        Reason::StorageCapacity => say!(
            "unbound-pvc.of-a-claim-too-large",
            "no volume can be made for {which}: the driver reports too little free storage"
        ),
        Reason::NonExistentVolume => say!(
            "unbound-pvc.of-a-claim-volume-missing",
            "{which} is bound to a volume that does not exist"
        ),
        _ => say!(
            "unbound-pvc.waited-in-vain",
            "the scheduler waited in vain for the volume of {which}"
        ),
    }
}
