//! A node that runs out of memory: then the kernel kills also who keeps within its limit.

use super::memory_limit::{MemoryLimit, amounts};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::Crash;
use crate::snapshot::{Event, Kind, ObjectRef};
use crate::text::say;

/// Seconds by which the end and the event of it may lie apart.
const SLACK: i64 = 60;

/// The event of the pod's node that it ran out of memory.
pub(super) fn event<'a>(case: &Case<'a>) -> Option<&'a Event> {
    let node = ObjectRef::new(Kind::Node, "", case.pod().node()?);
    let events = case.snapshot.events_of(&node, None).yes()?;
    events
        .into_iter()
        .rev()
        .find(|event| event.reason == "SystemOOM")
}

/// The finding of a container with a limit that was killed when its node ran out of memory.
pub(super) fn with_limit(
    case: &Case<'_>,
    crash: &Crash<'_>,
    limit: &MemoryLimit,
) -> Option<Finding> {
    let ended = crash.end.finished_at.as_ref()?.0;
    let is_then = |event: &&Event| {
        let last = event.last.map(|last| last.as_second() - ended.as_second());
        last.is_some_and(|apart| apart.abs() <= SLACK)
    };
    let event = event(case).filter(is_then)?;
    let headline = say!(
        "node-oom.with-limit",
        "{role} {container} was killed while node {node} ran out of memory; it need not have reached its limit of {limit}"
    );
    let finding = crash
        .finding(case, headline)
        .fact_if("node", case.pod().node())
        .why(say!(
            "node-oom.why",
            "the limits of the pods of a node may add up to more than it has; the kernel then kills who is furthest above its request"
        ));
    let finding = amounts(&crash.container, Some(limit), finding);
    Some(
        finding
            .evidence([case.event(event), limit.evidence(case)])
            .fix([set_requests()])
            .fix([limit.raise(case, &crash.container)]),
    )
}

/// What keeps a node from being overfilled.
pub(super) fn set_requests() -> Fix {
    Fix::advice(
        say!(
            "oom-killed.set-requests",
            "set memory requests that cover what the pods of the node use, so that the scheduler does not overfill it"
        ),
        Who::Owner,
    )
}
