//! What is stuck: one exhaustive look at a pod, from its phase down to its containers.
//!
//! Triage does not say why. It partitions the pods that need an explanation from those that are well
//! and those that are merely progressing, so that no rule has to know what health looks like.
//! Where the time is only known to be *at least* something (a plain dump has no clock), budgets are
//! measured against that lower bound: a pod is never called stuck on the strength of a guess.

pub mod scope;
pub mod status_word;

use crate::snapshot::{ContainerView, PodView, Role};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Probe;

/// Seconds after which a pod that no scheduler or kubelet has touched is stuck.
const UNTOUCHED: i64 = 60;
/// Seconds that sandbox, volumes and image may take before their silence needs an explanation.
const CREATING: i64 = 120;
/// Seconds after the end of its grace period for which a deletion is still normal.
const DELETION_SLACK: i64 = 60;
/// The kubelet forgets a container's crashes after it ran this long (kubelet backOffPeriod maximum, twice).
const BACK_OFF_RESET: i64 = 600;
/// Restarts from which a container that runs now may be between two crashes.
const LOOP: i32 = 3;
/// Seconds that any container may take to turn ready, whatever its probe says.
const WARM_UP: i64 = 30;

/// How a pod stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing to explain; with the evidence.
    Healthy(String),
    /// On its way, within what is usual; with what it waits for.
    Progressing(String),
    /// Needs an explanation.
    Stuck,
}

/// Judges one pod at the time `now`. `failing` tells whether a warning that is still current keeps
/// it from being created: then it is stuck before its time is up.
pub fn standing(pod: &PodView, now: Timestamp, failing: bool) -> Standing {
    if pod.phase() == "Succeeded" {
        return Standing::Healthy("completed".into());
    }
    if pod.phase() == "Failed" || pod.phase() == "Unknown" {
        return Standing::Stuck;
    }
    if let Some(deletion) = pod.pod().metadata.deletion_timestamp.as_ref() {
        return if seconds(deletion.0, now) > DELETION_SLACK {
            Standing::Stuck
        } else {
            Standing::Progressing("being deleted".into())
        };
    }
    if pod.node().is_none() {
        return unbound(pod, now);
    }
    containers(pod, now, failing)
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}

fn unbound(pod: &PodView, now: Timestamp) -> Standing {
    let refused = pod
        .condition("PodScheduled")
        .is_some_and(|c| c.status == "False");
    let age = pod.created().map_or(0, |created| seconds(created, now));
    if refused || age > UNTOUCHED {
        return Standing::Stuck;
    }
    Standing::Progressing("waiting for a scheduler".into())
}

fn containers(pod: &PodView, now: Timestamp, failing: bool) -> Standing {
    let bound = pod
        .condition("PodScheduled")
        .and_then(|c| c.last_transition_time.as_ref().map(|time| time.0))
        .or(pod.created());
    let age = bound.map_or(0, |bound| seconds(bound, now));
    let mut progressing = None;
    let mut seen = 0_usize;
    for container in pod.containers() {
        seen += 1;
        match of_container(pod, &container, now) {
            Standing::Healthy(_) => {}
            Standing::Progressing(what) => {
                progressing.get_or_insert(what);
            }
            Standing::Stuck => return Standing::Stuck,
        }
    }
    if seen == 0 {
        return if age > UNTOUCHED || failing {
            Standing::Stuck
        } else {
            Standing::Progressing("waiting for its kubelet".into())
        };
    }
    match progressing {
        Some(what) if what == CREATING_WORDS && (age > CREATING || failing) => Standing::Stuck,
        Some(what) => Standing::Progressing(what),
        None => ready(pod),
    }
}

/// Every container runs and is ready.
pub fn all_ready(count: usize) -> Standing {
    Standing::Healthy(format!("running and ready, {count} of {count} containers"))
}

/// Every container is as it should be: is the pod?
fn ready(pod: &PodView) -> Standing {
    let count = pod.containers().filter(|c| c.role != Role::Init).count();
    match pod.condition("Ready") {
        Some(condition) if condition.status == "True" => all_ready(count),
        Some(condition) if condition.reason.as_deref() == Some("PodCompleted") => {
            Standing::Healthy("completed".into())
        }
        Some(_) => Standing::Stuck,
        None => Standing::Progressing("its readiness has not been reported yet".into()),
    }
}

const CREATING_WORDS: &str = "being created";

fn of_container(pod: &PodView, container: &ContainerView<'_>, now: Timestamp) -> Standing {
    if let Some(end) = container.terminated() {
        return ended(pod, container, end.exit_code);
    }
    if let Some(running) = container.running() {
        let uptime = running
            .started_at
            .as_ref()
            .map_or(i64::MAX, |started| seconds(started.0, now));
        return of_running(container, uptime);
    }
    match container.waiting_reason() {
        "" | "ContainerCreating" => Standing::Progressing(CREATING_WORDS.into()),
        // the containers behind an init container say this until it has ended
        "PodInitializing" if container.role == Role::Main && initializing(pod) => {
            Standing::Progressing("initializing".into())
        }
        "PodInitializing" => Standing::Progressing(CREATING_WORDS.into()),
        _ => Standing::Stuck,
    }
}

fn initializing(pod: &PodView) -> bool {
    pod.containers()
        .any(|c| c.role != Role::Main && c.running().is_some() && c.status.started != Some(false))
}

fn ended(pod: &PodView, container: &ContainerView<'_>, exit_code: i32) -> Standing {
    let restarts = match container.role {
        Role::Init => exit_code != 0,
        Role::Sidecar => true,
        Role::Main => pod.spec().restart_policy.as_deref().unwrap_or("Always") == "Always",
    };
    match (exit_code, restarts) {
        (0, false) => Standing::Healthy("completed".into()),
        // a container that ends well for the first time may have been asked to
        (0, true) if container.status.restart_count == 0 => {
            Standing::Progressing("restarting".into())
        }
        _ => Standing::Stuck,
    }
}

