//! A queue has not let the pod's workload in: Kueue, Volcano, YuniKorn, elastic quotas.

use super::{gang_incomplete, spoken};
use crate::finding::{Certainty, Evidence, Finding, Fix, Who};
use crate::messages::queue::{self, Queue};
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::{self, Reason};
use crate::snapshot::Event;

/// `queue-admission`
pub static RULE: Rule = Rule {
    cause: "queue-admission",
    layer: Layer::Scheduling,
    title: "a queue has not admitted the pod's workload",
    explanation: include_str!("queue_admission.md"),
    reads: &[],
    refines: &["scheduling-gated", "scheduler-absent"],
    check,
};

/// Gates with which a queue holds pods (Kueue `pkg/controller/constants`, `apis/kueue/v1beta1`; Volcano `pkg/webhooks/admission/pods`).
const GATES: [(&str, &str); 4] = [
    ("kueue.x-k8s.io/admission", "Kueue"),
    ("kueue.x-k8s.io/topology", "Kueue"),
    ("kueue.x-k8s.io/elastic-job", "Kueue"),
    ("scheduling.volcano.sh/queue-allocation-gate", "Volcano"),
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
const YUNIKORN: &str = "yunikorn";
/// Names the queue of an application in YuniKorn: a label, up to 1.5 also as `queue`.
const YUNIKORN_QUEUE: [&str; 2] = ["yunikorn.apache.org/queue", "queue"];
/// YuniKorn's own events about a pod (k8shim `pkg/cache`).
const YUNIKORN_EVENTS: [&str; 2] = ["PodUnschedulable", "Scheduling"];
/// The reason of a pod that YuniKorn has failed because it takes its application into no queue.
const REJECTED: &str = "ApplicationRejected";

/// A queue that holds the pod, and what it says.
struct Held {
    system: &'static str,
    says: Queue,
    proof: Evidence,
    /// What the queue's own object says, where the pod says only that it is held.
    more: Vec<Evidence>,
    certainty: Certainty,
    /// Whether it may be the nodes that lack room, rather than the queue.
    or_nodes: bool,
}

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod.node().is_some() {
        return Vec::new();
    }
    let held = gated(case)
        .or_else(|| volcano(case))
        .or_else(|| rejected(case))
        .or_else(|| yunikorn(case));
    match held {
        Some(held) => vec![finding(case, held)],
        None => told(case).into_iter().collect(),
    }
}

/// A gate that only the queue takes away.
fn gated(case: &Case<'_>) -> Option<Held> {
    let gates = case.pod.gates();
    let system = GATES
        .iter()
        .find(|(gate, _)| gates.iter().any(|set| set.name == *gate))?
        .1;
    let names: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
    let gate = case.field("spec.schedulingGates", names.join(", "));
    let event = match system {
        "Kueue" => workload_event(case),
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
    let told = created.and_then(|event| event.message.rsplit(['/', ' ']).next());
    let labels = case.pod.pod().metadata.labels.as_ref();
    let group = labels.and_then(|labels| labels.get(KUEUE_GROUP));
    let is_of_pod = |name: &str| match told.or(group.map(String::as_str)) {
        Some(workload) => name == workload,
        None => name
            .strip_prefix("pod-")
            .and_then(|rest| rest.strip_prefix(case.pod.name()))
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
    let (_, group) = gang_incomplete::volcano(case)?;
    newest_about(case, "PodGroup", &|name: &str| name == group)
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
        system: "Volcano",
        says: queue::read(&event.message),
        proof: case.event(event),
        more: Vec::new(),
        certainty: Certainty::Likely,
        or_nodes: false,
    })
}

/// YuniKorn has failed the pod.
fn rejected(case: &Case<'_>) -> Option<Held> {
    let status = case.pod.status();
    let words = status
        .message
        .as_deref()
        .filter(|_| status.reason.as_deref() == Some(REJECTED))?;
    Some(Held {
        system: "YuniKorn",
        says: queue::read(words),
        proof: case.field("status.message", words.trim()),
        more: Vec::new(),
        certainty: Certainty::Proven,
        or_nodes: false,
    })
}

/// YuniKorn writes events of its own names, and the condition only later.
fn yunikorn(case: &Case<'_>) -> Option<Held> {
    if case.scheduling().is_none_or(|known| known.said.is_some()) || case.pod.is_gated() {
        return None;
    }
    let event = case.newest_event(&YUNIKORN_EVENTS)?;
    let mut clauses = message::parse(&event.message).clauses.into_iter();
    let reason = clauses.next()?.reason;
    matches!(reason, Reason::Queued | Reason::QueueQuota).then(|| Held {
        system: "YuniKorn",
        says: queue::read(&event.message),
        proof: case.event(event),
        more: Vec::new(),
        certainty: Certainty::Likely,
        or_nodes: reason == Reason::Queued,
    })
}

