//! Whose template a diagnosis speaks of, where pods of several revisions of a workload are stuck.
//!
//! Whoever corrects a wrong image by another wrong one has two, each with its own words. Which revision is the present one the
//! age of its pods tells: a controller makes new ones of no other.

use crate::report::FixReport;
use crate::rules::Case;
use crate::rules::finding::{Risk, Who};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, say};
use crate::triage::Subject;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A workload and one of its revisions.
pub(super) type Revision = (ObjectRef, String);

/// Of which revisions the pods of a diagnosis are, each with the time at which the newest of them was made.
#[derive(Debug, Clone, Default)]
pub(super) struct Revisions(BTreeMap<Revision, Option<Timestamp>>);

impl Revisions {
    pub(super) fn of<'a, S: Subject<'a>>(case: &Case<'a, S>) -> Self {
        let mut revisions = Revisions::default();
        revisions.add(case);
        revisions
    }

    /// Adds that of one more object, if it is a pod of one.
    pub(super) fn add<'a, S: Subject<'a>>(&mut self, case: &Case<'a, S>) {
        if let Some(revision) = of(case) {
            let made = case.it.created();
            let known = self.0.entry(revision).or_default();
            *known = (*known).max(made);
        }
    }

    pub(super) fn contains(&self, revision: &Revision) -> bool {
        self.0.contains_key(revision)
    }

    /// The one that they are of, where their workload has pods of a newer one among those of all.
    pub(super) fn old(&self, newest: &Newest) -> Option<String> {
        let (workload, revision) = self.0.keys().next_back()?;
        let is_one = self.0.keys().all(|(other, _)| other == workload);
        let (_, present) = newest.0.get(workload).filter(|_| is_one)?;
        let has_it = self.0.keys().any(|(_, own)| own == present);
        (!has_it).then(|| revision.clone())
    }
}

/// The revision that an object is of.
pub(super) fn of<'a, S: Subject<'a>>(case: &Case<'a, S>) -> Option<Revision> {
    let revision = case.it.revision()?;
    Some((case.it.owner(case.snapshot), revision))
}

/// Of each workload the revision of its newest stuck pod.
#[derive(Debug, Default)]
pub(super) struct Newest(BTreeMap<ObjectRef, (Option<Timestamp>, String)>);

impl Newest {
    pub(super) fn of<'a>(all: impl Iterator<Item = &'a Revisions>) -> Self {
        let mut newest = Newest::default();
        for ((workload, revision), made) in all.flat_map(|revisions| &revisions.0) {
            let known = newest.0.entry(workload.clone()).or_default();
            *known = (*made, revision.clone()).max(std::mem::take(known));
        }
        newest
    }
}

/// In place of what would mend the template of a Deployment's old revision: nobody can change that any more.
pub(super) fn leave(subject: &ObjectRef, fixes: &mut Vec<FixReport>) {
    if subject.known_kind() != Some(Kind::Deployment) {
        return;
    }
    let message = Message::new(say!(
        "revision.old",
        "mend the revision that replaces it: when its pods are ready these go"
    ));
    *fixes = vec![FixReport {
        change: message.english(),
        message,
        target: None,
        patch: Vec::new(),
        command: String::new(),
        template: String::new(),
        risk: Risk::Changes,
        who: Who::Owner,
        verified: None,
        follows: false,
    }];
}
