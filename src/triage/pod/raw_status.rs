//! What a pod's status says by itself, for one that no rule explains.

use crate::snapshot::PodView;
use crate::triage::subject::StatusText;

/// Reasons under which the kubelet only says that a container is not there yet: the status word tells that.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];
/// Reasons of conditions that repeat what the containers' own states or the ladder say (kubelet `status/generate.go`).
const REPEATING: [&str; 3] = [
    "ContainersNotReady",
    "ContainersNotInitialized",
    "PodSandboxNotReady",
];

/// The reason of the pod, what its containers wait for, and the conditions that do not hold.
pub(super) fn of(pod: &PodView) -> Vec<StatusText> {
    let joined = |reason: &str, message: Option<&str>| match message {
        Some(message) if !message.is_empty() => format!("{reason}: {message}"),
        _ => reason.to_owned(),
    };
    let status = pod.status();
    let reason = status.reason.iter();
    let reason = reason.map(|reason| {
        let quote = joined(reason, status.message.as_deref());
        StatusText::new("status.reason", quote)
    });
    let waiting = pod.containers().filter_map(|container| {
        let message = container.waiting()?.message.as_deref();
        let path = format!("{}.state.waiting", container.path());
        let words = joined(container.waiting_reason(), message);
        let repeats = STARTING.contains(&words.as_str());
        Some(StatusText::new(path, words).repeating(repeats))
    });
    let conditions = status.conditions.iter().flatten();
    let conditions = conditions.filter(|c| c.status != "True").filter_map(|c| {
        let words = c.message.as_deref().filter(|message| !message.is_empty())?;
        let path = format!("status.conditions[{}].message", c.type_);
        let repeats = REPEATING.contains(&c.reason.as_deref().unwrap_or_default());
        Some(StatusText::new(path, words).repeating(repeats))
    });
    reason.chain(waiting).chain(conditions).collect()
}
