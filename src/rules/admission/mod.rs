//! Causes of the admission layer: the API server refuses a workload its pods, so that none exists, or too few.
//!
//! What all of them have in common, that a workload is short of pods and in which words that was explained last, is in
//! `shared::refused`; what the words mean is in `messages::admission`. Topics of `quota_exceeded` are `quota` (all that one
//! refuses), `quota_wording`, `quota_rollout` and `quota_fixes`. `missing_name` is about what a template names and does not exist,
//! `next_attempt` about what only has to be tried again.

pub mod controller_forbidden;
mod missing_name;
pub mod namespace_terminating;
mod next_attempt;
pub mod priority_class_missing;
mod quota;
pub mod quota_exceeded;
mod quota_fixes;
mod quota_rollout;
mod quota_wording;
pub mod service_account_missing;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &controller_forbidden::RULE,
    &namespace_terminating::RULE,
    &priority_class_missing::RULE,
    &quota_exceeded::RULE,
    &service_account_missing::RULE,
];
