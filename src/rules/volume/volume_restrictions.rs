//! Another pod has the claim or disk, and only one may.
//!
//! Source: kube-scheduler `framework/plugins/volumerestrictions` (1.37): claims of access mode ReadWriteOncePod, and
//! disks of the old kinds that a pod names itself.

use super::volume_failures::{first, matched};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, Holder, VolumeFailure};
use crate::snapshot::{Kind, Relation};
use crate::text::{Sentence, say};

/// `volume-restrictions`
pub static RULE: Rule = Rule {
    cause: "volume-restrictions",
    layer: Layer::Volume,
    title: "another pod has the volume, and only one may",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("volume_restrictions.md"),
    reads: &[Kind::Node, Kind::PersistentVolumeClaim],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |failure: &VolumeFailure| {
        matches!(
            failure,
            VolumeFailure::Disk { .. } | VolumeFailure::InUse { .. }
        )
    };
    let reason =
        |reason: &Reason| matches!(reason, Reason::DiskConflict | Reason::ReadWriteOncePod);
    let Some(matched) = matched(case, is_it, reason) else {
        return Vec::new();
    };
    let finding = match first(&matched) {
        Some(VolumeFailure::InUse {
            claim,
            holder,
            node,
        }) => held(case, matched.finding(case, CLAIM_IN_USE), holder)
            .fact("claim", claim.as_str())
            .fact("node", node.as_str()),
        Some(VolumeFailure::Disk { disk, holder }) => {
            held(case, matched.finding(case, DISK_IN_USE), holder).fact("disk", disk.as_str())
        }
        _ => matched.finding(case, OF_ANOTHER_POD).fix([Fix::advice(
            say!(
                "volume-restrictions.find-pod",
                "find the pod that mounts the same claim or disk"
            ),
            Who::Owner,
        )]),
    };
    vec![matched.close(case, finding, Filter::VolumeRestrictions)]
}

const CLAIM_IN_USE: Sentence = say!(
    "volume-restrictions.claim-in-use",
    "the claim {claim} is in use by pod {holder} on {node}, and its access mode ReadWriteOncePod lets only one pod have it"
);
const DISK_IN_USE: Sentence = say!(
    "volume-restrictions.disk-in-use",
    "the disk {disk} is in use by pod {holder} on {share}"
);
const OF_ANOTHER_POD: Sentence = say!(
    "volume-restrictions.of-another-pod",
    "another pod has a volume of the pod that only one may have"
);

fn held(case: &Case<'_>, finding: Finding, holder: &Holder) -> Finding {
    let owner = holder.controller.as_deref();
    let relation = case.snapshot.relation(case.pod(), &holder.namespace, owner);
    let pod = format!("pod/{}", holder.name);
    let show = ["get", &pod, "-o", "wide"];
    let (why, change) = match relation {
        Relation::PreviousRevision => (
            say!(
                "volume-restrictions.why-rollout",
                "the old pods stay until new ones are ready, and the new ones wait for what the old ones hold"
            ),
            say!(
                "volume-restrictions.stop-old-pod",
                "let the Deployment stop its old pod before it starts a new one"
            ),
        ),
        Relation::SameOwner => (
            say!(
                "volume-restrictions.why-replicas",
                "both are pods of {owner}, which mounts one claim in every replica"
            ),
            say!(
                "volume-restrictions.claim-for-each",
                "run one replica, give each its own claim as a StatefulSet does, or use the access mode ReadWriteOnce or ReadWriteMany"
            ),
        ),
        Relation::Other => (
            say!(
                "volume-restrictions.why-other-pod",
                "the pod can start when {holder} is gone"
            ),
            say!(
                "volume-restrictions.let-other-end",
                "let {holder} end, or give the pods different claims"
            ),
        ),
    };
    let is_of_owner = relation == Relation::SameOwner;
    finding
        .fact("holder", holder.to_string())
        .fact_if("owner", is_of_owner.then(|| case.subject().argument()))
        .inspect(shell::kubectl(&holder.namespace, show))
        .why(why)
        .fix([Fix::advice(change, Who::Owner)])
}