fn of_running(container: &ContainerView<'_>, uptime: i64) -> Standing {
    if between_crashes(container, uptime) {
        return Standing::Stuck;
    }
    if container.role == Role::Init {
        return Standing::Progressing(format!("init container {} is at work", container.name()));
    }
    if container.status.ready {
        return Standing::Healthy("ready".into());
    }
    let spec = container.spec;
    let startup = spec.and_then(|c| c.startup_probe.as_ref());
    let budget = match (container.status.started, startup) {
        (Some(true), _) | (_, None) => spec
            .and_then(|c| c.readiness_probe.as_ref())
            .map_or(0, budget),
        (_, Some(probe)) => budget(probe),
    };
    if uptime > budget.max(WARM_UP) {
        Standing::Stuck
    } else {
        Standing::Progressing("warming up within its probe's budget".into())
    }
}

/// The seconds after a container's start in which its probe may fail without consequence.
pub fn budget(probe: &Probe) -> i64 {
    let period = i64::from(probe.period_seconds.unwrap_or(10));
    let failures = i64::from(probe.failure_threshold.unwrap_or(3));
    let successes = i64::from(probe.success_threshold.unwrap_or(1));
    i64::from(probe.initial_delay_seconds.unwrap_or(0))
        .saturating_add(period.saturating_mul(failures.max(successes)))
        .saturating_add(i64::from(probe.timeout_seconds.unwrap_or(1)))
}

/// A container that crashes again and again also runs in between. It has recovered once it outlives
/// both its last run and the kubelet's memory of its crashes.
pub(crate) fn between_crashes(container: &ContainerView<'_>, uptime: i64) -> bool {
    let last = container
        .status
        .last_state
        .as_ref()
        .and_then(|state| state.terminated.as_ref());
    let Some(last) = last else { return false };
    let lasted = match (&last.started_at, &last.finished_at) {
        (Some(started), Some(finished)) => seconds(started.0, finished.0),
        _ => 0,
    };
    container.status.restart_count >= LOOP
        && uptime < BACK_OFF_RESET.min(lasted.saturating_mul(2).saturating_add(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: &str = "2026-01-01T01:00:00Z";

    fn pod(status: Value) -> PodView {
        let value = json!({
            "metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"nodeName": "n1", "containers": [{"name": "app", "readinessProbe": {"periodSeconds": 10, "failureThreshold": 3, "initialDelaySeconds": 60}}]},
            "status": status
        });
        PodView::new(serde_json::from_value(value).unwrap())
    }

    fn running(ready: bool, restarts: i32, since: &str, last: Value) -> PodView {
        pod(
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": if ready {"True"} else {"False"}}],
            "containerStatuses": [{"name": "app", "ready": ready, "started": true, "restartCount": restarts, "image": "x", "imageID": "",
                "state": {"running": {"startedAt": since}}, "lastState": last}]}),
        )
    }

    fn run_filters(pod: &PodView) -> Standing {
        standing(pod, NOW.parse().unwrap(), false)
    }

    #[test]
    fn a_ready_pod_is_healthy_whatever_its_past() {
        let crash = json!({"terminated": {"exitCode": 1, "startedAt": "2026-01-01T00:10:00Z", "finishedAt": "2026-01-01T00:10:05Z"}});
        assert!(matches!(
            run_filters(&running(true, 9, "2026-01-01T00:11:00Z", crash)),
            Standing::Healthy(_)
        ));
    }

    #[test]
    fn a_container_between_two_crashes_has_not_recovered() {
        let crash = json!({"terminated": {"exitCode": 2, "startedAt": "2026-01-01T00:57:00Z", "finishedAt": "2026-01-01T00:58:00Z"}});
        assert_eq!(
            run_filters(&running(true, 5, "2026-01-01T00:59:30Z", crash.clone())),
            Standing::Stuck
        );
        assert!(matches!(
            run_filters(&running(true, 1, "2026-01-01T00:59:30Z", crash)),
            Standing::Healthy(_)
        ));
    }

    #[test]
    fn readiness_has_its_budget() {
        assert!(matches!(
            run_filters(&running(false, 0, "2026-01-01T00:59:00Z", json!({}))),
            Standing::Progressing(_)
        ));
        assert_eq!(
            run_filters(&running(false, 0, "2026-01-01T00:50:00Z", json!({}))),
            Standing::Stuck
        );
    }

    #[test]
    fn succeeded_pods_are_never_stuck() {
        let status = json!({"phase": "Succeeded", "containerStatuses": [{"name": "side", "ready": false, "restartCount": 0, "image": "", "imageID": "",
            "state": {"terminated": {"exitCode": 255, "reason": "Error"}}}]});
        assert!(matches!(run_filters(&pod(status)), Standing::Healthy(_)));
    }

    #[test]
    fn creating_is_stuck_when_late_or_when_a_warning_is_current() {
        let status = |since: &str| {
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": since}],
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": {"waiting": {"reason": "ContainerCreating"}}}]})
        };
        let fresh = pod(status("2026-01-01T00:59:30Z"));
        assert!(matches!(run_filters(&fresh), Standing::Progressing(_)));
        assert_eq!(
            standing(&fresh, NOW.parse().unwrap(), true),
            Standing::Stuck
        );
        assert_eq!(
            run_filters(&pod(status("2026-01-01T00:50:00Z"))),
            Standing::Stuck
        );
    }
}
