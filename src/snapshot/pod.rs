//! A whole pod, with the small questions that many rules ask.

use super::annotations::is_described;
use super::kind::Kind;
use super::object::ObjectRef;
use super::ownership::PodIdentity;
use super::pod_record::controller;
use super::slim;
use crate::kubernetes::Word;
use crate::kubernetes::pod::{
    ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
    Labels, Pod, PodCondition, PodStatus,
};
use crate::kubernetes::volume_objects::{self, VolumeObject};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, PodSchedulingGate, PodSpec};
use std::sync::LazyLock;

static NO_SPEC: LazyLock<PodSpec> = LazyLock::new(PodSpec::default);
static NO_STATUS: LazyLock<PodStatus> = LazyLock::new(PodStatus::default);
static NO_LABELS: Labels = Labels::new();

/// The scheduler that Kubernetes brings: it takes the pods that name none.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// Seconds after which nobody asks any more why a container was started again: the kubelet forgets a crash after this
/// (kubelet backOffPeriod maximum, twice).
pub(super) const SETTLED: i64 = 600;
/// Seconds after which a pod that was started again is no news.
pub const LATELY: i64 = 3600;

/// A whole pod.
#[derive(Debug, Clone, PartialEq)]
pub struct PodView {
    pod: Box<Pod>,
}

/// Which list of `spec` a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `spec.initContainers` that must end before the next one starts.
    Init,
    /// `spec.initContainers` with `restartPolicy: Always`.
    Sidecar,
    /// `spec.containers`
    Main,
}

/// A container as it is written and as it stands.
#[derive(Debug, Clone, Copy)]
pub struct ContainerView<'a> {
    /// Which list it stands in.
    pub role: Role,
    /// Its place in that list of `status`, for field paths.
    pub index: usize,
    /// What was asked for; absent when the status names a container that the spec does not.
    pub spec: Option<&'a Container>,
    /// How it stands.
    pub status: &'a ContainerStatus,
}

impl<'a> ContainerView<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        &self.status.name
    }

    /// `state.waiting`
    pub fn waiting(&self) -> Option<&'a ContainerStateWaiting> {
        self.status.state.as_ref()?.waiting.as_ref()
    }

    /// `state.waiting.reason`, empty when there is none.
    pub fn waiting_reason(&self) -> &'a str {
        self.waiting()
            .and_then(|waiting| waiting.reason.as_deref())
            .unwrap_or_default()
    }

    /// Whether it waits for something that came in its way before it was started, an image or what it is made from: by a
    /// reason of its own, or a message.
    pub fn is_hindered(&self) -> bool {
        let reason = self.waiting_reason();
        let message = self.waiting().and_then(|it| it.message.as_deref());
        let is_plain = matches!(reason, "" | "ContainerCreating");
        !HAS_IMAGE_OR_NO_TURN.contains(&reason)
            && (!is_plain || message.is_some_and(|message| !message.is_empty()))
    }

    /// `state.running`
    pub fn running(&self) -> Option<&'a ContainerStateRunning> {
        self.status.state.as_ref()?.running.as_ref()
    }

    /// `state.terminated`
    pub fn terminated(&self) -> Option<&'a ContainerStateTerminated> {
        self.status.state.as_ref()?.terminated.as_deref()
    }

    /// How it ended last: its present end, or the one before the present state.
    /// Comes with the name of the field that holds it.
    pub fn last_end(&self) -> Option<(&'static str, &'a ContainerStateTerminated)> {
        let last = || self.status.last_state.as_ref()?.terminated.as_deref();
        match self.terminated() {
            Some(now) => Some(("state.terminated", now)),
            None => last().map(|end| ("lastState.terminated", end)),
        }
    }

    /// The path of this container's status: `status.containerStatuses[0]`.
    pub fn path(&self) -> String {
        let list = match self.role {
            Role::Main => "containerStatuses",
            Role::Init | Role::Sidecar => "initContainerStatuses",
        };
        format!("status.{list}[{}]", self.index)
    }

    /// The image as the pod names it.
    pub fn image(&self) -> &'a str {
        self.spec
            .and_then(|spec| spec.image.as_deref())
            .unwrap_or(&self.status.image)
    }
}

