//! `image-name-invalid`: the reference cannot be parsed.

use super::failed_pull::{self, FailedPull};
use super::image_edit;
use super::name_problem::problem;
use crate::kubernetes::image_reference::{ImageReference, InvalidImageReference, Problem};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-name-invalid",
    layer: Layer::Image,
    title: "the name of an image cannot be read",
    seen_as: &[
        "InvalidImageName",
        "InspectFailed",
        "ImageInspectError",
        "Failed",
    ],
    explanation: include_str!("image_name_invalid.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "image-name-invalid.root",
        "{image} is no name of an image"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::all(case)
        .iter()
        .filter(|failed| {
            failed.pull.failure == PullFailure::NameInvalid
                || failed.container.waiting_reason() == "InvalidImageName"
        })
        .map(|failed| failed.close(finding(failed).inspect(NextCommand::default())))
        .collect()
}

const CORRECT: Sentence = say!(
    "image-name-invalid.correct",
    "write the image of container {container} as registry/repository:tag"
);

fn finding(failed: &FailedPull<'_>) -> Finding {
    match ImageReference::parse(failed.image) {
        Err(invalid) => malformed(failed, &invalid),
        Ok(reference) if failed.says("short-name") || failed.says("short name") => {
            short(failed, &reference)
        }
        Ok(_) => failed
            .finding(say!(
                "image-name-invalid.unreadable",
                "the node cannot read {image} as the name of an image"
            ))
            .refers_to_quotes()
            .fix([Fix::advice(CORRECT, Who::Owner)]),
    }
}

fn malformed(failed: &FailedPull<'_>, invalid: &InvalidImageReference) -> Finding {
    let before = invalid.text.get(..invalid.at).unwrap_or_default();
    let fix = match (&invalid.what, &invalid.nearest) {
        (Problem::Template(placeholder), _) => Fix::advice(
            say!(
                "image-name-invalid.render-template",
                "render the template: whatever made this manifest had no value for {placeholder}"
            ),
            Who::Owner,
        )
        .fact("placeholder", placeholder.as_str()),
        (_, Some(nearest)) => image_edit::set_image(
            failed,
            say!(
                "image-name-invalid.name-nearest",
                "name the image {proposal}, if that is meant"
            ),
            nearest,
        ),
        (_, None) => Fix::advice(CORRECT, Who::Owner),
    };
    let path = failed.volume.is_none().then_some(&failed.path);
    failed
        .finding(say!(
            "image-name-invalid.malformed",
            "image \"{image}\" {problem}"
        ))
        .fact("problem", problem(&invalid.what))
        .fact("position", before.chars().count() + 1)
        .fact_if("nearest", invalid.nearest.as_deref())
        .evidence(path.map(|path| failed.case.field(path, failed.image)))
        .fix([fix])
}

/// CRI-O and others of containers/image look a short name up in configured registries only.
fn short(failed: &FailedPull<'_>, reference: &ImageReference) -> Finding {
    failed
        .finding(say!(
            "image-name-invalid.short-name",
            "image {image} names no registry, and the runtime of {node} is not told which to take"
        ))
        .refers_to_quotes()
        .fix([
            image_edit::set_image(
                failed,
                say!(
                    "image-name-invalid.name-registry",
                    "name the registry: {proposal}, if Docker Hub is meant"
                ),
                &reference.to_string(),
            ),
            Fix::advice(
                say!(
                    "image-name-invalid.set-search-registries",
                    "set unqualified-search-registries in /etc/containers/registries.conf of {node}"
                ),
                Who::Admin,
            ),
        ])
}
