//! A queue has not let the pod's workload in: Kueue, Volcano, YuniKorn, elastic quotas.

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
            _ => "the scheduler",
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
