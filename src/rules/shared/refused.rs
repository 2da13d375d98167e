//! A workload that lacks what it makes, and the words with which that was refused last.

use crate::messages::admission::{self, Denial};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::snapshot::{Evidence, Kind, ObjectRef, Snapshot};
use crate::text::Sentence;
use crate::triage::{Refusal, Subject, WorkloadSubject};

/// The case of a workload.
pub(in crate::rules) type WorkloadCase<'a> = Case<'a, WorkloadSubject<'a>>;

/// What is known of pods that were refused, or of a Deployment's ReplicaSet or a CronJob's Job.
pub(in crate::rules) struct Refused<'a> {
    /// Who lacks them.
    pub(in crate::rules) it: WorkloadSubject<'a>,
    refusal: Refusal<'a>,
    /// Why.
    pub(in crate::rules) denial: Denial,
    /// How many pods the workload wants.
    pub(in crate::rules) wanted: i64,
    /// How many it has.
    pub(in crate::rules) existing: i64,
}

impl<'a> Refused<'a> {
    /// The newest refusal. None for a workload that lacks nothing, or for another reason.
    pub(in crate::rules) fn of(it: WorkloadSubject<'a>, snapshot: &Snapshot<'a>) -> Option<Self> {
        let refusal = it.refusal(snapshot)?;
        Some(Refused {
            denial: admission::read(refusal.message()),
            refusal,
            wanted: it.wanted(),
            existing: it.existing(snapshot),
            it,
        })
    }

    /// What was not made: pods, a Deployment's ReplicaSet, a CronJob's Job.
    pub(in crate::rules) fn lacks(&self) -> Kind {
        self.refusal.lacks()
    }

    /// What the controller was told.
    pub(in crate::rules) fn message(&self) -> &'a str {
        self.refusal.message()
    }

    /// How many are missing.
    pub(in crate::rules) fn missing(&self) -> i64 {
        match self.lacks() {
            Kind::Pod => self.wanted.saturating_sub(self.existing).max(0),
            _ => 1,
        }
    }

    /// A finding about an object with the refusal as its proof.
    pub(in crate::rules) fn finding(
        &self,
        case: &WorkloadCase<'_>,
        subject: ObjectRef,
        headline: Sentence,
    ) -> Finding {
        Finding::new(subject, headline, self.quote(case)).certainty(self.certainty(case.snapshot))
    }

    /// The words of the refusal.
    pub(in crate::rules) fn quote(&self, case: &WorkloadCase<'_>) -> Evidence {
        match self.refusal {
            Refusal::Event(event) => case.event(event),
            Refusal::Condition(condition) => {
                let path = format!("status.conditions[{}].message", condition.r#type);
                case.field_of(self.it.object(), path, self.refusal.message())
            }
        }
    }

    /// A condition keeps the words of the first refusal, so that events could tell another reason by now; and what a Deployment
    /// says of pods is only a copy.
    pub(in crate::rules) fn certainty(&self, snapshot: &Snapshot<'_>) -> Certainty {
        let is_last = match self.refusal {
            Refusal::Event(_) => self.it.is_current(self.refusal, snapshot),
            Refusal::Condition(_) => {
                let events = snapshot.events_of(&self.it.object(), self.it.uid());
                let is_copy = self.it.kind == Kind::Deployment && self.lacks() == Kind::Pod;
                !events.is_unknown() && !is_copy
            }
        };
        if is_last {
            Certainty::Proven
        } else {
            Certainty::Likely
        }
    }
}
