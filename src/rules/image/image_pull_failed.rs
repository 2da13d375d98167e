//! `image-pull-failed`: a failed pull that no more specific cause explains, with its message.

use super::failed_pull::{self, FailedPull};
use super::node_platform::Platform;
use crate::messages::pull::PullFailure;
use crate::rules::finding::Finding;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-pull-failed",
    layer: Layer::Image,
    title: "an image cannot be pulled, for a reason that this tool does not know",
    seen_as: &[
        "ErrImagePull",
        "ImagePullBackOff",
        "ImageInspectError",
        "InspectFailed",
        "Failed",
        "BackOff",
        "ProgressDeadlineExceeded",
    ],
    explanation: include_str!("image_pull_failed.md"),
    reads: &[],
    // a text of a pull can stand under any waiting reason
    refines: &["container-create-error"],
    root: Root::Facts(say!(
        "image-pull-failed.root",
        "image {image} cannot be pulled"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| was_pulled(failed))
        .map(|failed| failed.close(finding(failed)))
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
    const HEADLINE: Sentence = say!(
        "image-pull-failed.headline",
        "image {image} cannot be pulled"
    );
    if failed.pull.boilerplate {
        let why = if failed.case.events_readable() {
            say!(
                "image-pull-failed.events-gone-why",
                "neither the status nor any event that was read says why: the kubelet writes a new event when it tries again, at most five minutes apart"
            )
        } else {
            say!(
                "image-pull-failed.events-unread-why",
                "the status does not say why, and events could not be read"
            )
        };
        return on_windows(failed, failed.finding(HEADLINE).why(why));
    }
    let headline = if failed.container.waiting_reason() == "ImageInspectError" {
        say!(
            "image-pull-failed.inspect-error",
            "the runtime of {node} cannot look image {image} up in its store"
        )
    } else {
        HEADLINE
    };
    failed.finding(headline).refers_to_quotes()
}

/// Nothing says why, but the node runs another operating system than most images are for.
fn on_windows(failed: &FailedPull<'_>, finding: Finding) -> Finding {
    let case = failed.case;
    let platform = Platform::of_pod(case);
    let Some(platform) = platform.filter(|own| own.is_unasked_windows(case)) else {
        return finding;
    };
    finding
        .why(say!(
            "image-pull-failed.on-windows-why",
            "the status does not say why; {node} runs Windows, where an image that is made for Linux alone cannot be pulled"
        ))
        .evidence([platform.os_label(case)])
        .fix([platform.select_os(&platform.others(case))])
}
