//! Causes of the admission layer: the API server refuses a workload its pods, so that none exists, or too few.
//!
//! What all of them have in common, that a workload is short of pods and in which words that was explained last, is in
//! `shared::refused`; what the words mean is in `messages::admission`. Topics of `quota_exceeded` are `quota` (all that one
//! refuses), `quota_wording`, `quota_rollout` and `quota_fixes`. `missing_name` is about what a template names and does not
//! exist, `next_attempt` about what only has to be tried again, `missed_schedule` about CronJobs that make no Job. That a
//! workload makes nothing though nobody refuses it, is known to `triage`, which tells how it stands.

pub mod controller_forbidden;
pub mod job_failed;
mod missed_schedule;
mod missing_name;
pub mod namespace_terminating;
mod next_attempt;
pub mod predecessor_not_ready;
pub mod priority_class_missing;
mod quota;
pub mod quota_exceeded;
mod quota_fixes;
mod quota_rollout;
mod quota_wording;
pub mod rollout_stalled;
pub mod service_account_missing;
pub mod workload_paused;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &controller_forbidden::RULE,
    &job_failed::RULE,
    &namespace_terminating::RULE,
    &predecessor_not_ready::RULE,
    &priority_class_missing::RULE,
    &quota_exceeded::RULE,
    &rollout_stalled::RULE,
    &service_account_missing::RULE,
    &workload_paused::RULE,
];
