//! How a pod stands: one exhaustive look, from its phase down to its containers.

mod raw_status;

use super::node::NOT_READY;
use super::recovery::Ready;
use super::since::{self, Restarts, between_crashes};
use super::status_word::status_word;
use super::subject::{NextCommand, StatusText, describe};
use super::{
    Because, Layer, Numbers, Passage, Scope, Sorted, Standing, Subject, passage, progresses,
};
use crate::snapshot::{
    ContainerView, Event, Events, Kind, ObjectRef, PodView, Role, Seen, Snapshot, Store, Workload,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Probe;

/// Seconds after which a pod that no scheduler or kubelet has touched is stuck.
const UNTOUCHED: i64 = 60;
/// Seconds that sandbox, volumes and image may take before their silence needs an explanation.
const CREATING: i64 = 120;
/// Seconds after the end of its grace period for which a deletion is still normal.
const DELETION_SLACK: i64 = 60;
/// Seconds that any container may take to turn ready, whatever its probe says.
const WARM_UP: i64 = 30;

/// The pods of the scope. Of those plainly healthy only the records are looked at.
pub(super) fn sorted<'s>(snapshot: &Snapshot<'s>, scope: &Scope) -> Sorted<&'s PodView> {
    let store = snapshot.store();
    let mut sorted = Sorted::default();
    let mut numbers = Numbers::default();
    let records = store.pod_records();
    for record in records.iter() {
        let Some(containers) = record.healthy() else {
            continue;
        };
        if scope.covers(&records.identity(record), store) {
            let standing = Standing::Healthy(Because::Ready(containers.into()));
            numbers.count(&standing);
            if scope.has_names() {
                let pod = ObjectRef::new(Kind::Pod, &record.namespace, &record.name);
                sorted.named.push((pod, standing));
            }
        }
    }
    let mut ready = None;
    for pod in store.whole_pods() {
        if !pod.is_in(scope, store) {
            continue;
        }
        let mut standing = pod.standing(snapshot);
        let has_failed = standing == Standing::Stuck && pod.phase() == "Failed";
        if has_failed && !scope.only_pods() {
            let ready = ready.get_or_insert_with(|| Ready::of(store));
            if ready.replaces(pod, snapshot) {
                standing = Standing::Ended(Because::Replaced);
            }
        }
        numbers.count(&standing);
        if let Standing::Progressing(_, until) = standing {
            progresses(&mut sorted.progressing, store.owner(pod), until);
        }
        if standing == Standing::Stuck {
            sorted.stuck.push(pod);
        } else if scope.has_names() {
            sorted.named.push((pod.object(), standing));
        }
    }
    sorted.named.sort_by(|(one, _), (other, _)| one.cmp(other));
    if numbers.all > 0 {
        let kind = Kind::Pod.as_str().to_owned();
        sorted.numbers.insert(kind, numbers);
    }
    sorted
}

impl<'s> Subject<'s> for &'s PodView {
    const LAYERS: &'static [Layer] = &Layer::ALL;

    fn object(&self) -> ObjectRef {
        PodView::object(self)
    }

    fn uid(self) -> Option<&'s str> {
        PodView::uid(self)
    }

    fn namespace(self) -> &'s str {
        PodView::namespace(self)
    }

    fn owner(&self, store: &Store) -> ObjectRef {
        store.owner(self)
    }

    fn is_in(&self, scope: &Scope, store: &Store) -> bool {
        scope.covers(&self.identity(), store)
    }

    fn has_ended(&self, store: &Store) -> bool {
        matches!(self.phase(), "Failed" | "Succeeded") && !is_tried_again(self, store)
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        let failing = creation_fails(snapshot.events(), self);
        standing(self, snapshot.clock().at, failing)
    }

    fn status(&self) -> String {
        status_word(self.pod())
    }

    fn raw_status(&self) -> Vec<StatusText> {
        raw_status::of(self)
    }

    fn inspect(&self, layer: Layer) -> NextCommand {
        inspect(self, layer)
    }

    fn is_unbound(&self) -> bool {
        self.node().is_none()
    }

    fn is_terminating(&self) -> bool {
        PodView::is_terminating(self)
    }

    fn since(&self, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
        since::since(self, snapshot)
    }

    fn ready(&self) -> Option<(usize, usize)> {
        Some(since::ready(self))
    }

    fn restarts(self, container: Option<&str>) -> Option<Restarts<'s>> {
        since::restarts(self, container)
    }

    /// A pod of a Job that failed is over when the Job is complete.
    fn is_in_doubt(&self, store: &Store) -> bool {
        self.phase() == "Failed" && job(self, store).is_some_and(|job| job.is_unknown())
    }

    fn passed(
        &self,
        snapshot: &Snapshot<'_>,
        layer: Layer,
        stuck: Option<Layer>,
    ) -> Option<Passage> {
        passage::of_pod(self, snapshot, layer, stuck)
    }
}

