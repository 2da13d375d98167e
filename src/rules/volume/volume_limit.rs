//! The nodes have attached as many volumes of a driver as they may.
//!
//! Source: kube-scheduler `framework/plugins/nodevolumelimits/csi.go` (1.37); the limit is the driver's own, in
//! `CSINode.spec.drivers[].allocatable.count`.

use super::troubles::{first, grounds};
use crate::finding::{Finding, Fix, Who};
use crate::kubernetes::shell;
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::Reason;
use crate::scheduler::{Filter, VolumeTrouble};
use crate::snapshot::Kind;

/// `volume-limit`
pub static RULE: Rule = Rule {
    cause: "volume-limit",
    layer: Layer::Volume,
    title: "the nodes attach no more volumes",
    explanation: include_str!("volume_limit.md"),
    reads: &[
        Kind::Node,
        Kind::CsiNode,
        Kind::PersistentVolume,
        Kind::VolumeAttachment,
    ],
    refines: &[],
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |trouble: &VolumeTrouble| matches!(trouble, VolumeTrouble::AttachLimit { .. });
    let Some(grounds) = grounds(case, is_it, |reason| *reason == Reason::VolumeLimit) else {
        return Vec::new();
    };
    let finding = match first(&grounds) {
        Some(VolumeTrouble::AttachLimit {
            driver,
            attached,
            new,
            limit,
        }) => grounds
            .finding(case, "{share} may attach no more volumes of {driver}: {attached} of {limit} on {nearest}, and the pod adds {new}")
            .fact("driver", driver.as_str())
            .fact("attached", attached.to_string())
            .fact("new", new.to_string())
            .fact("limit", limit.to_string())
            .fact("nearest", grounds.nodes().first().cloned().unwrap_or_default()),
        _ => grounds.finding(case, "{share} may attach no more volumes"),
    };
    let finding = finding
        .why("the limit is the driver's: how many disks such a machine can have at once")
        .fix([
            Fix::advice("add a node, or one of a machine type that can have more disks", Who::Admin),
            Fix::advice("let pods share a volume, or delete pods whose volumes are not needed there any more", Who::Owner),
        ])
        .look(shell::command(["kubectl", "get", "csinodes", "-o", "custom-columns=NODE:.metadata.name,DRIVER:.spec.drivers[*].name,LIMIT:.spec.drivers[*].allocatable.count"]));
    vec![grounds.close(case, finding, Filter::NodeVolumeLimits)]
}
