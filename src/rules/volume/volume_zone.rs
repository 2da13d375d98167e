//! The volume of a claim is labelled with a zone or region, and no node there takes the pod.
//!
//! Source: kube-scheduler `framework/plugins/volumezone` (1.37).

use super::volume_failures::{OF_BOUND_VOLUMES, elsewhere, first, matched};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use crate::text::say;

/// `volume-zone`
pub static RULE: Rule = Rule {
    cause: "volume-zone",
    layer: Layer::Volume,
    title: "the pod's volume is in another zone",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("volume_zone.md"),
    reads: OF_BOUND_VOLUMES,
    refines: &[],
    root: Root::Facts(say!(
        "volume-zone.root",
        "volume {volume} is in another zone than the nodes that would do"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |failure: &VolumeFailure| matches!(failure, VolumeFailure::Zone { .. });
    let Some(matched) = matched(case, is_it, |reason| *reason == Reason::VolumeZone) else {
        return Vec::new();
    };
    let finding = match first(&matched) {
        Some(VolumeFailure::Zone {
            claim,
            volume,
            key,
            wanted,
            ..
        }) => bound(case, &matched, claim)
            .fact("claim", claim.as_str())
            .fact("volume", volume.as_str())
            .fact("key", key.as_str())
            .fact("wanted", wanted.clone())
            .inspect(shell::cluster([
                "get",
                &format!("pv/{volume}"),
                "--show-labels",
            ])),
        _ => matched
            .finding(
                case,
                say!(
                    "volume-zone.of-a-claim",
                    "the volume of a claim is in another zone than {anywhere}"
                ),
            )
            .fix([Fix::advice(
                say!(
                    "volume-zone.compare-labels",
                    "compare the zone labels of the claims' volumes with those of the nodes"
                ),
                Who::Owner,
            )
            .looks_at(Kind::PersistentVolume)])
            .inspect(shell::cluster(["get", "pv", "--show-labels"])),
    };
    let finding = finding.why(say!(
        "volume-zone.why",
        "a volume stays in its zone: the pod has to go there"
    ));
    vec![matched.close(case, finding, Filter::VolumeZone)]
}

fn bound(case: &Case<'_>, matched: &Match<'_>, claim: &str) -> Finding {
    let of_claim = |failure: &VolumeFailure| matches!(failure, VolumeFailure::Zone { claim: other, .. } if other == claim);
    let there = elsewhere(case, of_claim);
    if there.nodes.is_empty() {
        let headline = say!(
            "volume-zone.no-node",
            "the volume {volume} of claim {claim} is in {key} {wanted}, and no node is"
        );
        return matched.finding(case, headline).fix([Fix::advice(
            say!("volume-zone.add-node", "add a node in {wanted}"),
            Who::Admin,
        )]);
    }
    let headline = say!(
        "volume-zone.rejected",
        "the volume {volume} of claim {claim} is in {key} {wanted}, where {there} cannot take the pod: {reasons}"
    );
    let clear = say!(
        "volume-zone.clear-rejections",
        "clear what keeps the pod off {there}"
    );
    matched
        .finding(case, headline)
        .fix([there.fix(clear)])
        .fact("there", there.nodes)
        .fact("reasons", there.reasons)
}
