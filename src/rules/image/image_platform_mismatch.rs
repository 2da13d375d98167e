//! `image-platform-mismatch`: the image has no variant for the node's platform.

use super::failed_pull::{self, FailedPull};
use super::node_platform::Platform;
use crate::messages::form::search;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;

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

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| failure == PullFailure::PlatformMismatch;
    failed_pull::findings(case, class, finding)
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let case = failed.case;
    let of_node = Platform::of_pod(case);
    let others = of_node.map_or_else(Vec::new, |own| own.others(case));
    let os = of_node.filter(|own| own.is_of_another_os(case, &others));
    let elsewhere = match os {
        Some(own) => Some(own.select_os(&others)),
        None => (!others.is_empty()).then(|| {
            Fix::advice(
                say!("image-platform-mismatch.select-nodes", "keep the pod to nodes of a platform that the image has, by a nodeSelector on kubernetes.io/arch; the cluster also has {others}"),
                Who::Owner,
            )
            .fact("others", others)
        }),
    };
    let build = Fix::advice(
        say!(
            "image-platform-mismatch.build-variant",
            "build and push the image for the platform of {node}, too, or name a tag that has it"
        ),
        Who::Owner,
    );
    // few images are made for another operating system than their own; for another architecture many are
    let (first, then) = match os {
        Some(_) => (elsewhere, Some(build)),
        None => (Some(build), elsewhere),
    };
    let evidence = of_node.map(|own| match os {
        Some(_) => own.os_label(case),
        None => own.arch_label(case),
    });
    failed
        .finding(say!(
            "image-platform-mismatch.headline",
            "image {image} has no variant for[ {platform},] the platform of {node}"
        ))
        .fact_if(
            "platform",
            from_message(failed).or(of_node.map(|own| own.to_string())),
        )
        .why(say!(
            "image-platform-mismatch.why",
            "the list of variants behind that name holds other platforms only[: {platforms}]"
        ))
        .fact_if("platforms", platforms(failed))
        .evidence(evidence)
        .inspect(failed.skopeo(&["inspect", "--raw"], failed.image))
        .fix(first)
        .fix(then)
}

/// Those that the image is for, as its registry tells where it was asked.
fn platforms(failed: &FailedPull<'_>) -> Option<Vec<String>> {
    let platforms = failed.asked.as_ref()?.platforms();
    (!platforms.is_empty()).then(|| platforms.to_vec())
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
