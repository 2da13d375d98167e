//! A volume could be made for a claim, but the driver reports too little room where the nodes reach it.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding/binder.go` (1.37), `hasEnoughCapacity`: the claim must fit into one
//! CSIStorageCapacity of its class whose topology means the node. Without any the room counts as none.

use super::volume_failures::{elsewhere, first, matched, of};
use crate::kubernetes::shell;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use crate::text::{Fact, say};

/// `storage-capacity`
pub static RULE: Rule = Rule {
    cause: "storage-capacity",
    layer: Layer::Volume,
    title: "too little storage is left for a claim of the pod",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("storage_capacity.md"),
    reads: &[
        Kind::Node,
        Kind::PersistentVolumeClaim,
        Kind::StorageClass,
        Kind::CsiDriver,
        Kind::CsiStorageCapacity,
    ],
    refines: &["unbound-pvc"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |failure: &VolumeFailure| matches!(failure, VolumeFailure::NoSpace { .. });
    // a message alone does not tell the claim from another that has no volume: unbound-pvc quotes it
    let Some(matched) = matched(case, is_it, |_| false) else {
        return Vec::new();
    };
    let Some(VolumeFailure::NoSpace {
        claim,
        class,
        asked,
        ..
    }) = first(&matched)
    else {
        return Vec::new();
    };
    let rooms = matched
        .failures()
        .filter_map(|(_, failure)| match of(failure) {
            Some(VolumeFailure::NoSpace {
                claim: other, free, ..
            }) if other == claim => *free,
            _ => None,
        });
    let most = rooms.max();
    let finding = match most {
        Some(most) => matched
            .finding(case, say!(
                "storage-capacity.too-little",
                "the claim {claim} asks for {asked}, and the driver of class {class} can make a volume of {most} at most for {share}"
            ))
            .fact("most", Fact::amount(most, "storage"))
            .why(say!(
                "storage-capacity.why-too-little",
                "the driver reports how much one new volume can have, and that is too little on every node that could run the pod"
            )),
        None => matched
            .finding(case, say!(
                "storage-capacity.none-reported",
                "class {class} has no capacity for a volume of claim {claim} on {anywhere}"
            ))
            .why(say!(
                "storage-capacity.why-none-reported",
                "the driver tracks capacity, and no CSIStorageCapacity of the class is about these nodes: it may not run there, or may not publish any"
            )),
    };
    let of_claim = |failure: &VolumeFailure| matches!(failure, VolumeFailure::NoSpace { claim: other, .. } if other == claim);
    let there = elsewhere(case, of_claim);
    let finding = finding
        .when(!there.nodes.is_empty(), |finding| {
            let clear = say!("storage-capacity.clear-rejections", "clear what keeps the pod off {there}");
            finding
                .why(say!("storage-capacity.why-elsewhere", "the class has capacity on {there}, which {there|does|do} not take the pod: {reasons}"))
                .fix([there.fix(clear)])
                .fact("there", there.nodes)
                .fact("reasons", there.reasons)
        })
        .fact("claim", claim.as_str())
        .fact("class", class.as_str())
        .fact("asked", Fact::amount(*asked, "storage"))
        .fix(if most.is_some() {
            [
                Fix::advice(say!("storage-capacity.make-room", "make room in the storage behind class {class}"), Who::Admin),
                Fix::advice(say!("storage-capacity.smaller-claim", "make the claim anew with {most} at most, or with another class"), Who::Owner),
            ]
        } else {
            [
                Fix::advice(say!("storage-capacity.report", "check that the driver of class {class} runs and reports capacity on {anywhere}"), Who::Admin),
                Fix::advice(say!("storage-capacity.another-class", "make the claim anew with another class"), Who::Owner),
            ]
        })
        .inspect(shell::cluster(["get", "csistoragecapacities", "-A"]));
    vec![matched.close(case, finding, Filter::VolumeBinding)]
}
