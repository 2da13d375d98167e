//! `image-policy-denied`: a signature check or policy of the runtime refuses the image.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-policy-denied",
    layer: Layer::Image,
    title: "a policy of the node's runtime refuses an image",
    seen_as: &[
        "ErrImagePull",
        "ImagePullBackOff",
        "SignatureValidationFailed",
        "Failed",
        "BackOff",
    ],
    explanation: include_str!("image_policy_denied.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-policy-denied.root",
        "a policy of the nodes refuses image {image}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| {
            failed.pull.failure == PullFailure::Policy
                || failed.container.waiting_reason() == "SignatureValidationFailed"
        })
        .map(|failed| failed.close(finding(failed)))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    failed
        .finding(say!("image-policy-denied.headline", "a policy of the runtime on {node} refuses image {image}"))
        .refers_to_quotes()
        .inspect(failed.case.on_node(["crictl", "info"]))
        .fix([
            Fix::advice(
                say!("image-policy-denied.sign", "sign the image as the policy asks, or name one that is signed"),
                Who::Owner,
            ),
            Fix::advice(
                say!("image-policy-denied.change-policy", "change the policy of the nodes: CRI-O's /etc/containers/policy.json, containerd's image verifiers"),
                Who::Admin,
            ),
        ])
}
