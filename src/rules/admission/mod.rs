//! Causes of the admission layer: the API server refuses a workload its pods, so that none exists, or too few.
//!
//! What all of them have in common, that a workload is short of pods and in which words that was explained last, is in
//! `shared::refused`, what their findings share in `refusal`, the template and changes of it in `refused_template`; what the
//! words mean is in `messages::admission`. Topics of `quota_exceeded` are `quota` (all that one refuses), `quota_wording`,
//! `quota_rollout`, `quota_fixes` and `quota_demands` (what it asks for besides room); of `limit_range` `limits` (who breaks
//! which bound), `limit_range_fixes` and `default_limit`; of `webhook_unreachable` `webhook_backend` (what stands behind it),
//! `webhook_trouble` (the same in words) and `webhook_fixes`; `pod_security_fixes` and `invalid_fixes` are of those two.
//! `missing_name` is about what a template names and does not exist,
//! `missed_schedule` about CronJobs that make no Job. That a workload makes nothing though nobody refuses it, is known to
//! `triage`, which tells how it stands.

pub mod controller_forbidden;
mod default_limit;
mod invalid_fixes;
pub mod invalid_spec;
pub mod job_failed;
pub mod limit_range;
mod limit_range_fixes;
mod limits;
mod missed_schedule;
mod missing_name;
pub mod namespace_terminating;
pub mod pod_security;
mod pod_security_fixes;
pub mod policy_denied;
pub mod predecessor_not_ready;
pub mod priority_class_missing;
mod quota;
mod quota_demands;
pub mod quota_exceeded;
mod quota_fixes;
mod quota_rollout;
mod quota_wording;
mod refusal;
mod refused_template;
pub mod rollout_stalled;
pub mod service_account_missing;
mod webhook_backend;
pub mod webhook_denied;
mod webhook_fixes;
mod webhook_trouble;
pub mod webhook_unreachable;
pub mod workload_paused;

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
    &service_account_missing::RULE,
    &priority_class_missing::RULE,
    &controller_forbidden::RULE,
    &namespace_terminating::RULE,
    &job_failed::RULE,
    &predecessor_not_ready::RULE,
    &rollout_stalled::RULE,
    &workload_paused::RULE,
];
