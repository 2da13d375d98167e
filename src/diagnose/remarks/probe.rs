//! A pod that is well and whose probe fails all the same, not often enough in a row to count.

use crate::messages::probe::{self, ProbeKind};
use crate::report::Remark;
use crate::snapshot::{Evidence, ObjectRef, Snapshot};
use crate::text::{Message, Seconds, say};

/// Seconds in which a failing probe has an event again: behind a burst the kubelet lets one event in five minutes through
/// (client-go tools/record/events_cache.go).
const EVENT_AGAIN: i64 = 600;
/// Seconds in which a program may still warm up.
const WARM_UP: i64 = 300;

/// What is said of a pod.
pub(super) fn remark(pod: &ObjectRef, snapshot: &Snapshot<'_>) -> Option<Remark> {
    let store = snapshot.store();
    let record = store
        .pod_records()
        .get(pod.namespace.as_deref()?, &pod.name)?;
    let started = record.started()?;
    let warm = started.as_second().saturating_add(WARM_UP);
    let events = store.events().of(pod, None).rev();
    let mut failures = events.filter(|event| event.reason == "Unhealthy");
    let (event, last, kind) = failures.find_map(|event| {
        let last = event
            .last
            .filter(|last| snapshot.seconds_since(*last) <= EVENT_AGAIN)?;
        let kind = probe::read(&event.message).kind?;
        let counts = match kind {
            ProbeKind::Liveness => last >= started,
            ProbeKind::Readiness => last.as_second() >= warm,
            ProbeKind::Startup => false,
        };
        counts.then_some((event, last, kind))
    })?;
    let word = match kind {
        ProbeKind::Liveness => say!("remark.liveness", "liveness"),
        _ => say!("remark.readiness", "readiness"),
    };
    let message = Message::new(say!(
        "remark.probe-fails",
        "its {probe} probe failed {times} {times|time|times}, the last {ago} ago, but not often enough in a row to count"
    ))
    .fact("probe", word)
    .fact("times", event.count.max(1))
    .fact("ago", Seconds(snapshot.seconds_since(last)));
    Some(Remark::new(message, Evidence::of_event(event, snapshot)))
}
