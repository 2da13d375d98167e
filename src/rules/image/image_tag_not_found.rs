//! `image-tag-not-found`: the repository is there, the tag or digest is not.

use super::failed_pull::{self, FailedPull};
use super::image_edit;
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::nearest::nearest;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Evidence;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-tag-not-found",
    layer: Layer::Image,
    title: "a repository has no such tag or digest",
    explanation: include_str!("image_tag_not_found.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::TagNotFound)
        .map(|failed| finding(&failed))
        .collect()
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let Some(reference) = failed.reference() else {
        return failed.finding("the registry has no image {image}");
    };
    let pulled = pulled_tags(failed, &reference);
    let manifest_unknown = failed.says("manifest unknown")
        || failed.says("MANIFEST_UNKNOWN")
        || failed.says("manifest for ");
    // containerd reports every 404 alike, whether the registry lacks the repository or the tag
    let certain = manifest_unknown || !pulled.is_empty();
    let (headline, why) = words(&reference, certain);
    let finding = failed
        .finding(headline)
        .why(why)
        .fact(
            "repository",
            format!("{}/{}", reference.registry, reference.repository),
        )
        .fact("tag", reference.tag.as_deref().unwrap_or("latest"));
    let finding = if certain {
        finding
    } else {
        finding.certainty(Certainty::Likely)
    };
    let finding = match &reference.digest {
        Some(digest) => finding.fact("digest", digest.as_str()),
        None => finding,
    };
    with_fixes(failed, &reference, finding, pulled)
}

fn words(reference: &ImageReference, certain: bool) -> (&'static str, &'static str) {
    match (&reference.digest, &reference.tag, certain) {
        (Some(_), _, _) => (
            "{repository} has no digest {digest}",
            "the runtime goes by the digest alone: it was removed from the registry, or is of another repository",
        ),
        (None, None, true) => (
            "{repository} has no tag latest, which is taken because image {image} names none",
            "",
        ),
        (None, None, false) => (
            "{repository} has no tag latest, which is taken because image {image} names none",
            "the registry answers the same when the whole repository is missing",
        ),
        (None, Some(_), true) => ("{repository} has no tag {tag}", ""),
        (None, Some(_), false) => (
            "{repository} has no tag {tag}",
            "the registry answers the same when the whole repository is missing",
        ),
    }
}

fn with_fixes(
    failed: &FailedPull<'_>,
    reference: &ImageReference,
    finding: Finding,
    pulled: Vec<(String, Evidence)>,
) -> Finding {
    let wanted = reference.tag.as_deref().unwrap_or("latest");
    let near = nearest(wanted, pulled.iter().map(|(tag, _)| tag.as_str())).map(|tag| {
        let proposal = match failed.image.strip_suffix(&format!(":{wanted}")) {
            Some(name) => format!("{name}:{tag}"),
            None => format!("{}:{tag}", failed.image),
        };
        image_edit::set_image(
            failed,
            "name the image {proposal}, which the pod uses already",
            &proposal,
        )
    });
    let near = near.filter(|_| reference.digest.is_none());
    let push = match reference.digest {
        Some(_) => "name a digest that {repository} has, or a tag",
        None => "name a tag that {repository} has, or push {image}",
    };
    let push = Fix::advice(push, Who::Owner);
    finding
        .evidence(pulled.into_iter().map(|(_, evidence)| evidence))
        .fix(near)
        .fix([push])
}

/// The tags of the same repository that other containers of the pod have pulled: the repository is there, and allowed.
fn pulled_tags(failed: &FailedPull<'_>, wanted: &ImageReference) -> Vec<(String, Evidence)> {
    let containers = failed.case.pod().containers();
    containers
        .filter(|other| !other.status.image_id.is_empty())
        .filter_map(|other| {
            let found = ImageReference::parse(other.image()).ok()?;
            let same =
                (&found.registry, &found.repository) == (&wanted.registry, &wanted.repository);
            let evidence = failed
                .case
                .field(format!("{}.imageID", other.path()), &other.status.image_id);
            let tag = found.tag.filter(|_| same)?;
            Some((tag, evidence))
        })
        .collect()
}
