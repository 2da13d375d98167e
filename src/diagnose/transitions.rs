//! What became of what is stuck, from one report to the next.
//!
//! A finding is known by its fingerprint, so that a new pod of the same workload is no news. Whether something is
//! stuck, and after how long, triage has said; here what comes and goes within [`SETTLED`] is not told, since a rule
//! may see a pod between two of its states. Nor is something solved while its object is still on its way: a container runs
//! between its first crashes, a Deployment has no pod between the old and the new.

use crate::report::{Became, Diagnosis, Finding, Report, Transition, WATCH_SCHEMA};
use crate::rules::UNEXPLAINED;
use crate::snapshot::ObjectRef;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What has not been so for this long is not told yet.
const SETTLED: SignedDuration = SignedDuration::from_secs(3);
/// What is on its way where nobody can say for how long is waited for this long before something counts as solved.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(60);

/// What was told so far.
#[derive(Debug, Default)]
pub struct Transitions {
    /// By fingerprint; none before the first report.
    told: Option<BTreeMap<String, Known>>,
    /// What differs from what was told.
    unsettled: BTreeMap<String, Unsettled>,
}

#[derive(Debug, Clone)]
struct Known {
    finding: Finding,
    /// When the trouble began, as far as that is known.
    since: Option<Timestamp>,
    /// Whether all of it has ended for good.
    ended: bool,
    /// Its place in the report.
    place: usize,
}

/// Something that differs from what was told.
#[derive(Debug, Clone, Copy)]
struct Unsettled {
    since: Timestamp,
    /// Its object is on its way, and may come back until then.
    held: Option<Timestamp>,
}

impl Unsettled {
    fn is_settled(self, at: Timestamp) -> bool {
        at.duration_since(self.since) >= SETTLED && self.held.is_none_or(|until| at >= until)
    }
}

impl Transitions {
    /// What is to be told of this report: of the first one everything, of a later one what has changed.
    pub fn of(&mut self, report: &Report, at: Timestamp) -> Vec<Transition> {
        let now = known(report, at);
        let Some(mut told) = self.told.take() else {
            let mut found: Vec<&Known> = now.values().collect();
            found.sort_by_key(|one| one.place);
            let found = found.iter().map(|one| one.tell(Became::Stuck, None, at));
            let found = found.collect();
            self.told = Some(now);
            return found;
        };
        self.differ(&told, &now, report, at);
        let mut transitions = self.news(&mut told, &now, at);
        transitions.extend(self.solved(&mut told, &now, at));
        // what differs from what is told from now on has to settle anew
        let differs = |one: &String| now.contains_key(one) != told.contains_key(one);
        self.unsettled.retain(|one, _| differs(one));
        for (fingerprint, one) in &mut told {
            let Some(new) = now.get(fingerprint) else {
                continue;
            };
            if new.ended && !one.ended {
                transitions.push(new.tell(Became::Ended, None, at));
            }
            *one = Known {
                // when it is solved the first time that was known tells how long it lasted
                since: one.since.or(new.since),
                ..new.clone()
            };
        }
        self.told = Some(told);
        transitions
    }

    /// Notes what differs now, and since when.
    fn differ(
        &mut self,
        told: &BTreeMap<String, Known>,
        now: &BTreeMap<String, Known>,
        report: &Report,
        at: Timestamp,
    ) {
        let all = now.keys().chain(told.keys());
        let different: BTreeSet<&String> = all
            .filter(|one| now.contains_key(*one) != told.contains_key(*one))
            .collect();
        self.unsettled.retain(|one, _| different.contains(one));
        for fingerprint in different {
            // the object of what is new is stuck
            let gone = told.get(fingerprint);
            let on_its_way = gone.and_then(|gone| report.progressing.get(&gone.finding.subject));
            let until = on_its_way.map(|until| until.or_else(|| at.checked_add(ON_ITS_WAY).ok()));
            let unsettled = self.unsettled.entry(fingerprint.clone());
            let unsettled = unsettled.or_insert(Unsettled {
                since: at,
                held: None,
            });
            // the time that was promised first holds: others of its owner come and go
            unsettled.held = until.and_then(|until| unsettled.held.or(until));
        }
    }

