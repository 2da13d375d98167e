//! Stuck objects that no rule explains: shown with what there is, never dropped.

use super::ladder::ladder;
use super::next::{affected, next};
use super::root_cause::fingerprint_unexplained;
use crate::messages::quote::without_ids;
use crate::report::Unexplained;
use crate::rules::Case;
use crate::snapshot::Evidence;
use crate::triage::{Layer, Subject};
use std::collections::BTreeSet;

/// How many of the newest events are shown.
const EVENTS: usize = 3;
/// What the ladder tells: that a scheduler has bound the pod.
const TOLD: &str = "Scheduled";

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

/// The newest warnings, then the status, then what else happened; each once, and what repeats the status only where it is all
/// there is.
fn evidence<'a, S: Subject<'a>>(case: &Case<'a, S>) -> Vec<Evidence> {
    let events = case.events().into_iter().rev();
    let (warnings, others): (Vec<_>, Vec<_>) = events
        .filter(|event| event.reason != TOLD)
        .partition(|event| event.warning);
    let mut status = case.it.raw_status();
    if !warnings.is_empty() || !others.is_empty() || status.iter().any(|said| !said.repeats) {
        status.retain(|said| !said.repeats);
    }
    let mut said = BTreeSet::new();
    let mut new = |evidence: &Evidence| said.insert(without_ids(&evidence.quote));
    let warnings = warnings.into_iter().map(|event| case.event(event));
    let mut all: Vec<Evidence> = warnings.filter(&mut new).take(EVENTS).collect();
    let left = EVENTS.saturating_sub(all.len());
    let status = status.into_iter();
    let status = status.map(|said| case.field(said.path, said.words));
    all.extend(status.filter(&mut new));
    let others = others.into_iter().map(|event| case.event(event));
    all.extend(others.filter(&mut new).take(left));
    all
}
