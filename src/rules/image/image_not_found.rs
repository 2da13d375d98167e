//! `image-not-found`: the repository does not exist as far as the registry tells.

use super::asked::{self, Verdict};
use super::failed_pull::{self, FailedPull};
use super::{login, near_image, pull_secrets};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-not-found",
    layer: Layer::Image,
    title: "a registry knows no such repository, or hides it",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_not_found.md"),
    reads: &[Kind::Secret, Kind::ServiceAccount],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-not-found.root",
        "there is no image {repository}, or it is not for everybody"
    )),
    check: Check::Pod(check),
};

/// A registry that says that there is no such name; other answers hide what a login may not see.
const DEFINITE: [&str; 3] = [
    "name unknown",
    "NAME_UNKNOWN",
    "repository name not known to registry",
];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| failure == PullFailure::NotFound;
    failed_pull::findings(case, class, finding)
}

/// Whether the answer may also mean that the login does not suffice.
pub(super) fn may_be_hidden(failed: &FailedPull<'_>) -> bool {
    let is_known = failed.is_known(Verdict::NoRepository);
    let is_said = DEFINITE.iter().any(|text| failed.says(text));
    failed.pull.failure == PullFailure::NotFound && !is_said && !is_known
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    if asked::is_there_now(failed) {
        return asked::there_now(failed);
    }
    let repository = failed.reference().map_or_else(
        || failed.image.to_owned(),
        |reference| format!("{}/{}", reference.registry, reference.repository),
    );
    let correct = if repository.starts_with("docker.io/library/") {
        say!(
            "image-not-found.write-full-name",
            "write the registry and the path that the image was pushed to: a bare name means an official image of Docker Hub"
        )
    } else {
        say!(
            "image-not-found.correct-or-push",
            "correct the image of container {container}, or push it to {repository}"
        )
    };
    let correct = Fix::advice(correct, Who::Owner);
    let headline = if may_be_hidden(failed) {
        say!(
            "image-not-found.missing-or-hidden",
            "{repository} is missing or not allowed: the registry does not tell which"
        )
    } else {
        say!(
            "image-not-found.missing",
            "{repository} does not exist: the registry knows no such repository"
        )
    };
    let finding = failed.finding(headline);
    let near = finding.image.as_deref();
    let near = near.and_then(|answers| near_image::name_it(failed, answers));
    let finding = finding.fix(near);
    if !may_be_hidden(failed) {
        return finding
            .inspect(failed.skopeo(&["list-tags"], &repository))
            .fact("repository", repository)
            .fix([correct]);
    }
    let named = pull_secrets::of(failed);
    let logins = login::fixes(failed, &named);
    // a login that lies unused is tried sooner than a name is changed
    let is_at_hand = login::is_at_hand(failed);
    let (first, rest) = if is_at_hand && named.is_empty() {
        logins.split_at(1)
    } else {
        logins.split_at(0)
    };
    finding
        .certainty(Certainty::Likely)
        .inspect(failed.skopeo(&["list-tags"], &repository))
        .fact("repository", repository)
        .why(why(
            failed,
            named.is_empty() && pull_secrets::are_known(failed.case),
        ))
        .evidence(named.iter().map(|named| named.named.clone()))
        .fix(first.to_vec())
        .fix([correct])
        .fix(rest.to_vec())
}

fn why(failed: &FailedPull<'_>, no_secret: bool) -> Sentence {
    let unqualified = failed.is_of_docker_hub() && !failed.image.starts_with("docker.io/");
    match (unqualified, no_secret) {
        (true, true) => {
            say!(
                "image-not-found.bare-name-no-secret-why",
                "the name holds no registry, so Docker Hub is asked, and the pod names no pull secret: an image that was built locally or is private is not found there"
            )
        }
        (true, false) => {
            say!(
                "image-not-found.bare-name-why",
                "the name holds no registry, so Docker Hub is asked: an image that was built locally, or that the pull secret does not cover, is not found there"
            )
        }
        (false, true) => {
            say!(
                "image-not-found.no-secret-why",
                "it was never pushed, is misspelt, or is private: the pod names no pull secret"
            )
        }
        (false, false) => {
            say!(
                "image-not-found.why",
                "it was never pushed, is misspelt, or the pull secret does not cover it"
            )
        }
    }
}
