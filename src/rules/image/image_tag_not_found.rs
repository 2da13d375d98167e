//! `image-tag-not-found`: the repository is there, the tag or digest is not.

use super::failed_pull::{self, FailedPull};
use super::{asked, image_edit, near_image};
use crate::kubernetes::image_reference::ImageReference;
use crate::kubernetes::nearest::nearest;
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::Evidence;
use crate::text::{Sentence, say};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-tag-not-found",
    layer: Layer::Image,
    title: "a repository has no such tag or digest",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_tag_not_found.md"),
    reads: &[],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-tag-not-found.root",
        "image {image} is not in its registry"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| failure == PullFailure::TagNotFound;
    failed_pull::findings(case, class, finding)
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    if asked::is_there_now(failed) {
        return asked::there_now(failed);
    }
    let Some(reference) = failed.reference() else {
        return failed.finding(say!(
            "image-tag-not-found.no-image",
            "the registry has no image {image}"
        ));
    };
    let pulled = pulled_tags(failed, &reference);
    let certain = failed_pull::is_definite_absence(failed) || !pulled.is_empty();
    let (headline, why) = sentences(&reference, certain);
    let mut finding = failed.finding(headline);
    finding.why = why;
    let repository = format!("{}/{}", reference.registry, reference.repository);
    let finding = finding
        .inspect(failed.skopeo(&["list-tags"], &repository))
        .fact("repository", repository)
        .fact("tag", reference.tag.as_deref().unwrap_or("latest"))
        .fact_if("digest", reference.digest.as_deref())
        .when(!certain, |finding| finding.certainty(Certainty::Likely));
    with_fixes(failed, &reference, finding, pulled)
}

/// The headline, and how it comes about.
fn sentences(reference: &ImageReference, certain: bool) -> (Sentence, Option<Sentence>) {
    if reference.digest.is_some() {
        return (
            say!(
                "image-tag-not-found.digest",
                "{repository} has no digest {digest}"
            ),
            Some(say!(
                "image-tag-not-found.digest-why",
                "the runtime goes by the digest alone: it was removed from the registry, or is of another repository"
            )),
        );
    }
    let headline = if reference.tag.is_some() {
        say!(
            "image-tag-not-found.headline",
            "{repository} has no tag {tag}"
        )
    } else {
        say!(
            "image-tag-not-found.latest",
            "{repository} has no tag latest, which is taken because image {image} names none"
        )
    };
    let why = (!certain).then_some(say!(
        "image-tag-not-found.same-answer-why",
        "the registry answers the same when the whole repository is missing"
    ));
    (headline, why)
}

fn with_fixes(
    failed: &FailedPull<'_>,
    reference: &ImageReference,
    finding: Finding,
    pulled: Vec<(String, Evidence)>,
) -> Finding {
    let wanted = reference.tag.as_deref().unwrap_or("latest");
    let near = nearest(wanted, pulled.iter().map(|(tag, _)| tag.as_str())).map(|tag| {
        let proposal = with_tag(failed.image, wanted, tag);
        image_edit::set_image(
            failed,
            say!(
                "image-tag-not-found.name-nearest",
                "name the image {proposal}, which the pod uses already"
            ),
            &proposal,
        )
    });
    let near = near
        .or_else(|| name_existing(failed, wanted))
        .filter(|_| reference.digest.is_none());
    let running = || near_image::name_it(failed, finding.image.as_deref()?);
    let near = near.or_else(running);
    let push = if reference.digest.is_some() {
        say!(
            "image-tag-not-found.name-digest",
            "name a digest that {repository} has, or a tag"
        )
    } else {
        say!(
            "image-tag-not-found.name-or-push",
            "name a tag that {repository} has, or push {image}"
        )
    };
    let push = Fix::advice(push, Who::Owner);
    let push = match (&near, reference.digest.is_some()) {
        (None, false) => push.template(image_edit::set_image_template(failed, reference)),
        _ => push,
    };
    finding
        .evidence(pulled.into_iter().map(|(_, evidence)| evidence))
        .fix(near)
        .fix([push])
}

/// Names the nearest of the tags that the registry, asked, has.
fn name_existing(failed: &FailedPull<'_>, wanted: &str) -> Option<Fix> {
    let (tags, _) = failed.asked.as_ref()?.tags()?;
    let tag = nearest(wanted, tags.iter().map(String::as_str))?;
    let proposal = with_tag(failed.image, wanted, tag);
    let change = say!(
        "image-tag-not-found.name-existing",
        "name the image {proposal}, which {registry} has, if that is meant"
    );
    Some(image_edit::set_image(failed, change, &proposal))
}

fn with_tag(image: &str, wanted: &str, tag: &str) -> String {
    let name = image.strip_suffix(&format!(":{wanted}"));
    format!("{}:{tag}", name.unwrap_or(image))
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
            let evidence = failed.case.field(
                format!("{}.imageID", other.path()),
                other.status.image_id.as_str(),
            );
            let tag = found.tag.filter(|_| same)?;
            Some((tag, evidence))
        })
        .collect()
}
