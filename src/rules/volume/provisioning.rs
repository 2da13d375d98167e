//! Who has to make the volume of a claim, and why it is not made: the provisioner of its class, or somebody by hand.

use super::class::Class;
use super::near_volume::{NearVolume, nearest};
use super::silent_provisioner::provisioner_silent;
use crate::kubernetes::storage_class::{NO_PROVISIONER, waits_for_consumer};
use crate::kubernetes::text;
use crate::messages::claim::{self as claim_message, ClaimEvent};
use crate::messages::quote;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Event, Evidence, Kind, Seen};
use crate::text::{Message, say};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// The most columns that a headline takes of a provisioner's words.
const WORDS: usize = 80;

/// By the newest event of a volume that could not be made.
pub(super) fn failed(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    event: &Event,
    class: Class<'_>,
) -> Finding {
    match claim_message::read(&event.message) {
        ClaimEvent::StorageClassMissing { name } => match class {
            Class::Named(Seen::Yes(_)) => by_class(case, claim, case.event(event), class),
            _ => class_is_no_object(case, claim, case.event(event)).fact("class", name),
        },
        ClaimEvent::ProvisioningFailed { class, error } => {
            provisioner_fails(case, event, class, &error)
        }
        _ => provisioner_fails(case, event, None, &event.message),
    }
}

fn provisioner_fails(
    case: &Case<'_>,
    event: &Event,
    class: Option<String>,
    error: &str,
) -> Finding {
    let headline = say!(
        "unbound-pvc.provisioner-fails",
        "the claim {claim} has no volume, since its provisioner fails: {reason}"
    );
    let reason = text::one_line(quote::gist(error));
    let trouble = quote::code(error).map(|code| {
        let sentence = say!(
            "unbound-pvc.root-provisioner",
            "the provisioner[ of StorageClass {class}] fails: {code}"
        );
        Message::new(sentence)
            .fact("code", code)
            .fact_if("class", class)
    });
    Finding::new(case.subject(), headline, case.event(event))
        .fact("reason", text::truncate_width(&reason, WORDS).into_owned())
        .fact_if("trouble", trouble)
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

/// By who makes volumes of the claim's class.
pub(super) fn by_class(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    proof: Evidence,
    class: Class<'_>,
) -> Finding {
    match class {
        Class::Default(Seen::No) => no_default_class(case, proof),
        Class::Named(Seen::Yes(class)) if class.provisioner == NO_PROVISIONER => {
            by_hand(case, claim, proof, waits_for_consumer(class))
                .fact_if("class", class.metadata.name.clone())
                .why(say!(
                    "unbound-pvc.why-no-provisioner",
                    "nothing provisions volumes of the class {class}: each has to be made by hand"
                ))
        }
        Class::Named(Seen::Yes(class)) => provisioner_silent(case, claim, proof, class),
        Class::Named(Seen::No) => class_is_no_object(case, claim, proof),
        Class::None => by_hand(case, claim, proof, false).why(say!(
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

/// A class may be a mere name, by which claims and volumes made by hand find each other; the controller looks for the object only
/// where no volume fits.
fn class_is_no_object(case: &Case<'_>, claim: &PersistentVolumeClaim, proof: Evidence) -> Finding {
    by_hand(case, claim, proof, false).why(say!(
        "unbound-pvc.why-class-is-no-object",
        "there is no StorageClass[ {class}] that makes one, so the claim waits for a volume made by hand that names the same class"
    ))
}

/// The claim can only be bound to a volume that somebody makes. One that waits for its consumer is bound where its pod can go.
fn by_hand(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    proof: Evidence,
    waits: bool,
) -> Finding {
    let near = nearest(case, claim);
    if let Some(near) = near.as_ref().filter(|near| near.fits()) {
        return fitting(case, near, proof, waits);
    }
    let headline = say!(
        "unbound-pvc.nothing-fits",
        "the claim {claim} finds no volume that fits it[: {volume} {differences}]"
    );
    let finding = Finding::new(case.subject(), headline, proof);
    let finding = match near {
        Some(near) => near.tell(case, finding),
        None => finding,
    };
    finding.fix([Fix::advice(
        say!(
            "unbound-pvc.create-volume",
            "create a PersistentVolume of the claim's class, access mode, volume mode and size, or more"
        ),
        Who::Admin,
    )])
}

/// The claim could have the volume, and has it not.
fn fitting(case: &Case<'_>, near: &NearVolume<'_>, proof: Evidence, waits: bool) -> Finding {
    let reach = near.reach().filter(|_| waits);
    let headline = match &reach {
        Some(_) => say!(
            "unbound-pvc.out-of-reach",
            "the volume {volume} fits the claim {claim}, but can only be reached from nodes with {nodes}"
        ),
        None => say!(
            "unbound-pvc.fits",
            "the volume {volume} fits the claim {claim}, and is not bound to it yet"
        ),
    };
    let change = match &reach {
        Some(_) => say!(
            "unbound-pvc.reach-it",
            "let the pod go to a node with {nodes}, or make a volume that its nodes reach"
        ),
        None => say!(
            "unbound-pvc.await-binding",
            "wait a minute for the binding; then look at the claim's events"
        ),
    };
    Finding::new(case.subject(), headline, proof)
        .fact("volume", near.name)
        .evidence([near.phase(case)])
        .fact_if("nodes", reach)
        .fix([Fix::advice(change, Who::Owner).looks_at(Kind::PersistentVolumeClaim)])
}
