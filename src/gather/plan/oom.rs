//! Whether a node ran out of memory, where one of its containers was killed for it.

use super::{INVOLVED, Read, events_where};
use crate::snapshot::PodView;
use std::collections::BTreeSet;

/// The namespace of the events about what has none (client-go `tools/record/event.go`, 1.37).
const OF_NO_NAMESPACE: &str = "default";

/// The second wave.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let is_killed = pod.containers().any(|container| {
        let end = container.last_end();
        end.is_some_and(|(_, end)| end.reason.as_deref() == Some("OOMKilled"))
    });
    if let Some(node) = pod.node().filter(|_| is_killed) {
        reads.insert(events_where(Some(OF_NO_NAMESPACE), INVOLVED, node));
    }
}
