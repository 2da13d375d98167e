//! The volume of a claim can be reached from some nodes only, and none of these takes the pod.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding` (1.37), which compares the volume's node affinity with the node's
//! labels.

use crate::text::say;
use super::volume_failures::{Elsewhere, OF_BOUND_VOLUMES, elsewhere, first, matched};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::{Filter, VolumeFailure};

/// `volume-node-affinity`
pub static RULE: Rule = Rule {
    cause: "volume-node-affinity",
    layer: Layer::Volume,
    title: "no node that takes the pod reaches its volume",
    explanation: include_str!("volume_node_affinity.md"),
    reads: OF_BOUND_VOLUMES,
    refines: &[],
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
            .finding(case, say!("volume-node-affinity.headline", "the volume of a claim cannot be reached from {share}"))
            .why(say!("volume-node-affinity.why", "a bound volume stays where it is: a zone, or a node's own disk"))
            .fix([Fix::advice(
                say!("volume-node-affinity.fix", "look at the node affinity of the volumes of the pod's claims"),
                Who::Owner,
            )])
            .look(shell::command(["kubectl", "get", "pv", "-o", "wide"])),
    };
    vec![matched.close(case, finding, Filter::VolumeBinding)]
}

fn bound(case: &Case<'_>, matched: &Match<'_>, claim: &str, volume: &str, wanted: &str) -> Finding {
    let of_claim = |failure: &VolumeFailure| matches!(failure, VolumeFailure::Elsewhere { claim: other, .. } if other == claim);
    let reaching = elsewhere(case, of_claim);
    let headline = match reaching.nodes.as_slice() {
        [] => {
            say!("volume-node-affinity.bound", "the volume {volume} of claim {claim} can only be reached from nodes with {wanted}, and there is none")
        }
        [_] => {
            say!("volume-node-affinity.bound-2", "the volume {volume} of claim {claim} can only be reached from {reaching}, which does not take the pod: {reasons}")
        }
        _ => {
            say!("volume-node-affinity.bound-3", "the volume {volume} of claim {claim} can only be reached from nodes with {wanted}, and none of these takes the pod: {reasons}")
        }
    };
    told(matched.finding(case, headline), &reaching)
        .fact("claim", claim)
        .fact("volume", volume)
        .fact("wanted", wanted)
        .look(shell::command(["kubectl", "describe", "pv", volume]))
}

fn told(finding: Finding, reaching: &Elsewhere) -> Finding {
    let finding = finding.why(say!("volume-node-affinity.why-2", "a bound volume stays where it is: the pod has to go to it, and cannot be helped by other nodes"));
    if reaching.nodes.is_empty() {
        return finding.fix([
            Fix::advice(say!("volume-node-affinity.fix-2", "bring a node with {wanted} back, or add one"), Who::Admin),
            Fix::advice(say!("volume-node-affinity.fix-3", "restore the data into a volume that the nodes reach, and make the claim anew for it"), Who::Owner),
        ]);
    }
    finding
        .fact("reaching", reaching.nodes.clone())
        .fact("reasons", reaching.reasons.as_str())
        .fix([Fix::advice(
            say!("volume-node-affinity.fix-4", "clear what stands against the pod on {reaching}: {reasons}"),
            Who::Owner,
        )])
}
