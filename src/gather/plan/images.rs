//! What a pull that fails asks for: the logins that it could have used, and the node, whose runtime tells how to try by hand.

use super::{Read, get, list, message};
use crate::messages::pull::{self, PullFailure};
use crate::snapshot::{ContainerView, Kind, PodView, Store};
use std::collections::BTreeSet;

/// The second wave: by what the status says.
pub(super) fn of_pod(pod: &PodView, reads: &mut BTreeSet<Read>) {
    let mut waiting = pod.containers().filter(waits).peekable();
    if let (Some(node), Some(_)) = (pod.node(), waiting.peek()) {
        reads.insert(get(Kind::Node, "", node));
    }
    if waiting.any(|container| is_refused(message(&container))) {
        logins(pod, reads);
    }
}

/// The third wave: where only an event says why, since kubelets before 1.32 back off without a word.
pub(super) fn of_events(pod: &PodView, store: &Store, reads: &mut BTreeSet<Read>) {
    let untold = |container: ContainerView<'_>| {
        waits(&container) && pull::read(message(&container)).boilerplate
    };
    let events = store.events_of(&pod.object(), pod.uid());
    let events = events.yes().unwrap_or_default();
    let mut failed = events.iter().filter(|event| event.reason == "Failed");
    if pod.containers().any(untold) && failed.any(|event| is_refused(&event.message)) {
        logins(pod, reads);
    }
}

/// Where registries are asked: the list of Secrets that pods to come would have.
pub(super) fn of_registries(pod: &PodView, reads: &mut BTreeSet<Read>) {
    if pod.containers().any(|container| waits(&container)) {
        reads.insert(account(pod));
    }
}

fn waits(container: &ContainerView<'_>) -> bool {
    matches!(
        container.waiting_reason(),
        "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull"
    )
}

/// Whether another login could have helped.
fn is_refused(message: &str) -> bool {
    matches!(
        pull::read(message).failure,
        PullFailure::Auth | PullFailure::NotFound
    )
}

fn logins(pod: &PodView, reads: &mut BTreeSet<Read>) {
    reads.insert(account(pod));
    reads.insert(list(Kind::Secret, Some(pod.namespace())));
}

fn account(pod: &PodView) -> Read {
    let account = pod.spec().service_account_name.as_deref();
    get(
        Kind::ServiceAccount,
        pod.namespace(),
        account.unwrap_or("default"),
    )
}