/// The scheduler's own words, on the pod.
fn told(case: &Case<'_>) -> Option<Finding> {
    let spoken = spoken::find(case, |reason| {
        matches!(reason, Reason::Queued | Reason::QueueQuota)
    })?;
    let says = queue::read(&spoken.clause.text);
    let base = spoken.finding(case, "");
    let held = Held {
        system: match case.pod.scheduler() {
            YUNIKORN => "YuniKorn",
            _ => "the scheduler",
        },
        says,
        proof: base.proof,
        more: Vec::new(),
        certainty: base.certainty,
        or_nodes: spoken.clause.reason == Reason::Queued,
    };
    Some(finding(case, held))
}

fn finding(case: &Case<'_>, held: Held) -> Finding {
    let queue = queue_name(case);
    let (headline, why, change, who) = words(held.says, held.or_nodes);
    let look = match held.system {
        "Kueue" => case.kubectl(["get", "workloads.kueue.x-k8s.io"]),
        "Volcano" => case.kubectl(["get", "podgroups.scheduling.volcano.sh"]),
        _ => case.describe_pod(),
    };
    let named = match &queue {
        Some((queue, _)) => format!("the queue {queue} of {}", held.system),
        None => format!("a queue of {}", held.system),
    };
    let mut finding = Finding::new(case.subject(), headline, held.proof)
        .certainty(held.certainty)
        .evidence(held.more)
        .fact("system", held.system)
        .fact("where", named)
        .why(why)
        .fix([Fix::advice(change, who)])
        .look(look);
    if let Some((queue, evidence)) = queue {
        finding = finding.fact("queue", queue).evidence([evidence]);
    }
    // a shortage that was computed on the nodes is the better answer to "no room yet"
    finding.rank = if held.or_nodes { u32::MAX - 1 } else { 0 };
    finding
}

/// The queue that the pod names.
fn queue_name(case: &Case<'_>) -> Option<(String, Evidence)> {
    let metadata = &case.pod.pod().metadata;
    let label = |key: &str| metadata.labels.as_ref()?.get(key).cloned();
    let annotation = |key: &str| metadata.annotations.as_ref()?.get(key).cloned();
    let yunikorn = || {
        let is_own = case.pod.scheduler() == YUNIKORN;
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

/// Headline, why, change, and who makes it.
fn words(says: Queue, or_nodes: bool) -> (&'static str, &'static str, &'static str, Who) {
    const HELD: &str = "nothing of the workload is placed before its queue has let it in";
    match says {
        Queue::Quota => (
            "{where} has no quota left for the pod's workload",
            HELD,
            "wait until others in the queue have ended, or raise the queue's quota",
            Who::Admin,
        ),
        Queue::OverMaximum => (
            "the pod's workload asks more than {where} may ever give",
            "the request is larger than the queue's whole quota, so waiting does not help",
            "lower the requests of the workload, or raise the queue's quota",
            Who::Owner,
        ),
        Queue::Missing => (
            "{where} does not exist",
            HELD,
            "name a queue that exists, or create this one",
            Who::Owner,
        ),
        Queue::Inactive => (
            "{where} is stopped or not set up",
            "a queue admits nothing while it is stopped, or while a flavor or a check that it names is missing",
            "look at the queue's conditions, and start it again",
            Who::Admin,
        ),
        Queue::NoFlavor => (
            "{where} has no kind of node that suits the pod's workload",
            "each flavor of the queue stands for nodes with certain labels and taints, and the pod fits none of them",
            "tolerate the flavor's taints or ask for its labels, or give the queue a flavor that suits",
            Who::Owner,
        ),
        Queue::Preempting => (
            "{where} waits until others give back what the pod's workload needs",
            HELD,
            "wait for the workloads that are being stopped",
            Who::Owner,
        ),
        Queue::Waits if or_nodes => (
            "{where} has not given the pod its resources yet",
            "the queue's quota, or the nodes, have no room for it yet; its words do not tell which",
            "compare the queue's use with its quota, and the pod's requests with what nodes have left",
            Who::Owner,
        ),
        Queue::Waits | Queue::Unknown => (
            "{where} has not admitted the pod's workload",
            HELD,
            "find out why {system} has not admitted the workload: its own object says so",
            Who::Owner,
        ),
    }
}
