//! Which quotes and fixes of a diagnosis are shown: what a block shows itself, the blocks below it need not repeat.

use crate::report::FixReport;
use crate::snapshot::Evidence;
use crate::text::{Sentence, say};

/// Quotes beside the one that settles the cause.
pub(super) const MORE_QUOTES: usize = 2;
/// Fixes, each with the steps that follow it.
const FIXES: usize = 3;

/// The proof, then what else is quoted beside it.
pub(super) fn quotes<'a>(
    proof: &'a Evidence,
    more: &'a [Evidence],
    whole: bool,
) -> impl Iterator<Item = &'a Evidence> {
    let most = if whole { usize::MAX } else { MORE_QUOTES };
    std::iter::once(proof).chain(beside(proof, more).take(most))
}

/// Evidence that says something else than the proof.
pub(super) fn beside<'a>(
    proof: &Evidence,
    more: &'a [Evidence],
) -> impl Iterator<Item = &'a Evidence> {
    more.iter()
        .filter(move |evidence| evidence.quote != proof.quote)
}

/// The fixes that are shown, best first.
pub(super) fn fixes(fixes: &[FixReport], whole: bool) -> &[FixReport] {
    let firsts = fixes.iter().enumerate().filter(|(_, fix)| !fix.follows);
    let end = firsts.map(|(at, _)| at).nth(FIXES).filter(|_| !whole);
    end.and_then(|end| fixes.get(..end)).unwrap_or(fixes)
}

/// How it stands to the fixes before it.
pub(super) fn name(fix: &FixReport, is_first: bool) -> Sentence {
    match (fix.follows, is_first) {
        (true, _) => say!("text.fix.then", "then"),
        (false, true) => say!("text.fix.fix", "fix"),
        (false, false) => say!("text.fix.or", "or"),
    }
}
