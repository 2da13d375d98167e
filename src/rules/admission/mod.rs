//! Causes of the admission layer: the API server refuses a workload its pods, so that none exists, or too few.
//!
//! What all of them have in common, that a workload is short of pods and in which words that was explained last, is in
//! `shared::refused`; what the words mean is in `messages::admission`. Topics of `quota_exceeded` are `quota` (all that one
//! refuses), `quota_wording`, `quota_rollout` and `quota_fixes`.

mod quota;
pub mod quota_exceeded;
mod quota_fixes;
mod quota_rollout;
mod quota_wording;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&quota_exceeded::RULE];
