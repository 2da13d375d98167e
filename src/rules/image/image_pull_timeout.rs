//! `image-pull-timeout`: deadline or cancel in the middle of the transfer.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-pull-timeout",
    layer: Layer::Image,
    title: "a pull takes too long and is broken off",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_pull_timeout.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-pull-timeout.root",
        "pulls from {host} take too long"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::Timeout)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let why = if failed.says("canceled") || failed.says("no progress") {
        say!(
            "image-pull-timeout.no-progress-why",
            "nobody cancels a pull by hand: the runtime gives up when nothing arrives for some minutes (containerd's image_pull_progress_timeout)"
        )
    } else {
        say!(
            "image-pull-timeout.why",
            "the pull did not end within the time that kubelet or runtime allow for it"
        )
    };
    failed
        .finding(say!("image-pull-timeout.headline", "the pull of image {image} from {host} was broken off before it ended"))
        .why(why)
        .fix([
            Fix::advice(
                say!("image-pull-timeout.measure", "see how fast {node} gets data from {host}: a slow or blocked way, a proxy, many pulls at once"),
                Who::Admin,
            ),
            Fix::advice(
                say!("image-pull-timeout.smaller-or-mirror", "make the image smaller, or let a mirror near the nodes serve it"),
                Who::Owner,
            ),
        ])
}
