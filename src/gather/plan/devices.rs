//! What the device claims of a pod without a node need.

use super::{Read, get, waits};
use crate::kubernetes::device_claims::named;
use crate::snapshot::{Kind, PodView, Seen, Store};
use std::collections::BTreeSet;

/// The names of the ResourceClaims of a pod, as far as they are known: those made from a template, or for a
/// resource that a device class stands for, are named in the status once they are made.
fn claims(pod: &PodView) -> BTreeSet<&str> {
    let status = pod.status();
    let extended = status.extended_resource_claim_status.as_ref();
    named(pod.spec(), Some(status))
        .filter_map(|claim| claim.object)
        .chain(extended.map(|claim| claim.resource_claim_name.as_str()))
        .collect()
}

/// The second wave: the claims themselves.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    if waits(pod) {
        let claims = claims(pod).into_iter();
        reads.extend(claims.map(|name| get(Kind::ResourceClaim, pod.namespace(), name)));
    }
}

/// The third wave: the classes of devices that a claim still waits for.
pub(super) fn of_claims(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    if !waits(pod) {
        return;
    }
    for name in claims(pod) {
        let Seen::Yes(claim) = store.resource_claims().get(pod.namespace(), name) else {
            continue;
        };
        if !claim.allocated {
            let classes = claim.classes.iter();
            reads.extend(classes.map(|class| get(Kind::DeviceClass, "", class)));
        }
    }
}
