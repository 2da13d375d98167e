//! `image-pull-failed`: a failed pull that no more specific cause explains, with its words.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-pull-failed",
    layer: Layer::Image,
    title: "an image cannot be pulled, for a reason that is not known by its words",
    explanation: include_str!("image_pull_failed.md"),
    reads: &[],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| was_pulled(failed))
        .map(finding)
        .collect()
}

/// Nothing is pulled by an unreadable name, nor by the policy Never.
fn was_pulled(failed: &FailedPull<'_>) -> bool {
    let reason = failed.container.waiting_reason();
    !matches!(
        reason,
        "InvalidImageName" | "ErrImageNeverPull" | "SignatureValidationFailed"
    ) && !matches!(
        failed.pull.failure,
        PullFailure::NameInvalid | PullFailure::NeverPull
    )
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    if failed.pull.boilerplate {
        let why = if failed.case.events_readable() {
            "the status does not say why, and the events that did are gone: the kubelet writes new ones when it tries again, at most five minutes apart"
        } else {
            "the status does not say why, and events could not be read"
        };
        return failed.finding("image {image} cannot be pulled").why(why);
    }
    let headline = match (failed.pull.failure, failed.container.waiting_reason()) {
        (PullFailure::NodeDiskFull, _) => {
            "image {image} does not fit: no space is left on the disk of {node}"
        }
        (_, "ImageInspectError") => {
            "the runtime of {node} cannot look image {image} up in its store"
        }
        _ => "image {image} cannot be pulled",
    };
    let room = (failed.pull.failure == PullFailure::NodeDiskFull)
        .then(|| Fix::advice("make room on the disk of {node}", Who::Admin));
    failed
        .finding(headline)
        .why("its own words: {said}")
        .fix(room)
}