    /// What is stuck now, or for another reason.
    fn news(
        &self,
        told: &mut BTreeMap<String, Known>,
        now: &BTreeMap<String, Known>,
        at: Timestamp,
    ) -> Vec<Transition> {
        let new = now.iter().filter(|(one, _)| self.has_settled(one, at));
        let mut new: Vec<(&String, &Known)> = new.collect();
        new.sort_by_key(|(_, one)| one.place);
        let told_of = new.into_iter().map(|(fingerprint, one)| {
            let mut gone = told.iter().filter(|(one, _)| !now.contains_key(*one));
            let before = gone.find(|(_, gone)| gone.finding.subject == one.finding.subject);
            let before = before.map(|(fingerprint, _)| fingerprint.clone());
            let before = before.and_then(|before| told.remove(&before));
            told.insert(fingerprint.clone(), one.clone());
            let became = before.as_ref().map_or(Became::New, |_| Became::Changed);
            one.tell(became, before.map(|before| before.finding), at)
        });
        told_of.collect()
    }

    /// What is stuck no more.
    fn solved(
        &self,
        told: &mut BTreeMap<String, Known>,
        now: &BTreeMap<String, Known>,
        at: Timestamp,
    ) -> Vec<Transition> {
        // another reason that has not settled yet is waited for, so that both are told as one
        let coming: Vec<&ObjectRef> = self
            .unsettled
            .iter()
            .filter(|(_, unsettled)| !unsettled.is_settled(at))
            .filter_map(|(fingerprint, _)| Some(&now.get(fingerprint)?.finding.subject))
            .collect();
        let is_over = |(fingerprint, one): (&String, &Known)| {
            let is_over =
                self.has_settled(fingerprint, at) && !coming.contains(&&one.finding.subject);
            is_over.then(|| fingerprint.clone())
        };
        let over = told.iter().filter(|(one, _)| !now.contains_key(*one));
        let over: Vec<String> = over.filter_map(is_over).collect();
        let gone = over.iter().filter_map(|one| told.remove(one));
        gone.map(|one| one.tell(Became::Solved, None, at)).collect()
    }

    /// Whether it differs, and has for long enough.
    fn has_settled(&self, fingerprint: &str, at: Timestamp) -> bool {
        let unsettled = self.unsettled.get(fingerprint);
        unsettled.is_some_and(|unsettled| unsettled.is_settled(at))
    }

    /// Whether something differs that settles soon.
    pub fn is_unsettled(&self) -> bool {
        self.unsettled.values().any(|one| one.held.is_none())
    }
}

impl Known {
    fn tell(&self, transition: Became, before: Option<Finding>, at: Timestamp) -> Transition {
        let since = self
            .since
            .map(|since| at.duration_since(since).as_secs().max(0));
        Transition {
            schema: WATCH_SCHEMA,
            at: at.to_string(),
            transition,
            finding: self.finding.clone(),
            before,
            ended: self.ended,
            since_seconds: since,
        }
    }
}

/// Everything that is stuck and shown, by its fingerprint.
fn known(report: &Report, at: Timestamp) -> BTreeMap<String, Known> {
    let since = |seconds: Option<i64>| {
        let ago = SignedDuration::from_secs(seconds?);
        at.checked_sub(ago).ok()
    };
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    let held = |one: &&Diagnosis| one.affected.iter().all(|one| one.held);
    for one in report
        .diagnoses
        .iter()
        .filter(|one| !held(one) && !one.is_hint())
    {
        let finding = Finding {
            fingerprint: one.fingerprint.clone(),
            cause: one.cause.to_owned(),
            certainty: Some(one.certainty.as_str().to_owned()),
            subject: one.subject.clone(),
            headline: one.headline.clone(),
            affected: one.affected.len(),
        };
        let longest = one
            .affected
            .iter()
            .filter_map(|one| one.since_seconds)
            .max();
        let ended = one.affected.iter().all(|one| one.ended);
        add(&mut known, finding, since(longest), ended);
    }
    for one in &report.unexplained {
        let finding = Finding {
            fingerprint: one.fingerprint.clone(),
            cause: UNEXPLAINED.to_owned(),
            certainty: None,
            subject: one.subject.clone(),
            headline: String::new(),
            affected: 1,
        };
        let object = &one.object;
        add(
            &mut known,
            finding,
            since(object.since_seconds),
            object.ended,
        );
    }
    known
}

/// Those of one fingerprint as one: unexplained objects of one owner have an entry each.
fn add(
    known: &mut BTreeMap<String, Known>,
    finding: Finding,
    since: Option<Timestamp>,
    ended: bool,
) {
    let place = known.len();
    match known.get_mut(&finding.fingerprint) {
        Some(one) => {
            one.finding.affected += finding.affected;
            one.since = [one.since, since].into_iter().flatten().min();
            one.ended &= ended;
        }
        None => {
            let fingerprint = finding.fingerprint.clone();
            let one = Known {
                finding,
                since,
                ended,
                place,
            };
            known.insert(fingerprint, one);
        }
    }
}

#[cfg(test)]
mod tests;
