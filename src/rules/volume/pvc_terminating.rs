//! A claim of the pod is being deleted: no new pod may use it, and it goes once the last one that does is gone.
//!
//! Sources: kube-scheduler `framework/plugins/volumebinding` (1.37); pkg/controller/volume/pvcprotection, whose finalizer keeps a
//! claim while pods use it.

use super::scheduler_message::{first, proof, quote};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, of_unbound_pod};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, PodRecord};
use crate::text::say;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// `pvc-terminating`
pub static RULE: Rule = Rule {
    cause: "pvc-terminating",
    layer: Layer::Volume,
    title: "a claim of the pod is being deleted",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("pvc_terminating.md"),
    reads: &[Kind::PersistentVolumeClaim],
    refines: &["unbound-pvc"],
    root: Root::Facts(say!(
        "pvc-terminating.root",
        "claim {claim} in namespace {namespace} is being deleted"
    )),
    check: Check::Pod(check),
};

/// Keeps a claim until no pod uses it.
const PROTECTION: &str = "kubernetes.io/pvc-protection";

fn check(case: &Case<'_>) -> Vec<Finding> {
    of_unbound_pod(case, of_claim, from_message)
}

fn of_claim(
    case: &Case<'_>,
    claim: &ClaimOfPod<'_>,
    object: &PersistentVolumeClaim,
) -> Option<Finding> {
    let since = object.metadata.deletion_timestamp.as_ref()?.0;
    let path = "metadata.deletionTimestamp";
    let mark = case.field_of(claim.object(case), path, since.to_string());
    let names_it =
        |reason: &Reason| matches!(reason, Reason::ClaimTerminating(name) if *name == claim.name);
    let (proof, more) = proof(quote(case, names_it), mark);
    let finding = finding(case, proof, &claim.name).evidence(more);
    let users = users(case, &claim.name);
    let finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    let others: Vec<String> = finalizers
        .into_iter()
        .filter(|finalizer| finalizer != PROTECTION)
        .collect();
    Some(if users.is_empty() && !others.is_empty() {
        finding.fact("finalizers", others).why(say!(
            "pvc-terminating.why-finalizers",
            "its {finalizers|finalizer|finalizers} {finalizers} {finalizers|keeps|keep} it; whoever set {finalizers|it|them} has to remove {finalizers|it|them}"
        ))
    } else {
        let users = (!users.is_empty()).then_some(users);
        finding.fact_if("users", users).why(say!(
            "pvc-terminating.why-used",
            "it goes once it is no longer used[ by {users}]; then whoever made it can make it anew"
        ))
    })
}

/// The other pods that have a node and mount the claim.
fn users(case: &Case<'_>, claim: &str) -> Vec<String> {
    let (records, pod) = (case.snapshot.pod_records(), case.pod());
    let uses = |record: &&PodRecord| {
        *record.namespace == *pod.namespace()
            && *record.name != *pod.name()
            && record.node.is_some()
            && records.claims_of(record).any(|name| name == claim)
    };
    let users = records.iter().filter(uses);
    users.map(|user| user.name.to_string()).collect()
}

fn from_message(case: &Case<'_>) -> Option<Finding> {
    let (claim, quote) = first(case, |reason| match reason {
        Reason::ClaimTerminating(claim) => Some(claim),
        _ => None,
    })?;
    Some(finding(case, quote, claim).certainty(Certainty::Likely))
}

fn finding(case: &Case<'_>, proof: Evidence, claim: &str) -> Finding {
    Finding::new(
        case.subject(),
        say!("pvc-terminating.headline", "the claim {claim} is being deleted, and no new pod may use it"),
        proof,
    )
    .fact("claim", claim)
    .fix([Fix::advice(
        say!("pvc-terminating.let-it-end", "let the deletion of {claim} come to its end, then create the claim again; a deletion cannot be taken back"),
        Who::Owner,
    )])
    .inspect(case.kubectl(["describe", &format!("pvc/{claim}")]))
}
