//! The node of a pod whose image or program is for another platform, or may be: its labels say which one it has.

use super::{Read, get, message};
use crate::messages::pull::{self, PullFailure};
use crate::messages::start::{self, StartFailure};
use crate::snapshot::{ContainerView, Kind, PodView, Store};
use std::collections::BTreeSet;

/// The second wave: where the pod itself says so.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let Some(node) = pod.node() else { return };
    let of_container = |container: ContainerView<'_>| {
        let end = container.last_end();
        let said = end.and_then(|(_, end)| end.message.as_deref());
        is_foreign(message(&container)) || said.is_some_and(is_foreign)
    };
    if pod.containers().any(of_container) {
        reads.insert(get(Kind::Node, "", node));
    }
}

/// The third wave: where only an event says so, since the kubelet is between two attempts, and where none says anything.
pub(super) fn of_events(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let Some(node) = pod.node() else { return };
    let events = store.events_of(&pod.object(), pod.uid());
    let events = events.yes().unwrap_or_default();
    let is_told = || {
        let mut failed = events.iter().filter(|event| event.reason == "Failed");
        failed.any(|event| !pull::read(&event.message).boilerplate)
    };
    let foreign = || events.iter().any(|event| is_foreign(&event.message));
    if foreign() || pod.containers().any(|c| is_untold(&c)) && !is_told() {
        reads.insert(get(Kind::Node, "", node));
    }
}

/// Whether a container waits for an image, and its status does not say why.
fn is_untold(container: &ContainerView<'_>) -> bool {
    let waits = matches!(
        container.waiting_reason(),
        "ErrImagePull" | "ImagePullBackOff"
    );
    waits && pull::read(message(container)).boilerplate
}

fn is_foreign(message: &str) -> bool {
    pull::read(message).failure == PullFailure::PlatformMismatch
        || matches!(start::read(message), Some(StartFailure::ExecFormat { .. }))
}
