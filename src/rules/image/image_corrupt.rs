//! `image-corrupt`: digest mismatch, bad or missing layer, a format that the runtime does not take.

use crate::text::say;
use super::failed_pull::{self, FailedPull};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Layer, Rule};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-corrupt",
    layer: Layer::Image,
    title: "the content of an image is broken, incomplete or of an unsupported format",
    explanation: include_str!("image_corrupt.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check,
};

/// Words for a format that the runtime gave up.
const FORMAT: [&str; 5] = [
    say!("image-corrupt.text", "no longer supported"),
    say!("image-corrupt.text-2", "schema 1"),
    say!("image-corrupt.text-3", "manifest version 1"),
    say!("image-corrupt.text-4", "unsupported manifest"),
    say!("image-corrupt.text-5", "unsupported media type"),
];
/// Words of a connection that ended within a layer.
const CUT: [&str; 2] = [say!("image-corrupt.text-6", "unexpected EOF"), say!("image-corrupt.text-7", "short read")];

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
            say!("image-corrupt.text-8", "{registry} lacks a part of image {image}"),
            say!("image-corrupt.text-9", "the tag is there and names a manifest or layer that is not: a push that broke off, a clean-up that took too much, or a mirror without it"),
            say!("image-corrupt.text-10", "push image {image} again"),
        )
    } else if says(&FORMAT) {
        (
            say!("image-corrupt.text-11", "image {image} is of a format that the runtime of {node} does not take"),
            say!("image-corrupt.text-12", "its own words: {said}"),
            say!("image-corrupt.text-13", "build the image again with a current tool and push it: OCI or Docker schema 2"),
        )
    } else if says(&CUT) {
        (
            say!("image-corrupt.text-14", "image {image} arrives cut off"),
            say!("image-corrupt.text-15", "the registry, or a proxy before it, ends the connection within a layer"),
            say!("image-corrupt.text-16", "look at {host} and at proxies before it; if it holds the image incompletely, push it again"),
        )
    } else {
        (
            say!("image-corrupt.text-17", "the content of image {image} is broken"),
            say!("image-corrupt.text-18", "its own words: {said}"),
            say!("image-corrupt.text-19", "push image {image} again; if other nodes have it, look at the disk of {node} and at mirrors and proxies before {registry}"),
        )
    };
    failed
        .finding(headline)
        .why(why)
        .fix([Fix::advice(fix, Who::Owner)])
}
