//! The reason of old schedulers that names affinity and anti-affinity alike: how sure it is that the one or the other is meant.
//!
//! Up to 1.20 the scheduler gives it beside those that say which, and in older versions at times alone.

use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::rules::finding::Certainty;
use crate::scheduler::Term;

/// How sure it is that the pod's affinity is meant. `None` without terms of it that could fail.
pub(super) fn may_be_affinity(case: &Case<'_>) -> Option<Certainty> {
    let spec = case.pod().spec();
    let affinity = spec.affinity.as_ref();
    let avoids = affinity.is_some_and(|all| all.pod_anti_affinity.is_some());
    if says_which(case) || Term::of_affinity(spec, case.namespace(), case.snapshot).is_empty() {
        None
    } else if avoids {
        Some(Certainty::Possible)
    } else {
        Some(Certainty::Likely)
    }
}

/// How sure it is that an anti-affinity is meant, be it that of pods which run already.
pub(super) fn may_be_anti_affinity(case: &Case<'_>) -> Option<Certainty> {
    let affinity = case.pod().spec().affinity.as_ref();
    let seeks = affinity.is_some_and(|all| all.pod_affinity.is_some());
    let avoids = affinity.is_some_and(|all| all.pod_anti_affinity.is_some());
    if says_which(case) {
        None
    } else if avoids && !seeks {
        Some(Certainty::Likely)
    } else {
        Some(Certainty::Possible)
    }
}

fn says_which(case: &Case<'_>) -> bool {
    let said = case
        .scheduling()
        .and_then(|known| known.scheduler_message.as_ref());
    let mut clauses = said.iter().flat_map(|said| &said.message.clauses);
    clauses.any(|clause| {
        matches!(
            clause.reason,
            Reason::PodAffinity | Reason::PodAntiAffinity | Reason::ExistingPodsAntiAffinity
        )
    })
}
