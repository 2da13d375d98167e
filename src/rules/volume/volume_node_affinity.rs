//! The volume of a claim can be reached from some nodes only, and none of these takes the pod.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding` (1.37), which compares the volume's node affinity with the node's
//! labels.

use super::volume_failures::{Elsewhere, OF_BOUND_VOLUMES, elsewhere, first, matched};
use crate::kubernetes::node_terms::NodeTerms;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, VolumeFailure};
use crate::snapshot::Kind;
use crate::text::say;

/// `volume-node-affinity`
pub static RULE: Rule = Rule {
    cause: "volume-node-affinity",
    layer: Layer::Volume,
    title: "no node that takes the pod reaches its volume",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("volume_node_affinity.md"),
    reads: OF_BOUND_VOLUMES,
    refines: &[],
    root: Root::Facts(say!(
        "volume-node-affinity.root",
        "volume {volume} can be reached from none of the nodes that would do"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |failure: &VolumeFailure| matches!(failure, VolumeFailure::Elsewhere { .. });
    let Some(matched) = matched(case, is_it, |reason| *reason == Reason::VolumeNodeAffinity) else {
        return Vec::new();
    };
    let finding = match first(&matched) {
        Some(VolumeFailure::Elsewhere {
            claim,
            volume,
            wanted,
            ..
        }) => bound(case, &matched, claim, volume, wanted),
        _ => matched
            .finding(
                case,
                say!(
                    "volume-node-affinity.of-a-claim",
                    "the volume of a claim cannot be reached from {anywhere}"
                ),
            )
            .why(say!(
                "volume-node-affinity.why",
                "a bound volume stays where it is: a zone, or a node's own disk"
            ))
            .fix([Fix::advice(
                say!(
                    "volume-node-affinity.look-at-volumes",
                    "look at the node affinity of the volumes of the pod's claims"
                ),
                Who::Owner,
            )
            .looks_at(Kind::PersistentVolume)])
            .inspect(shell::cluster(["get", "pv", "-o", "wide"])),
    };
    vec![matched.close(case, finding, Filter::VolumeBinding)]
}

fn bound(
    case: &Case<'_>,
    matched: &Match<'_>,
    claim: &str,
    volume: &str,
    wanted: &NodeTerms,
) -> Finding {
    let of_claim = |failure: &VolumeFailure| matches!(failure, VolumeFailure::Elsewhere { claim: other, .. } if other == claim);
    let reaching = elsewhere(case, of_claim);
    let headline = if reaching.nodes.is_empty() {
        say!(
            "volume-node-affinity.no-node",
            "the volume {volume} of claim {claim} can only be reached from nodes with {wanted}, and there is none"
        )
    } else {
        say!(
            "volume-node-affinity.rejected",
            "the volume {volume} of claim {claim} can only be reached from {reaching|{reaching}, which does not take|nodes with {wanted}, and none of these takes} the pod: {reasons}"
        )
    };
    matched
        .finding(case, headline)
        .fact("claim", claim)
        .fact("volume", volume)
        .fact("wanted", wanted.clone())
        .why(say!(
            "volume-node-affinity.why-bound",
            "a bound volume stays where it is: the pod has to go to it, and cannot be helped by other nodes"
        ))
        .inspect(shell::cluster(["describe", &format!("pv/{volume}")]))
        .fix(fixes(&reaching))
        .when(!reaching.nodes.is_empty(), |finding| {
            finding
                .fact("reaching", reaching.nodes)
                .fact("reasons", reaching.reasons)
        })
}

fn fixes(reaching: &Elsewhere) -> Vec<Fix> {
    if !reaching.nodes.is_empty() {
        let change = say!(
            "volume-node-affinity.clear-rejections",
            "clear what keeps the pod off {reaching}"
        );
        return vec![reaching.fix(change)];
    }
    vec![
        Fix::advice(
            say!(
                "volume-node-affinity.add-node",
                "bring a node with {wanted} back, or add one"
            ),
            Who::Admin,
        ),
        Fix::advice(
            say!(
                "volume-node-affinity.restore-data",
                "restore the data into a volume that the nodes reach, and make the claim anew for it"
            ),
            Who::Owner,
        ),
    ]
}
