//! `pull-qps`: the kubelet's own limit of pulls.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "pull-qps",
    layer: Layer::Image,
    title: "the kubelet limits its own pulls",
    seen_as: NOT_PULLED,
    explanation: include_str!("pull_qps.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "pull-qps.root",
        "the kubelet of {node} limits its pulls"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::PullQps)
        .map(|failed| {
            // an event that was not read could tell of a failure that comes back once the limit lets the pull through
            finding(&failed).when(!case.events_readable(), |finding| {
                finding.certainty(Certainty::Likely)
            })
        })
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    failed
        .finding(say!("pull-qps.headline", "the kubelet of {node} puts the pull of image {image} off: too many at once"))
        .why(say!("pull-qps.why", "no registry was asked; the kubelet tries again by itself, and the pull succeeds once fewer pods start at the same time"))
        .fix([Fix::advice(
            say!("pull-qps.raise-limit", "if it keeps coming back, raise registryPullQPS and registryBurst in the kubelet's configuration on {node}"),
            Who::Admin,
        )])
        .inspect(failed.case.on_node(["grep", "-i", "registry", "/var/lib/kubelet/config.yaml"]))
}
