//! The latest message of a scheduler about a pod, and where it stands.
//!
//! The condition PodScheduled is whole and rewritten at every attempt; an event is cut at 1024 bytes and outlives what it tells.

use super::SchedulerMessage;
use crate::messages::scheduler as message;
use crate::snapshot::{DEFAULT_SCHEDULER, Event, PodView, Snapshot};
use crate::snapshot::{Evidence, Origin};
use jiff::Timestamp;

const FAILED: &str = "FailedScheduling";
/// Karpenter writes FailedScheduling as well, about nodes that it would make.
const KARPENTER: (&str, &str) = ("karpenter", "Failed to schedule pod, ");

/// The scheduler that a `spec.schedulerName` means.
pub(super) fn scheduler_of(name: &str) -> &str {
    match name {
        "" => DEFAULT_SCHEDULER,
        name => name,
    }
}

/// The condition's, or the newest event's.
pub(super) fn newest(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<SchedulerMessage> {
    condition(pod).or_else(|| {
        let event = newest_event(pod, snapshot)?;
        let origin = Origin::Event {
            reason: event.reason.to_string(),
            component: event.component.to_string(),
            count: event.count,
            age_seconds: event.last.map(|last| snapshot.seconds_since(last)),
        };
        Some(parsed(pod, origin, &event.message))
    })
}

fn condition(pod: &PodView) -> Option<SchedulerMessage> {
    let condition = pod
        .condition("PodScheduled")
        .filter(|c| c.status == "False")?;
    let message = condition
        .message
        .as_deref()
        .filter(|text| !text.is_empty())?;
    let path = "status.conditions[PodScheduled].message".to_owned();
    Some(parsed(pod, Origin::Field { path }, message))
}

fn parsed(pod: &PodView, origin: Origin, quote: &str) -> SchedulerMessage {
    SchedulerMessage {
        message: message::parse(quote),
        quote: Evidence {
            object: pod.object(),
            origin,
            quote: quote.to_owned(),
        },
    }
}

/// The newest event of the pod's own scheduler, or of one that does not say who it is.
fn newest_event<'a>(pod: &'a PodView, snapshot: &'a Snapshot<'a>) -> Option<&'a Event> {
    let object = pod.object();
    let of_scheduler = |event: &&Event| {
        event.reason == FAILED
            && event.component != KARPENTER.0
            && !event.message.starts_with(KARPENTER.1)
    };
    let events: Vec<&Event> = snapshot
        .events()
        .of(&object, pod.uid())
        .filter(of_scheduler)
        .collect();
    let own = events
        .iter()
        .rev()
        .find(|event| event.component == pod.scheduler());
    own.or(events.last()).copied()
}

/// When the scheduler is last known to have tried the pod. The condition's time is that of its first refusal, and no later one's.
pub(super) fn last_attempt(pod: &PodView, snapshot: &Snapshot<'_>) -> Option<Timestamp> {
    let condition = pod
        .condition("PodScheduled")
        .and_then(|c| c.last_transition_time.as_ref().map(|time| time.0));
    let event = newest_event(pod, snapshot).and_then(|event| event.last);
    condition.max(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{Cluster, Object, object, pod};
    use crate::snapshot::Kind;
    use serde_json::json;

    fn event(name: &str, component: &str, minute: u32, message: &str) -> Object {
        object(
            Kind::Event,
            json!({
                "metadata": {"name": name, "namespace": "shop"},
                "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "uid-web"},
                "reason": "FailedScheduling", "message": message, "type": "Warning",
                "eventTime": format!("2026-01-01T00:{minute:02}:00Z"), "reportingComponent": component,
            }),
        )
    }

    fn quote(pod: &Object, events: &[Object]) -> Option<String> {
        let cluster = events.iter().cloned().fold(Cluster::new(), Cluster::with);
        newest(&pod.stuck(), &cluster.snapshot()).map(|said| said.quote.quote)
    }

    #[test]
    fn the_condition_comes_first_and_the_own_schedulers_newest_event_next() {
        let refused = pod("web").set(
            "/status/conditions",
            json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes are available: 2 Insufficient cpu."}]),
        );
        let events = [
            event(
                "a",
                "default-scheduler",
                1,
                "0/1 nodes are available: 1 Too many pods.",
            ),
            event(
                "b",
                "default-scheduler",
                2,
                "0/1 nodes are available: 1 Insufficient memory.",
            ),
            event(
                "c",
                "karpenter",
                3,
                "Failed to schedule pod, no instance type has room",
            ),
            event(
                "d",
                "other",
                4,
                "0/9 nodes are available: 9 Insufficient cpu.",
            ),
        ];
        assert_eq!(
            quote(&refused, &events).as_deref(),
            Some("0/2 nodes are available: 2 Insufficient cpu.")
        );
        assert_eq!(
            quote(&pod("web"), &events).as_deref(),
            Some("0/1 nodes are available: 1 Insufficient memory.")
        );
        assert_eq!(quote(&pod("web"), &events[2..3]), None);
        assert_eq!(quote(&pod("web"), &[]), None);
    }
}
