//! What keeps the containers of a bound pod from being created, as events tell it: by them alone, since the status only says
//! ContainerCreating.
//!
//! The kubelet waits for the network of the node, mounts the volumes, makes the sandbox and then pulls (pkg/kubelet/kubelet.go
//! SyncPod, 1.37), so an event of a later step is the end of what an earlier one says. Volumes are mounted beside that all the
//! time (pkg/kubelet/volumemanager/reconciler).

use crate::snapshot::{Event, Events, PodView};

/// The steps behind the sandbox.
const LATER: [&str; 4] = ["Pulling", "Pulled", "Created", "Started"];
/// The sandbox could not be made.
pub const OF_SANDBOX: [&str; 1] = ["FailedCreatePodSandBox"];
/// A volume could not be attached or mounted.
pub const OF_VOLUMES: [&str; 3] = ["FailedMount", "FailedAttachVolume", "FailedMapVolume"];
/// The node has no network for pods.
pub const OF_NETWORK: [&str; 1] = ["NetworkNotReady"];
const OTHERS: [&str; 2] = ["FailedCreatePodContainer", "FailedPrepareDynamicResources"];

/// Seconds after which such an event is no longer sure to be current: three of those that a recorder lets through (client-go
/// tools/record/events_cache.go).
pub const FRESH: i64 = 15 * 60;

/// Whether the event hinders the creation of containers while it is current.
fn hinders(event: &Event) -> bool {
    let reason = event.reason.as_str();
    let known = [&OF_SANDBOX[..], &OF_VOLUMES, &OF_NETWORK, &OTHERS];
    event.warning && known.iter().any(|reasons| reasons.contains(&reason))
}

/// The warnings about the creation of a pod's containers that nothing has outrun, newest first.
pub(super) fn warnings<'e>(
    events: &'e Events,
    pod: &'e PodView,
) -> impl Iterator<Item = &'e Event> {
    let newest_first = events.of(&pod.object(), pod.uid()).rev();
    newest_first
        .take_while(|event| !LATER.contains(&event.reason.as_str()))
        .filter(|event| hinders(event))
}

/// Whether a bound pod is alive and none of its containers is through.
pub fn is_uncreated(pod: &PodView) -> bool {
    let ended = matches!(pod.phase(), "Failed" | "Succeeded");
    let mut containers = pod.containers();
    let is_uncreated = containers.all(|container| {
        let waits = matches!(
            container.waiting_reason(),
            "" | "ContainerCreating" | "PodInitializing"
        );
        container.running().is_none() && waits
    });
    is_uncreated && pod.node().is_some() && !ended && !pod.is_terminating()
}

/// What keeps such a pod from being created now, newest first.
pub fn hindrances<'e>(events: &'e Events, pod: &'e PodView) -> Vec<&'e Event> {
    if is_uncreated(pod) {
        warnings(events, pod).collect()
    } else {
        Vec::new()
    }
}

/// Whether nothing shows that the volumes of such a pod are mounted: neither a sandbox, nor a try to make one, nor a later step.
pub fn may_lack_volumes(events: &Events, pod: &PodView) -> bool {
    let address = pod.status().pod_ip.as_deref();
    let ready = pod.condition("PodReadyToStartContainers");
    let has_sandbox = address.is_some_and(|address| !address.is_empty())
        || ready.is_some_and(|ready| ready.status == "True");
    let mut of_pod = events.of(&pod.object(), pod.uid());
    let is_later = |event: &Event| {
        let reason = event.reason.as_str();
        LATER.contains(&reason) || OF_SANDBOX.contains(&reason)
    };
    is_uncreated(pod) && !has_sandbox && !of_pod.any(is_later)
}

/// Those about volumes. A sandbox that was tried since shows that they were mounted, and the controller says when one
/// is attached.
pub fn of_volumes<'e>(events: &'e Events, pod: &'e PodView) -> Vec<&'e Event> {
    let attached = |event: &&Event| {
        let mut since = events.of(&pod.object(), pod.uid());
        event.reason == "FailedAttachVolume"
            && since.any(|other| {
                other.reason == "SuccessfulAttachVolume"
                    && other.last >= event.last
                    && volume(other).is_some_and(|name| event.message.contains(name))
            })
    };
    let newest_first = hindrances(events, pod).into_iter();
    newest_first
        .take_while(|event| !OF_SANDBOX.contains(&event.reason.as_str()))
        .filter(|event| OF_VOLUMES.contains(&event.reason.as_str()))
        .filter(|event| !attached(event))
        .collect()
}

/// The volume that an event names, in quotation marks (operation_generator.go).
fn volume(event: &Event) -> Option<&str> {
    let mut parts = event.message.split('"');
    parts.nth(1)
}

/// Those about the sandbox and the network of the node. A volume that failed since shows that the kubelet has begun anew.
pub fn of_sandbox<'e>(events: &'e Events, pod: &'e PodView) -> Vec<&'e Event> {
    let mut has_begun_anew = false;
    let newest_first = hindrances(events, pod).into_iter();
    newest_first
        .filter(|event| {
            let reason = event.reason.as_str();
            has_begun_anew |= OF_VOLUMES.contains(&reason);
            OF_NETWORK.contains(&reason) || OF_SANDBOX.contains(&reason) && !has_begun_anew
        })
        .collect()
}

#[cfg(test)]
mod tests;
