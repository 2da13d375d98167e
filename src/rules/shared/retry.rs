//! When a scheduler tries a pod again that no node took.

use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::scheduler::room;
use crate::snapshot::DEFAULT_SCHEDULER;
use crate::text::{Message, Seconds, say};

/// Seconds after which an unschedulable pod is tried again at the latest (kube-scheduler `backend/queue`,
/// podMaxInUnschedulablePodsDuration, 1.37), and what the next attempt may take.
pub(in crate::rules) const RETRY: i64 = 300 + 30;

/// For how long the scheduler is known to have said nothing, where the clock is that of the cluster.
pub(in crate::rules) fn silent(case: &Case<'_>) -> Option<Seconds> {
    let attempt = room::last_attempt(case.pod(), case.snapshot)?;
    let is_exact = case.snapshot.clock().exact;
    is_exact.then(|| Seconds(case.seconds_since(attempt).max(0)))
}

/// To look again when the scheduler has tried again.
pub(in crate::rules) fn look_again(case: &Case<'_>) -> Fix {
    if case.pod().scheduler() != DEFAULT_SCHEDULER {
        let change = Message::new(say!(
            "retry.of-another-scheduler",
            "look again when {scheduler} has tried again"
        ));
        return Fix::advice(change.fact("scheduler", case.pod().scheduler()), Who::Owner);
    }
    let left = silent(case).map(|Seconds(silent)| Seconds(RETRY - silent));
    let change = match left.filter(|Seconds(left)| *left > 0) {
        Some(left) => Message::new(say!(
            "retry.look-again-in",
            "look again in {left}, by when the scheduler has tried again"
        ))
        .fact("left", left),
        None => say!(
            "stale-verdict.look-again",
            "look again in five minutes, by when the scheduler has tried again"
        )
        .into(),
    };
    Fix::advice(change, Who::Owner)
}
