//! Who has to make the volume of a claim, and why it is not made: the provisioner of its class, or somebody by hand.

use super::class::{self, Class, make_anew};
use super::near_volume::{NearVolume, nearest};
use super::silent_provisioner::provisioner_silent;
use crate::kubernetes::claims;
use crate::kubernetes::patch;
use crate::kubernetes::storage_class::{NO_PROVISIONER, waits_for_consumer};
use crate::kubernetes::text;
use crate::messages::claim::{self as claim_message, ClaimEvent};
use crate::messages::form::contains;
use crate::messages::quote;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Event, Evidence, Kind, ObjectRef, Seen};
use crate::text::{Message, Sentence, say};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::Value;

/// Seconds after which a claim is bound to a volume that fits it, unless something hangs.
const BINDING: i64 = 60;
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
        .fix([Fix::advice(change(error), Who::Admin)])
}

/// What to put right, where the provisioner's words are of a kind that is known (gRPC status codes of CSI; the clouds' own).
fn change(error: &str) -> Sentence {
    let is = |parts: &[&str]| parts.iter().any(|part| contains(error, part));
    if is(&[
        "not authorized",
        "PermissionDenied",
        "Unauthorized",
        "is forbidden",
    ]) {
        say!(
            "unbound-pvc.grant-the-right",
            "give the provisioner's account the right that its message names"
        )
    } else if is(&["ResourceExhausted", "quota", "LimitExceeded"]) {
        say!(
            "unbound-pvc.make-room",
            "make room in the storage or raise its quota, or make the claim anew with a smaller request"
        )
    } else {
        say!(
            "unbound-pvc.clear-failure",
            "clear what the provisioner's message names"
        )
    }
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
            let name = claims::class(claim).map(|(_, name)| name);
            Finding::new(case.subject(), headline, proof)
                .fact_if("class", name.filter(|name| !name.is_empty()))
                .why(say!(
                    "unbound-pvc.why-class-not-read",
                    "its StorageClass[ {class}] was not read, so it is not known who should make the volume"
                ))
                .fix([Fix::advice(
                    say!(
                        "unbound-pvc.look-at-claim",
                        "look at the claim's events and at its StorageClass[ {class}]"
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
        .fix(make_anew(case))
        .fix([make_default(case)])
}

/// From 1.28 on a claim that waits then gets it by itself (RetroactiveDefaultStorageClass).
fn make_default(case: &Case<'_>) -> Fix {
    let classes = class::all(case);
    let change = match classes.as_deref() {
        Some([]) => say!(
            "unbound-pvc.create-default-class",
            "create a StorageClass and make it the default one: the cluster has none"
        ),
        _ => say!(
            "unbound-pvc.make-default-class",
            "make a StorageClass the default one"
        ),
    };
    let Some([only]) = classes.as_deref() else {
        return Fix::advice(change, Who::Admin);
    };
    let change = say!(
        "unbound-pvc.make-it-default",
        "make {class} the default one: since 1.28 the claim then gets it by itself"
    );
    let key = patch::escaped("storageclass.kubernetes.io/is-default-class");
    let path = format!("/metadata/annotations/{key}");
    let object = ObjectRef::new(Kind::StorageClass, "", only);
    let operations = vec![patch::add(&path, "true")];
    let fix = Fix::edit(change, Who::Admin, object, operations, &Value::Null);
    fix.fact("class", only.as_str())
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
        return fitting(case, claim, near, proof, waits);
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
    finding.fix([create_volume(claim)])
}

/// With what the claim asks of one.
fn create_volume(claim: &PersistentVolumeClaim) -> Fix {
    let spec = claim.spec.as_ref();
    let class = claims::class(claim).map_or("", |(_, name)| name);
    let modes = spec.and_then(|spec| spec.access_modes.clone());
    let mode = spec.and_then(|spec| spec.volume_mode.as_deref());
    let requests = spec.and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    let size = requests.and_then(|requests| requests.get("storage"));
    let (Some(modes), Some(size)) = (modes, size) else {
        let change = say!(
            "unbound-pvc.create-volume",
            "create a PersistentVolume of the claim's class, access mode, volume mode and size, or more"
        );
        return Fix::advice(change, Who::Admin);
    };
    let change = say!(
        "unbound-pvc.create-volume-like-this",
        "create a PersistentVolume of at least {size} with storageClassName {class}, accessModes {modes} and volumeMode {mode}"
    );
    Fix::advice(change, Who::Admin)
        .fact("size", size.0.as_str())
        .fact("class", if class.is_empty() { "\"\"" } else { class })
        .fact("modes", modes)
        .fact("mode", mode.unwrap_or("Filesystem"))
}

/// The claim could have the volume, and has it not.
fn fitting(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    near: &NearVolume<'_>,
    proof: Evidence,
    waits: bool,
) -> Finding {
    let reach = near.reach().filter(|_| waits);
    let created = claim.metadata.creation_timestamp.as_ref();
    let age = created.map(|created| case.seconds_since(created.0));
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
        None if age.is_some_and(|age| age > BINDING) => say!(
            "unbound-pvc.binding-hangs",
            "see whether kube-controller-manager runs, which binds it within seconds, and look at the claim's events"
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
