//! `image-platform-mismatch`: the image has no variant for the node's platform.

use super::failed_pull::{self, FailedPull};
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::{Kind, Node, ObjectRef};
use crate::text::say;
use std::collections::BTreeSet;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-platform-mismatch",
    layer: Layer::Image,
    title: "an image has no variant for the node's platform",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_platform_mismatch.md"),
    reads: &[Kind::Node],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-platform-mismatch.root",
        "image {image} is not made for the platform of the node"
    )),
    check: Check::Pod(check),
};

const OS: &str = "kubernetes.io/os";
const ARCH: &str = "kubernetes.io/arch";

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::PlatformMismatch)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let case = failed.case;
    let node = case
        .pod()
        .node()
        .and_then(|name| case.snapshot.nodes().get("", name).yes());
    let of_node = node.and_then(platform);
    let label = node.and_then(|node| {
        let arch = node.labels.get(ARCH)?;
        let object = ObjectRef::new(Kind::Node, "", &node.name);
        Some(case.field_of(object, format!("metadata.labels[{ARCH}]"), arch))
    });
    let others = others(case, of_node.as_deref());
    let elsewhere = (!others.is_empty()).then(|| {
        Fix::advice(
            say!("image-platform-mismatch.select-nodes", "keep the pod to nodes of a platform that the image has, by a nodeSelector on kubernetes.io/arch; the cluster also has {others}"),
            Who::Owner,
        )
        .fact("others", others)
    });
    failed
        .finding(say!("image-platform-mismatch.headline", "image {image} has no variant for[ {platform},] the platform of {node}"))
        .fact_if("platform", from_message(failed).or(of_node))
        .why(say!("image-platform-mismatch.why", "the list of variants behind that name holds other platforms only"))
        .evidence(label)
        .inspect(failed.skopeo(&["inspect", "--raw"], failed.image))
        .fix([Fix::advice(
            say!("image-platform-mismatch.build-variant", "build and push the image for the platform of {node}, too, or name a tag that has it"),
            Who::Owner,
        )])
        .fix(elsewhere)
}

/// The platform that the message names.
fn from_message(failed: &FailedPull<'_>) -> Option<String> {
    let message = &failed.pull.quote;
    // moby: distribution/pull_v2.go
    if let Some(captures) = search("no matching manifest for {} in", message) {
        return Some(captures.own(0));
    }
    // containers/image: internal/manifest, docker_schema2_list.go
    let captures = search(
        "for architecture \"{}\", variant \"{}\", OS \"{}\"",
        message,
    )?;
    let variant = match captures.get(1) {
        "" => String::new(),
        variant => format!("/{variant}"),
    };
    Some(format!("{}/{}{variant}", captures.get(2), captures.get(0)))
}

fn platform(node: &Node) -> Option<String> {
    Some(format!(
        "{}/{}",
        node.labels.get(OS)?,
        node.labels.get(ARCH)?
    ))
}

/// The other platforms of the cluster, as far as its nodes were read.
fn others(case: &Case<'_>, own: Option<&str>) -> Vec<String> {
    let nodes = case.snapshot.nodes().seen();
    let found: BTreeSet<String> = nodes.filter_map(|(_, node)| platform(node)).collect();
    let other = |platform: &String| own.is_some_and(|own| own != platform);
    found.into_iter().filter(other).collect()
}
