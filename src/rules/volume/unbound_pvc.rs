//! A claim of the pod is Pending: no class, no volume that fits, a provisioner that
//! fails or is silent.
//!
//! A claim that waits for its first consumer is Pending until its pod has a node. That is no cause:
//! it is one only when the scheduler says that it found no volume for it, or waits for one.
//!
//! Sources: pkg/controller/volume/persistentvolume/pv_controller.go (1.37).

use super::class::Class;
use super::scheduler_message::{first, quote};
use crate::kubernetes::claims::volume_name;
use crate::kubernetes::shell;
use crate::kubernetes::storage_class::{NO_PROVISIONER, waits_for_consumer};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{
    ClaimOfPod, event, has_selected_node, of_pod, of_unbound_pod, phase,
};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, Seen};
use crate::text::{Sentence, say};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;

/// `unbound-pvc`
pub static RULE: Rule = Rule {
    cause: "unbound-pvc",
    layer: Layer::Volume,
    title: "a claim of the pod has no volume",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "FailedBinding",
        "ProvisioningFailed",
        "ExternalProvisioning",
        "WaitForFirstConsumer",
    ],
    explanation: include_str!("unbound_pvc.md"),
    reads: &[
        Kind::PersistentVolumeClaim,
        Kind::StorageClass,
        Kind::PersistentVolume,
    ],
    refines: &["scheduler-error"],
    root: Root::Facts(say!(
        "unbound-pvc.root",
        "claim {claim} in namespace {namespace} has no volume yet"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    of_unbound_pod(case, of_claim, from_message)
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
    let message = quote(case, speaks_of_claims);
    let waits = matches!(class, Class::Named(Seen::Yes(class)) if waits_for_consumer(class));
    if waits && message.is_none() && failed.is_none() && !has_selected_node(object) {
        return None;
    }
    // a provisioner that the scheduler still waits for may be at work
    let may_wait = waits || matches!(class, Class::Named(Seen::Unknown(_)));
    let certainty = if may_wait && message.is_none() && failed.is_none() {
        Certainty::Likely
    } else {
        Certainty::Proven
    };
    let finding = match (volume_name(object), failed) {
        (Some(volume), _) => named_volume(case, latest(case, claim, object), volume),
        (None, Some(event)) => provisioner_fails(case, case.event(event)),
        (None, None) => by_class(case, latest(case, claim, object), class),
    };
    let pending = case.field_of(claim.object(case), "status.phase", "Pending");
    let mut more: Vec<Evidence> = message.into_iter().chain([pending]).collect();
    more.retain(|evidence| *evidence != finding.proof);
    let describe = case.kubectl(["describe", &format!("pvc/{}", claim.name)]);
    let is_open = finding.inspect.is_none();
    Some(
        finding
            .certainty(certainty)
            .evidence(more)
            .fact("claim", claim.name.as_str())
            .when(is_open, |finding| finding.inspect(describe)),
    )
}

/// The scheduler rejected the pod for a claim, or waits for its volume.
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

/// The newest event of those that provision and bind; the phase where there is none.
fn latest(case: &Case<'_>, claim: &ClaimOfPod<'_>, object: &PersistentVolumeClaim) -> Evidence {
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

fn provisioner_fails(case: &Case<'_>, event: Evidence) -> Finding {
    let headline = say!(
        "unbound-pvc.provisioner-fails",
        "the claim {claim} has no volume: its provisioner fails"
    );
    Finding::new(case.subject(), headline, event)
        .why(say!(
            "unbound-pvc.why-provisioner-fails",
            "the provisioner tries again by itself; its message says what it needs"
        ))
        .refers_to_quotes()
        .fix([Fix::advice(
            say!(
                "unbound-pvc.clear-failure",
                "clear what the provisioner's message names"
            ),
            Who::Admin,
        )])
}

fn by_class(case: &Case<'_>, proof: Evidence, class: Class<'_>) -> Finding {
    match class {
        Class::Default(Seen::No) => no_default_class(case, proof),
        Class::Named(Seen::Yes(class)) if class.provisioner == NO_PROVISIONER => {
            by_hand(case, proof)
                .fact_if("class", class.metadata.name.clone())
                .why(say!(
                    "unbound-pvc.why-no-provisioner",
                    "nothing provisions volumes of the class {class}: each has to be made by hand"
                ))
        }
        Class::Named(Seen::Yes(class)) => provisioner_silent(case, proof, class),
        Class::None => by_hand(case, proof).why(say!(
            "unbound-pvc.why-without-class",
            "the claim asks for a volume without class, which nothing provisions"
        )),
        Class::Default(Seen::Yes(())) => {
            let headline = say!(
                "unbound-pvc.no-class",
                "the claim {claim} names no StorageClass"
            );
            Finding::new(case.subject(), headline, proof)
                .why(say!(
                    "unbound-pvc.why-older-than-default",
                    "there is a default class, but before 1.28 a claim that was there already does not get it"
                ))
                .fix([Fix::advice(
                    say!(
                        "unbound-pvc.make-anew-with-default",
                        "make the claim anew, with a class or with the default one"
                    ),
                    Who::Owner,
                )])
        }
        Class::Default(Seen::Unknown(_)) | Class::Named(_) => {
            let headline = say!("unbound-pvc.no-volume", "the claim {claim} has no volume");
            Finding::new(case.subject(), headline, proof)
                .why(say!(
                    "unbound-pvc.why-class-not-read",
                    "its StorageClass was not read, so it is not known who should make the volume"
                ))
                .fix([Fix::advice(
                    say!(
                        "unbound-pvc.look-at-claim",
                        "look at the claim's events and at its StorageClass"
                    ),
                    Who::Owner,
                )
                .looks_at(Kind::StorageClass)])
        }
    }
}

fn no_default_class(case: &Case<'_>, proof: Evidence) -> Finding {
    let headline = say!(
        "unbound-pvc.no-default-class",
        "the claim {claim} names no StorageClass, and the cluster has no default one"
    );
    Finding::new(case.subject(), headline, proof)
        .why(say!(
            "unbound-pvc.why-no-default-class",
            "without a class nothing provisions a volume, and no volume made by hand fits the claim"
        ))
        .fix([
            Fix::advice(
                say!(
                    "unbound-pvc.make-anew-with-class",
                    "make the claim anew with a class that exists"
                ),
                Who::Owner,
            ),
            Fix::advice(
                say!(
                    "unbound-pvc.make-default-class",
                    "make a StorageClass the default one"
                ),
                Who::Admin,
            ),
        ])
}

fn provisioner_silent(case: &Case<'_>, proof: Evidence, class: &StorageClass) -> Finding {
    let headline = say!(
        "unbound-pvc.provisioner-silent",
        "the claim {claim} waits for the provisioner {provisioner}, which has not made a volume"
    );
    Finding::new(case.subject(), headline, proof)
        .fact_if("class", class.metadata.name.clone())
        .fact("provisioner", class.provisioner.as_str())
        .why(say!(
            "unbound-pvc.why-provisioner-silent",
            "the provisioner of the class {class} has said nothing about the claim: it may not be running"
        ))
        .inspect(shell::cluster(["get", "csidrivers"]))
        .fix([Fix::advice(
            say!(
                "unbound-pvc.check-provisioner",
                "check that the provisioner {provisioner} is installed and runs"
            ),
            Who::Admin,
        )])
}

/// The claim can only be bound to a volume that somebody makes.
fn by_hand(case: &Case<'_>, proof: Evidence) -> Finding {
    let headline = say!(
        "unbound-pvc.nothing-fits",
        "the claim {claim} finds no volume that fits it"
    );
    Finding::new(case.subject(), headline, proof).fix([Fix::advice(
        say!(
            "unbound-pvc.create-volume",
            "create a PersistentVolume of the claim's class, access mode and size, or more"
        ),
        Who::Admin,
    )])
}

/// The claim names its volume.
fn named_volume(case: &Case<'_>, proof: Evidence, volume: &str) -> Finding {
    let headline = match case.snapshot.volumes().get("", volume) {
        Seen::No => say!(
            "unbound-pvc.named-volume-missing",
            "the claim {claim} names the volume {volume}, which does not exist"
        ),
        Seen::Yes(_) | Seen::Unknown(_) => say!(
            "unbound-pvc.named-volume",
            "the claim {claim} is not bound to the volume {volume} that it names"
        ),
    };
    Finding::new(case.subject(), headline, proof)
        .fact("volume", volume)
        .why(say!(
            "unbound-pvc.why-named-volume",
            "a claim that names its volume waits for that one alone"
        ))
        .fix([Fix::advice(
            say!(
                "unbound-pvc.free-named-volume",
                "create the volume {volume}, or make it free: it may hold the reference to an earlier claim"
            ),
            Who::Admin,
        )])
}

/// By the scheduler's message, where claims were not read.
fn from_message(case: &Case<'_>) -> Option<Finding> {
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
        .fact_if("claims", (!names.is_empty()).then_some(names))
        .why(say!(
            "unbound-pvc.why-events-not-read",
            "which claim it is, and why, is said by the claims' own events, which were not read"
        ))
        .fix([Fix::advice(
            say!(
                "unbound-pvc.look-at-claims",
                "look at the events of the pod's claims, and at their StorageClass"
            ),
            Who::Owner,
        )
        .looks_at(Kind::PersistentVolumeClaim)])
        .inspect(describe);
    Some(finding)
}

/// What is known where the scheduler's message names no claim.
fn headline(reason: &Reason) -> Sentence {
    match reason {
        Reason::UnboundImmediateClaims => say!(
            "unbound-pvc.of-a-claim",
            "a claim of the pod has no volume yet"
        ),
        Reason::ClaimWithoutClass => say!(
            "unbound-pvc.of-a-claim-without-class",
            "a claim of the pod has neither a volume nor a class"
        ),
        Reason::VolumeBind => say!(
            "unbound-pvc.of-a-claim-on-these-nodes",
            "no volume is there for a claim of the pod, and none can be made on these nodes"
        ),
        Reason::StorageCapacity => say!(
            "unbound-pvc.of-a-claim-too-large",
            "no volume can be made for a claim of the pod: the driver reports too little free storage"
        ),
        Reason::NonExistentVolume => say!(
            "unbound-pvc.of-a-claim-volume-missing",
            "a claim of the pod is bound to a volume that does not exist"
        ),
        _ => say!(
            "unbound-pvc.waited-in-vain",
            "the scheduler waited in vain for the volume of a claim"
        ),
    }
}
