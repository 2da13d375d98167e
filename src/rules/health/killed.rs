//! Containers that the kubelet kills because of a probe, again and again.
//!
//! The container's status knows only an exit code: 137, 143 or whatever the program makes of
//! SIGTERM. That a probe was the reason is in events, of which the kubelet drops many (a burst
//! of 25 for each pod, then one in five minutes: client-go tools/record/events_cache.go). So an
//! event of an earlier run counts as well, if the last run can have gone the same way.

use super::probe::{ProbeEvent, newest, since_start, written};
use crate::messages::probe::ProbeKind;
use crate::rules::Case;
use crate::rules::finding::Certainty;
use crate::rules::shared::crash::{Crash, crashes};
use crate::snapshot::{ContainerView, Event, Evidence, Role};
use crate::triage::fits;
use k8s_openapi::api::core::v1::Probe;

/// Seconds by which the clocks of runtime and kubelet, and the end and its event, may lie apart.
const SLACK: i64 = 30;

/// A container that its probe kills.
pub(super) struct Killed<'a> {
    /// The container.
    pub(super) container: ContainerView<'a>,
    /// The event that proves it.
    pub(super) proof: &'a Event,
    /// How the probe failed, if an event says.
    pub(super) unhealthy: Option<ProbeEvent<'a>>,
    /// What it said before that, where logs were read.
    pub(super) log_line: Option<Evidence>,
    /// How sure it is.
    pub(super) certainty: Certainty,
}

/// Every container of the pod that its probe of this kind kills.
pub(super) fn killed<'a>(case: &Case<'a>, kind: ProbeKind) -> Vec<Killed<'a>> {
    let crashed = crashes(case);
    let of_container = |container: ContainerView<'a>| {
        let crash = crashed
            .iter()
            .find(|crash| crash.container.name() == container.name());
        of_probe(case, container, crash, kind)
    };
    case.pod()
        .containers()
        .filter(|container| container.role != Role::Init)
        .filter_map(of_container)
        .collect()
}

fn of_probe<'a>(
    case: &Case<'a>,
    container: ContainerView<'a>,
    crash: Option<&Crash<'a>>,
    kind: ProbeKind,
) -> Option<Killed<'a>> {
    let killing = newest(case, &container, kind, "Killing");
    let unhealthy = newest(case, &container, kind, "Unhealthy");
    let (proof, certainty) = match crash {
        Some(crash) => of_last_run(case, crash, kind, killing.as_ref(), unhealthy.as_ref())?,
        None => of_this_run(&container, killing.as_ref(), unhealthy.as_ref())?,
    };
    Some(Killed {
        container,
        proof,
        unhealthy,
        log_line: crash.and_then(Crash::log_line),
        certainty,
    })
}

/// It is down: did its last run end by the probe?
fn of_last_run<'a>(
    case: &Case<'a>,
    crash: &Crash<'a>,
    kind: ProbeKind,
    killing: Option<&ProbeEvent<'a>>,
    unhealthy: Option<&ProbeEvent<'a>>,
) -> Option<(&'a Event, Certainty)> {
    let probe = written(&crash.container, kind);
    if crash.reason() == "OOMKilled" || crash.never_ran() || too_short(crash, probe) {
        return None;
    }
    let by_signal = matches!(crash.end.exit_code, 137 | 143);
    let killing = killing.map(|killing| killing.event);
    let unhealthy = unhealthy.map(|unhealthy| unhealthy.event);
    if let Some(event) = killing.filter(|event| within(case, crash, event)) {
        return Some((event, Certainty::Proven));
    }
    if let Some(event) = unhealthy.filter(|event| by_signal && within(case, crash, event)) {
        return Some((event, Certainty::Proven));
    }
    // the kubelet drops most of these events; runs that all last as long as the probe gives go the same way
    let lasts = |probe| crash.lasted().is_some_and(|it| fits(case.pod(), probe, it));
    let restarts = crash.container.status.restart_count;
    if let Some(event) = killing.filter(|_| by_signal && restarts > 1 && probe.is_some_and(lasts)) {
        return Some((event, Certainty::Proven));
    }
    let event = killing.or(unhealthy.filter(|_| by_signal))?;
    Some((event, Certainty::Likely))
}

/// It runs: has the probe killed it before, and does it fail again?
fn of_this_run<'a>(
    container: &ContainerView<'a>,
    killing: Option<&ProbeEvent<'a>>,
    unhealthy: Option<&ProbeEvent<'a>>,
) -> Option<(&'a Event, Certainty)> {
    let now = |unhealthy: &&ProbeEvent<'a>| since_start(container, unhealthy.event);
    if let Some(killing) = killing.filter(now) {
        return Some((killing.event, Certainty::Proven));
    }
    let again = unhealthy
        .filter(now)
        .filter(|_| container.status.restart_count > 0)?;
    match killing {
        Some(killing) => Some((killing.event, Certainty::Proven)),
        None => Some((again.event, Certainty::Likely)),
    }
}

/// Whether an event falls into a container's last run.
fn within(case: &Case<'_>, crash: &Crash<'_>, event: &Event) -> bool {
    let (Some(start), Some(end), Some(seen)) = (
        crash.end.started_at.as_ref(),
        crash.end.finished_at.as_ref(),
        event.last,
    ) else {
        return false;
    };
    let seen = case.seconds_since(seen);
    seen <= case.seconds_since(start.0) + SLACK && seen >= case.seconds_since(end.0) - SLACK
}

/// Whether the last run was over before the probe could have failed often enough.
fn too_short(crash: &Crash<'_>, probe: Option<&Probe>) -> bool {
    let (Some(probe), Some(lasted)) = (probe, crash.lasted()) else {
        return false;
    };
    let delay = i64::from(probe.initial_delay_seconds.unwrap_or(0));
    let period = i64::from(probe.period_seconds.unwrap_or(10));
    let failures = i64::from(probe.failure_threshold.unwrap_or(3));
    // the first probe comes up to one period early, and times are whole seconds
    lasted.saturating_add(2) < delay.saturating_add(period.saturating_mul(failures - 2))
}
