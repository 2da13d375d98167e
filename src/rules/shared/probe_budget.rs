//! Whether a run lasted as long as a probe lets one live that it never finds well.

use crate::rules::Case;
use crate::triage::budget;
use k8s_openapi::api::core::v1::Probe;

/// Seconds by which times may lie apart.
const SLACK: i64 = 10;
/// The grace period of a pod that says nothing of it.
const GRACE: i64 = 30;

/// Whether it did.
pub(in crate::rules) fn fits(case: &Case<'_>, probe: &Probe, lasted: i64) -> bool {
    let grace = probe.termination_grace_period_seconds;
    let grace = grace
        .or(case.pod().spec().termination_grace_period_seconds)
        .unwrap_or(GRACE);
    let given = budget(probe);
    let period = i64::from(probe.period_seconds.unwrap_or(10));
    // the first probe comes up to a period early, and the last failure ends the run
    let least = given - period.saturating_mul(2) - SLACK;
    (least.max(1)..=given + grace + SLACK).contains(&lasted)
}
