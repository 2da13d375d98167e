//! A claim of the pod names a StorageClass that does not exist.

use super::class::make_anew;
use super::near_volume;
use super::scheduler_message::first;
use crate::kubernetes::claims::{class, phase, volume_name};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::{ClaimOfPod, event, of_pod};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::{Sentence, say};

/// `storageclass-missing`
pub static RULE: Rule = Rule {
    cause: "storageclass-missing",
    layer: Layer::Volume,
    title: "a claim of the pod names a StorageClass that does not exist",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "ProvisioningFailed",
    ],
    explanation: include_str!("storageclass_missing.md"),
    reads: &[
        Kind::PersistentVolumeClaim,
        Kind::StorageClass,
        Kind::PersistentVolume,
    ],
    refines: &["unbound-pvc"],
    root: Root::Facts(say!(
        "storageclass-missing.root",
        "there is no StorageClass {class}"
    )),
    check: Check::Pod(check),
};

const HEADLINE: Sentence = say!(
    "storageclass-missing.headline",
    "the claim {claim} names the StorageClass {class}, which does not exist"
);

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
        from_message(case).into_iter().collect()
    } else {
        findings
    }
}

fn of_claim(case: &Case<'_>, claim: &ClaimOfPod<'_>) -> Option<Finding> {
    let object = claim.seen.yes().filter(|claim| phase(claim) == "Pending")?;
    let (path, name) = class(object).filter(|(_, name)| !name.is_empty())?;
    // a claim may name a class that is no object, to be bound to a volume that names the same
    let near = || near_volume::nearest(case, object).is_some_and(|near| near.has_class());
    let by_hand = volume_name(object).is_some() || near();
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
    let meant = nearest(name, classes);
    let why = if meant.is_some() {
        say!(
            "storageclass-missing.why-nearest",
            "the cluster has a class {nearest}; a claim's class cannot be changed, so the claim has to be made anew"
        )
    } else {
        say!(
            "storageclass-missing.why",
            "a claim's class cannot be changed, so either the class or the claim has to be made anew"
        )
    };
    // a volume of this class could be there
    let certainty = match case.snapshot.volumes().whole_cluster() {
        Ok(()) => Certainty::Proven,
        Err(_) => Certainty::Likely,
    };
    let finding = finding(case, HEADLINE, name, proof)
        .certainty(certainty)
        .evidence([more])
        .fact("claim", claim.name.as_str())
        .fact_if("nearest", meant)
        .why(why);
    Some(finding)
}

/// By the scheduler's message, where the claim or the classes could not be read.
fn from_message(case: &Case<'_>) -> Option<Finding> {
    let (name, quote) = first(case, |reason| match reason {
        Reason::StorageClassMissing(name) => Some(name),
        _ => None,
    })?;
    let volumes = case.snapshot.volumes();
    let named = volumes.seen().any(|(_, volume)| volume.class == *name);
    let certainty = match case.snapshot.storage_classes().get("", name) {
        Seen::Yes(_) => return None,
        Seen::No if !named && volumes.whole_cluster().is_ok() => Certainty::Proven,
        // a volume of this class could do, or the class has come since
        Seen::No | Seen::Unknown(_) => Certainty::Likely,
    };
    let claims = of_pod(case);
    let only = match claims.as_slice() {
        [only] => Some(only.name.as_str()),
        _ => None,
    };
    let headline = match only {
        Some(_) => HEADLINE,
        None => say!(
            "storageclass-missing.of-a-claim",
            "the StorageClass {class}, which a claim of the pod names, does not exist"
        ),
    };
    let finding = finding(case, headline, name, quote).certainty(certainty);
    Some(finding.fact_if("claim", only))
}

fn finding(case: &Case<'_>, headline: Sentence, name: &str, proof: Evidence) -> Finding {
    Finding::new(case.subject(), headline, proof)
        .fact("class", name)
        .fix(make_anew(case))
        .fix([Fix::advice(
            say!(
                "storageclass-missing.create",
                "create the StorageClass {class}"
            ),
            Who::Admin,
        )])
        .inspect(shell::cluster(["get", "storageclass"]))
}
