//! Since when a pod has been in trouble, and how often its containers were started again.
//!
//! A container that crashes again and again looks new after each crash: its state, and without a readiness probe the pod's Ready
//! condition too, begins anew. The trouble began before that, and what proves it is in several places. What nothing proves is
//! left open rather than guessed.

use super::pod::{Around, resize_since, seconds};
use crate::kubernetes::pod::{ContainerStateTerminated, PodCondition};
use crate::snapshot::{Clock, ContainerView, Event, Events, LATELY, PodView, Role, Snapshot};
use jiff::Timestamp;

/// The kubelet forgets a container's crashes after it ran this long (kubelet backOffPeriod maximum, twice).
const BACK_OFF_RESET: i64 = 600;
/// Restarts from which a container that runs now may be between two crashes.
const LOOP: i32 = 3;
/// Seconds from the end of a back-off to the start, at most: the kubelet looks again every 10 seconds and up to half as many
/// (backOffPeriod and workerBackOffPeriodJitterFactor, pkg/kubelet/kubelet.go and pod_workers.go, 1.37).
const LATE: i64 = 15;

/// Restarts of a pod's containers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Restarts<'a> {
    /// How many.
    pub count: i64,
    /// How the last run ended that did.
    pub last: Option<&'a ContainerStateTerminated>,
}

/// Whether a container of a pod ended and was started again within the last hour.
pub(super) fn restarted_lately(pod: &PodView, snapshot: &Snapshot<'_>) -> bool {
    let mut running = pod.containers().filter(|one| {
        one.role != Role::Init && one.status.restart_count > 0 && one.running().is_some()
    });
    running.any(|one| {
        let ended = one.last_end().and_then(|(_, end)| end.finished_at.as_ref());
        ended.is_some_and(|ended| snapshot.seconds_since(ended.0) <= LATELY)
    })
}

/// The restarts of a container, or of all as `kubectl get pods` adds them up; none when there were none.
pub(super) fn restarts<'a>(pod: &'a PodView, container: Option<&str>) -> Option<Restarts<'a>> {
    let restarted = |one: &ContainerView<'_>| {
        one.status.restart_count > 0 && container.is_none_or(|name| name == one.name())
    };
    let all = || pod.containers().filter(restarted);
    let ends = all().filter_map(|one| {
        let last = || one.status.last_state.as_ref()?.terminated.as_deref();
        // one that has completed in the end is not started again
        let again = |end: &&ContainerStateTerminated| end.exit_code != 0 || pod.restarts(&one);
        one.terminated().filter(again).or_else(last)
    });
    let count: i64 = all().map(|one| i64::from(one.status.restart_count)).sum();
    let last = ends.max_by_key(|end| finished(end));
    (count > 0).then_some(Restarts { count, last })
}

/// How many of its containers are ready, and how many there are, as `kubectl get pods` counts them.
pub(super) fn ready(pod: &PodView) -> (usize, usize) {
    let spec = pod.spec();
    let always = |restarts: Option<&str>| restarts == Some("Always");
    let sidecars = spec.init_containers.iter().flatten();
    let sidecars = sidecars.filter(|one| always(one.restart_policy.as_deref()));
    let ready = pod
        .containers()
        .filter(|one| one.role != Role::Init && one.status.ready && one.running().is_some());
    (ready.count(), spec.containers.len() + sidecars.count())
}

/// Since when the pod has been in the trouble that it is in, as far as something proves it.
pub(super) fn since(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
    if let Some(deletion) = &pod.pod().metadata.deletion_timestamp {
        return Some(deletion.0);
    }
    if pod.phase() == "Failed" {
        return failed(pod);
    }
    let turned = |r#type: &str, to: bool| {
        let condition = pod.condition(r#type);
        let condition = condition.filter(|condition| (condition.status == "True") == to)?;
        Some(transition(condition).or(pod.created()))
    };
    if let Some(refused) = turned("PodScheduled", false) {
        return refused;
    }
    if let Some(asked) = resize_since(pod) {
        return Some(asked);
    }
    // what is under way now may have begun only when the init containers before it had ended
    let unready = turned("Ready", false).map(|unready| unready.max(stage(pod)));
    let crashing = pod
        .containers()
        .filter_map(|one| crashing(pod, &one, snapshot));
    let earliest = unready.flatten().into_iter().chain(crashing).min();
    let bound = || turned("PodScheduled", true).flatten();
    earliest.or_else(bound).or(pod.created())
}

fn transition(condition: &PodCondition) -> Option<Timestamp> {
    condition.last_transition_time.as_ref().map(|time| time.0)
}

fn finished(end: &ContainerStateTerminated) -> Option<Timestamp> {
    end.finished_at.as_ref().map(|time| time.0)
}

