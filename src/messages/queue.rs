//! Why a queue has not let a workload in: [`read`] for the events of Kueue's Workloads and Volcano's PodGroups and for YuniKorn's
//! conditions.
//!
//! Sources: Kueue `pkg/scheduler/scheduler.go`, `flavorassigner` of 0.6 to 0.14; Volcano `plugins/capacity`, `proportion`,
//! `overcommit`; YuniKorn `k8shim/pkg/cache/task.go`, `yunikorn-core` queue and placement; scheduler-plugins and
//! Koordinator elastic quota.

use super::form::{Pattern, anywhere};
use super::text;

/// Why a workload waits before its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Queue {
    /// The queue's quota is in use.
    Quota,
    /// It asks more than the queue may ever give.
    OverMaximum,
    /// The queue does not exist, or none may be made.
    Missing,
    /// The queue is stopped, or not set up.
    Inactive,
    /// No kind of node that the queue offers suits it.
    NoFlavor,
    /// It waits for others to give back what they borrowed.
    Preempting,
    /// It is admitted, and has no place in the topology yet; no message says so, but the gates that are left.
    Unplaced,
    /// It waits its turn; nothing more is said.
    Waits,
    /// No known words.
    Unknown,
}

/// Reads an event or a condition.
pub fn read(message: &str) -> Queue {
    anywhere(FORMS, &text::bare(message)).unwrap_or(Queue::Unknown)
}

const FORMS: &[Pattern<Queue>] = &[
    // Kueue
    ("LocalQueue {} doesn't exist", |_| Queue::Missing),
    ("ClusterQueue {} doesn't exist", |_| Queue::Missing),
    ("LocalQueue {} is inactive", |_| Queue::Inactive),
    ("ClusterQueue {} is inactive", |_| Queue::Inactive),
    ("> maximum capacity", |_| Queue::OverMaximum),
    ("insufficient unused quota", |_| Queue::Quota),
    ("insufficient quota for", |_| Queue::Quota),
    (
        "Workload no longer fits after processing another workload",
        |_| Queue::Quota,
    ),
    ("Pending the preemption of", |_| Queue::Preempting),
    ("untolerated taint {*} in flavor", |_| Queue::NoFlavor),
    ("doesn't match node affinity", |_| Queue::NoFlavor),
    // Volcano
    ("queue resource quota insufficient", |_| Queue::Quota),
    ("resource in cluster is overused", |_| Queue::Quota),
    // YuniKorn
    ("because the queue quota has been exceed", |_| Queue::Quota),
    ("cannot create queue", |_| Queue::Missing),
    (
        "is pending for the requested resources become available",
        |_| Queue::Waits,
    ),
    ("is queued and waiting for allocation", |_| Queue::Waits),
    // elastic quotas
    ("Insufficient quotas", |_| Queue::Quota),
    ("is rejected in PreFilter because ElasticQuota", |_| {
        Queue::Quota
    }),
    ("couldn't assign flavors", |_| Queue::Quota),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_queue_system_has_its_words() {
        for (text, means) in [
            (
                "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor spot, 3 more needed",
                Queue::Quota,
            ),
            (
                "couldn't assign flavors to pod set main: insufficient quota for memory in flavor big, previously considered podsets requests (0) + current podset request (64Gi) > maximum capacity (32Gi)",
                Queue::OverMaximum,
            ),
            (
                "couldn't assign flavors to pod set main: untolerated taint {spot true NoSchedule <nil>} in flavor spot",
                Queue::NoFlavor,
            ),
            ("LocalQueue team-b doesn't exist", Queue::Missing),
            ("ClusterQueue shared is inactive", Queue::Inactive),
            (
                "queue resource quota insufficient: insufficient cpu",
                Queue::Quota,
            ),
            (
                "Task jobs/sum-1 is skipped from scheduling because the queue quota has been exceed",
                Queue::Quota,
            ),
            (
                "jobs/sum-1 is queued and waiting for allocation",
                Queue::Waits,
            ),
            ("words of tomorrow", Queue::Unknown),
        ] {
            assert_eq!(read(text), means, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
        }
    }
}
