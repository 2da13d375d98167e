//! `image-corrupt`: digest mismatch, bad or missing layer, a format that the runtime does not take.

use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-corrupt",
    layer: Layer::Image,
    title: "the content of an image is broken, incomplete or of an unsupported format",
    explanation: include_str!("image_corrupt.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

/// Words for a format that the runtime gave up.
const FORMAT: [&str; 5] = [
    "no longer supported",
    "schema 1",
    "manifest version 1",
    "unsupported manifest",
    "unsupported media type",
];
/// Words of a connection that ended within a layer.
const CUT: [&str; 2] = ["unexpected EOF", "short read"];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| matches!(failure, PullFailure::Corrupt | PullFailure::BlobMissing);
    failed_pull::of(case, class)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let says = |words: &[&str]| words.iter().any(|words| failed.says(words));
    let (headline, why, fix) = if failed.pull.failure == PullFailure::BlobMissing {
        (
            "{registry} lacks a part of image {image}",
            "the tag is there and names a manifest or layer that is not: a push that broke off, a clean-up that took too much, or a mirror without it",
            "push image {image} again",
        )
    } else if says(&FORMAT) {
        (
            "image {image} is of a format that the runtime of {node} does not take",
            "its own words: {said}",
            "build the image again with a current tool and push it: OCI or Docker schema 2",
        )
    } else if says(&CUT) {
        (
            "image {image} arrives cut off",
            "the registry, or a proxy before it, ends the connection within a layer",
            "look at {host} and at proxies before it; if it holds the image incompletely, push it again",
        )
    } else {
        (
            "the content of image {image} is broken",
            "its own words: {said}",
            "push image {image} again; if other nodes have it, look at the disk of {node} and at mirrors and proxies before {registry}",
        )
    };
    failed
        .finding(headline)
        .why(why)
        .fix([Fix::advice(fix, Who::Owner)])
}
