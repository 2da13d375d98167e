//! A claim of the pod names a StorageClass that does not exist.

use crate::text::say;
use crate::kubernetes::claims::{class, volume_name};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, event, of_pod, phase, said};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, Seen};

/// `storageclass-missing`
pub static RULE: Rule = Rule {
    cause: "storageclass-missing",
    layer: Layer::Volume,
    title: "a claim of the pod names a StorageClass that does not exist",
    explanation: include_str!("storageclass_missing.md"),
    reads: &[Kind::PersistentVolumeClaim, Kind::StorageClass],
    refines: &["unbound-pvc"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().node().is_some() {
        return Vec::new();
    }
    let claims = of_pod(case);
    let findings: Vec<Finding> = claims
        .iter()
        .filter_map(|claim| of_claim(case, claim))
        .collect();
    if findings.is_empty() {
        told(case).into_iter().collect()
    } else {
        findings
    }
}

fn of_claim(case: &Case<'_>, claim: &ClaimOfPod<'_>) -> Option<Finding> {
    let object = claim.seen.yes().filter(|claim| phase(claim) == "Pending")?;
    let (path, name) = class(object).filter(|(_, name)| !name.is_empty())?;
    // a claim may name a class that exists only as a word, to be matched with a volume of the same word
    let by_hand = volume_name(object).is_some();
    if by_hand || !case.snapshot.storage_classes().get("", name).is_absent() {
        return None;
    }
    let failed = event(case, claim, &["ProvisioningFailed"]).map(|event| case.event(event));
    let named = case.field_of(claim.object(case), path, name);
    let (proof, more) = match failed {
        Some(event) => (event, named),
        None => (
            named,
            case.absence(ObjectRef::new(Kind::StorageClass, "", name)),
        ),
    };
    let classes = case
        .snapshot
        .storage_classes()
        .seen()
        .map(|((_, name), _)| name.as_str());
    let meant = nearest(name, classes).map(str::to_owned);
    let finding = finding(case, name, proof)
        .evidence([more])
        .fact("claim", claim.name.as_str());
    let finding = Finding {
        headline: say!("storageclass-missing.of-claim", "the claim {claim} names the StorageClass {class}, which does not exist"),
        ..finding
    };
    Some(match meant {
        Some(meant) => finding.fact("nearest", meant).why(say!("storageclass-missing.of-claim-why", "the cluster has a class {nearest}; a claim's class cannot be changed, so the claim has to be made anew")),
        None => finding.why(say!("storageclass-missing.of-claim-why-2", "a claim's class cannot be changed, so either the class or the claim has to be made anew")),
    })
}

/// The scheduler's own words, where the claim or the classes could not be read.
fn told(case: &Case<'_>) -> Option<Finding> {
    let (clause, quote) = said(case, |reason| {
        matches!(reason, Reason::StorageClassMissing(_))
    })?;
    let Reason::StorageClassMissing(name) = &clause.reason else {
        return None;
    };
    let certainty = match case.snapshot.storage_classes().get("", name) {
        Seen::Yes(_) => return None,
        Seen::No => Certainty::Proven,
        // it may have come since
        Seen::Unknown(_) => Certainty::Likely,
    };
    Some(finding(case, name, quote).certainty(certainty))
}

fn finding(case: &Case<'_>, name: &str, proof: Evidence) -> Finding {
    Finding::new(
        case.subject(),
        say!("storageclass-missing.headline", "the StorageClass {class}, which a claim of the pod names, does not exist"),
        proof,
    )
    .fact("class", name)
    .fix([
        Fix::advice(say!("storageclass-missing.fix", "make the claim anew with a class that exists"), Who::Owner),
        Fix::advice(say!("storageclass-missing.fix-2", "create the StorageClass {class}"), Who::Admin),
    ])
    .look(shell::command(["kubectl", "get", "storageclass"]))
}
