//! `image-platform-mismatch`: the image has no variant for the node's platform.

use super::failed_pull::{self, FailedPull};
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::{Kind, Node, ObjectRef};
use std::collections::BTreeSet;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-platform-mismatch",
    layer: Layer::Image,
    title: "an image has no variant for the node's platform",
    explanation: include_str!("image_platform_mismatch.md"),
    reads: &[Kind::Node],
    refines: &["image-pull-failed"],
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
    let finding = match told(failed).or_else(|| of_node.clone()) {
        Some(platform) => failed
            .finding("image {image} has no variant for {platform}, the platform of {node}")
            .fact("platform", platform),
        None => failed.finding("image {image} has no variant for the platform of {node}"),
    };
    let label = node.and_then(|node| {
        let arch = node.labels.get(ARCH)?;
        let object = ObjectRef::new(Kind::Node, "", &node.name);
        Some(case.field_of(object, format!("metadata.labels[{ARCH}]"), arch))
    });
    let others: Vec<String> = others(case, of_node.as_deref());
    let elsewhere = (!others.is_empty()).then(|| {
        Fix::advice(
            "keep the pod to nodes of a platform that the image has, by a nodeSelector on kubernetes.io/arch; the cluster also has {others}",
            Who::Owner,
        )
        .fact("others", others)
    });
    finding
        .why("the list of variants behind that name holds other platforms only")
        .evidence(label)
        .fix([Fix::advice(
            "build and push the image for the platform of {node}, too, or name a tag that has it",
            Who::Owner,
        )])
        .fix(elsewhere)
}

/// The platform that the message names.
fn told(failed: &FailedPull<'_>) -> Option<String> {
    let words = &failed.pull.quote;
    // moby: distribution/pull_v2.go
    if let Some(holes) = search("no matching manifest for {} in", words) {
        return Some(holes.own(0));
    }
    // containers/image: internal/manifest, docker_schema2_list.go
    let holes = search("for architecture \"{}\", variant \"{}\", OS \"{}\"", words)?;
    let variant = match holes.get(1) {
        "" => String::new(),
        variant => format!("/{variant}"),
    };
    Some(format!("{}/{}{variant}", holes.get(2), holes.get(0)))
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
