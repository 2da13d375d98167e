//! The nodes have attached as many volumes of a driver as they may.
//!
//! Source: kube-scheduler `framework/plugins/nodevolumelimits/csi.go` (1.37); the limit is the driver's own, in
//! `CSINode.spec.drivers[].allocatable.count`.

use super::volume_failures::{first, matched};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use crate::text::say;

/// `volume-limit`
pub static RULE: Rule = Rule {
    cause: "volume-limit",
    layer: Layer::Volume,
    title: "the nodes attach no more volumes",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("volume_limit.md"),
    reads: &[
        Kind::Node,
        Kind::CsiNode,
        Kind::PersistentVolume,
        Kind::VolumeAttachment,
    ],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |failure: &VolumeFailure| matches!(failure, VolumeFailure::AttachLimit { .. });
    let Some(matched) = matched(case, is_it, |reason| *reason == Reason::VolumeLimit) else {
        return Vec::new();
    };
    let nodes = matched.nodes();
    let headline = if nodes.len() == 1 {
        say!(
            "volume-limit.one-node",
            "{share} may attach no more volumes[ of {driver}: {attached} of {limit} attached, and the pod adds {new}]"
        )
    } else {
        say!(
            "volume-limit.headline",
            "{share} may attach no more volumes[ of {driver}: {attached} of {limit} on {nearest}, and the pod adds {new}]"
        )
    };
    let finding = matched.finding(case, headline);
    let finding = match first(&matched) {
        Some(VolumeFailure::AttachLimit {
            driver,
            attached,
            new,
            limit,
        }) => finding
            .fact("driver", driver.as_str())
            .fact("attached", *attached)
            .fact("new", *new)
            .fact("limit", *limit)
            .fact_if("nearest", nodes.first().map(|node| &**node)),
        _ => finding,
    };
    let finding = finding
        .why(say!(
            "volume-limit.why",
            "the limit is the driver's: how many disks such a machine can have at once"
        ))
        .fix([
            Fix::advice(
                say!(
                    "volume-limit.add-node",
                    "add a node, or one of a machine type that can have more disks"
                ),
                Who::Admin,
            ),
            Fix::advice(
                say!(
                    "volume-limit.share-volumes",
                    "let pods share a volume, or delete pods whose volumes are not needed there any more"
                ),
                Who::Owner,
            ),
        ])
        .inspect(shell::cluster(["get", "csinodes", "-o", "custom-columns=NODE:.metadata.name,DRIVER:.spec.drivers[*].name,LIMIT:.spec.drivers[*].allocatable.count"]));
    vec![matched.close(case, finding, Filter::NodeVolumeLimits)]
}
