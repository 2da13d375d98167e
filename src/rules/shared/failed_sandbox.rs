//! A pod whose sandbox cannot be made, and the event that tells why: [`find`].
//!
//! The status says ContainerCreating and no more, so all is known from events (`triage::creation`). An attempt that is cut off
//! leaves traces which hide what cut it off: a name that is reserved, a runtime that was asked too often. Another attempt's words
//! then count, if they are not much older.
//!
//! Sources: kubelet `kuberuntime_manager.go` SyncPod (every retry makes a new event); client-go `tools/record/events_cache.go`.

use crate::kubernetes::text::one_line;
use crate::messages::quote;
use crate::messages::sandbox::{self, SandboxFailure};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::snapshot::Event;
use crate::text::Sentence;
use crate::triage::creation;

/// Seconds by which a telling event may be older than a mute one.
const TOGETHER: i64 = 5 * 60;

/// A sandbox that cannot be made.
pub(in crate::rules) struct FailedSandbox<'c> {
    pub(in crate::rules) case: &'c Case<'c>,
    /// What the event means.
    pub(in crate::rules) failure: SandboxFailure,
    pub(in crate::rules) event: &'c Event,
}

/// What keeps the pod's sandbox from being made now.
pub(in crate::rules) fn find<'c>(case: &'c Case<'c>) -> Option<FailedSandbox<'c>> {
    let newest_first = creation::of_sandbox(case.snapshot.store().events(), case.pod());
    let newest = *newest_first.first()?;
    let is_together = |event: &&Event| match (event.last, newest.last) {
        (Some(last), Some(newest)) => newest.as_second() - last.as_second() <= TOGETHER,
        _ => true,
    };
    let read = newest_first
        .into_iter()
        .filter(is_together)
        .map(|event| (sandbox::read(&event.message), event));
    let (failure, event) = read.min_by_key(|(failure, _)| is_mute(failure))?;
    Some(FailedSandbox {
        case,
        failure,
        event,
    })
}

/// What only says that an earlier attempt went wrong, or that it takes too long.
fn is_mute(failure: &SandboxFailure) -> bool {
    matches!(
        failure,
        SandboxFailure::NameReserved
            | SandboxFailure::Timeout
            | SandboxFailure::RuntimeDown
            | SandboxFailure::Unknown
    )
}

impl FailedSandbox<'_> {
    /// A finding with what every rule about sandboxes tells.
    pub(in crate::rules) fn finding(&self, headline: Sentence) -> Finding {
        let case = self.case;
        let message = one_line(sandbox::innermost(&self.event.message)).into_owned();
        let is_old = self
            .event
            .last
            .is_some_and(|last| case.seconds_since(last) > creation::FRESH);
        Finding::new(case.subject(), headline, case.event(self.event))
            .fact("node", case.pod().node().unwrap_or_default())
            .fact("message", message.trim_end_matches('.'))
            .fact("error", self.error())
            .when(is_old, |finding| finding.certainty(Certainty::Likely))
            .inspect(case.node_log())
    }

    /// The error as others have it too: without what is of this pod alone.
    fn error(&self) -> String {
        let error = quote::without_ids(sandbox::innermost(&self.event.message));
        let pod = self.case.pod();
        let own = error.replace(pod.name(), "…");
        let uid = pod.uid().filter(|uid| !uid.is_empty());
        let own = uid.map_or(own.clone(), |uid| own.replace(uid, "…"));
        one_line(&own).into_owned()
    }
}
