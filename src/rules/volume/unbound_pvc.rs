//! A claim of the pod is Pending: no class, no volume that fits, a provisioner that
//! fails or is silent.
//!
//! A claim that waits for its first consumer is Pending until its pod has a node. That is no cause:
//! it is one only when the scheduler says that it found no volume for it, or waits for one.
//!
//! Sources: pkg/controller/volume/persistentvolume/pv_controller.go (1.37).

use super::claim_message::{from_message, speaks_of_claims};
use super::class::Class;
use super::named_volume;
use super::provisioning;
use super::scheduler_message::quote;
use crate::kubernetes::claims::{phase, volume_name};
use crate::kubernetes::storage_class::waits_for_consumer;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::claims::{ClaimOfPod, event, has_selected_node, of_unbound_pod};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, Seen};
use crate::text::{Message, say};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

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
        "Released",
    ],
    explanation: include_str!("unbound_pvc.md"),
    reads: &[
        Kind::PersistentVolumeClaim,
        Kind::StorageClass,
        Kind::PersistentVolume,
    ],
    refines: &["scheduler-error"],
    root: Root::Facts(say!("unbound-pvc.root", "{trouble}")),
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
        (Some(volume), _) => {
            named_volume::finding(case, object, latest(case, claim, object), volume)
        }
        (None, Some(event)) => provisioning::failed(case, object, event, class),
        (None, None) => provisioning::by_class(case, object, latest(case, claim, object), class),
    };
    let pending = case.field_of(claim.object(case), "status.phase", "Pending");
    let mut more: Vec<Evidence> = message.into_iter().chain([pending]).collect();
    more.retain(|evidence| *evidence != finding.proof);
    let describe = case.kubectl(["describe", &format!("pvc/{}", claim.name)]);
    let is_open = finding.inspect.is_none();
    let is_own = !finding.facts.0.contains_key("trouble");
    Some(
        finding
            .certainty(certainty)
            .evidence(more)
            .fact("claim", claim.name.as_str())
            .when(is_open, |finding| finding.inspect(describe))
            .when(is_own, |finding| {
                finding.fact("trouble", own_trouble(case, claim))
            }),
    )
}

/// What is to be put right where it is no trouble of the provisioner's, which hits other claims as well.
fn own_trouble(case: &Case<'_>, claim: &ClaimOfPod<'_>) -> Message {
    Message::new(say!(
        "unbound-pvc.root-claim",
        "claim {claim} in namespace {namespace} has no volume yet"
    ))
    .fact("claim", claim.name.as_str())
    .fact("namespace", case.namespace())
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