/// Waiting reasons of a container that has its image, or does not need it yet.
pub const HAS_IMAGE_OR_NO_TURN: [&str; 3] =
    ["CrashLoopBackOff", "RunContainerError", "PodInitializing"];

impl PodView {
    /// Wraps a pod.
    pub fn new(pod: Pod) -> Self {
        PodView { pod: Box::new(pod) }
    }

    /// Drops what is not looked at of a pod that is well.
    pub(super) fn let_go(&mut self) {
        *self.pod = slim::of_well(std::mem::take(&mut self.pod));
    }

    /// The pod alone.
    pub(super) fn pod_mut(&mut self) -> &mut Pod {
        &mut self.pod
    }

    /// How many containers it has beside those of `spec.initContainers`.
    pub(super) fn main_containers(&self) -> u16 {
        let mains = self.containers().filter(|one| one.role == Role::Main);
        u16::try_from(mains.count()).unwrap_or(u16::MAX)
    }

    /// The pod itself.
    pub fn pod(&self) -> &Pod {
        &self.pod
    }

    /// Its namespace and name.
    pub(super) fn key(&self) -> (Word, Word) {
        let meta = &self.pod.metadata;
        let [namespace, name] =
            [&meta.namespace, &meta.name].map(|it| it.clone().unwrap_or_default());
        (namespace, name)
    }

    /// `metadata.namespace`
    pub fn namespace(&self) -> &str {
        self.pod.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// `metadata.name`
    pub fn name(&self) -> &str {
        self.pod.metadata.name.as_deref().unwrap_or_default()
    }

    /// `metadata.uid`
    pub fn uid(&self) -> Option<&str> {
        self.pod.metadata.uid.as_deref()
    }

    /// The pod's name as an object.
    pub fn object(&self) -> ObjectRef {
        ObjectRef::new(Kind::Pod, self.namespace(), self.name())
    }

    /// `spec`
    pub fn spec(&self) -> &PodSpec {
        self.pod.spec.as_deref().unwrap_or(&NO_SPEC)
    }

    /// `status`
    pub fn status(&self) -> &PodStatus {
        self.pod.status.as_ref().unwrap_or(&NO_STATUS)
    }

    /// `status.phase`
    pub fn phase(&self) -> &str {
        self.status().phase.as_deref().unwrap_or_default()
    }

    /// Whether it has been deleted and is still there (`metadata.deletionTimestamp`).
    pub fn is_terminating(&self) -> bool {
        self.pod.metadata.deletion_timestamp.is_some()
    }

    /// Whether only that is known of it which `kubectl describe` shows: what is absent here may be there on the cluster.
    pub fn is_described(&self) -> bool {
        is_described(&self.pod.metadata)
    }

    /// Whether it is known that no finalizer keeps it.
    pub fn has_no_finalizers(&self) -> bool {
        self.pod.metadata.finalizers.is_none() && !self.is_described()
    }

    /// `metadata.creationTimestamp`
    pub fn created(&self) -> Option<Timestamp> {
        self.pod
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0)
    }

    /// The node that it is bound to.
    pub fn node(&self) -> Option<&str> {
        self.pod
            .node_name
            .as_deref()
            .filter(|node| !node.is_empty())
    }

    /// The scheduler that is to place it.
    pub fn scheduler(&self) -> &str {
        let name = self.spec().scheduler_name.as_deref();
        name.filter(|name| !name.is_empty())
            .unwrap_or(DEFAULT_SCHEDULER)
    }

    /// Whether a gate keeps every scheduler from it.
    pub fn is_gated(&self) -> bool {
        !self.gates().is_empty()
    }

    /// Its scheduling gates.
    pub fn gates(&self) -> &[PodSchedulingGate] {
        self.spec().scheduling_gates.as_deref().unwrap_or_default()
    }

