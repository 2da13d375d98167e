//! A claim of the pod is Pending, and says why: no class, no volume that fits, a provisioner that
//! fails or is silent.
//!
//! A claim that waits for its first consumer is Pending until its pod has a node. That is no cause:
//! it is one only when the scheduler says that it found no volume for it, or waits for one.
//!
//! Sources: pkg/controller/volume/persistentvolume/pv_controller.go (1.37).

use crate::text::{Sentence, say};
use super::class::Class;
use crate::kubernetes::claims::volume_name;
use crate::kubernetes::storage_class::{NO_PROVISIONER, waits_for_consumer};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{
    ClaimOfPod, event, has_selected_node, look_through, of_pod, phase, said,
};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, Seen};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// `unbound-pvc`
pub static RULE: Rule = Rule {
    cause: "unbound-pvc",
    layer: Layer::Volume,
    title: "a claim of the pod has no volume",
    explanation: include_str!("unbound_pvc.md"),
    reads: &[
        Kind::PersistentVolumeClaim,
        Kind::StorageClass,
        Kind::PersistentVolume,
    ],
    refines: &["scheduler-error"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    look_through(case, of_claim, told)
}

/// What keeps a claim from its volume.
fn of_claim(
    case: &Case<'_>,
    claim: &ClaimOfPod<'_>,
    object: &PersistentVolumeClaim,
) -> Option<Finding> {
    if phase(object) != "Pending" {
        return None;
    }
    let failed = event(case, claim, &["ProvisioningFailed"]);
    let class = Class::of(case, object);
    let only = said(case, speaks_of_claims);
    let waits = matches!(class, Class::Named(Seen::Yes(class)) if waits_for_consumer(class));
    if waits && only.is_none() && failed.is_none() && !has_selected_node(object) {
        return None;
    }
    let proof = evidence(case, claim, object);
    let volume = volume_name(object);
    // a provisioner that the scheduler still waits for may be at work
    let may_wait = waits || matches!(class, Class::Named(Seen::Unknown(_)));
    let certainty = if may_wait && only.is_none() && failed.is_none() {
        Certainty::Likely
    } else {
        Certainty::Proven
    };
    let finding = if let Some(volume) = volume {
        named_volume(case, proof, volume)
    } else if let Some(event) = failed {
        Finding::new(
            case.subject(),
            say!("unbound-pvc.text", "the claim {claim} has no volume: its provisioner fails"),
            case.event(event),
        )
        .why(say!("unbound-pvc.of-claim-why", "the provisioner tries again by itself; its message says what it needs"))
        .fix([Fix::advice(
            say!("unbound-pvc.of-claim-fix", "clear what the provisioner's message names"),
            Who::Admin,
        )])
    } else {
        by_class(case, proof, class)
    };
    let quotes = only
        .map(|(_, quote)| quote)
        .filter(|quote| *quote != finding.proof);
    let pending = case.field_of(claim.object(case), "status.phase", "Pending");
    let more = quotes
        .into_iter()
        .chain((pending != finding.proof).then_some(pending));
    let look = case.kubectl(["describe", "pvc", &claim.name]);
    Some(
        finding
            .certainty(certainty)
            .evidence(more.collect::<Vec<_>>())
            .fact("claim", claim.name.as_str())
            .look(look),
    )
}

/// The scheduler says that a claim is in the way, or waits for its volume.
fn speaks_of_claims(reason: &Reason) -> bool {
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

/// The newest words of those that provision and bind; the phase where they have said nothing.
fn evidence(case: &Case<'_>, claim: &ClaimOfPod<'_>, object: &PersistentVolumeClaim) -> Evidence {
    let telling = [
        "FailedBinding",
        "ExternalProvisioning",
        "Provisioning",
        "WaitForPodScheduled",
    ];
    match event(case, claim, &telling) {
        Some(event) => case.event(event),
        None => case.field_of(claim.object(case), "status.phase", phase(object)),
    }
}

fn by_class(case: &Case<'_>, proof: Evidence, class: Class<'_>) -> Finding {
    match class {
        Class::Default(Seen::No) => finding(case, say!("unbound-pvc.text-2", "the claim {claim} names no StorageClass, and the cluster has no default one"), proof)
            .why(say!("unbound-pvc.by-class-why", "without a class nothing provisions a volume, and no volume made by hand fits the claim"))
            .fix([
                Fix::advice(say!("unbound-pvc.by-class-fix", "make the claim anew with a class that exists"), Who::Owner),
                Fix::advice(say!("unbound-pvc.by-class-fix-2", "make a StorageClass the default one"), Who::Admin),
            ]),
        Class::Named(Seen::Yes(class)) if class.provisioner == NO_PROVISIONER => by_hand(case, proof)
            .fact("class", class.metadata.name.clone().unwrap_or_default())
            .why(say!("unbound-pvc.by-class-why-2", "nothing provisions volumes of the class {class}: each has to be made by hand")),
        Class::Named(Seen::Yes(class)) => finding(case, say!("unbound-pvc.text-3", "the claim {claim} waits for the provisioner {provisioner}, which has not made a volume"), proof)
            .fact("class", class.metadata.name.clone().unwrap_or_default())
            .fact("provisioner", class.provisioner.as_str())
            .why(say!("unbound-pvc.by-class-why-3", "the provisioner of the class {class} has said nothing about the claim: it may not be running"))
            .fix([Fix::advice(say!("unbound-pvc.by-class-fix-3", "check that the provisioner {provisioner} is installed and runs"), Who::Admin)]),
        Class::None => by_hand(case, proof).why(say!("unbound-pvc.by-class-why-4", "the claim asks for a volume without class, which nothing provisions")),
        Class::Default(Seen::Yes(())) => finding(case, say!("unbound-pvc.text-4", "the claim {claim} names no StorageClass"), proof)
            .why(say!("unbound-pvc.by-class-why-5", "there is a default class, but before 1.28 a claim that was there already does not get it"))
            .fix([Fix::advice(say!("unbound-pvc.by-class-fix-4", "make the claim anew, with a class or with the default one"), Who::Owner)]),
        Class::Default(_) | Class::Named(_) => finding(case, say!("unbound-pvc.text-5", "the claim {claim} has no volume"), proof)
            .why(say!("unbound-pvc.by-class-why-6", "its StorageClass was not read, so it is not known who should make the volume"))
            .fix([Fix::advice(say!("unbound-pvc.by-class-fix-5", "look at the claim's events and at its StorageClass"), Who::Owner)]),
    }
}

/// The claim can only be bound to a volume that somebody makes.
fn by_hand(case: &Case<'_>, proof: Evidence) -> Finding {
    finding(
        case,
        say!("unbound-pvc.text-6", "the claim {claim} finds no volume that fits it"),
        proof,
    )
    .fix([Fix::advice(
        say!("unbound-pvc.by-hand-fix", "create a PersistentVolume of the claim's class, access mode and size, or more"),
        Who::Admin,
    )])
}

/// The claim names its volume.
fn named_volume(case: &Case<'_>, proof: Evidence, volume: &str) -> Finding {
    let finding = match case.snapshot.volumes().get("", volume) {
        Seen::No => finding(
            case,
            say!("unbound-pvc.text-7", "the claim {claim} names the volume {volume}, which does not exist"),
            proof,
        ),
        Seen::Yes(_) | Seen::Unknown(_) => finding(
            case,
            say!("unbound-pvc.text-8", "the claim {claim} is not bound to the volume {volume} that it names"),
            proof,
        ),
    };
    finding
        .fact("volume", volume)
        .why(say!("unbound-pvc.named-volume-why", "a claim that names its volume waits for that one alone"))
        .fix([Fix::advice(say!("unbound-pvc.named-volume-fix", "create the volume {volume}, or make it free: it may hold the reference to an earlier claim"), Who::Admin)])
}

fn finding(case: &Case<'_>, headline: Sentence, proof: Evidence) -> Finding {
    Finding::new(case.subject(), headline, proof)
}

/// The scheduler's words, where claims were not read.
fn told(case: &Case<'_>) -> Option<Finding> {
    let (clause, quote) = said(case, speaks_of_claims)?;
    let (headline, certainty) = match &clause.reason {
        Reason::UnboundImmediateClaims => {
            (say!("unbound-pvc.text-9", "a claim of the pod has no volume yet"), Certainty::Likely)
        }
        Reason::ClaimWithoutClass => (
            say!("unbound-pvc.text-10", "a claim of the pod has neither a volume nor a class"),
            Certainty::Likely,
        ),
        Reason::VolumeBind => (
            say!("unbound-pvc.text-11", "no volume is there for a claim of the pod, and none can be made on these nodes"),
            Certainty::Likely,
        ),
        Reason::StorageCapacity => (
            say!("unbound-pvc.text-12", "no volume can be made for a claim of the pod: the driver reports too little free storage"),
            Certainty::Likely,
        ),
        Reason::NonExistentVolume => (
            say!("unbound-pvc.text-13", "a claim of the pod is bound to a volume that does not exist"),
            Certainty::Likely,
        ),
        _ => (
            say!("unbound-pvc.text-14", "the scheduler waited in vain for the volume of a claim"),
            Certainty::Possible,
        ),
    };
    let names: Vec<String> = of_pod(case).into_iter().map(|claim| claim.name).collect();
    let words = ["describe", "pvc"].into_iter();
    let finding = finding(case, headline, quote)
        .certainty(certainty)
        .why(say!("unbound-pvc.why", "which claim it is, and why, is said by the claims' own events, which were not read"))
        .fix([Fix::advice(
            say!("unbound-pvc.fix", "look at the events of the pod's claims, and at their StorageClass"),
            Who::Owner,
        )])
        .look(case.kubectl(words.chain(names.iter().map(String::as_str))));
    Some(if names.is_empty() {
        finding
    } else {
        finding.fact("claims", names)
    })
}