/// Whether it is an attempt of a Job that makes further ones: the Job goes on failing as it did.
fn is_tried_again(pod: &PodView, store: &Store) -> bool {
    let job = job(pod, store).and_then(Seen::yes);
    job.is_some_and(|job| job.finished().is_none() && !job.terminating)
}

/// The Job that made it.
fn job<'s>(pod: &PodView, store: &'s Store) -> Option<Seen<'s, &'s Workload>> {
    let job = pod
        .controller()
        .filter(|(kind, _)| *kind == Kind::Job.as_str());
    job.and_then(|(kind, name)| store.workload(kind, pod.namespace(), name))
}

fn inspect(pod: &PodView, layer: Layer) -> NextCommand {
    let object = pod.object();
    let name = object.argument();
    let kubectl = |words: &[&str]| NextCommand::from(object.kubectl(words));
    match (layer, pod.node()) {
        (Layer::Node, Some(node)) => describe(&ObjectRef::new(Kind::Node, "", node)).into(),
        (Layer::Container | Layer::Health, _) => match crashed(pod) {
            Some(container) => kubectl(&["logs", &name, "-c", container, "--previous"]),
            None => kubectl(&["logs", &name, "--all-containers"]),
        },
        (Layer::Service, _) => kubectl(&["get", "endpointslices"]),
        (Layer::Removal, Some(node)) if pod.has_no_finalizers() => {
            NextCommand::on(node, ["crictl", "pods", "--name", pod.name()])
        }
        (Layer::Removal, _) => kubectl(&["get", &name, "-o", "jsonpath={.metadata.finalizers}"]),
        _ => describe(&object).into(),
    }
}

/// The first container that has ended before.
fn crashed(pod: &PodView) -> Option<&str> {
    let mut containers = pod.containers();
    let crashed = containers.find(|container| {
        let completed = container.terminated().is_some_and(|end| end.exit_code == 0);
        container.last_end().is_some() && !completed
    });
    crashed.map(|container| container.name())
}

/// How one pod stands at the time `now`. `failing` tells whether a warning that is still current keeps it from being created:
/// then it is stuck before its time is up.
fn standing(pod: &PodView, now: Timestamp, failing: bool) -> Standing {
    if pod.phase() == "Succeeded" {
        return Standing::Healthy(Because::Completed);
    }
    if pod.phase() == "Failed" || pod.phase() == "Unknown" {
        return Standing::Stuck;
    }
    if let Some(deletion) = pod.pod().metadata.deletion_timestamp.as_ref() {
        return within(Because::Deleting, Some(deletion.0), DELETION_SLACK, now);
    }
    if pod.node().is_none() {
        return unbound(pod, now);
    }
    containers(pod, now, failing)
}

pub(super) fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}

/// The same as [`Standing::within`]; without the time from which it counts nobody can say how long.
fn within(because: Because, from: Option<Timestamp>, budget: i64, now: Timestamp) -> Standing {
    match from {
        Some(from) => Standing::within(because, from, budget, now),
        None => Standing::Progressing(because, None),
    }
}

fn unbound(pod: &PodView, now: Timestamp) -> Standing {
    let refused = pod
        .condition("PodScheduled")
        .is_some_and(|c| c.status == "False");
    if refused {
        return Standing::Stuck;
    }
    within(Because::NoSchedulerYet, pod.created(), UNTOUCHED, now)
}

