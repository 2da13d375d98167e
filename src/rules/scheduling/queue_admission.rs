//! A queue has not let the pod's workload in: Kueue, Volcano, YuniKorn, elastic quotas.

use super::queues::{Held, System, holding, name, queue_name};
use crate::messages::queue::Queue;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::text::{Sentence, say};

/// `queue-admission`
pub static RULE: Rule = Rule {
    cause: "queue-admission",
    layer: Layer::Scheduling,
    title: "a queue has not admitted the pod's workload",
    seen_as: &["SchedulingGated", "Pending", "ApplicationRejected"],
    explanation: include_str!("queue_admission.md"),
    reads: &[],
    refines: &["scheduling-gated", "scheduler-absent"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.pod().node().is_some() {
        return Vec::new();
    }
    let finding = holding(case).map(|held| finding(case, held));
    finding.into_iter().collect()
}

fn finding(case: &Case<'_>, held: Held) -> Finding {
    let look = match held.system {
        System::Kueue => case.kubectl(["get", "workloads.kueue.x-k8s.io"]).into(),
        System::Volcano => case
            .kubectl(["get", "podgroups.scheduling.volcano.sh"])
            .into(),
        System::YuniKorn | System::Scheduler => NextCommand::default(),
    };
    let (queue, evidence) = queue_name(case).unzip();
    let (headline, why, change, who) = sentences(held.says, held.or_nodes);
    let mut finding = Finding::new(case.subject(), headline, held.proof)
        .certainty(held.certainty)
        .evidence(held.more)
        .evidence(evidence)
        .fact("system", name(held.system))
        .fact_if("queue", queue)
        .why(why)
        .fix([Fix::advice(change, who)])
        .inspect(look)
        .when(!held.or_nodes, Finding::held);
    // a shortage that was computed on the nodes is the better answer to "no room yet"
    finding.rank = if held.or_nodes { u32::MAX - 1 } else { 0 };
    finding
}

/// Headline, why, change, and who makes it. Without a queue's name, which counts as none or many, it is "a queue".
fn sentences(says: Queue, or_nodes: bool) -> (Sentence, Sentence, Sentence, Who) {
    const HELD: Sentence = say!(
        "queue-admission.held",
        "nothing of the workload is placed before its queue has let it in"
    );
    match says {
        Queue::Quota => (
            say!(
                "queue-admission.quota",
                "{queue|the queue {queue}|a queue} of {system} has no quota left for the pod's workload"
            ),
            HELD,
            say!(
                "queue-admission.wait-for-quota",
                "wait until others in the queue have ended, or raise the queue's quota"
            ),
            Who::Admin,
        ),
        Queue::OverMaximum => (
            say!(
                "queue-admission.over-maximum",
                "the pod's workload asks more than {queue|the queue {queue}|a queue} of {system} may ever give"
            ),
            say!(
                "queue-admission.over-maximum-why",
                "the request is larger than the queue's whole quota, so waiting does not help"
            ),
            say!(
                "queue-admission.ask-for-less",
                "lower the requests of the workload, or raise the queue's quota"
            ),
            Who::Owner,
        ),
        Queue::Missing => (
            say!(
                "queue-admission.missing",
                "{queue|the queue {queue}|a queue} of {system} does not exist"
            ),
            HELD,
            say!(
                "queue-admission.name-a-queue",
                "name a queue that exists, or create this one"
            ),
            Who::Owner,
        ),
        Queue::Inactive => (
            say!(
                "queue-admission.inactive",
                "{queue|the queue {queue}|a queue} of {system} is stopped or not set up"
            ),
            say!(
                "queue-admission.inactive-why",
                "a queue admits nothing while it is stopped, or while a flavor or a check that it names is missing"
            ),
            say!(
                "queue-admission.start-the-queue",
                "look at the queue's conditions, and start it again"
            ),
            Who::Admin,
        ),
        Queue::NoFlavor => (
            say!(
                "queue-admission.no-flavor",
                "{queue|the queue {queue}|a queue} of {system} has no kind of node that suits the pod's workload"
            ),
            say!(
                "queue-admission.no-flavor-why",
                "each flavor of the queue stands for nodes with certain labels and taints, and the pod fits none of them"
            ),
            say!(
                "queue-admission.suit-a-flavor",
                "tolerate the flavor's taints or ask for its labels, or give the queue a flavor that suits"
            ),
            Who::Owner,
        ),
        Queue::Preempting => (
            say!(
                "queue-admission.preempting",
                "{queue|the queue {queue}|a queue} of {system} waits until others give back what the pod's workload needs"
            ),
            HELD,
            say!(
                "queue-admission.wait-for-victims",
                "wait for the workloads that are being stopped"
            ),
            Who::Owner,
        ),
        Queue::Unplaced => (
            say!(
                "queue-admission.unplaced",
                "{system} has admitted the pod's workload, and has not said where in the topology the pod goes"
            ),
            say!(
                "queue-admission.unplaced-why",
                "its gate for the topology is left, which {system} takes away when it has assigned a place"
            ),
            say!(
                "queue-admission.look-at-assignment",
                "look at the topology assignment of the workload, in its own object"
            ),
            Who::Owner,
        ),
        Queue::Waits if or_nodes => (
            say!(
                "queue-admission.no-resources-yet",
                "{queue|the queue {queue}|a queue} of {system} has not given the pod its resources yet"
            ),
            say!(
                "queue-admission.no-resources-yet-why",
                "the queue's quota, or the nodes, have no room for it yet; its message does not tell which"
            ),
            say!(
                "queue-admission.compare-use",
                "compare the queue's use with its quota, and the pod's requests with what nodes have left"
            ),
            Who::Owner,
        ),
        Queue::Waits | Queue::Unknown => (
            say!(
                "queue-admission.not-admitted",
                "{queue|the queue {queue}|a queue} of {system} has not admitted the pod's workload"
            ),
            HELD,
            say!(
                "queue-admission.find-out",
                "find out why {system} has not admitted the workload: its own object says so"
            ),
            Who::Owner,
        ),
    }
}