    /// What tells which pod it is.
    pub fn identity(&self) -> PodIdentity<'_> {
        PodIdentity {
            namespace: self.namespace(),
            name: self.name(),
            labels: self.labels(),
            controller: self.controller(),
            node: self.node(),
            phase: Some(self.phase()),
        }
    }

    /// `metadata.labels`
    pub fn labels(&self) -> &Labels {
        self.pod.metadata.labels.as_deref().unwrap_or(&NO_LABELS)
    }

    /// The names of its volumes.
    pub fn volume_names(&self) -> impl Iterator<Item = &str> {
        let volumes = self.spec().volumes.iter().flatten();
        volumes.map(|volume| self.pod.volume_name(&volume.name))
    }

    /// The ConfigMaps and Secrets that its volumes hold.
    pub fn volume_objects(&self) -> Vec<VolumeObject<'_>> {
        let mut all = volume_objects::of_pod(self.spec());
        for one in &mut all {
            one.volume = self.pod.volume_name(one.volume);
        }
        all
    }

    /// The kind and name of the controller that made it.
    pub fn controller(&self) -> Option<(&str, &str)> {
        controller(&self.pod)
    }

    /// The newest time that stands in it.
    pub fn newest(&self) -> Option<Timestamp> {
        newest(&self.pod)
    }

    /// Whether the pod is healthy whatever the time is: it has completed, or every container runs and is ready and none has
    /// ever restarted. Of such a pod the record is enough.
    pub fn is_plainly_healthy(&self) -> bool {
        if self.is_terminating() {
            return false;
        }
        if self.phase() == "Succeeded" {
            return true;
        }
        let ended = matches!(self.phase(), "Failed" | "Unknown");
        if ended || self.node().is_none() || self.is_resizing() {
            return false;
        }
        let ready = self
            .condition("Ready")
            .is_some_and(|c| c.status == "True" || c.reason.as_deref() == Some("PodCompleted"));
        let mut containers = self.containers().peekable();
        ready
            && containers.peek().is_some()
            && containers.all(|container| self.is_healthy_container(&container))
    }

    /// Whether it is healthy from a time on that is not later than now: what started again has run for so many seconds since.
    pub(super) fn has_settled(&self, now: Timestamp, seconds: i64) -> bool {
        let settled = |container: ContainerView<'_>| match container.terminated() {
            Some(end) => end.exit_code == 0 && !self.restarts(&container),
            None => {
                let running = container.running().filter(|_| container.status.ready);
                let started = running.and_then(|running| running.started_at.as_ref());
                container.role != Role::Init
                    && started.is_some_and(|at| now.duration_since(at.0).as_secs() > seconds)
            }
        };
        self.phase() == "Running"
            && !self.is_terminating()
            && !self.is_resizing()
            && self.node().is_some()
            && self.condition("Ready").is_some_and(|c| c.status == "True")
            && self.containers().all(settled)
    }

    /// Whether its resources were changed, and the change has not been made.
    fn is_resizing(&self) -> bool {
        let holds = |r#type: &str| self.condition(r#type).is_some_and(|it| it.status == "True");
        let before = self.status().resize.as_deref().unwrap_or_default();
        holds("PodResizePending") || holds("PodResizeInProgress") || !before.is_empty()
    }

    fn is_healthy_container(&self, container: &ContainerView<'_>) -> bool {
        let stands = match container.terminated() {
            Some(end) => end.exit_code == 0 && !self.restarts(container),
            None => {
                container.running().is_some()
                    && container.role != Role::Init
                    && container.status.ready
            }
        };
        stands && container.status.restart_count == 0
    }

    /// Whether a container that ends well is started again.
    pub fn restarts(&self, container: &ContainerView<'_>) -> bool {
        match container.role {
            Role::Init => false,
            Role::Sidecar => true,
            Role::Main => self.spec().restart_policy.as_deref().unwrap_or("Always") == "Always",
        }
    }

    /// Whether neither a scheduler nor a kubelet has written anything of it. A node that it names may never have been there.
    pub fn is_untouched(&self) -> bool {
        let status = self.status();
        self.phase() == "Pending"
            && status.start_time.is_none()
            && status.container_statuses.iter().flatten().next().is_none()
            && self.condition("PodScheduled").is_none()
    }

    /// Whether a kubelet turned it away. One that it ended later has a reason for that; of some of these it keeps no containers.
    pub fn is_refused(&self) -> bool {
        const ENDED: [&str; 7] = [
            "",
            "DeadlineExceeded",
            "Evicted",
            "NodeLost",
            "Preempting",
            "Shutdown",
            "Terminated",
        ];
        let reason = self.status().reason.as_deref().unwrap_or_default();
        let has_run = |one: ContainerView<'_>| one.running().is_some() || one.last_end().is_some();
        self.phase() == "Failed" && !ENDED.contains(&reason) && !self.containers().any(has_run)
    }

    /// Since when the node controller has it down as not ready, for its node is not. A kubelet gives a reason, the node
    /// controller none (pkg/controller/util/node/controller_utils.go MarkPodsNotReady, 1.37).
    pub fn marked_not_ready(&self) -> Option<&PodCondition> {
        let ready = self.condition("Ready")?;
        let no_reason = ready.reason.as_deref().unwrap_or_default().is_empty();
        let is_marked = ready.status == "False" && no_reason && !self.is_described();
        (is_marked && self.node().is_some()).then_some(ready)
    }

    /// Whether it is deleted for the taint of a node whose kubelet is not heard of, which alone could end it
    /// (pkg/controller/tainteviction `taint_eviction.go`, 1.37).
    pub fn is_evicted_from_silence(&self) -> bool {
        let target = self.condition("DisruptionTarget");
        let reason = target.and_then(|target| target.reason.as_deref());
        reason == Some("DeletionByTaintManager") && self.marked_not_ready().is_some()
    }

    /// The condition of this type.
    pub fn condition(&self, r#type: &str) -> Option<&PodCondition> {
        self.status()
            .conditions
            .iter()
            .flatten()
            .find(|condition| condition.type_ == r#type)
    }

    /// The containers in the order in which they start: init containers and sidecars as listed, then the others.
    pub fn containers(&self) -> impl Iterator<Item = ContainerView<'_>> {
        let status = self.status();
        let init = status.init_container_statuses.iter().flatten().enumerate();
        let main = status.container_statuses.iter().flatten().enumerate();
        init.map(|(index, status)| self.view(true, index, status))
            .chain(main.map(|(index, status)| self.view(false, index, status)))
    }

    fn view<'a>(
        &'a self,
        init: bool,
        index: usize,
        status: &'a ContainerStatus,
    ) -> ContainerView<'a> {
        let listed = if init {
            self.spec().init_containers.as_deref().unwrap_or_default()
        } else {
            &self.spec().containers
        };
        let spec = listed
            .iter()
            .find(|container| status.name == container.name);
        let role = match spec.and_then(|c| c.restart_policy.as_deref()) {
            _ if !init => Role::Main,
            Some("Always") => Role::Sidecar,
            _ => Role::Init,
        };
        ContainerView {
            role,
            index,
            spec,
            status,
        }
    }
}

/// The newest time that stands in a pod.
pub(super) fn newest(pod: &Pod) -> Option<Timestamp> {
    let created = pod.metadata.creation_timestamp.as_ref();
    let status = pod.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref());
    let turned = conditions.into_iter().flatten();
    let turned = turned.filter_map(|condition| condition.last_transition_time.as_ref());
    let statuses =
        status.map(|status| [&status.init_container_statuses, &status.container_statuses]);
    let containers = statuses.into_iter().flatten().flatten().flatten();
    let told = containers.flat_map(|container| {
        let states = [&container.state, &container.last_state].map(Option::as_ref);
        states.into_iter().flatten().flat_map(|state| {
            let started = state
                .running
                .as_ref()
                .and_then(|run| run.started_at.as_ref());
            let ended = state
                .terminated
                .as_ref()
                .and_then(|end| end.finished_at.as_ref());
            [started, ended].into_iter().flatten()
        })
    });
    let newest = created.into_iter().chain(turned).chain(told).max();
    newest.map(|time| time.0)
}
