//! The ladder: which layers a pod has passed, and by what evidence.
//!
//! The layers stand in the order in which the kubelet works (pkg/kubelet/kubelet.go SyncPod: volumes
//! are mounted before the sandbox is made, images are pulled after it), so the first layer without
//! evidence of passage is where to look.

use crate::report::{Rung, RungState};
use crate::rules::{Case, Layer};
use crate::snapshot::{ContainerView, Role, Seen};

/// The layers of a pod that is stuck at `stuck`; for an unexplained pod, at the first layer not passed.
pub(super) fn ladder(case: &Case<'_>, stuck: Option<Layer>) -> Vec<Rung> {
    let removal = stuck == Some(Layer::Removal);
    let mut reached = true;
    let mut rungs = Vec::new();
    for layer in Layer::ALL {
        if (layer == Layer::Removal) != removal && layer == Layer::Removal {
            continue;
        }
        let passed = passed(case, layer, stuck);
        let (state, by) = match (passed, stuck) {
            (_, Some(at)) if at == layer => (RungState::Stuck, String::new()),
            (Some(by), Some(at)) if layer < at => (RungState::Passed, by),
            // the scheduler itself waits for the claim or the node
            (None, Some(at)) if layer < at && case.pod().node().is_none() => {
                (RungState::NotReached, String::new())
            }
            (None, Some(at)) if layer < at => (RungState::Unknown, String::new()),
            (Some(by), None) if reached => (RungState::Passed, by),
            (None, None) if reached => (RungState::Stuck, String::new()),
            _ => (RungState::NotReached, String::new()),
        };
        reached &= state == RungState::Passed;
        rungs.push(Rung { layer, state, by });
    }
    rungs
}

/// The layer to check next: the first that is not passed.
pub(super) fn next_layer(rungs: &[Rung]) -> Layer {
    let stuck = rungs.iter().find(|rung| rung.state == RungState::Stuck);
    stuck
        .or_else(|| rungs.iter().find(|rung| rung.state != RungState::Passed))
        .map_or(Layer::Service, |rung| rung.layer)
}

/// The evidence that a pod is through a layer.
fn passed(case: &Case<'_>, layer: Layer, stuck: Option<Layer>) -> Option<String> {
    match layer {
        Layer::Admission => Some(match case.pod().controller() {
            Some((kind, name)) => format!("created by {kind}/{name}"),
            None => "created".to_owned(),
        }),
        Layer::Scheduling => case.pod().node().map(|node| format!("bound to {node}")),
        Layer::Node => node(case),
        Layer::Volume => mounted(case),
        Layer::Network => sandboxed(case),
        Layer::Image => image(case),
        // what a probe kills has been up
        Layer::Container if stuck == Some(Layer::Health) => started(case),
        Layer::Container => container(case),
        Layer::Health => health(case),
        Layer::Service | Layer::Removal => None,
    }
}

fn node(case: &Case<'_>) -> Option<String> {
    let node = case.pod().node()?;
    if case.pod().phase() == "Failed" && case.pod().status().reason.is_some() {
        return None;
    }
    let ready = match case.snapshot.nodes().get("", node) {
        Seen::Yes(node) if !node.ready() => return None,
        Seen::Yes(_) => ", which is Ready",
        Seen::No => return None,
        Seen::Unknown(_) => "",
    };
    let status = case.pod().status();
    (status.start_time.is_some() || status.host_ip.is_some() || status.container_statuses.is_some())
        .then(|| format!("accepted by the kubelet of {node}{ready}"))
}

/// The kubelet makes the sandbox when the volumes are mounted, so a sandbox that fails tells of them too.
fn mounted(case: &Case<'_>) -> Option<String> {
    if sandboxed(case).is_some() {
        return Some("mounted before the sandbox was made".to_owned());
    }
    let failures = [
        "FailedCreatePodSandBox",
        "FailedMount",
        "FailedAttachVolume",
    ];
    let newest = case.newest_event(&failures)?;
    let is_later = newest.reason == "FailedCreatePodSandBox";
    is_later.then(|| "mounted before the kubelet tried to make the sandbox".to_owned())
}

/// A sandbox stands, or has stood: a container has an id, or the kubelet says so.
fn sandboxed(case: &Case<'_>) -> Option<String> {
    let status = case.pod().status();
    if let Some(address) = status
        .pod_ip
        .as_deref()
        .filter(|address| !address.is_empty())
    {
        return Some(format!("has the address {address}"));
    }
    if case
        .pod()
        .condition("PodReadyToStartContainers")
        .is_some_and(|c| c.status == "True")
    {
        return Some("its sandbox is ready".to_owned());
    }
    case.pod()
        .containers()
        .any(|container| made(&container))
        .then(|| "its sandbox was made".to_owned())
}

/// Whether a container came to exist.
fn made(container: &ContainerView<'_>) -> bool {
    container
        .status
        .container_id
        .as_deref()
        .is_some_and(|id| !id.is_empty())
        || container.running().is_some()
        || container.last_end().is_some()
}

/// The kubelet pulls a container's image before it makes its configuration, and pulls nothing for
/// containers whose turn has not come (pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer).
fn image(case: &Case<'_>) -> Option<String> {
    let its_turn =
        |container: &ContainerView<'_>| !matches!(container.waiting_reason(), "PodInitializing");
    let pulled = |container: &ContainerView<'_>| {
        made(container)
            || !container.status.image_id.is_empty()
            || matches!(
                container.waiting_reason(),
                "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError"
            )
    };
    let mut containers = case.pod().containers().filter(its_turn).peekable();
    containers.peek()?;
    containers
        .all(|container| pulled(&container))
        .then(|| "every image is on the node".to_owned())
}

fn started(case: &Case<'_>) -> Option<String> {
    let mut containers = case.pod().containers().peekable();
    containers.peek()?;
    containers
        .all(|container| container.running().is_some() || container.last_end().is_some())
        .then(|| "every container has been up".to_owned())
}

fn container(case: &Case<'_>) -> Option<String> {
    let mut containers = case.pod().containers().peekable();
    containers.peek()?;
    let up = |container: &ContainerView<'_>| match container.role {
        Role::Init => container.terminated().is_some_and(|end| end.exit_code == 0),
        Role::Sidecar | Role::Main => {
            container.running().is_some()
                || container.terminated().is_some_and(|end| end.exit_code == 0)
        }
    };
    containers
        .all(|container| up(&container))
        .then(|| "every container is up".to_owned())
}

fn health(case: &Case<'_>) -> Option<String> {
    case.pod()
        .condition("Ready")
        .is_some_and(|c| c.status == "True")
        .then(|| "ready".to_owned())
}
