//! The queues that hold pods, as pods, objects and schedulers tell of them: Kueue, Volcano, YuniKorn, elastic quotas.
//!
//! What a queue says is read in `messages::queue`; what follows from it is for `queue_admission`.

use super::message_only;
use super::queue_events::{group_event, workload_event};
use crate::messages::queue::{self, Queue};
use crate::messages::scheduler::{self, Reason};
use crate::rules::Case;
use crate::rules::finding::Certainty;
use crate::snapshot::Evidence;
use crate::text::{Fact, say};

/// Kueue takes it away when it has admitted the workload.
const ADMISSION: &str = "kueue.x-k8s.io/admission";
/// Kueue takes it away when it has chosen a place for the pod.
const TOPOLOGY: &str = "kueue.x-k8s.io/topology";
/// Gates with which a queue holds pods (Kueue `pkg/controller/constants`, `apis/kueue/v1beta1`; Volcano
/// `pkg/webhooks/admission/pods`).
const GATES: [(&str, System); 4] = [
    (ADMISSION, System::Kueue),
    (TOPOLOGY, System::Kueue),
    ("kueue.x-k8s.io/elastic-job", System::Kueue),
    (
        "scheduling.volcano.sh/queue-allocation-gate",
        System::Volcano,
    ),
];
/// Names the LocalQueue.
const KUEUE_QUEUE: &str = "kueue.x-k8s.io/queue-name";
/// Names the queue of a pod in Volcano.
const VOLCANO_QUEUE: &str = "scheduling.volcano.sh/queue-name";
/// YuniKorn's scheduler.
const YUNIKORN: &str = "yunikorn";
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

/// As a sentence names it.
pub(super) fn name(system: System) -> Fact {
    match system {
        System::Kueue => "Kueue".into(),
        System::Volcano => "Volcano".into(),
        System::YuniKorn => "YuniKorn".into(),
        System::Scheduler => say!("queue-admission.scheduler", "the scheduler").into(),
    }
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

/// The queue that holds the pod, by its gates, by events about its group, or by a message of YuniKorn's or of the scheduler.
pub(super) fn holding(case: &Case<'_>) -> Option<Held> {
    gated(case)
        .or_else(|| volcano(case))
        .or_else(|| rejected(case))
        .or_else(|| yunikorn(case))
        .or_else(|| from_message(case))
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
    // the gate of admission went when the workload was admitted
    let is_admitted = names.contains(&TOPOLOGY) && !names.contains(&ADMISSION);
    let says = match event {
        _ if is_admitted => Queue::Unplaced,
        Some(event) => queue::read(&event.message),
        None => Queue::Unknown,
    };
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

/// What the scheduler's message says of a queue.
fn from_message(case: &Case<'_>) -> Option<Held> {
    let only = message_only::find(case, |reason| {
        matches!(reason, Reason::Queued | Reason::QueueQuota)
    })?;
    Some(Held {
        system: match case.pod().scheduler() {
            YUNIKORN => System::YuniKorn,
            _ => System::Scheduler,
        },
        says: queue::read(&only.clause.text),
        proof: only.latest_message.quote.clone(),
        more: Vec::new(),
        certainty: only.certainty(),
        or_nodes: only.clause.reason == Reason::Queued,
    })
}

/// The queue that the pod names.
pub(super) fn queue_name(case: &Case<'_>) -> Option<(String, Evidence)> {
    let metadata = &case.pod().pod().metadata;
    let label = |key: &str| metadata.labels.as_ref()?.get(key).cloned();
    let annotation = |key: &str| metadata.annotation(key).map(str::to_owned);
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
