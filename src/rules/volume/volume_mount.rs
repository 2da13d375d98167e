//! A volume of a bound pod cannot be mounted, for another reason than the known ones.

use super::failed_mount::{self, FailedMount, SEEN_AS};
use super::mount_advice;
use crate::messages::mount::MountFailure;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// `volume-mount`
pub static RULE: Rule = Rule {
    cause: "volume-mount",
    layer: Layer::Volume,
    title: "a volume of the pod cannot be mounted",
    seen_as: SEEN_AS,
    explanation: include_str!("volume_mount.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "volume-mount.root",
        "volumes cannot be mounted: {error}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_mount::all(case).iter().map(finding).collect()
}

fn finding(failed: &FailedMount<'_>) -> Finding {
    match &failed.mount.failure {
        MountFailure::Boilerplate { unmounted } => return untold(failed, unmounted),
        MountFailure::NotYet { .. } => {
            return failed
                .finding(say!(
                    "volume-mount.not-yet",
                    "the kubelet of {node} has not read yet what {what} needs"
                ))
                .certainty(Certainty::Likely)
                .why(say!(
                    "volume-mount.not-yet-why",
                    "its cache is not filled yet, which passes by itself; one that goes on saying so cannot reach the API server or may not read the object"
                ))
                .inspect(failed.case.node_log());
        }
        _ => {}
    }
    mount_advice::of(failed)
        .finding(|headline| failed.finding(headline))
        .inspect(failed.case.node_log())
}

/// The kubelet only lists what is not mounted: why is said nowhere, or no longer.
fn untold(failed: &FailedMount<'_>, unmounted: &[String]) -> Finding {
    const WHY: Sentence = say!(
        "volume-mount.untold-why",
        "this event only says what is waited for: the reason is in an event that has expired, or a driver has not answered yet"
    );
    const UNREAD: Sentence = say!(
        "volume-mount.untold-unread-why",
        "this event only says what is waited for"
    );
    let readable = failed.case.events_readable();
    let finding = failed
        .finding(say!(
            "volume-mount.untold",
            "{unmounted|volume|volumes} {unmounted} {unmounted|is|are} not attached or mounted on {node}, and no event says why"
        ))
        .certainty(Certainty::Likely)
        .why(if readable { WHY } else { UNREAD });
    if unmounted.is_empty() {
        let mut finding = finding;
        finding.headline = say!(
            "volume-mount.untold-unnamed",
            "a volume of the pod is not attached or mounted on {node}, and no event says why"
        );
        return finding.inspect(failed.case.node_log());
    }
    finding
        .fact("unmounted", unmounted.to_vec())
        .inspect(failed.case.node_log())
}
