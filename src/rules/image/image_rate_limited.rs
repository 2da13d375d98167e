//! `image-rate-limited`: 429, the registry's limit of pulls.

use super::failed_pull::{self, FailedPull};
use super::{login, pull_secrets};
use crate::messages::pull::PullFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, NOT_PULLED, Root, Rule};
use crate::snapshot::Kind;
use crate::text::say;

/// The rule.
pub static RULE: Rule = Rule {
    cause: "image-rate-limited",
    layer: Layer::Image,
    title: "a registry limits the number of pulls",
    seen_as: NOT_PULLED,
    explanation: include_str!("image_rate_limited.md"),
    reads: &[Kind::ServiceAccount],
    refines: &["image-pull-failed"],
    root: Root::Facts(say!(
        "image-rate-limited.root",
        "{host} has counted too many pulls"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let class = |failure| failure == PullFailure::RateLimited;
    failed_pull::findings(case, class, finding)
}

fn finding(failed: &FailedPull<'_>) -> Finding {
    let named = pull_secrets::of(failed);
    let hub = failed.is_of_docker_hub();
    let without_login = named.is_empty() || failed.pull.anonymous == Some(true);
    let why = match (hub, without_login) {
        (true, true) => {
            say!(
                "image-rate-limited.by-address-why",
                "Docker Hub counts pulls without a login by address, and nodes behind one address share the count; the kubelet tries again by itself"
            )
        }
        (true, false) => {
            say!(
                "image-rate-limited.by-account-why",
                "Docker Hub counts pulls by account, and without a login by address; the login in Secret {secrets} has used its share or is not for Docker Hub"
            )
        }
        (false, _) => {
            say!(
                "image-rate-limited.why",
                "the kubelet tries again by itself, with growing pauses of up to five minutes"
            )
        }
    };
    let login = (hub && without_login).then(|| login::advice(failed));
    let login = login.unwrap_or_default();
    failed
        .finding(say!(
            "image-rate-limited.headline",
            "{host} refuses image {image} for now: too many pulls"
        ))
        .why(why)
        .fact("secrets", pull_secrets::names(&named))
        .evidence(named.into_iter().map(|named| named.named))
        .fix(login)
        .fix([Fix::advice(
            say!(
                "image-rate-limited.use-cache",
                "pull through a cache or a mirror of {registry} of your own"
            ),
            Who::Admin,
        )])
}
