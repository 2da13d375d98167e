//! Whose logs tell something, with `--logs`: one of each root cause, as far as that is known before it is looked for.

use super::{Read, names};
use crate::messages::ending;
use crate::snapshot::{ContainerView, PodView, Role, Store};
use crate::triage::{self, Scope, Standing, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// The log of one run of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRead {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// Its container.
    pub container: String,
    /// Of the run before the present one.
    pub previous: bool,
}

/// The logs of containers that crashed and left no message, and of those that run and are not ready. Pods of one controller
/// whose containers ended alike are one root cause: the first by name speaks for them.
pub fn logs(scope: &Scope, store: &Store) -> Vec<LogRead> {
    let mut wanted: BTreeMap<_, LogRead> = BTreeMap::new();
    for pod in super::suspects(scope, store) {
        if pod.is_terminating() || pod.standing(&store.snapshot()) != Standing::Stuck {
            continue;
        }
        let controller = pod.controller().unwrap_or(("", pod.name()));
        for container in pod.containers() {
            let Some(run) = run(pod, &container, store) else {
                continue;
            };
            let previous = run == Run::Previous;
            let end = container.last_end().map(|(_, end)| end.exit_code);
            let end = end.filter(|_| run != Run::Present);
            let key = (
                pod.namespace(),
                controller,
                container.name().to_owned(),
                end,
            );
            wanted.entry(key).or_insert_with(|| LogRead {
                namespace: pod.namespace().to_owned(),
                pod: pod.name().to_owned(),
                container: container.name().to_owned(),
                previous,
            });
        }
    }
    wanted.into_values().collect()
}

/// Whether the container of a log runs now, as far as its pod was read.
pub fn is_running(store: &Store, read: &LogRead) -> bool {
    let pod = store.whole_pod(&read.namespace, &read.pod);
    let container = pod.and_then(|pod| pod.containers().find(|one| one.name() == read.container));
    container.is_some_and(|container| container.running().is_some())
}

/// Which run tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    /// The one that goes on, and is not ready.
    Present,
    /// The last one, which is still the container's state.
    Last,
    /// The one before the present run, or before a start that is waited for.
    Previous,
}

fn run(pod: &PodView, container: &ContainerView<'_>, store: &Store) -> Option<Run> {
    if container.terminated().is_some() {
        return is_crash(container).then_some(Run::Last);
    }
    let is_down = ["CrashLoopBackOff", "RunContainerError"].contains(&container.waiting_reason());
    let snapshot = store.snapshot();
    let between = || triage::between_crashes(pod, container, &snapshot);
    if is_down || container.running().is_some() && between() {
        return is_crash(container).then_some(Run::Previous);
    }
    let is_unready = !container.status.ready && container.role != Role::Init;
    (container.running().is_some() && is_unready).then_some(Run::Present)
}

/// Whether a process ended that can have said why, and left no message.
fn is_crash(container: &ContainerView<'_>) -> bool {
    const SILENT: [&str; 5] = [
        "StartError",
        "ContainerCannotRun",
        "ContainerStatusUnknown",
        "RestartingAllContainers",
        "OOMKilled",
    ];
    container.last_end().is_some_and(|(_, end)| {
        let message = end.message.as_deref().unwrap_or_default();
        let reason = end.reason.as_deref().unwrap_or_default();
        end.exit_code != 0 && message.trim().is_empty() && !SILENT.contains(&reason)
    })
}

/// What the logs speak of: names that do not resolve, Services that do not answer.
pub fn told(store: &Store) -> Vec<Read> {
    let mut reads = BTreeSet::new();
    for log in store.logs() {
        names::of_words(&ending::last(&log.text), &log.namespace, &mut reads);
    }
    super::fold(reads)
}
