//! What is to be put right once, over all workloads that it hits.

use super::{Affected, Diagnosis, ObjectKey, WorkloadReport};
use crate::rules::finding::{Certainty, Role};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Facts, Message};
use crate::triage::Layer;
use serde::Serialize;
use std::collections::BTreeSet;

/// A cause with what decides it, and everything that it keeps stuck: diagnoses that are put right together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RootCause {
    /// The stable name of the cause.
    pub cause: &'static str,
    /// The layer at which the objects are stuck.
    pub layer: Layer,
    /// How sure each of its diagnoses is.
    pub certainty: Certainty,
    /// Whether it is the cause, only contributes to others, or holds objects on purpose.
    pub role: Role,
    /// Whether everything that it concerns has ended for good and is only kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// One sentence; of several diagnoses what they have in common.
    pub headline: String,
    /// The headline as data.
    pub message: Message,
    /// What its diagnoses have in common: `{"host": "registry.example.com"}`; empty where the object to change is what counts.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub decided_by: Facts,
    /// How many objects it keeps stuck.
    pub affected: usize,
    /// Seconds for which the longest has been.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_seconds: Option<i64>,
    /// The workloads that it hits, by kind, namespace and name.
    pub workloads: Vec<ObjectRef>,
    /// How many of them are there to serve and do not, and Services without pods.
    pub serve_nothing: usize,
    /// The fingerprints of its diagnoses.
    pub diagnoses: Vec<String>,
}

impl RootCause {
    /// The same with no more than these of its diagnoses; nothing without any.
    pub fn narrowed(&self, diagnoses: &[Diagnosis], known: &[WorkloadReport]) -> Option<RootCause> {
        let (told, following) = told(diagnoses);
        let mut of = RootCause::of(told, None, known)?;
        of.follow(following);
        let (headline, message) = match told {
            [_] => (of.headline, of.message),
            _ => (self.headline.clone(), self.message.clone()),
        };
        Some(RootCause {
            headline,
            message,
            decided_by: self.decided_by.clone(),
            ..of
        })
    }

    /// Adds what follows from its diagnoses, and comes right with them.
    pub fn follow(&mut self, consequences: &[Diagnosis]) {
        let fingerprints = consequences.iter().map(|one| one.fingerprint.clone());
        self.diagnoses.extend(fingerprints);
    }

    /// Of these diagnoses of one cause, which have `shared` in common; nothing of none.
    pub fn of(
        diagnoses: &[Diagnosis],
        shared: Option<&Message>,
        known: &[WorkloadReport],
    ) -> Option<RootCause> {
        let first = diagnoses.first()?;
        let alone = diagnoses.len() == 1;
        let message = shared.filter(|_| !alone).unwrap_or(&first.message);
        let affected = || diagnoses.iter().flat_map(|one| &one.affected);
        let objects: BTreeSet<_> = affected().map(Affected::key).collect();
        let workloads: BTreeSet<&ObjectRef> =
            affected().filter_map(|one| one.workload.as_ref()).collect();
        let is_service = |(kind, ..): &&ObjectKey<'_>| *kind == Kind::Service.as_str();
        let services = objects.iter().filter(is_service).count();
        let down = known.iter().filter(|one| one.serves_nothing);
        Some(RootCause {
            cause: first.cause,
            layer: first.layer,
            certainty: first.certainty,
            role: diagnoses.iter().map(|one| one.role).min()?,
            ended: affected().all(|one| one.ended),
            headline: message.english(),
            message: message.clone(),
            decided_by: shared.map(|shared| shared.args.clone()).unwrap_or_default(),
            affected: objects.len(),
            longest_seconds: affected().filter_map(|one| one.since_seconds).max(),
            serve_nothing: services + down.filter(|one| workloads.contains(&one.object)).count(),
            workloads: workloads.into_iter().cloned().collect(),
            diagnoses: diagnoses
                .iter()
                .map(|one| one.fingerprint.clone())
                .collect(),
        })
    }
}

/// The diagnoses that are told, and what follows from them; where only that is left, it is told itself.
pub fn told(diagnoses: &[Diagnosis]) -> (&[Diagnosis], &[Diagnosis]) {
    let is_consequence = |one: &Diagnosis| one.consequence_of.is_some();
    match diagnoses.iter().position(is_consequence) {
        Some(at) if at > 0 => diagnoses.split_at(at),
        _ => (diagnoses, &[]),
    }
}
