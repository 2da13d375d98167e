//! The queues that hold pods, as their pods and objects tell of them: Kueue, Volcano, YuniKorn.
//!
//! What a queue says is read in `messages::queue`; what follows from it is for `queue_admission`.

use super::groups::Group;
use crate::messages::queue::{self, Queue};
use crate::messages::scheduler::{self, Reason};
use crate::rules::Case;
use crate::rules::finding::Certainty;
use crate::snapshot::Event;
use crate::snapshot::Evidence;

/// Gates with which a queue holds pods (Kueue `pkg/controller/constants`, `apis/kueue/v1beta1`; Volcano
/// `pkg/webhooks/admission/pods`).
const GATES: [(&str, System); 4] = [
    ("kueue.x-k8s.io/admission", System::Kueue),
    ("kueue.x-k8s.io/topology", System::Kueue),
    ("kueue.x-k8s.io/elastic-job", System::Kueue),
    (
        "scheduling.volcano.sh/queue-allocation-gate",
        System::Volcano,
    ),
];
/// Names the LocalQueue.
const KUEUE_QUEUE: &str = "kueue.x-k8s.io/queue-name";
/// Names the Workload of a group of pods.
const KUEUE_GROUP: &str = "kueue.x-k8s.io/pod-group-name";
/// Events of a Workload that has been let in (Kueue `pkg/scheduler`).
const ADMITTED: [&str; 2] = ["QuotaReserved", "Admitted"];
/// Names the queue of a pod in Volcano.
const VOLCANO_QUEUE: &str = "scheduling.volcano.sh/queue-name";
/// YuniKorn's scheduler.
pub(super) const YUNIKORN: &str = "yunikorn";
/// Names the queue of an application in YuniKorn: a label, up to 1.5 also as `queue`.
const YUNIKORN_QUEUE: [&str; 2] = ["yunikorn.apache.org/queue", "queue"];
/// YuniKorn's own events about a pod (k8shim `pkg/cache`).
const YUNIKORN_EVENTS: [&str; 2] = ["PodUnschedulable", "Scheduling"];
/// The reason of a pod that YuniKorn has failed because it takes its application into no queue.
const REJECTED: &str = "ApplicationRejected";

/// Whose queue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Kueue,
    Volcano,
    YuniKorn,
    /// The scheduler that the pod asks for, by a plugin of elastic quotas.
    Scheduler,
}

/// A queue that holds the pod, and what it says.
pub(super) struct Held {
    /// Whose queue it is.
    pub(super) system: System,
    pub(super) says: Queue,
    pub(super) proof: Evidence,
    /// What the queue's own object says, where the pod says only that it is held.
    pub(super) more: Vec<Evidence>,
    pub(super) certainty: Certainty,
    /// Whether it may be the nodes that lack room, rather than the queue.
    pub(super) or_nodes: bool,
}

/// The queue that holds the pod, by its gates, by events about its group, or by YuniKorn's own message.
pub(super) fn holding(case: &Case<'_>) -> Option<Held> {
    gated(case)
        .or_else(|| volcano(case))
        .or_else(|| rejected(case))
        .or_else(|| yunikorn(case))
}

/// A gate that only the queue takes away.
fn gated(case: &Case<'_>) -> Option<Held> {
    let gates = case.pod().gates();
    let system = GATES
        .iter()
        .find(|(gate, _)| gates.iter().any(|set| set.name == *gate))?
        .1;
    let names: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
    let gate = case.field("spec.schedulingGates", names.join(", "));
    let event = match system {
        System::Kueue => workload_event(case),
        _ => group_event(case),
    };
    let says = event.map_or(Queue::Unknown, |event| queue::read(&event.message));
    let (proof, more) = match event {
        Some(event) => (case.event(event), vec![gate]),
        None => (gate, Vec::new()),
    };
    Some(Held {
        system,
        says,
        proof,
        more,
        certainty: Certainty::Proven,
        or_nodes: false,
    })
}

/// The newest warning about the pod's Workload of Kueue, whose name an event of the pod gives, or its label, or the rule by which
/// Kueue makes it: `pod-<name>-<five characters>`.
fn workload_event<'a>(case: &Case<'a>) -> Option<&'a Event> {
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
fn group_event<'a>(case: &Case<'a>) -> Option<&'a Event> {
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

/// Volcano's queue has not let the PodGroup in: no scheduler looks at its pods before.
fn volcano(case: &Case<'_>) -> Option<Held> {
    let event = group_event(case)?;
    Some(Held {
        system: System::Volcano,
        says: queue::read(&event.message),
        proof: case.event(event),
        more: Vec::new(),
        certainty: Certainty::Likely,
        or_nodes: false,
    })
}

/// YuniKorn has failed the pod.
fn rejected(case: &Case<'_>) -> Option<Held> {
    let status = case.pod().status();
    let message = status
        .message
        .as_deref()
        .filter(|_| status.reason.as_deref() == Some(REJECTED))?;
    Some(Held {
        system: System::YuniKorn,
        says: queue::read(message),
        proof: case.field("status.message", message.trim()),
        more: Vec::new(),
        certainty: Certainty::Proven,
        or_nodes: false,
    })
}

/// YuniKorn writes events of its own names, and the condition only later.
fn yunikorn(case: &Case<'_>) -> Option<Held> {
    if case
        .scheduling()
        .is_none_or(|known| known.scheduler_message.is_some())
        || case.pod().is_gated()
    {
        return None;
    }
    let event = case.newest_event(&YUNIKORN_EVENTS)?;
    let mut clauses = scheduler::parse(&event.message).clauses.into_iter();
    let reason = clauses.next()?.reason;
    matches!(reason, Reason::Queued | Reason::QueueQuota).then(|| Held {
        system: System::YuniKorn,
        says: queue::read(&event.message),
        proof: case.event(event),
        more: Vec::new(),
        certainty: Certainty::Likely,
        or_nodes: reason == Reason::Queued,
    })
}

/// The queue that the pod names.
pub(super) fn queue_name(case: &Case<'_>) -> Option<(String, Evidence)> {
    let metadata = &case.pod().pod().metadata;
    let label = |key: &str| metadata.labels.as_ref()?.get(key).cloned();
    let annotation = |key: &str| metadata.annotations.as_ref()?.get(key).cloned();
    let yunikorn = || {
        let is_own = case.pod().scheduler() == YUNIKORN;
        let mut keys = YUNIKORN_QUEUE.iter().filter(|_| is_own);
        keys.find_map(|key| Some((*key, label(key)?)))
    };
    let found = label(KUEUE_QUEUE)
        .map(|name| (KUEUE_QUEUE, name))
        .or_else(yunikorn);
    let of_label = found.map(|(key, name)| (format!("metadata.labels[{key}]"), name));
    let of_annotation = || {
        let name = annotation(VOLCANO_QUEUE)?;
        Some((format!("metadata.annotations[{VOLCANO_QUEUE}]"), name))
    };
    let (path, name) = of_label.or_else(of_annotation)?;
    Some((name.clone(), case.field(path, name)))
}
