//! How long a probe lets a container live that it never finds well.

use crate::snapshot::{ContainerView, PodView};
use crate::triage::since::lasted;
use k8s_openapi::api::core::v1::Probe;

/// Seconds by which times may lie apart.
const SLACK: i64 = 10;
/// Seconds that are lost where both ends of a run are whole ones.
const ROUNDED: i64 = 2;
/// The grace period of a pod that says nothing of it.
const GRACE: i64 = 30;

/// The seconds after a container's start in which its probe may fail without consequence.
pub fn budget(probe: &Probe) -> i64 {
    let period = i64::from(probe.period_seconds.unwrap_or(10));
    let failures = i64::from(probe.failure_threshold.unwrap_or(3));
    let successes = i64::from(probe.success_threshold.unwrap_or(1));
    i64::from(probe.initial_delay_seconds.unwrap_or(0))
        .saturating_add(period.saturating_mul(failures.max(successes)))
        .saturating_add(i64::from(probe.timeout_seconds.unwrap_or(1)))
}

/// Whether a run lasted as long as that.
pub fn fits(pod: &PodView, probe: &Probe, lasted: i64) -> bool {
    let grace = probe.termination_grace_period_seconds;
    let grace = grace
        .or(pod.spec().termination_grace_period_seconds)
        .unwrap_or(GRACE);
    let given = budget(probe);
    let period = i64::from(probe.period_seconds.unwrap_or(10));
    // the first probe comes up to a period early, and the last failure ends the run
    let least = given - period.saturating_mul(2) - SLACK;
    (least.max(1)..=given + grace + SLACK).contains(&lasted)
}

/// Whether a container that its startup probe has not passed was killed before, after as long as that probe allows: events,
/// which would tell it, are not always there.
pub fn was_killed_starting(pod: &PodView, container: &ContainerView<'_>) -> bool {
    let probe = container.spec.and_then(|spec| spec.startup_probe.as_ref());
    let (Some(probe), Some((_, end))) = (probe, container.last_end()) else {
        return false;
    };
    // the first probe comes when its delay is over, and each further one a period later
    let least = budget(probe)
        .saturating_sub(i64::from(probe.timeout_seconds.unwrap_or(1)))
        .saturating_sub(i64::from(probe.period_seconds.unwrap_or(10)));
    let by_signal =
        matches!(end.exit_code, 137 | 143) && end.reason.as_deref() != Some("OOMKilled");
    container.status.started == Some(false)
        && container.status.restart_count > 0
        && by_signal
        && lasted(end).saturating_add(ROUNDED) >= least
        && fits(pod, probe, lasted(end))
}