fn containers(pod: &PodView, now: Timestamp, failing: bool) -> Standing {
    let bound = pod
        .condition("PodScheduled")
        .and_then(|c| c.last_transition_time.as_ref().map(|time| time.0))
        .or(pod.created())
        // of a pod that is only described it is all that is known
        .or(pod.status().start_time.as_ref().map(|time| time.0));
    let mut progressing = None;
    let mut seen = 0_usize;
    for container in pod.containers() {
        seen += 1;
        match of_container(pod, &container, now) {
            Standing::Progressing(because, until) => {
                progressing.get_or_insert((because, until));
            }
            Standing::Stuck => return Standing::Stuck,
            Standing::Healthy(_) | Standing::Ended(_) => {}
        }
    }
    if seen == 0 && !failing {
        return within(Because::NoKubeletYet, bound, UNTOUCHED, now);
    }
    match progressing {
        _ if seen == 0 => Standing::Stuck,
        Some((Because::Creating, _)) if failing => Standing::Stuck,
        Some((Because::Creating, _)) => within(Because::Creating, bound, CREATING, now),
        Some((Because::Restarted, until)) => match ready(pod, now) {
            Standing::Healthy(_) => Standing::Progressing(Because::Restarted, until),
            other => other,
        },
        Some((because, until)) => Standing::Progressing(because, until),
        None => ready(pod, now),
    }
}

/// Every container is as it should be: is the pod?
fn ready(pod: &PodView, now: Timestamp) -> Standing {
    if let Some(ready) = pod.marked_not_ready() {
        let since = ready.last_transition_time.as_ref().map(|time| time.0);
        let Some(since) = since.or(pod.created()) else {
            return Standing::Stuck;
        };
        return within(Because::OnNodeNotReadyYet, Some(since), NOT_READY, now);
    }
    let count = pod.containers().filter(|c| c.role != Role::Init).count();
    match pod.condition("Ready") {
        Some(condition) if condition.status == "True" => Standing::Healthy(Because::Ready(count)),
        Some(condition) if condition.reason.as_deref() == Some("PodCompleted") => {
            Standing::Healthy(Because::Completed)
        }
        Some(_) => Standing::Stuck,
        None => Standing::Progressing(Because::ReadinessUnreported, None),
    }
}

fn of_container(pod: &PodView, container: &ContainerView<'_>, now: Timestamp) -> Standing {
    if let Some(end) = container.terminated() {
        return ended(pod, container, end.exit_code);
    }
    if let Some(running) = container.running() {
        let started = running.started_at.as_ref().map(|started| started.0);
        return of_running(container, started, now);
    }
    match container.waiting_reason() {
        "" | "ContainerCreating" => Standing::Progressing(Because::Creating, None),
        // the containers behind an init container say this until it has ended
        "PodInitializing" if container.role == Role::Main && initializing(pod) => {
            Standing::Progressing(Because::Initializing, None)
        }
        "PodInitializing" => Standing::Progressing(Because::Creating, None),
        _ => Standing::Stuck,
    }
}

fn initializing(pod: &PodView) -> bool {
    pod.containers()
        .any(|c| c.role != Role::Main && c.running().is_some() && c.status.started != Some(false))
}

fn ended(pod: &PodView, container: &ContainerView<'_>, exit_code: i32) -> Standing {
    if exit_code != 0 {
        return Standing::Stuck;
    }
    if !pod.restarts(container) {
        return Standing::Healthy(Because::Completed);
    }
    // a container that ends well for the first time may have been asked to
    if container.status.restart_count == 0 {
        return Standing::Progressing(Because::Restarting, None);
    }
    Standing::Stuck
}

