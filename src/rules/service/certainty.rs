//! How sure it is that a selector is wrong, and what else there may be: what was not read, or is yet to come.

use super::nearest_labels::{Candidate, Difference};
use super::selector_fixes::ServiceCase;
use crate::rules::finding::Certainty;
use crate::snapshot::Why;
use crate::text::{Sentence, say};

/// How sure it is, and what more there may be. What was not read may be a workload whose pods it would have.
pub(super) fn certainty(case: &ServiceCase<'_>, near: &[Candidate<'_>]) -> (Certainty, Sentence) {
    let unread = say!(
        "service-selector-mismatch.workloads-unread",
        "a Service leads to the pods that carry every label of its selector; workloads of the namespace were not all read, so others may be meant"
    );
    let not_made = say!(
        "service-selector-mismatch.others-to-come",
        "a Service leads to the pods that carry every label of its selector; pods of another workload may be meant, which is yet to be made"
    );

    let store = case.snapshot.store();
    let all_read =
        store
            .workload_catalogs()
            .all(|(_, catalog)| match catalog.whole(case.it.namespace) {
                Ok(()) => true,
                Err(gap) => gap.why == Why::NotServed,
            });
    if near.iter().any(|one| !one.set_at_run_time().is_empty()) {
        // as an operator does with roles: nobody may have this one at present
        let why = say!(
            "service-selector-mismatch.set-at-run-time",
            "a Service leads to the pods that carry every label of its selector; what labels these while they run may name one later"
        );
        return (Certainty::Possible, why);
    }
    let mut differences = near.iter().flat_map(|one| &one.differences);
    match (all_read, differences.any(Difference::is_another_value)) {
        (true, false) => (
            Certainty::Proven,
            say!(
                "service-selector-mismatch.why",
                "a Service leads to the pods that carry every label of its selector; without any it has no endpoints"
            ),
        ),
        (true, true) => (Certainty::Likely, not_made),
        // the pods that it is for may only be scaled to zero
        (false, another) if another || near.is_empty() => (Certainty::Possible, unread),
        (false, _) => (Certainty::Likely, unread),
    }
}
