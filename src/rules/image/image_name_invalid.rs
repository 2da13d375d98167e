//! `image-name-invalid`: the reference cannot be parsed.

use super::failed_pull::{self, FailedPull};
use super::image_edit;
use crate::kubernetes::image_reference::{ImageReference, InvalidImageReference, Problem};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-name-invalid",
    layer: Layer::Image,
    title: "the name of an image cannot be read",
    explanation: include_str!("image_name_invalid.md"),
    reads: &[],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| {
            failed.pull.failure == PullFailure::NameInvalid
                || failed.container.waiting_reason() == "InvalidImageName"
        })
        .map(finding)
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    match ImageReference::parse(failed.image) {
        Err(invalid) => malformed(failed, &invalid),
        Ok(reference) if failed.says("short-name") || failed.says("short name") => {
            short(failed, &reference)
        }
        Ok(_) => failed
            .finding("the node cannot read {image} as the name of an image")
            .why("its own words: {said}")
            .fix([Fix::advice(CORRECT, Who::Owner)]),
    }
}

const CORRECT: &str = "write the image of container {container} as registry/repository:tag";

fn malformed(failed: &FailedPull<'_>, invalid: &InvalidImageReference) -> Finding {
    let before = invalid.text.get(..invalid.at).unwrap_or_default();
    let finding = failed
        .finding("image \"{image}\" {problem}")
        .why("the kubelet cannot read the name from character {position} on, so nothing is pulled")
        .fact("problem", invalid.what.to_string())
        .fact("position", before.chars().count() + 1);
    let finding = match failed.volume {
        Some(_) => finding,
        None => finding.evidence([failed.case.field(&failed.path, failed.image)]),
    };
    match (&invalid.what, &invalid.nearest) {
        (Problem::Template(_), _) => finding.fix([Fix::advice(
            "render the template: whatever made this manifest had no value for {placeholder}",
            Who::Owner,
        )
        .fact("placeholder", placeholder(&invalid.what))]),
        (_, Some(nearest)) => {
            finding
                .fact("nearest", nearest.as_str())
                .fix([image_edit::set_image(
                    failed,
                    "name the image {proposal}, if that is meant",
                    nearest,
                )])
        }
        (_, None) => finding.fix([Fix::advice(CORRECT, Who::Owner)]),
    }
}

fn placeholder(problem: &Problem) -> String {
    match problem {
        Problem::Template(placeholder) => placeholder.clone(),
        other => other.to_string(),
    }
}

/// CRI-O and others of containers/image look a short name up in configured registries only.
fn short(failed: &FailedPull<'_>, reference: &ImageReference) -> Finding {
    let full = reference.to_string();
    failed
        .finding(
            "image {image} names no registry, and the runtime of {node} is not told which to take",
        )
        .why("its own words: {said}")
        .fix([
            image_edit::set_image(
                failed,
                "name the registry: {proposal}, if Docker Hub is meant",
                &full,
            ),
            Fix::advice(
                "set unqualified-search-registries in /etc/containers/registries.conf of {node}",
                Who::Admin,
            ),
        ])
}