fn of_running(
    container: &ContainerView<'_>,
    started: Option<Timestamp>,
    now: Timestamp,
) -> Standing {
    let uptime = started.map_or(i64::MAX, |started| seconds(started, now));
    if between_crashes(container, uptime) {
        return Standing::Stuck;
    }
    if container.role == Role::Init {
        let name = container.name().to_owned();
        return Standing::Progressing(Because::InitContainer(name), None);
    }
    if container.status.ready {
        let proving = since::proving(container, uptime).zip(started);
        return proving.map_or(Standing::Healthy(Because::Ready(1)), |(enough, started)| {
            Standing::within(Because::Restarted, started, enough, now)
        });
    }
    let spec = container.spec;
    let startup = spec.and_then(|c| c.startup_probe.as_ref());
    let budget = match (container.status.started, startup) {
        (Some(true), _) | (_, None) => spec
            .and_then(|c| c.readiness_probe.as_ref())
            .map_or(0, budget),
        (_, Some(probe)) => budget(probe),
    };
    match started {
        Some(_) => within(Because::WarmingUp, started, budget.max(WARM_UP), now),
        None => Standing::Stuck,
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

/// Whether a warning that repeats keeps the pod's containers from being created.
fn creation_fails(events: &Events, pod: &PodView) -> bool {
    let object = pod.object();
    let hinders = |event: &Event| {
        event.warning
            && matches!(
                event.reason.as_str(),
                "FailedMount"
                    | "FailedAttachVolume"
                    | "FailedMapVolume"
                    | "FailedCreatePodSandBox"
                    | "FailedCreatePodContainer"
                    | "FailedPrepareDynamicResources"
                    | "NetworkNotReady"
            )
    };
    let mut newest_first = events.of(&object, pod.uid()).rev();
    newest_first
        .find(|event| {
            hinders(event)
                || matches!(
                    event.reason.as_str(),
                    "Pulling" | "Pulled" | "Created" | "Started"
                )
        })
        .is_some_and(hinders)
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

    fn standing_of(pod: &PodView) -> Standing {
        standing(pod, NOW.parse().unwrap(), false)
    }

    #[test]
    fn a_ready_pod_is_healthy_whatever_its_past() {
        let crash = json!({"terminated": {"exitCode": 1, "startedAt": "2026-01-01T00:10:00Z", "finishedAt": "2026-01-01T00:10:05Z"}});
        assert!(matches!(
            standing_of(&running(true, 9, "2026-01-01T00:11:00Z", crash)),
            Standing::Healthy(_)
        ));
    }

    #[test]
    fn a_container_between_two_crashes_has_not_recovered() {
        let crash = json!({"terminated": {"exitCode": 2, "startedAt": "2026-01-01T00:57:00Z", "finishedAt": "2026-01-01T00:58:00Z"}});
        assert_eq!(
            standing_of(&running(true, 5, "2026-01-01T00:59:30Z", crash.clone())),
            Standing::Stuck
        );
        // the second crash of what crashes for ever is no other than that of what comes up at last
        let until = "2026-01-01T01:02:30Z".parse().ok();
        assert_eq!(
            standing_of(&running(true, 1, "2026-01-01T00:59:30Z", crash.clone())),
            Standing::Progressing(Because::Restarted, until)
        );
        assert!(matches!(
            standing_of(&running(true, 1, "2026-01-01T00:57:00Z", crash)),
            Standing::Healthy(_)
        ));
    }

    #[test]
    fn readiness_has_its_budget() {
        assert!(matches!(
            standing_of(&running(false, 0, "2026-01-01T00:59:00Z", json!({}))),
            Standing::Progressing(..)
        ));
        assert_eq!(
            standing_of(&running(false, 0, "2026-01-01T00:50:00Z", json!({}))),
            Standing::Stuck
        );
    }

    #[test]
    fn succeeded_pods_are_never_stuck() {
        let status = json!({"phase": "Succeeded", "containerStatuses": [{"name": "side", "ready": false, "restartCount": 0, "image": "", "imageID": "",
            "state": {"terminated": {"exitCode": 255, "reason": "Error"}}}]});
        assert!(matches!(standing_of(&pod(status)), Standing::Healthy(_)));
    }

    #[test]
    fn creating_is_stuck_when_late_or_when_a_warning_is_current() {
        let status = |since: &str| {
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": since}],
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": {"waiting": {"reason": "ContainerCreating"}}}]})
        };
        let fresh = pod(status("2026-01-01T00:59:30Z"));
        assert!(matches!(standing_of(&fresh), Standing::Progressing(..)));
        assert_eq!(
            standing(&fresh, NOW.parse().unwrap(), true),
            Standing::Stuck
        );
        assert_eq!(
            standing_of(&pod(status("2026-01-01T00:50:00Z"))),
            Standing::Stuck
        );
    }
}
