//! `image-not-found`: the repository does not exist as far as the registry tells.

use super::failed_pull::{self, FailedPull};
use super::{hosts, login, pull_secrets};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Kind;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-not-found",
    layer: Layer::Image,
    title: "a registry knows no such repository, or hides it",
    explanation: include_str!("image_not_found.md"),
    reads: &[Kind::Secret, Kind::ServiceAccount],
    refines: &["image-pull-failed"],
    check: Check::Pod(check),
};

/// Words of a registry that says that there is no such name; the others hide what a login may not see.
const DEFINITE: [&str; 3] = [
    "name unknown",
    "NAME_UNKNOWN",
    "repository name not known to registry",
];

fn check(case: &Case<'_>) -> Vec<Finding> {
    failed_pull::of(case, |failure| failure == PullFailure::NotFound)
        .map(|failed| finding(&failed))
        .collect()
}

/// Whether the answer may also mean that the login does not suffice.
pub(super) fn may_be_hidden(failed: &FailedPull<'_>) -> bool {
    failed.pull.failure == PullFailure::NotFound && !DEFINITE.iter().any(|words| failed.says(words))
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let repository = failed.reference().map_or_else(
        || failed.image.to_owned(),
        |reference| format!("{}/{}", reference.registry, reference.repository),
    );
    let official = repository.starts_with("docker.io/library/");
    let correct = if official {
        "write the registry and the path that the image was pushed to: a bare name means an official image of Docker Hub"
    } else {
        "correct the image of container {container}, or push it to {repository}"
    };
    let correct = Fix::advice(correct, Who::Owner);
    if !may_be_hidden(failed) {
        return failed
            .finding("{repository} does not exist: the registry knows no such repository")
            .fact("repository", repository)
            .fix([correct]);
    }
    let named = pull_secrets::named(failed.case);
    let finding = failed
        .finding("{repository} is missing or not allowed: the registry does not tell which")
        .certainty(Certainty::Likely)
        .fact("repository", repository)
        .why(why(failed, named.is_empty()))
        .evidence(named.iter().map(|named| named.named.clone()));
    finding.fix([correct]).fix(login::fixes(failed, &named))
}

fn why(failed: &FailedPull<'_>, no_secret: bool) -> &'static str {
    let unqualified =
        hosts::is_docker_hub(&failed.registry()) && !failed.image.starts_with("docker.io/");
    match (unqualified, no_secret) {
        (true, true) => {
            "the name holds no registry, so Docker Hub is asked, and the pod names no pull secret: an image that was built locally or is private is not found there"
        }
        (true, false) => {
            "the name holds no registry, so Docker Hub is asked: an image that was built locally, or that the pull secret does not cover, is not found there"
        }
        (false, true) => {
            "it was never pushed, is misspelt, or is private: the pod names no pull secret"
        }
        (false, false) => "it was never pushed, is misspelt, or the pull secret does not cover it",
    }
}
