//! Causes that rest on a scheduler's message alone: which clause names one, how sure that is, and which cause comes first.
//!
//! Nothing on a node can be computed for these: an error, a plugin that is no part of Kubernetes, a group, a device. The results
//! of the filters that are computed are given beside them, and lower the certainty where they contradict.

use crate::messages::scheduler::{Clause, Reason};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::order::Class;
use crate::rules::shared::share;
use crate::scheduler::{Agree, Examination, SchedulerMessage};
use crate::text::{Fact, Sentence};

/// A clause of the scheduler's message that names the cause.
pub(super) struct MessageOnly<'e> {
    /// The clause; of several, that with the fewest nodes.
    pub(super) clause: &'e Clause,
    /// The whole message.
    pub(super) latest_message: &'e SchedulerMessage,
    /// Whether other clauses name causes that are as likely.
    rivalled: bool,
    examination: &'e Examination,
}

/// The scheduler's reason for a cause. None about a pod with gates, which no scheduler looks at, nor for nodes that the pod
/// excludes itself while there are others.
pub(super) fn find<'e>(
    case: &'e Case<'_>,
    wanted: impl Fn(&Reason) -> bool,
) -> Option<MessageOnly<'e>> {
    find_clause(case, |clause| wanted(&clause.reason))
}

/// The same where the clause's own text counts.
pub(super) fn find_clause<'e>(
    case: &'e Case<'_>,
    wanted: impl Fn(&Clause) -> bool,
) -> Option<MessageOnly<'e>> {
    if case.pod().is_gated() {
        return None;
    }
    let examination = case.scheduling()?;
    let latest_message = examination.scheduler_message.as_ref()?;
    let clauses = latest_message.message.clauses.iter();
    let (mine, others): (Vec<_>, Vec<_>) = clauses.partition(|clause| wanted(clause));
    let clause = mine.into_iter().min_by_key(|clause| rank(clause))?;
    let class = Class::of(&clause.reason);
    let rivals: Vec<_> = others
        .into_iter()
        .filter(|other| Class::of(&other.reason) <= class)
        .collect();
    // of equals, what few nodes lack is no reason to doubt what most of them lack
    let rivalled = rivals
        .iter()
        .any(|rival| Class::of(&rival.reason) < class || rival.count >= clause.count);
    (class < Class::Choice || rivals.is_empty()).then_some(MessageOnly {
        clause,
        latest_message,
        rivalled,
        examination,
    })
}

fn rank(clause: &Clause) -> u32 {
    Class::of(&clause.reason).rank(clause.count)
}

impl MessageOnly<'_> {
    /// A message alone is at best likely, and less where another clause may be the cause or where what was read contradicts it.
    pub(super) fn certainty(&self) -> Certainty {
        let contradicted = self.examination.agreement.verdict == Agree::Different;
        if self.rivalled || contradicted {
            Certainty::Possible
        } else {
            Certainty::Likely
        }
    }

    /// The finding, with what every cause of this layer carries.
    pub(super) fn finding(&self, case: &Case<'_>, headline: Sentence) -> Finding {
        let nodes = Fact::Share {
            some: self.clause.count.map(u64::from),
            all: self.latest_message.message.nodes.map(u64::from),
        };
        let finding = Finding::new(case.subject(), headline, self.latest_message.quote.clone());
        let mut finding = share::told(finding, nodes.clone(), nodes)
            .certainty(self.certainty())
            .fact("reason", self.clause.text.as_str());
        // without nodes there is nothing to compare the counts with
        if self.clause.count.is_some() && self.examination.results.is_some() {
            finding.results.clone_from(&self.examination.results);
            finding.agreement = Some(self.examination.agreement.clone());
        }
        finding.rank = rank(self.clause);
        finding
    }
}
