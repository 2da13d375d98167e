//! How a pod stands: one exhaustive look, from its phase down to its containers.

mod at_work;
mod probe_budget;
mod raw_status;
mod resize;

pub use at_work::{PULLS, awaits, init_budget, pull};
pub use probe_budget::{budget, fits, was_killed_starting};
pub(super) use resize::since as resize_since;
pub use resize::{Resize, resize};

use super::creation;
use super::node::NOT_READY;
use super::recovery::Ready;
use super::since::{self, Restarts, is_between_crashes};
use super::status_word::status_word;
use super::subject::{NextCommand, StatusText, Subject, describe};
use super::{Because, Layer, Numbers, Passage, Scope, Sorted, Standing, passage, progresses};
use crate::kubernetes::resources::{Amounts, pod_requests};
use crate::snapshot::{
    Clock, ContainerView, Events, Kind, ObjectRef, PodView, Role, Seen, Snapshot, Store, Workload,
};
use jiff::Timestamp;

/// Seconds after which a pod that no scheduler has touched is stuck.
const UNTOUCHED: i64 = 60;
/// Seconds that a kubelet may take to notice its pod: after an outage of the API server it asks again within 30 to 60 (client-go
/// 0.37 tools/cache/reflector.go, its back-off with jitter).
pub const UNNOTICED: i64 = 120;
/// Seconds that sandbox, volumes and image may take before their silence needs an explanation.
const CREATING: i64 = 120;
/// Seconds after the end of its grace period for which a deletion is still normal.
const DELETION_SLACK: i64 = 60;
/// Seconds within which what is written is of one time: an event comes later than what it tells of.
const MOMENT: i64 = 60;
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
    for pod in records.completed().identities() {
        if scope.covers(&pod, store) {
            numbers.count(&Standing::Healthy(Because::Completed));
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
            let ready = ready.get_or_insert_with(|| Ready::of(snapshot));
            if ready.replaces(pod, snapshot) {
                standing = Standing::Ended(Because::Replaced);
            }
        }
        numbers.count(&standing);
        if let Standing::Progressing(_, until) = standing {
            progresses(&mut sorted.progressing, store.owner(pod), until);
        }
        match standing {
            Standing::Stuck => sorted.stuck.push(pod),
            Standing::Unknown(because) => sorted.unknown.push((pod, because)),
            standing if scope.has_names() => sorted.named.push((pod.object(), standing)),
            Standing::Healthy(Because::Ready(_)) if since::restarted_lately(pod, snapshot) => {
                sorted.restarted.push(pod);
            }
            _ => {}
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

    fn revision(self) -> Option<String> {
        self.identity().revision()
    }

    fn created(self) -> Option<Timestamp> {
        PodView::created(self)
    }

    fn has_ended(&self, store: &Store) -> bool {
        matches!(self.phase(), "Failed" | "Succeeded")
            && !self.is_terminating()
            && !is_tried_again(self, store)
            && !is_all_there_is(self, store)
    }

    fn standing(&self, snapshot: &Snapshot<'_>) -> Standing {
        standing(self, Around::of(snapshot))
    }

    fn status(&self, _: &Store) -> String {
        status_word(self.pod())
    }

    fn raw_status(&self) -> Vec<StatusText> {
        raw_status::of(self)
    }

    fn inspect(&self, layer: Layer) -> NextCommand {
        inspect(self, layer)
    }

    // the scheduler itself waits for the claim or the node, and the sandbox's own image comes before any other
    fn is_before(&self, layer: Layer) -> bool {
        let sandbox = self.condition("PodReadyToStartContainers");
        let has_none = sandbox.is_some_and(|sandbox| sandbox.status == "False");
        self.node().is_none() || has_none && matches!(layer, Layer::Network | Layer::Image)
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

    fn node(self) -> Option<&'s str> {
        PodView::node(self)
    }

    fn requests(&self) -> Amounts {
        match PodView::node(self) {
            None => pod_requests(self.spec()),
            Some(_) => Amounts::new(),
        }
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

/// Whether a kubelet refused it and its controller has no other pod that lives, a DaemonSet none on that node: the one that is
/// made next meets the same kubelet or is not made at all.
fn is_all_there_is(pod: &PodView, store: &Store) -> bool {
    let Some((kind, name)) = pod.controller().filter(|_| pod.is_refused()) else {
        return false;
    };
    let controller = format!("{kind}/{name}");
    let mut others = store
        .pod_records()
        .of_controller(pod.namespace(), &controller);
    !others.any(|other| kind != "DaemonSet" || other.node.as_deref() == pod.node())
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

/// What tells how a pod stands beside the pod itself.
#[derive(Clone, Copy)]
pub(super) struct Around<'e> {
    pub(super) clock: Clock,
    pub(super) events: &'e Events,
}

impl<'s> Around<'s> {
    pub(super) fn of(snapshot: &Snapshot<'s>) -> Self {
        Around {
            clock: snapshot.clock(),
            events: snapshot.store().events(),
        }
    }
}

fn standing(pod: &PodView, around: Around<'_>) -> Standing {
    let clock = around.clock;
    if pod.phase() == "Unknown" {
        return Standing::Stuck;
    }
    if let Some(deletion) = pod.pod().metadata.deletion_timestamp.as_ref() {
        if pod.is_evicted_from_silence() {
            return Standing::Stuck;
        }
        return within(Because::Deleting, Some(deletion.0), DELETION_SLACK, clock);
    }
    if pod.phase() == "Failed" {
        return Standing::Stuck;
    }
    if pod.phase() == "Succeeded" {
        return Standing::Healthy(Because::Completed);
    }
    // statuses of containers come from a kubelet, also where a dump was cut down by hand and lacks the node
    if pod.node().is_none() && pod.containers().next().is_none() {
        return unbound(pod, clock);
    }
    containers(pod, around)
}

pub(super) fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second() - from.as_second()
}

/// The same as [`Standing::within`]; without the time from which it counts nobody can say how long.
fn within(because: Because, from: Option<Timestamp>, budget: i64, clock: Clock) -> Standing {
    match from {
        Some(from) => Standing::within(because, from, budget, clock),
        None if clock.exact => Standing::Progressing(because, None),
        None => Standing::Unknown(because),
    }
}

fn unbound(pod: &PodView, clock: Clock) -> Standing {
    let refused = pod
        .condition("PodScheduled")
        .is_some_and(|c| c.status == "False");
    if refused {
        return Standing::Stuck;
    }
    within(Because::NoSchedulerYet, pod.created(), UNTOUCHED, clock)
}

/// A warning that is still current and keeps the pod from being created makes it stuck before its time is up.
fn containers(pod: &PodView, around: Around<'_>) -> Standing {
    let clock = around.clock;
    let failing = creation::warnings(around.events, pod).next().is_some();
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
        match of_container(pod, &container, around) {
            Standing::Stuck => return Standing::Stuck,
            under_way @ (Standing::Progressing(..) | Standing::Unknown(_)) => {
                progressing.get_or_insert(under_way);
            }
            Standing::Healthy(_) | Standing::Ended(_) => {}
        }
    }
    if seen == 0 && !failing {
        return within(Because::NoKubeletYet, bound, UNNOTICED, clock);
    }
    match progressing {
        _ if seen == 0 => Standing::Stuck,
        Some(Standing::Progressing(Because::Creating, _)) if failing => Standing::Stuck,
        Some(Standing::Progressing(Because::Creating, _)) => {
            match at_work::pulls_since(pod, around.events) {
                Some(since) => within(Because::Creating, Some(since), PULLS, clock),
                None => within(Because::Creating, bound, CREATING, clock),
            }
        }
        Some(restarted @ Standing::Progressing(Because::Restarted, _)) => match ready(pod, clock) {
            Standing::Healthy(_) => restarted,
            other => other,
        },
        Some(under_way) => under_way,
        None => ready(pod, clock),
    }
}

/// Every container is as it should be: is the pod?
fn ready(pod: &PodView, clock: Clock) -> Standing {
    if let Some(ready) = pod.marked_not_ready() {
        let since = ready.last_transition_time.as_ref().map(|time| time.0);
        let Some(since) = since.or(pod.created()) else {
            return Standing::Stuck;
        };
        return within(Because::OnNodeNotReadyYet, Some(since), NOT_READY, clock);
    }
    let count = pod.containers().filter(|c| c.role != Role::Init).count();
    match pod.condition("Ready") {
        Some(condition) if condition.status == "True" => resize::standing(pod, count, clock),
        Some(condition) if condition.reason.as_deref() == Some("PodCompleted") => {
            Standing::Healthy(Because::Completed)
        }
        Some(_) => Standing::Stuck,
        None => Standing::Progressing(Because::ReadinessUnreported, None),
    }
}

fn of_container(pod: &PodView, container: &ContainerView<'_>, around: Around<'_>) -> Standing {
    if let Some(end) = container.terminated() {
        return ended(pod, container, end.exit_code);
    }
    if let Some(running) = container.running() {
        let started = running.started_at.as_ref().map(|started| started.0);
        return of_running(pod, container, started, around);
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
    pod: &PodView,
    container: &ContainerView<'_>,
    started: Option<Timestamp>,
    around: Around<'_>,
) -> Standing {
    let clock = around.clock;
    if is_between_crashes(pod, container, around) || probe_kills(pod, container, around) {
        return Standing::Stuck;
    }
    if container.role == Role::Init {
        return at_work::init(pod, container, started, clock);
    }
    if container.status.ready {
        let uptime = started.map_or(i64::MAX, |started| seconds(started, clock.at));
        // without a clock it has run for that long at least
        let proving = since::proving(container, uptime).filter(|_| clock.exact);
        return match proving.zip(started) {
            Some((enough, started)) => Standing::within(Because::Restarted, started, enough, clock),
            None => Standing::Healthy(Because::Ready(1)),
        };
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
        Some(_) => within(Because::WarmingUp, started, budget.max(WARM_UP), clock),
        None => Standing::Stuck,
    }
}

/// Whether its startup probe has had it killed before and has not passed since, or its liveness probe more than once and it has
/// not had a good run since.
fn probe_kills(pod: &PodView, container: &ContainerView<'_>, around: Around<'_>) -> bool {
    let kills = |probe: &str| -> u32 {
        let of_pod = around.events.of(&pod.object(), pod.uid());
        let killing = of_pod.filter(|event| {
            event.reason == "Killing"
                && event.container() == Some(container.name())
                && event.message.contains(probe)
        });
        killing.map(|event| event.count).sum()
    };
    match container.status.restart_count {
        ..=0 => false,
        _ if container.status.started == Some(false) => {
            kills("failed startup probe") > 0 || was_killed_starting(pod, container)
        }
        1 => false,
        _ => since::is_proving(container, around.clock) && kills("failed liveness probe") > 1,
    }
}

/// Whether nothing in a dump without a clock is later than the pod itself and what was said of it: whatever it waits for, nobody
/// can say for how long.
pub fn is_undated(pod: &PodView, snapshot: &Snapshot<'_>) -> bool {
    let clock = snapshot.clock();
    let events = snapshot.store().events();
    let of_pod = events.of(&pod.object(), pod.uid());
    let newest = of_pod.filter_map(|event| event.last).max();
    let newest = newest.max(pod.newest());
    !clock.exact && newest.is_none_or(|newest| seconds(newest, clock.at) <= MOMENT)
}

#[cfg(test)]
mod tests;
