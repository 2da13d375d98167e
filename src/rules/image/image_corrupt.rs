//! `image-corrupt`: digest mismatch, bad or missing layer, a format that the runtime does not take.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-corrupt",
    layer: Layer::Image,
    title: "the content of an image is broken, incomplete or of an unsupported format",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_corrupt.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!("image-corrupt.root", "image {image} arrives damaged")),
    check: Check::Pod(check),
};

/// A format that the runtime gave up.
const FORMAT: [&str; 5] = [
    "no longer supported",
    "schema 1",
    "manifest version 1",
    "unsupported manifest",
    "unsupported media type",
];
/// A connection that ended within a layer.
const CUT: [&str; 2] = ["unexpected EOF", "short read"];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| matches!(failure, PullFailure::Corrupt | PullFailure::BlobMissing);
    failed_pull::findings(case, class, finding)
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let says = |texts: &[&str]| texts.iter().any(|text| failed.says(text));
    let (headline, why, fix) = if failed.pull.failure == PullFailure::BlobMissing {
        (
            say!(
                "image-corrupt.part-missing",
                "{registry} lacks a part of image {image}"
            ),
            Some(say!(
                "image-corrupt.part-missing-why",
                "the tag is there and names a manifest or layer that is not: a push that broke off, a clean-up that took too much, or a mirror without it"
            )),
            say!("image-corrupt.push-again", "push image {image} again"),
        )
    } else if says(&FORMAT) {
        (
            say!(
                "image-corrupt.format",
                "image {image} is of a format that the runtime of {node} does not take"
            ),
            None,
            say!(
                "image-corrupt.build-again",
                "build the image again with a current tool and push it: OCI or Docker schema 2"
            ),
        )
    } else if says(&CUT) {
        (
            say!("image-corrupt.cut-off", "image {image} arrives cut off"),
            Some(say!(
                "image-corrupt.cut-off-why",
                "the registry, or a proxy before it, ends the connection within a layer"
            )),
            say!(
                "image-corrupt.check-the-way",
                "look at {host} and at proxies before it; if it holds the image incompletely, push it again"
            ),
        )
    } else {
        (
            say!(
                "image-corrupt.broken",
                "the content of image {image} is broken"
            ),
            None,
            say!(
                "image-corrupt.push-again-or-check",
                "push image {image} again; if other nodes have it, look at the disk of {node} and at mirrors and proxies before {registry}"
            ),
        )
    };
    failed
        .finding(headline)
        .why(why)
        .fix([Fix::advice(fix, Who::Owner)])
}
