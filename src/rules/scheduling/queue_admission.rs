//! A queue has not let the pod's workload in: Kueue, Volcano, YuniKorn, elastic quotas.

use crate::text::{Sentence, say};
use super::message_only;
use super::queues::{Held, YUNIKORN, holding, queue_name};
use crate::messages::queue::{self, Queue};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};

/// `queue-admission`
pub static RULE: Rule = Rule {
    cause: "queue-admission",
    layer: Layer::Scheduling,
    title: "a queue has not admitted the pod's workload",
    explanation: include_str!("queue_admission.md"),
    reads: &[],
    refines: &["scheduling-gated", "scheduler-absent"],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().node().is_some() {
        return Vec::new();
    }
    match holding(case) {
        Some(held) => vec![finding(case, held)],
        None => told(case).into_iter().collect(),
    }
}

/// The scheduler's own words, on the pod.
fn told(case: &Case<'_>) -> Option<Finding> {
    let only = message_only::find(case, |reason| {
        matches!(reason, Reason::Queued | Reason::QueueQuota)
    })?;
    let says = queue::read(&only.clause.text);
    let base = only.finding(case, "");
    let held = Held {
        system: match case.pod().scheduler() {
            YUNIKORN => "YuniKorn",
            _ => say!("queue-admission.text", "the scheduler"),
        },
        says,
        proof: base.proof,
        more: Vec::new(),
        certainty: base.certainty,
        or_nodes: only.clause.reason == Reason::Queued,
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

/// Headline, why, change, and who makes it.
fn words(says: Queue, or_nodes: bool) -> (Sentence, Sentence, Sentence, Who) {
    const HELD: &str = say!("queue-admission.text-2", "nothing of the workload is placed before its queue has let it in");
    match says {
        Queue::Quota => (
            say!("queue-admission.text-3", "{where} has no quota left for the pod's workload"),
            HELD,
            say!("queue-admission.text-4", "wait until others in the queue have ended, or raise the queue's quota"),
            Who::Admin,
        ),
        Queue::OverMaximum => (
            say!("queue-admission.text-5", "the pod's workload asks more than {where} may ever give"),
            say!("queue-admission.text-6", "the request is larger than the queue's whole quota, so waiting does not help"),
            say!("queue-admission.text-7", "lower the requests of the workload, or raise the queue's quota"),
            Who::Owner,
        ),
        Queue::Missing => (
            say!("queue-admission.text-8", "{where} does not exist"),
            HELD,
            say!("queue-admission.text-9", "name a queue that exists, or create this one"),
            Who::Owner,
        ),
        Queue::Inactive => (
            say!("queue-admission.text-10", "{where} is stopped or not set up"),
            say!("queue-admission.text-11", "a queue admits nothing while it is stopped, or while a flavor or a check that it names is missing"),
            say!("queue-admission.text-12", "look at the queue's conditions, and start it again"),
            Who::Admin,
        ),
        Queue::NoFlavor => (
            say!("queue-admission.text-13", "{where} has no kind of node that suits the pod's workload"),
            say!("queue-admission.text-14", "each flavor of the queue stands for nodes with certain labels and taints, and the pod fits none of them"),
            say!("queue-admission.text-15", "tolerate the flavor's taints or ask for its labels, or give the queue a flavor that suits"),
            Who::Owner,
        ),
        Queue::Preempting => (
            say!("queue-admission.text-16", "{where} waits until others give back what the pod's workload needs"),
            HELD,
            say!("queue-admission.text-17", "wait for the workloads that are being stopped"),
            Who::Owner,
        ),
        Queue::Waits if or_nodes => (
            say!("queue-admission.text-18", "{where} has not given the pod its resources yet"),
            say!("queue-admission.text-19", "the queue's quota, or the nodes, have no room for it yet; its words do not tell which"),
            say!("queue-admission.text-20", "compare the queue's use with its quota, and the pod's requests with what nodes have left"),
            Who::Owner,
        ),
        Queue::Waits | Queue::Unknown => (
            say!("queue-admission.text-21", "{where} has not admitted the pod's workload"),
            HELD,
            say!("queue-admission.text-22", "find out why {system} has not admitted the workload: its own object says so"),
            Who::Owner,
        ),
    }
}
