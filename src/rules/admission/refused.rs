//! A workload that lacks pods, and the words with which they were refused last.

use crate::messages::admission::{self, Denial};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::snapshot::{Evidence, Kind};
use crate::text::Sentence;
use crate::triage::{Refusal, WorkloadSubject};

/// The case of a workload.
pub(super) type WorkloadCase<'a> = Case<'a, WorkloadSubject<'a>>;

/// What is known of pods that were refused.
pub(super) struct Refused<'a> {
    refusal: Refusal<'a>,
    /// Why.
    pub(super) denial: Denial,
    /// How many pods the workload wants.
    pub(super) wanted: i64,
    /// How many it has.
    pub(super) existing: i64,
}

impl<'a> Refused<'a> {
    /// The newest refusal. None for a workload that lacks pods for another reason.
    pub(super) fn of(case: &WorkloadCase<'a>) -> Option<Self> {
        let refusal = case.it.refusal(case.snapshot)?;
        Some(Refused {
            denial: admission::read(refusal.message()),
            refusal,
            wanted: case.it.wanted(),
            existing: case.it.existing(case.snapshot),
        })
    }

    /// How many pods are missing.
    pub(super) fn missing(&self) -> i64 {
        self.wanted - self.existing
    }

    /// A finding with the refusal as its proof.
    pub(super) fn finding(&self, case: &WorkloadCase<'_>, headline: Sentence) -> Finding {
        Finding::new(case.subject(), headline, self.proof(case))
            .certainty(self.certainty(case))
            .fact("wanted", self.wanted)
            .fact("existing", self.existing)
            .fact("missing", self.missing())
    }

    fn proof(&self, case: &WorkloadCase<'_>) -> Evidence {
        match self.refusal {
            Refusal::Event(event) => case.event(event),
            Refusal::Condition(condition) => {
                let path = format!("status.conditions[{}].message", condition.r#type);
                case.field(path, self.refusal.message())
            }
        }
    }

    /// The condition keeps the words of the first refusal, so that events could tell another reason by now; and of a Deployment
    /// it is only a copy.
    fn certainty(&self, case: &WorkloadCase<'_>) -> Certainty {
        let is_last = match self.refusal {
            Refusal::Event(_) => case.it.is_current(self.refusal, case.snapshot),
            Refusal::Condition(_) => case.events_readable() && case.it.kind != Kind::Deployment,
        };
        if is_last {
            Certainty::Proven
        } else {
            Certainty::Likely
        }
    }
}
