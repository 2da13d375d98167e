//! Which layers a pod has passed, and by what evidence.
//!
//! The layers stand in the order in which the kubelet works (pkg/kubelet/kubelet.go SyncPod: volumes are mounted before the
//! sandbox is made, images are pulled after it), so the first layer without evidence of passage is where to look.

use super::{Layer, Passage};
use crate::snapshot::{ContainerView, Event, ObjectRef, PodView, Role, Seen, Snapshot};

/// The evidence that a pod is through a layer.
pub(super) fn of_pod(
    pod: &PodView,
    snapshot: &Snapshot<'_>,
    layer: Layer,
    stuck: Option<Layer>,
) -> Option<Passage> {
    match layer {
        Layer::Admission => {
            let controller = pod.controller().map(|(kind, name)| ObjectRef {
                kind: kind.to_owned(),
                namespace: Some(pod.namespace().to_owned()),
                name: name.to_owned(),
            });
            Some(Passage::Created(controller))
        }
        Layer::Scheduling => pod.node().map(|node| Passage::Bound(node.to_owned())),
        Layer::Node => node(pod, snapshot),
        Layer::Volume => mounted(pod, snapshot),
        Layer::Network => sandboxed(pod, snapshot),
        Layer::Image => image(pod),
        // what a probe kills has been up
        Layer::Container if stuck == Some(Layer::Health) => started(pod),
        Layer::Container => container(pod),
        Layer::Health => pod
            .condition("Ready")
            .is_some_and(|c| c.status == "True")
            .then_some(Passage::Ready),
        Layer::Service | Layer::Removal => None,
    }
}

fn node(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Passage> {
    let node = pod.node()?;
    if pod.phase() == "Failed" && pod.status().reason.is_some() {
        return None;
    }
    let is_ready = match snapshot.nodes().get("", node) {
        Seen::Yes(node) if !node.ready() => return None,
        Seen::Yes(_) => true,
        Seen::No => return None,
        Seen::Unknown(_) if pod.marked_not_ready().is_some() => return None,
        Seen::Unknown(_) => false,
    };
    let status = pod.status();
    let taken_up = status.start_time.is_some()
        || status.host_ip.is_some()
        || status.container_statuses.is_some();
    taken_up.then(|| Passage::Accepted(node.to_owned(), is_ready))
}

/// The kubelet makes the sandbox when the volumes are mounted, so a sandbox that fails tells of them too.
fn mounted(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Passage> {
    if sandboxed(pod, snapshot).is_some() {
        return Some(Passage::MountedBeforeSandbox);
    }
    let object = pod.object();
    let mut events = snapshot.events().of(&object, pod.uid()).rev();
    let newest = events.find(|event: &&Event| {
        matches!(
            event.reason.as_str(),
            "FailedCreatePodSandBox" | "FailedMount" | "FailedAttachVolume"
        )
    })?;
    (newest.reason == "FailedCreatePodSandBox").then_some(Passage::MountedBeforeSandboxTried)
}

/// A sandbox stands, or has stood: a container has an id, or the kubelet says so.
fn sandboxed(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Passage> {
    let address = pod.status().pod_ip.as_deref();
    if let Some(address) = address.filter(|address| !address.is_empty()) {
        return Some(Passage::Address(address.to_owned()));
    }
    let ready = pod.condition("PodReadyToStartContainers");
    if ready.is_some_and(|c| c.status == "True") {
        return Some(Passage::SandboxReady);
    }
    let mut containers = pod.containers();
    let is_made = containers.any(|container| exists(&container)) || is_past_sandbox(pod, snapshot);
    is_made.then_some(Passage::SandboxMade)
}

/// Whether the kubelet has gone on to the images since it last failed to make the sandbox.
fn is_past_sandbox(pod: &PodView, snapshot: &Snapshot<'_>) -> bool {
    let object = pod.object();
    let mut newest = snapshot.events().of(&object, pod.uid()).rev();
    let newest = newest.find_map(|event: &Event| match event.reason.as_str() {
        "FailedCreatePodSandBox" => Some(false),
        "Pulling" | "Pulled" | "Created" | "Started" => Some(true),
        _ => None,
    });
    newest == Some(true)
}

/// Whether a container came to exist.
fn exists(container: &ContainerView<'_>) -> bool {
    container.status.has_id || container.running().is_some() || container.last_end().is_some()
}

/// The kubelet pulls a container's image before it makes its configuration, and pulls nothing for
/// containers whose turn has not come (pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer).
fn image(pod: &PodView) -> Option<Passage> {
    let its_turn =
        |container: &ContainerView<'_>| !matches!(container.waiting_reason(), "PodInitializing");
    let pulled = |container: ContainerView<'_>| {
        exists(&container)
            || !container.status.image_id.is_empty()
            || matches!(
                container.waiting_reason(),
                "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError"
            )
    };
    let mut containers = pod.containers().filter(its_turn).peekable();
    containers.peek()?;
    containers.all(pulled).then_some(Passage::ImagesPulled)
}

fn started(pod: &PodView) -> Option<Passage> {
    let mut containers = pod.containers().peekable();
    containers.peek()?;
    containers
        .all(|container| container.running().is_some() || container.last_end().is_some())
        .then_some(Passage::ContainersStarted)
}

fn container(pod: &PodView) -> Option<Passage> {
    let mut containers = pod.containers().peekable();
    containers.peek()?;
    let up = |container: ContainerView<'_>| {
        let completed = container.terminated().is_some_and(|end| end.exit_code == 0);
        completed || (container.role != Role::Init && container.running().is_some())
    };
    containers.all(up).then_some(Passage::ContainersUp)
}
