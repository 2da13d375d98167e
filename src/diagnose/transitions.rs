//! What became of what is stuck, from one report to the next.
//!
//! A finding is known by its fingerprint, so that a new pod of the same workload is no news. Whether something is
//! stuck, and after how long, triage has said; here what comes and goes within [`SETTLED`] is not told, since a rule
//! may see a pod between two of its states.

use crate::report::{Became, Finding, Report, Transition, WATCH_SCHEMA};
use crate::rules::UNEXPLAINED;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What has not been so for this long is not told yet.
const SETTLED: SignedDuration = SignedDuration::from_secs(3);

/// What was told so far.
#[derive(Debug, Default)]
pub struct Transitions {
    /// By fingerprint; none before the first report.
    told: Option<BTreeMap<String, Known>>,
    /// What differs from what was told, and since when.
    unsettled: BTreeMap<String, Timestamp>,
}

#[derive(Debug, Clone)]
struct Known {
    finding: Finding,
    /// When the trouble began, as far as that is known.
    since: Option<Timestamp>,
}

impl Transitions {
    /// What is to be told of this report: of the first one everything, of a later one what has changed.
    pub fn of(&mut self, report: &Report, at: Timestamp) -> Vec<Transition> {
        let now = known(report, at);
        let Some(told) = &mut self.told else {
            let found = now
                .values()
                .map(|one| one.transition(Became::Stuck, None, at));
            let found = found.collect();
            self.told = Some(now);
            return found;
        };
        let differs = |fingerprint: &&String| {
            now.contains_key(*fingerprint) != told.contains_key(*fingerprint)
        };
        let different: Vec<String> = now
            .keys()
            .chain(told.keys())
            .filter(differs)
            .cloned()
            .collect();
        self.unsettled
            .retain(|fingerprint, _| different.contains(fingerprint));
        let mut settled: Vec<String> = Vec::new();
        for fingerprint in different {
            let since = *self.unsettled.entry(fingerprint.clone()).or_insert(at);
            if at.duration_since(since) >= SETTLED {
                settled.push(fingerprint);
            }
        }
        for (fingerprint, one) in told.iter_mut() {
            if let Some(new) = now.get(fingerprint) {
                one.finding = new.finding.clone();
            }
        }
        let (new, mut gone): (Vec<String>, Vec<String>) = settled
            .into_iter()
            .partition(|fingerprint| now.contains_key(fingerprint));
        // another reason that has not settled yet is waited for, so that both are told as one
        let coming = |gone: &Known| {
            let mut unsettled = self.unsettled.keys().filter(|one| !new.contains(one));
            unsettled.any(|one| {
                let other = now.get(one);
                other.is_some_and(|other| other.finding.subject == gone.finding.subject)
            })
        };
        gone.retain(|one| told.get(one).is_some_and(|gone| !coming(gone)));
        let mut gone: Vec<Known> = gone.iter().filter_map(|one| told.remove(one)).collect();
        let mut transitions = Vec::new();
        for fingerprint in new {
            let Some(one) = now.get(&fingerprint) else {
                continue;
            };
            let is_same = |gone: &Known| gone.finding.subject == one.finding.subject;
            let before = gone
                .iter()
                .position(is_same)
                .map(|place| gone.remove(place));
            transitions.push(match before {
                Some(before) => one.transition(Became::Changed, Some(before.finding), at),
                None => one.transition(Became::New, None, at),
            });
            told.insert(fingerprint, one.clone());
        }
        transitions.extend(
            gone.iter()
                .map(|one| one.transition(Became::Solved, None, at)),
        );
        transitions
    }

    /// Whether something differs that has not settled yet.
    pub fn is_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }
}

impl Known {
    fn transition(&self, transition: Became, before: Option<Finding>, at: Timestamp) -> Transition {
        let since = self
            .since
            .map(|since| at.duration_since(since).as_secs().max(0));
        Transition {
            schema: WATCH_SCHEMA,
            at: at.to_string(),
            transition,
            finding: self.finding.clone(),
            before,
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
    for one in &report.diagnoses {
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
        add(&mut known, finding, since(longest));
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
        add(&mut known, finding, since(one.object.since_seconds));
    }
    known
}

/// Those of one fingerprint as one: unexplained objects of one owner have an entry each.
fn add(known: &mut BTreeMap<String, Known>, finding: Finding, since: Option<Timestamp>) {
    match known.get_mut(&finding.fingerprint) {
        Some(one) => {
            one.finding.affected += finding.affected;
            one.since = [one.since, since].into_iter().flatten().min();
        }
        None => {
            known.insert(finding.fingerprint.clone(), Known { finding, since });
        }
    }
}
