//! The events that tell of a pod's queue. They are not about the pod, but about the object that stands for its group: Kueue's
//! Workload, Volcano's PodGroup.

use super::groups::Group;
use crate::messages::queue::{self, Queue};
use crate::rules::Case;
use crate::snapshot::Event;

/// Names the Workload of a group of pods.
const KUEUE_GROUP: &str = "kueue.x-k8s.io/pod-group-name";
/// Events of a Workload that has been let in (Kueue `pkg/scheduler`).
const ADMITTED: [&str; 2] = ["QuotaReserved", "Admitted"];

/// The newest warning about the pod's Workload of Kueue, whose name an event of the pod gives, or its label, or the rule by which
/// Kueue makes it: `pod-<name>-<five characters>`.
pub(super) fn workload_event<'a>(case: &Case<'a>) -> Option<&'a Event> {
    let created = case.newest_event(&["CreatedWorkload"]);
    let named = created.and_then(|event| event.message.rsplit(['/', ' ']).next());
    let labels = case.pod().pod().metadata.labels.as_ref();
    let group = labels.and_then(|labels| labels.get(KUEUE_GROUP));
    let is_of_pod = |name: &str| match named.or(group.map(String::as_str)) {
        Some(workload) => name == workload,
        None => name
            .strip_prefix("pod-")
            .and_then(|rest| rest.strip_prefix(case.pod().name()))
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|hash| hash.len() == 5),
    };
    let event = newest_about(case, "Workload", &is_of_pod)?;
    // what is said before the queue has let it in is over then
    let mut later =
        case.snapshot.events().iter().filter(|other| {
            other.about == event.about && ADMITTED.contains(&other.reason.as_str())
        });
    let admitted = later.any(|other| other.last > event.last);
    (!admitted).then_some(event)
}

/// The newest event about the pod's PodGroup in which a queue speaks.
pub(super) fn group_event<'a>(case: &Case<'a>) -> Option<&'a Event> {
    let group = Group::of_volcano(case)?;
    newest_about(case, "PodGroup", &|name: &str| name == group.name)
        .filter(|event| queue::read(&event.message) != Queue::Unknown)
}

/// Of a warning and another event of the same time, the one that a queue writes.
fn newest_about<'a>(
    case: &Case<'a>,
    kind: &str,
    is_of_pod: &dyn Fn(&str) -> bool,
) -> Option<&'a Event> {
    let events = case.snapshot.events().iter();
    events
        .filter(|event| {
            event.about.kind == kind
                && event.about.namespace.as_deref() == Some(case.namespace())
                && is_of_pod(&event.about.name)
        })
        .map(|event| (queue::read(&event.message) != Queue::Unknown, event))
        .filter(|(speaks, event)| event.warning || *speaks)
        .max_by_key(|(speaks, event)| (*speaks, event.last, &event.name))
        .map(|(_, event)| event)
}
