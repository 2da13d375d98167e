//! What the scheduler's message says of claims and their volumes.

use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::snapshot::Evidence;

/// What the first clause gives that `of` takes something from, with the whole message as evidence.
pub(super) fn first<'c, T>(
    case: &'c Case<'_>,
    of: impl Fn(&'c Reason) -> Option<T>,
) -> Option<(T, Evidence)> {
    let scheduler = case.scheduling()?.scheduler_message.as_ref()?;
    let mut clauses = scheduler.message.clauses.iter();
    let found = clauses.find_map(|clause| of(&clause.reason))?;
    Some((found, scheduler.quote.clone()))
}

/// The message, where one of its clauses is of this kind.
pub(super) fn quote(case: &Case<'_>, is_it: impl Fn(&Reason) -> bool) -> Option<Evidence> {
    first(case, |reason| is_it(reason).then_some(())).map(|(_, quote)| quote)
}

/// The proof and more evidence: a message, where there is one, settles more than a field.
pub(super) fn proof(quote: Option<Evidence>, field: Evidence) -> (Evidence, Option<Evidence>) {
    match quote {
        Some(quote) => (quote, Some(field)),
        None => (field, None),
    }
}