/// When a pod failed. Without an end of a container its start tells it only of a pod that the kubelet refused: one that
/// was evicted may have run for long.
fn failed(pod: &PodView) -> Option<Timestamp> {
    let ends = pod
        .containers()
        .filter_map(|one| finished(one.terminated()?));
    let told = ["DisruptionTarget", "Ready"].map(|r#type| pod.condition(r#type));
    let is_evicted = pod.status().reason.as_deref() == Some("Evicted");
    let started = pod.status().start_time.as_ref().map(|time| time.0);
    ends.max()
        .or_else(|| told.into_iter().flatten().find_map(transition))
        .or(started.filter(|_| !is_evicted))
}

/// When the last of the init containers had ended that have.
fn stage(pod: &PodView) -> Option<Timestamp> {
    let init = pod.containers().filter(|one| one.role == Role::Init);
    let ends = init.filter_map(|one| one.terminated().filter(|end| end.exit_code == 0));
    ends.filter_map(finished).max()
}

/// A container that crashes again and again also runs in between. It has recovered once it outlives
/// both its last run and the kubelet's memory of its crashes. Of one that is Ready, a dump without a clock tells neither, unless
/// the kubelet has said that it waits with the next start.
pub fn between_crashes(
    pod: &PodView,
    container: &ContainerView<'_>,
    snapshot: &Snapshot<'_>,
) -> bool {
    is_between_crashes(pod, container, Around::of(snapshot))
}

pub(super) fn is_between_crashes(
    pod: &PodView,
    container: &ContainerView<'_>,
    around: Around<'_>,
) -> bool {
    container.status.restart_count >= LOOP
        && is_proving(container, around.clock)
        && (around.clock.exact
            || !container.status.ready
            || back_off(pod, container, around.events).is_some())
}

/// What the kubelet said of waiting with the next start of a container.
fn back_off<'e>(
    pod: &'e PodView,
    container: &ContainerView<'_>,
    events: &'e Events,
) -> Option<&'e Event> {
    // the kubelet's event of pulls has the same reason and another message
    events.of(&pod.object(), pod.uid()).find(|event| {
        event.reason == "BackOff"
            && event.message.starts_with("Back-off restarting")
            && event.container() == Some(container.name())
    })
}

/// When the kubelet first killed it by a probe, as far as the event tells.
fn killed_by_probe(
    pod: &PodView,
    container: &ContainerView<'_>,
    events: &Events,
) -> Option<Timestamp> {
    let killed = events.of(&pod.object(), pod.uid()).filter(|event| {
        event.reason == "Killing"
            && event.message.contains(" probe")
            && event.container() == Some(container.name())
    });
    killed.filter_map(|event| event.first).min()
}

/// Whether it runs and was started again, and has not counted as well since.
pub(super) fn is_proving(container: &ContainerView<'_>, clock: Clock) -> bool {
    container.running().is_some_and(|running| {
        let started = running.started_at.as_ref().map(|time| time.0);
        let uptime = started.map_or(i64::MAX, |started| seconds(started, clock.at));
        proving(container, uptime).is_some()
    })
}

/// For how many seconds a container that was started again has to run until it counts as well, where it has not yet.
pub(super) fn proving(container: &ContainerView<'_>, uptime: i64) -> Option<i64> {
    let last = container
        .status
        .last_state
        .as_ref()?
        .terminated
        .as_deref()?;
    let lasted = lasted(last);
    // the kubelet had forgotten the crashes before that one
    let is_loop = container.status.restart_count > 0 && lasted < BACK_OFF_RESET;
    let enough = good_run(lasted);
    (is_loop && uptime < enough).then_some(enough)
}

/// Whether another pod that has run for so many seconds does better than this one, which has ended.
pub(super) fn outlives(pod: &PodView, uptime: i64) -> bool {
    let runs = pod
        .containers()
        .filter_map(|one| one.terminated().map(lasted));
    uptime >= good_run(runs.max().unwrap_or_default())
}

/// The seconds for which a container has to run until it counts as well, when the run before took so long.
fn good_run(lasted: i64) -> i64 {
    BACK_OFF_RESET.min(lasted.saturating_mul(2).saturating_add(60))
}

/// How many seconds a run took, as far as known.
pub(super) fn lasted(end: &ContainerStateTerminated) -> i64 {
    match (&end.started_at, &end.finished_at) {
        (Some(started), Some(finished)) => seconds(started.0, finished.0),
        _ => 0,
    }
}

/// Since when a container that crashes has not had a good run: the earliest of what shows it.
fn crashing(
    pod: &PodView,
    container: &ContainerView<'_>,
    snapshot: &Snapshot<'_>,
) -> Option<Timestamp> {
    let around = Around::of(snapshot);
    let is_well = container.running().is_some() && !is_between_crashes(pod, container, around);
    let (_, end) = container.last_end().filter(|_| !is_well)?;
    let ended = finished(end)?;
    let begun = end.started_at.as_ref().map_or(ended, |time| time.0);
    // a long run was a good one until it ended
    let is_good = lasted(end) >= BACK_OFF_RESET;
    let last_run = if is_good { ended } else { begun };
    let backing_off = back_off(pod, container, around.events).and_then(|event| event.first);
    let start = stage(pod).or(pod.status().start_time.as_ref().map(|time| time.0));
    let start =
        start.filter(|start| !is_good && never_good(container, end, seconds(*start, ended)));
    let killed = killed_by_probe(pod, container, around.events);
    let known = [Some(last_run), backing_off, killed, start];
    known.into_iter().flatten().min()
}

/// Whether a container cannot have had a good run in the time from its first start to its last end, since so many back-offs had
/// to fit in: none before the first restart, then 10 seconds, doubled each time up to 5 minutes (pkg/kubelet/kubelet.go, 1.37).
fn never_good(container: &ContainerView<'_>, end: &ContainerStateTerminated, time: i64) -> bool {
    let restarts = i64::from(container.status.restart_count);
    let before_end = restarts - i64::from(container.running().is_some());
    let doubled: i64 = (1..before_end.min(6)).map(|nth| 10 << (nth - 1)).sum();
    let waited = doubled + 300 * (before_end - 6).max(0) + LATE * before_end;
    time - waited < good_run(lasted(end))
}

#[cfg(test)]
mod tests;
