//! Stuck objects that no rule explains: shown with what there is, never dropped.

use super::ladder::ladder;
use super::next::{affected, next};
use super::root_cause::fingerprint_unexplained;
use crate::report::Unexplained;
use crate::rules::Case;
use crate::snapshot::Evidence;
use crate::triage::{Layer, Subject};

/// How many of the newest events are shown.
const EVENTS: usize = 3;

/// The entry of an object that no rule explains; `at` is where it is stuck, when that is known all the same.
pub(super) fn report<'a, S: Subject<'a>>(case: &Case<'a, S>, at: Option<Layer>) -> Unexplained {
    let rungs = ladder(case, at);
    let subject = case.subject();
    let next = next(case, &rungs, None);
    Unexplained {
        fingerprint: fingerprint_unexplained(&subject, next.layer),
        object: affected(case, None),
        subject,
        evidence: evidence(case),
        next,
        ladder: rungs,
    }
}

fn evidence<'a, S: Subject<'a>>(case: &Case<'a, S>) -> Vec<Evidence> {
    let status = case.it.raw_status().into_iter();
    let status = status.map(|(path, words)| case.field(path, words));
    let newest = case.events().into_iter().rev().take(EVENTS);
    status
        .chain(newest.map(|event| case.event(event)))
        .collect()
}
