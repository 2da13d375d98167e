//! Causes of the image layer: a container waits because its image is not to be had.
//!
//! One cause is one class of what kubelet, runtime or registry say; `failed_pull` finds that message, and
//! `messages::pull` reads it. What several causes share lives beside them: `hosts` knows registries, `pull_secrets` and
//! `login` how a pod comes by a login, `image_edit` the commands that change an object, `near_image` which image may be
//! meant, `node_platform` what nodes run. `answers` tells of every failure whether the name is right, whether the image was
//! pushed and how it is pulled by hand; `asked` reads what its registry answered, where it was asked. Topics of one rule
//! are `auth_headline`, `name_problem` and `missing_secret_fixes`.
//! The sandbox's own image fails for the same causes; its fixes are the node's (`failed_pull::sandbox_image`).

mod answers;
mod asked;
mod auth_headline;
mod failed_pull;
mod hosts;
pub mod image_auth;
pub mod image_corrupt;
mod image_edit;
pub mod image_name_invalid;
pub mod image_never_pull;
pub mod image_not_found;
pub mod image_platform_mismatch;
pub mod image_policy_denied;
pub mod image_pull_failed;
pub mod image_pull_secret_missing;
pub mod image_pull_slow;
pub mod image_pull_timeout;
pub mod image_rate_limited;
pub mod image_tag_not_found;
mod login;
mod missing_secret_fixes;
mod name_problem;
mod near_image;
mod node_platform;
pub mod pull_qps;
mod pull_secrets;
pub mod registry_dns;
pub mod registry_http_vs_https;
pub mod registry_server_error;
pub mod registry_tls;
pub mod registry_unreachable;

pub use answers::{ImageAnswers, Said};

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &image_name_invalid::RULE,
    &image_not_found::RULE,
    &image_tag_not_found::RULE,
    &image_auth::RULE,
    &image_pull_secret_missing::RULE,
    &image_rate_limited::RULE,
    &registry_dns::RULE,
    &registry_unreachable::RULE,
    &registry_tls::RULE,
    &registry_http_vs_https::RULE,
    &registry_server_error::RULE,
    &image_platform_mismatch::RULE,
    &image_corrupt::RULE,
    &image_pull_timeout::RULE,
    &image_pull_slow::RULE,
    &image_policy_denied::RULE,
    &image_never_pull::RULE,
    &pull_qps::RULE,
    &image_pull_failed::RULE,
];
