//! The volume of a claim can be reached from some nodes only, and none of these takes the pod.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding` (1.37), which compares the volume's node affinity with the node's
//! labels.

use super::troubles::{Elsewhere, OF_BOUND_VOLUMES, elsewhere, first, grounds};
use crate::finding::{Finding, Fix, Who};
use crate::kubernetes::shell;
use crate::rules::scheduling::grounds::Grounds;
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::Reason;
use crate::scheduler::{Filter, VolumeTrouble};

/// `volume-node-affinity`
pub static RULE: Rule = Rule {
    cause: "volume-node-affinity",
    layer: Layer::Volume,
    title: "no node that takes the pod reaches its volume",
    explanation: include_str!("volume_node_affinity.md"),
    reads: OF_BOUND_VOLUMES,
    refines: &[],
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_it = |trouble: &VolumeTrouble| matches!(trouble, VolumeTrouble::Elsewhere { .. });
    let Some(grounds) = grounds(case, is_it, |reason| *reason == Reason::VolumeNodeAffinity) else {
        return Vec::new();
    };
    let finding = match first(&grounds) {
        Some(VolumeTrouble::Elsewhere {
            claim,
            volume,
            wanted,
            ..
        }) => bound(case, &grounds, claim, volume, wanted),
        _ => grounds
            .finding(case, "the volume of a claim cannot be reached from {share}")
            .why("a bound volume stays where it is: a zone, or a node's own disk")
            .fix([Fix::advice(
                "look at the node affinity of the volumes of the pod's claims",
                Who::Owner,
            )])
            .look(shell::command(["kubectl", "get", "pv", "-o", "wide"])),
    };
    vec![grounds.close(case, finding, Filter::VolumeBinding)]
}

fn bound(
    case: &Case<'_>,
    grounds: &Grounds<'_>,
    claim: &str,
    volume: &str,
    wanted: &str,
) -> Finding {
    let of_claim = |trouble: &VolumeTrouble| matches!(trouble, VolumeTrouble::Elsewhere { claim: other, .. } if other == claim);
    let reaching = elsewhere(case, of_claim);
    let headline = match reaching.nodes.as_slice() {
        [] => {
            "the volume {volume} of claim {claim} can only be reached from nodes with {wanted}, and there is none"
        }
        [_] => {
            "the volume {volume} of claim {claim} can only be reached from {reaching}, which does not take the pod: {reasons}"
        }
        _ => {
            "the volume {volume} of claim {claim} can only be reached from nodes with {wanted}, and none of these takes the pod: {reasons}"
        }
    };
    told(grounds.finding(case, headline), &reaching)
        .fact("claim", claim)
        .fact("volume", volume)
        .fact("wanted", wanted)
        .look(shell::command(["kubectl", "describe", "pv", volume]))
}

fn told(finding: Finding, reaching: &Elsewhere) -> Finding {
    let finding = finding.why("a bound volume stays where it is: the pod has to go to it, and cannot be helped by other nodes");
    if reaching.nodes.is_empty() {
        return finding.fix([
            Fix::advice("bring a node with {wanted} back, or add one", Who::Admin),
            Fix::advice("restore the data into a volume that the nodes reach, and make the claim anew for it", Who::Owner),
        ]);
    }
    finding
        .fact("reaching", reaching.nodes.clone())
        .fact("reasons", reaching.reasons.as_str())
        .fix([Fix::advice(
            "clear what stands against the pod on {reaching}: {reasons}",
            Who::Owner,
        )])
}
