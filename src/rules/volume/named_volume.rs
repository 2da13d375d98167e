//! A claim that names its volume: whether that is there, who has it, and in what it differs.

use super::near_volume::NearVolume;
use crate::kubernetes::nearest::nearest;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{ClaimRef, Evidence, Kind, ObjectRef, Seen, Volume};
use crate::text::say;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// Why the claim does not get the volume that it names.
pub(super) fn finding(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    proof: Evidence,
    name: &str,
) -> Finding {
    let volume = case.snapshot.volumes().get("", name);
    let finding = match volume {
        Seen::No => missing(case, proof, name),
        Seen::Yes(volume) => there(case, claim, proof, name, volume),
        Seen::Unknown(_) => not_bound(case, proof),
    };
    finding.fact("volume", name).why(say!(
        "unbound-pvc.why-named-volume",
        "a claim that names its volume waits for that one alone"
    ))
}

fn missing(case: &Case<'_>, proof: Evidence, name: &str) -> Finding {
    let headline = say!(
        "unbound-pvc.named-volume-missing",
        "the claim {claim} names the volume {volume}, which does not exist[; the cluster has {nearest}]"
    );
    let volumes = case.snapshot.volumes();
    let near = nearest(name, volumes.seen().map(|((_, name), _)| name.as_str()));
    let create = say!(
        "unbound-pvc.create-named-volume",
        "create the volume {volume}, or make the claim anew without spec.volumeName"
    );
    let meant = near.map(|_| {
        let change = say!(
            "unbound-pvc.name-nearest-volume",
            "if {nearest} is meant, make the claim anew and name that"
        );
        Fix::advice(change, Who::Owner)
    });
    Finding::new(case.subject(), headline, proof)
        .evidence([case.absence(ObjectRef::new(Kind::PersistentVolume, "", name))])
        .fact_if("nearest", near)
        .fix(meant)
        .fix([Fix::advice(create, Who::Admin)])
}

fn there(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    proof: Evidence,
    name: &str,
    volume: &Volume,
) -> Finding {
    let near = NearVolume::of(claim, name, volume);
    match &volume.claim {
        Some(holder) if near.is_of_another(claim) => held(case, proof, &near, holder),
        _ if near.fits() => not_bound(case, proof),
        _ => {
            let headline = say!(
                "unbound-pvc.named-volume-differs",
                "the claim {claim} cannot have the volume {volume} that it names: that one {differences}"
            );
            let finding = near.tell(case, Finding::new(case.subject(), headline, proof));
            let is_open = finding.fixes.is_empty();
            let change = say!(
                "unbound-pvc.ask-as-named",
                "make the claim anew as the volume {volume} is, or name another volume"
            );
            finding.fix(is_open.then(|| Fix::advice(change, Who::Owner)))
        }
    }
}

/// Another claim has it, or had it.
fn held(case: &Case<'_>, proof: Evidence, near: &NearVolume<'_>, holder: &ClaimRef) -> Finding {
    let object = ObjectRef::new(Kind::PersistentVolumeClaim, &holder.namespace, &holder.name);
    let seen = case.snapshot.claims().get(&holder.namespace, &holder.name);
    let is_gone = seen.is_absent() || near.is_released();
    let headline = if is_gone {
        say!(
            "unbound-pvc.named-volume-left",
            "the claim {claim} names the volume {volume}, which still belongs to the claim {holder} that is gone"
        )
    } else {
        say!(
            "unbound-pvc.named-volume-held",
            "the claim {claim} names the volume {volume}, which the claim {holder} has"
        )
    };
    let finding = Finding::new(case.subject(), headline, proof)
        .fact("holder", format!("{}/{}", holder.namespace, holder.name))
        .evidence(seen.is_absent().then(|| case.absence(object.clone())));
    if is_gone {
        return near.tell(case, finding);
    }
    // a pod uses only claims of its own namespace
    let other = if holder.namespace == case.namespace() {
        say!(
            "unbound-pvc.name-another-volume",
            "make the claim anew with another volume, or let the pod use the claim {holder}, if it may share it"
        )
    } else {
        say!(
            "unbound-pvc.another-volume",
            "make the claim anew with another volume: pods of this namespace cannot use that claim"
        )
    };
    finding
        .evidence(near.proofs(case))
        .fix([Fix::advice(other, Who::Owner)])
        .inspect(object.kubectl(["describe", &object.argument()]))
}

fn not_bound(case: &Case<'_>, proof: Evidence) -> Finding {
    let headline = say!(
        "unbound-pvc.named-volume",
        "the claim {claim} is not bound to the volume {volume} that it names"
    );
    let change = say!(
        "unbound-pvc.see-named-volume",
        "look at the volume {volume}: its phase, and which claim it refers to"
    );
    Finding::new(case.subject(), headline, proof)
        .fix([Fix::advice(change, Who::Admin).looks_at(Kind::PersistentVolume)])
}
