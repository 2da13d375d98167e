//! What the pods of a node tell of it: that its controller has marked them as not ready, and why they are deleted.
//!
//! Sources: pkg/controller/nodelifecycle `node_lifecycle_controller.go` (MarkPodsNotReady, event NodeNotReady),
//! pkg/controller/tainteviction `taint_eviction.go` (1.37).

use super::forced_deletion::NodeCase;
use crate::snapshot::{Evidence, ObjectRef, PodView};

/// What the marked pods of a node tell.
pub(super) struct Marked {
    /// The mark of the first of them: the controller's event, or the condition.
    pub(super) proof: Evidence,
    /// Seconds since the last was marked.
    pub(super) since: Option<i64>,
    /// What deletes one of them.
    pub(super) evicted: Option<Evidence>,
}

pub(super) fn of(case: &NodeCase<'_>, pods: &[ObjectRef]) -> Marked {
    let store = case.snapshot.store();
    let whole = |pod: &ObjectRef| store.whole_pod(pod.namespace.as_deref()?, &pod.name);
    let whole: Vec<&PodView> = pods.iter().filter_map(whole).collect();
    let times = whole.iter().filter_map(|pod| {
        let time = pod.marked_not_ready()?.last_transition_time.as_ref()?;
        Some(time.0)
    });
    let since = times.max().map(|last| case.seconds_since(last));
    let mark = |pod: &&PodView| {
        let mut events = store.events().of(&pod.object(), pod.uid()).rev();
        let event = events.find(|event| event.reason == "NodeNotReady")?;
        Some(case.event(event))
    };
    let proof = whole.iter().find_map(mark);
    let condition = || {
        let object = pods.first().cloned();
        let object = object.unwrap_or_else(|| case.object());
        case.field_of(object, "status.conditions[Ready].status", "False")
    };
    let evicted = whole.iter().find_map(|pod| {
        let target = pod.condition("DisruptionTarget")?;
        let message = target.message.as_deref();
        let message = message.filter(|message| !message.is_empty())?;
        let path = "status.conditions[DisruptionTarget].message";
        Some(case.field_of(pod.object(), path, message))
    });
    Marked {
        proof: proof.unwrap_or_else(condition),
        since,
        evicted,
    }
}
