//! Findings become diagnoses: those of one owner's objects with equal cause, certainty, container and place are one.
//!
//! A diagnosis never claims more than its own proof shows, so findings of different certainty stay apart.

use super::ladder::ladder;
use super::next::{affected, affected_pod, next};
use crate::report::{Affected, Diagnosis, FixReport, Verified, node_reports};
use crate::rules::finding::{Certainty, Finding, Fix, Role};
use crate::rules::{Case, Rule};
use crate::scheduler::FilterResults;
use crate::snapshot::ObjectRef;
use crate::text::Message;
use crate::triage::{Layer, Subject};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A finding with the rule that made it.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) rule: &'static Rule,
    pub(super) finding: Finding,
}

/// What findings of one diagnosis have in common; the last is the number among their object's like findings.
type MergeKey = (&'static str, ObjectRef, Certainty, Option<String>, usize);

/// Where a finding stands among those of its object: by its role, then by its rank.
type Place = (Role, u32);

/// What became of a finding: the diagnosis that it is part of, and its place.
pub(super) type Merged = (MergeKey, Place);

/// The diagnoses so far, each with the first place of its findings.
#[derive(Debug, Default)]
pub(super) struct Diagnoses(BTreeMap<MergeKey, (Place, Diagnosis)>);

impl Diagnoses {
    /// Adds an object's findings.
    pub(super) fn merge<'a, S: Subject<'a>>(
        &mut self,
        case: &Case<'a, S>,
        hits: Vec<Hit>,
    ) -> Vec<Merged> {
        let mut alike: BTreeMap<(&str, Option<String>), usize> = BTreeMap::new();
        let first_layer = hits.iter().map(|hit| hit.rule.layer).min();
        let mut merged = Vec::new();
        for hit in hits {
            let finding = &hit.finding;
            let container = finding.container.clone();
            let nth = alike
                .entry((hit.rule.cause, container.clone()))
                .or_default();
            let subject = finding.subject.clone();
            let key = (hit.rule.cause, subject, finding.certainty, container, *nth);
            *nth += 1;
            let place = (finding.role, finding.rank);
            if !self.join(case, &key, place) {
                let diagnosis = diagnosis(case, hit, first_layer);
                self.0.insert(key.clone(), (place, diagnosis));
            }
            merged.push((key, place));
        }
        merged
    }

    /// Adds the object to a diagnosis that is known already; whether it is.
    pub(super) fn join<'a, S: Subject<'a>>(
        &mut self,
        case: &Case<'a, S>,
        key: &MergeKey,
        place: Place,
    ) -> bool {
        let Some((first, known)) = self.0.get_mut(key) else {
            return false;
        };
        *first = (*first).min(place);
        known.affected.push(affected(case, key.3.clone()));
        true
    }

    /// Certain before likely, earlier layer before later, more objects before fewer, then names; contributing findings behind all others.
    pub(super) fn in_order(self) -> Vec<Diagnosis> {
        let mut all: Vec<(MergeKey, (Place, Diagnosis))> = self.0.into_iter().collect();
        for (_, (_, diagnosis)) in &mut all {
            diagnosis.affected.sort();
        }
        all.sort_by_cached_key(|(key, ((role, rank), diagnosis))| {
            (
                *role,
                diagnosis.certainty,
                diagnosis.layer,
                *rank,
                Reverse(diagnosis.affected.len()),
                key.clone(),
            )
        });
        let diagnoses = all.into_iter();
        diagnoses.map(|(_, (_, diagnosis))| diagnosis).collect()
    }
}

/// Drops findings that a more specific one on the same object replaces. Two findings about two
/// different containers stand side by side.
pub(super) fn refine(hits: Vec<Hit>) -> Vec<Hit> {
    let replaced = |general: &Hit| {
        hits.iter().any(|specific| {
            specific.rule.refines.contains(&general.rule.cause)
                && match (&specific.finding.container, &general.finding.container) {
                    (Some(one), Some(other)) => one == other,
                    _ => true,
                }
        })
    };
    let keep: Vec<bool> = hits.iter().map(|hit| !replaced(hit)).collect();
    hits.into_iter()
        .zip(keep)
        .filter_map(|(hit, keep)| keep.then_some(hit))
        .collect()
}

fn diagnosis<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    hit: Hit,
    first_layer: Option<Layer>,
) -> Diagnosis {
    let Hit { rule, finding } = hit;
    let facts = &[&finding.facts];
    let rungs = ladder(case, first_layer.or(Some(rule.layer)));
    let not_run = FilterResults::default();
    let results = finding.results.as_deref().unwrap_or(&not_run);
    let message = Message::with(finding.headline, facts);
    let why = finding.why.map(|why| Message::with(why, facts));
    let fixes = finding.fixes.iter().map(|fix| fix_report(fix, &finding));
    Diagnosis {
        cause: rule.cause,
        layer: rule.layer,
        certainty: finding.certainty,
        headline: message.english(),
        message,
        why: why.as_ref().map(Message::english).unwrap_or_default(),
        why_message: why,
        fixes: fixes.collect(),
        before_nodes: results.before.iter().map(Into::into).collect(),
        nodes: node_reports(results),
        unread: results.unread.iter().map(Into::into).collect(),
        next: next(case, &rungs, finding.inspect),
        ladder: rungs,
        subject: finding.subject,
        affected: affected_by(case, finding.container, &finding.affected),
        proof: finding.proof,
        evidence: finding.evidence,
        refers_to_quotes: finding.refers_to_quotes,
        facts: finding.facts,
        agreement: finding.agreement.as_ref().map(Into::into),
        preemption: finding.preemption.as_ref().map(Into::into),
    }
}

fn affected_by<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    container: Option<String>,
    pods: &[ObjectRef],
) -> Vec<Affected> {
    if pods.is_empty() {
        return vec![affected(case, container)];
    }
    let pods = pods.iter();
    pods.map(|pod| affected_pod(case.snapshot, pod)).collect()
}

fn fix_report(fix: &Fix, finding: &Finding) -> FixReport {
    let message = Message::with(fix.change, &[&fix.facts, &finding.facts]);
    FixReport {
        change: message.english(),
        message,
        target: fix.target.clone(),
        patch: fix.patch.clone(),
        command: fix.command.clone(),
        template: fix.template.clone(),
        risk: fix.risk,
        who: fix.who,
        verified: fix.verified.clone().map(|nodes| Verified { nodes }),
    }
}
