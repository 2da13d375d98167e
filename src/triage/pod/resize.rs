//! Whether a running pod waits for resources that it is to have by now.

use super::{Because, Clock, Standing, within};
use crate::kubernetes::pod::PodCondition;
use crate::snapshot::PodView;
use jiff::Timestamp;

/// Seconds for which a running pod may wait for room to grow.
const RESIZE: i64 = 300;

/// A path in the pod, and what stands there.
type Said<'a> = (&'static str, &'a str);

/// How a change of a running pod's resources stands that has not been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize<'a> {
    /// The node has no room for it now.
    Deferred(Said<'a>),
    /// It cannot be made on this node.
    Infeasible(Said<'a>),
    /// The kubelet tried, and failed.
    Failed(Said<'a>),
}

/// The change that a pod waits for (pkg/kubelet/status/generate.go, 1.37; `status.resize` up to 1.32).
pub fn resize(pod: &PodView) -> Option<Resize<'_>> {
    let holds = |r#type: &str| pod.condition(r#type).filter(|it| it.status == "True");
    fn words<'a>(path: &'static str, condition: &'a PodCondition) -> Said<'a> {
        let message = condition.message.as_deref().filter(|text| !text.is_empty());
        let reason = condition.reason.as_deref().unwrap_or_default();
        (path, message.unwrap_or(reason))
    }
    if pod.is_terminating() || matches!(pod.phase(), "Failed" | "Succeeded") {
        return None;
    }
    if let Some(pending) = holds("PodResizePending") {
        let said = words("status.conditions[PodResizePending].message", pending);
        return Some(match pending.reason.as_deref() {
            Some("Infeasible") => Resize::Infeasible(said),
            _ => Resize::Deferred(said),
        });
    }
    let failed = holds("PodResizeInProgress").filter(|it| it.reason.as_deref() == Some("Error"));
    if let Some(failed) = failed {
        let path = "status.conditions[PodResizeInProgress].message";
        return Some(Resize::Failed(words(path, failed)));
    }
    match pod.status().resize.as_deref()? {
        word @ "Infeasible" => Some(Resize::Infeasible(("status.resize", word))),
        word @ "Deferred" => Some(Resize::Deferred(("status.resize", word))),
        _ => None,
    }
}

/// Since when a ready pod waits for resources.
pub(in crate::triage) fn since(pod: &PodView) -> Option<Timestamp> {
    resize(pod)?;
    pod.condition("Ready")
        .filter(|ready| ready.status == "True")?;
    let types = ["PodResizePending", "PodResizeInProgress"];
    let asked = types.into_iter().filter_map(|r#type| pod.condition(r#type));
    let asked = asked.filter_map(|condition| condition.last_transition_time.as_ref());
    asked.map(|time| time.0).min()
}

/// A ready pod may still wait for resources.
pub(super) fn standing(pod: &PodView, containers: usize, clock: Clock) -> Standing {
    match resize(pod) {
        None => Standing::Healthy(Because::Ready(containers)),
        Some(Resize::Deferred(_)) => within(Because::ResizeDeferred, since(pod), RESIZE, clock),
        Some(Resize::Infeasible(_) | Resize::Failed(_)) => Standing::Stuck,
    }
}
