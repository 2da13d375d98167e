//! A PersistentVolumeClaim that the pod names does not exist.

use super::scheduler_message::{first, proof, quote};
use crate::kubernetes::nearest::nearest;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, of_pod};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, Seen};
use crate::text::say;

/// `pvc-missing`
pub static RULE: Rule = Rule {
    cause: "pvc-missing",
    layer: Layer::Volume,
    title: "a PersistentVolumeClaim that the pod names does not exist",
    // the last two of a pod that names its node itself
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "ContainerCreating",
        "FailedMount",
    ],
    explanation: include_str!("pvc_missing.md"),
    reads: &[Kind::PersistentVolumeClaim],
    refines: &["volume-mount"],
    root: Root::Facts(say!(
        "pvc-missing.root",
        "claim {claim} does not exist in namespace {namespace}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().phase() != "Pending" || case.pod().containers().any(|c| c.running().is_some()) {
        return Vec::new();
    }
    let claims = of_pod(case);
    // the claim of an ephemeral volume is made by a controller, whose own event says when it cannot
    let absent = claims
        .iter()
        .filter(|claim| claim.seen.is_absent() && !claim.ephemeral);
    let findings: Vec<Finding> = absent.map(|claim| absence(case, claim)).collect();
    if findings.is_empty() {
        from_message(case, &claims).into_iter().collect()
    } else {
        findings
    }
}

/// The claim was looked for.
fn absence(case: &Case<'_>, claim: &ClaimOfPod<'_>) -> Finding {
    let names_it =
        |reason: &Reason| matches!(reason, Reason::ClaimMissing(name) if *name == claim.name);
    let (proof, more) = proof(quote(case, names_it), case.absence(claim.object(case)));
    let claims = case.snapshot.claims();
    let meant = nearest(
        &claim.name,
        claims.seen_in(case.namespace()).map(|(name, _)| name),
    );
    let elsewhere = claims
        .seen()
        .find(|((_, name), _)| *name == claim.name)
        .map(|((namespace, _), _)| namespace);
    let finding = finding(case, &claim.name, proof)
        .volume(claim.volume)
        .evidence(more)
        .fact("volume", claim.volume);
    match (meant, elsewhere) {
        (_, Some(namespace)) => finding
            .fact("elsewhere", namespace.clone())
            .why(say!("pvc-missing.why-elsewhere", "there is a claim of this name in namespace {elsewhere}, but a pod can use only claims of its own namespace")),
        (Some(meant), None) => finding
            .fact("nearest", meant)
            .why(say!("pvc-missing.why-nearest", "namespace {namespace} has a claim {nearest}"))
            .fix([Fix::advice(say!("pvc-missing.name-nearest", "name {nearest} in the pod's volume {volume}, if that was meant"), Who::Owner)]),
        (None, None) => finding,
    }
    .fix([create()])
}

/// Claims could not be read, and the scheduler's message names one.
fn from_message(case: &Case<'_>, claims: &[ClaimOfPod<'_>]) -> Option<Finding> {
    let (name, quote) = first(case, |reason| match reason {
        Reason::ClaimMissing(name) => Some(name),
        _ => None,
    })?;
    // it has come since, or a controller is about to make it
    let settled = |claim: &ClaimOfPod<'_>| {
        claim.name == *name && (matches!(claim.seen, Seen::Yes(_)) || claim.ephemeral)
    };
    let known = matches!(
        case.snapshot.claims().get(case.namespace(), name),
        Seen::Yes(_)
    );
    // it may have come since
    (!known && !claims.iter().any(settled)).then(|| {
        finding(case, name, quote)
            .certainty(Certainty::Likely)
            .fix([create()])
    })
}

fn finding(case: &Case<'_>, name: &str, proof: Evidence) -> Finding {
    Finding::new(
        case.subject(),
        say!(
            "pvc-missing.headline",
            "the PersistentVolumeClaim {claim} does not exist in namespace {namespace}"
        ),
        proof,
    )
    .fact("claim", name)
    .fact("namespace", case.namespace())
    .inspect(case.kubectl(["get", "pvc"]))
}

fn create() -> Fix {
    Fix::advice(
        say!(
            "pvc-missing.create",
            "create the claim {claim} in namespace {namespace}"
        ),
        Who::Owner,
    )
}
