//! A claim of the pod is being deleted: no new pod may use it, and it goes once the last one that does is gone.
//!
//! Sources: kube-scheduler `framework/plugins/volumebinding` (1.37); pkg/controller/volume/pvcprotection, whose finalizer keeps a
//! claim while pods use it.

use crate::text::say;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, look_through, said};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, PodRecord};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

/// `pvc-terminating`
pub static RULE: Rule = Rule {
    cause: "pvc-terminating",
    layer: Layer::Volume,
    title: "a claim of the pod is being deleted",
    explanation: include_str!("pvc_terminating.md"),
    reads: &[Kind::PersistentVolumeClaim],
    refines: &["unbound-pvc"],
    check: Check::Pod(check),
};

/// Keeps a claim until no pod uses it.
const PROTECTION: &str = "kubernetes.io/pvc-protection";

fn check(case: &Case<'_>) -> Vec<Finding> {
    look_through(case, of_claim, told)
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
    let (proof, more) = match said(case, names_it) {
        Some((_, quote)) => (quote, Some(mark)),
        None => (mark, None),
    };
    let finding = finding(case, proof, &claim.name).evidence(more);
    let users: Vec<String> = users(case, &claim.name).map(named).collect();
    let finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    let others: Vec<String> = finalizers
        .into_iter()
        .filter(|finalizer| finalizer != PROTECTION)
        .collect();
    Some(if !users.is_empty() {
        finding.fact("users", users).why(
            say!("pvc-terminating.of-claim-why", "it goes once it is no longer used by {users}; then whoever made it can make it anew"),
        )
    } else if !others.is_empty() {
        finding
            .fact("finalizers", others)
            .why(say!("pvc-terminating.of-claim-why-2", "its finalizers {finalizers} keep it; whoever set them has to remove them"))
    } else {
        finding.why(say!("pvc-terminating.of-claim-why-3", "it goes once no pod uses it; then whoever made it can make it anew"))
    })
}

/// The other pods that have a node and mount the claim.
fn users<'a>(case: &Case<'a>, claim: &'a str) -> impl Iterator<Item = &'a PodRecord> {
    let (pod_records, pod) = (case.snapshot.pod_records(), case.pod());
    pod_records.iter().filter(move |pod_record| {
        *pod_record.namespace == *pod.namespace()
            && *pod_record.name != *pod.name()
            && pod_record.node.is_some()
            && pod_records.claims_of(pod_record).any(|name| name == claim)
    })
}

fn named(user: &PodRecord) -> String {
    user.name.to_string()
}

fn told(case: &Case<'_>) -> Option<Finding> {
    let (clause, quote) = said(case, |reason| matches!(reason, Reason::ClaimTerminating(_)))?;
    let Reason::ClaimTerminating(claim) = &clause.reason else {
        return None;
    };
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
        say!("pvc-terminating.fix", "let the deletion of {claim} come to its end, then create the claim again; a deletion cannot be taken back"),
        Who::Owner,
    )])
    .look(case.kubectl(["describe", "pvc", claim]))
}
