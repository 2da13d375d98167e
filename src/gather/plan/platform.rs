//! The node of a pod whose image or program is for another platform: its labels say which one it has.

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

/// The third wave: where only an event says so, since the kubelet is between two attempts.
pub(super) fn of_events(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let Some(node) = pod.node() else { return };
    let events = store.events_of(&pod.object(), pod.uid());
    let mut events = events.yes().into_iter().flatten();
    if events.any(|event| is_foreign(&event.message)) {
        reads.insert(get(Kind::Node, "", node));
    }
}

fn is_foreign(message: &str) -> bool {
    pull::read(message).failure == PullFailure::PlatformMismatch
        || matches!(start::read(message), Some(StartFailure::ExecFormat { .. }))
}
