//! Puts the changes that were verified by running the filters again before the advice of a rule.

use crate::rules::Case;
use crate::rules::finding::Finding;
use crate::scheduler::Filter;

/// The finding with the changes that remove this filter's filter failures. A rule's own advice stays for
/// those to whom no such change is offered.
pub(in crate::rules) fn before(case: &Case<'_>, mut finding: Finding, filter: Filter) -> Finding {
    if finding.nodes().is_empty() {
        return finding;
    }
    let remedies = case.engine.remedies(case.pod());
    let alone = remedies.iter().any(|remedy| remedy.removes == [filter]);
    let mut fixes: Vec<_> = remedies
        .iter()
        // where removing this is enough, a change that removes more is for the sake of another cause
        .filter(|remedy| {
            if alone {
                remedy.removes == [filter]
            } else {
                remedy.removes.contains(&filter)
            }
        })
        .map(|remedy| remedy.fix.clone())
        // without either it is advice, which the rule words better
        .filter(|fix| fix.verified.is_some() || !fix.command.is_empty())
        .collect();
    let advice = std::mem::take(&mut finding.fixes);
    let left: Vec<_> = advice
        .into_iter()
        .filter(|advice| fixes.iter().all(|fix| fix.who != advice.who))
        .collect();
    fixes.extend(left);
    finding.fixes = fixes;
    finding
}
