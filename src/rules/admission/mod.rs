//! Causes of the admission layer: the API server refuses a workload its pods, so that none exists, or too few.
//!
//! What all of them have in common, that a workload is short of pods and in which words that was explained last, is in
//! `shared::refused`, what their findings share in `refusal`, the template and changes of it in `refused_template`; what the
//! words mean is in `messages::admission`. Topics of `quota_exceeded` are `quota` (all that one refuses), `quota_wording`,
//! `quota_rollout`, `quota_fixes` and `quota_demands` (what it asks for besides room); of `limit_range` `limits` (who breaks
//! which bound), `limit_range_fixes` and `default_limit`; of `webhook_unreachable` `webhook_backend` (what stands behind it),
//! `webhook_trouble` (the same in words) and `webhook_fixes`; `pod_security_fixes` and `invalid_fixes` are of those two.

mod default_limit;
mod invalid_fixes;
pub mod invalid_spec;
pub mod limit_range;
mod limit_range_fixes;
mod limits;
pub mod pod_security;
mod pod_security_fixes;
pub mod policy_denied;
mod quota;
mod quota_demands;
pub mod quota_exceeded;
mod quota_fixes;
mod quota_rollout;
mod quota_wording;
mod refusal;
mod refused_template;
mod webhook_backend;
pub mod webhook_denied;
mod webhook_fixes;
mod webhook_trouble;
pub mod webhook_unreachable;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &quota_exceeded::RULE,
    &limit_range::RULE,
    &pod_security::RULE,
    &webhook_denied::RULE,
    &webhook_unreachable::RULE,
    &policy_denied::RULE,
    &invalid_spec::RULE,
];
