//! Another pod has the claim or disk, and only one may.
//!
//! Source: kube-scheduler `framework/plugins/volumerestrictions` (1.37): claims of access mode ReadWriteOncePod, and disks of the old
//! kinds that a pod names itself.

use crate::text::say;
use super::volume_failures::{first, matched};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::{Filter, Holder, VolumeFailure};
use crate::snapshot::{Kind, Relation};

/// `volume-restrictions`
pub static RULE: Rule = Rule {
    cause: "volume-restrictions",
    layer: Layer::Volume,
    title: "another pod has the volume, and only one may",
    explanation: include_str!("volume_restrictions.md"),
    reads: &[Kind::Node, Kind::PersistentVolumeClaim],
    refines: &[],
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
        }) => held(
            case,
            matched.finding(case, say!("volume-restrictions.headline", "the claim {claim} is in use by pod {holder} on {node}, and its access mode ReadWriteOncePod lets only one pod have it")),
            holder,
        )
        .fact("claim", claim.as_str())
        .fact("node", node.as_str()),
        Some(VolumeFailure::Disk { disk, holder }) => held(
            case,
            matched.finding(case, say!("volume-restrictions.headline-2", "the disk {disk} is in use by pod {holder} on {share}")),
            holder,
        )
        .fact("disk", disk.as_str()),
        _ => matched
            .finding(case, say!("volume-restrictions.headline-3", "another pod has a volume of the pod that only one may have"))
            .fix([Fix::advice(say!("volume-restrictions.fix", "find the pod that mounts the same claim or disk"), Who::Owner)]),
    };
    vec![matched.close(case, finding, Filter::VolumeRestrictions)]
}

fn held(case: &Case<'_>, finding: Finding, holder: &Holder) -> Finding {
    let controller = holder.controller.as_deref();
    let relation = case
        .snapshot
        .relation(case.pod(), &holder.namespace, controller);
    let finding = finding
        .fact("holder", holder.to_string())
        .look(shell::kubectl(
            &holder.namespace,
            ["get", "pod", &holder.name, "-o", "wide"],
        ));
    match (relation, controller) {
        (Relation::PreviousRevision, _) => finding
            .why(say!("volume-restrictions.held-why", "the old pods stay until new ones are ready, and the new ones wait for what the old ones hold"))
            .fix([Fix::advice(say!("volume-restrictions.held-fix", "let the Deployment stop its old pod before it starts a new one"), Who::Owner)]),
        (Relation::SameOwner, Some(owner)) => finding
            .why(say!("volume-restrictions.held-why-2", "both are pods of {owner}, which mounts one claim in every replica"))
            .fact("owner", owner)
            .fix([Fix::advice(say!("volume-restrictions.held-fix-2", "run one replica, give each its own claim as a StatefulSet does, or use the access mode ReadWriteOnce or ReadWriteMany"), Who::Owner)]),
        _ => finding
            .why(say!("volume-restrictions.held-why-3", "the pod can start when {holder} is gone"))
            .fix([Fix::advice(say!("volume-restrictions.held-fix-3", "let {holder} end, or give the pods different claims"), Who::Owner)]),
    }
}
