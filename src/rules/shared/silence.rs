//! Schedulers that say nothing about a pod: for how long that is usual, and whether one works meanwhile.

use crate::rules::Case;
use crate::triage::HEARD;

pub(in crate::rules) use crate::triage::SILENCE;

/// Whether the scheduler of this name wrote about any pod after it could have tried this one.
pub(in crate::rules) fn alive(case: &Case<'_>, name: &str) -> bool {
    let since = case.pod().created().map(|time| time.as_second() + SILENCE);
    case.snapshot.events().iter().any(|event| {
        event.component == name
            && HEARD.contains(&event.reason.as_str())
            && event
                .last
                .zip(since)
                .is_some_and(|(last, since)| last.as_second() >= since)
    })
}
