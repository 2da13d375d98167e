//! Two reports compared, by fingerprint. What one of them cannot tell of is neither new nor gone.
//!
//! Everything that needs an explanation is in a report exactly once, explained or not. So a pod that was read and is in
//! none of its entries is not stuck, whatever else could not be read; of other objects what their cause is known by
//! must have been, too.

use crate::report::{
    Changed, DIFF_SCHEMA, Diff, Finding, Past, PastFinding, PastGap, ScopeReport, Side, Still,
    Unknown, WhyUnknown,
};
use crate::snapshot::{Kind, ObjectRef, Why};
use std::collections::{BTreeMap, BTreeSet};

/// What became of everything.
pub fn diff(before: &Past, after: &Past) -> Diff {
    let is = merged(after.shown());
    let silenced: BTreeSet<&str> = after
        .silenced()
        .map(|one| one.fingerprint.as_str())
        .collect();
    let was = merged(before.shown().chain(before.silenced()));
    let is_shown = |one: &PastFinding| is.iter().any(|other| other.fingerprint == one.fingerprint);
    let is_hidden =
        |one: &PastFinding| silenced.contains(one.fingerprint.as_str()) && !is_shown(one);
    let (hidden, was): (Vec<_>, Vec<_>) = was.iter().partition(|one| is_hidden(one));
    let mut left = Left {
        was,
        is: is.iter().collect(),
    };
    let still = left.pairs(|one| (one.fingerprint.as_str(), one.certainty.as_deref()));
    let mut changed = left.pairs(|one| one.fingerprint.as_str());
    changed.extend(left.pairs(|one| (&one.subject, one.cause())));
    changed.extend(left.pairs(|one| &one.subject));
    let (gone, mut unknown) = told(&left.was, after, before, false);
    let (new, not_then) = told(&left.is, before, after, true);
    unknown.extend(not_then);
    Diff {
        schema: DIFF_SCHEMA,
        before: side(before),
        after: side(after),
        new,
        changed: changed.into_iter().map(Changed::from).collect(),
        still: still.into_iter().map(Still::from).collect(),
        gone,
        unknown,
        silenced: hidden.len(),
    }
}

/// Those of one fingerprint and certainty as one: unexplained objects of one owner have an entry each.
fn merged<'p>(all: impl Iterator<Item = &'p PastFinding>) -> Vec<PastFinding> {
    let mut places: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let mut merged: Vec<PastFinding> = Vec::new();
    for one in all {
        let key = (one.fingerprint.as_str(), one.certainty.as_deref());
        let at = *places.entry(key).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(known) => {
                known.affected.extend(one.objects().cloned());
                known.unlisted += one.unlisted;
            }
            None => merged.push(one.clone()),
        }
    }
    merged
}

/// What has no counterpart yet.
struct Left<'p> {
    was: Vec<&'p PastFinding>,
    is: Vec<&'p PastFinding>,
}

impl<'p> Left<'p> {
    /// Takes out those that agree in `key`, each once.
    fn pairs<K: Ord>(
        &mut self,
        key: impl Fn(&'p PastFinding) -> K,
    ) -> Vec<(&'p PastFinding, &'p PastFinding)> {
        let mut known: BTreeMap<K, Vec<&'p PastFinding>> = BTreeMap::new();
        for one in self.was.drain(..).rev() {
            known.entry(key(one)).or_default().push(one);
        }
        let mut pairs = Vec::new();
        self.is.retain(|one| {
            let other = known.get_mut(&key(one)).and_then(Vec::pop);
            pairs.extend(other.map(|other| (other, *one)));
            other.is_none()
        });
        self.was = known.into_values().flatten().collect();
        pairs
    }
}

impl From<(&PastFinding, &PastFinding)> for Changed {
    fn from((before, after): (&PastFinding, &PastFinding)) -> Self {
        Changed {
            before: finding(before),
            after: finding(after),
        }
    }
}

impl From<(&PastFinding, &PastFinding)> for Still {
    fn from((before, after): (&PastFinding, &PastFinding)) -> Self {
        Still {
            finding: finding(after),
            affected_before: finding(before).affected,
        }
    }
}

fn finding(one: &PastFinding) -> Finding {
    let objects: BTreeSet<&ObjectRef> = one.objects().collect();
    Finding {
        fingerprint: one.fingerprint.clone(),
        cause: one.cause().to_owned(),
        certainty: one.certainty.clone(),
        subject: one.subject.clone(),
        headline: one.headline.clone(),
        affected: objects.len() + one.unlisted,
    }
}

fn side(past: &Past) -> Side {
    Side {
        as_of: past.as_of.clone(),
        scope: past.scope.clone(),
    }
}

/// Of what the one report has and the other has not: where the other can tell that it is not so, and where it cannot.
fn told(
    found: &[&PastFinding],
    by: &Past,
    in_report: &Past,
    is_stuck_now: bool,
) -> (Vec<Finding>, Vec<Unknown>) {
    let mut absent = Vec::new();
    let mut unknown = Vec::new();
    for one in found {
        let finding = finding(one);
        match why_unknown(one, by, in_report) {
            Some(why) => unknown.push(Unknown {
                finding,
                is_stuck_now,
                why,
            }),
            None => absent.push(finding),
        }
    }
    (absent, unknown)
}

fn why_unknown(one: &PastFinding, by: &Past, in_report: &Past) -> Option<WhyUnknown> {
    if !was_asked(one, by, in_report) {
        return Some(WhyUnknown::NotAsked);
    }
    let is_blind = |object: &ObjectRef| {
        !by.was_read(object) || by.gaps.iter().any(|gap| hides(gap, one, object))
    };
    one.objects().any(is_blind).then_some(WhyUnknown::NotRead)
}

fn was_asked(one: &PastFinding, by: &Past, in_report: &Past) -> bool {
    let scope = &by.scope;
    let is_within = |object: &ObjectRef| {
        let Some(namespace) = &object.namespace else {
            return true;
        };
        scope
            .namespace
            .as_ref()
            .is_none_or(|asked| asked == namespace)
            && !scope.exclude_namespaces.contains(namespace)
    };
    let is_named = |object: &ObjectRef| {
        let short = object.short();
        let with_namespace = object.namespace.as_ref().map(|of| format!("{of}/{short}"));
        let words = [Some(short), with_namespace, Some(object.kind.clone())].into_iter();
        words.flatten().any(|word| scope.targets.contains(&word))
    };
    let narrowed = |scope: &ScopeReport| {
        let selectors = (scope.selector.clone(), scope.field_selector.clone());
        (scope.targets.clone(), selectors)
    };
    let as_narrow = narrowed(scope) == narrowed(&in_report.scope);
    let is_free = narrowed(scope) == narrowed(&ScopeReport::default());
    let admits = |only: &[String], word: Option<&str>| {
        only.is_empty() || word.is_some_and(|word| only.iter().any(|one| one == word))
    };
    one.objects().all(is_within)
        && (is_free || as_narrow || is_named(&one.subject))
        && admits(&scope.causes, Some(one.cause()))
        && admits(&scope.layers, one.layer())
        && scope
            .min_certainty
            .as_deref()
            .is_none_or(|least| one.is_at_least(least))
}

/// Whether the report could not tell of the object for want of what is missing here.
fn hides(gap: &PastGap, one: &PastFinding, object: &ObjectRef) -> bool {
    let is_missed = gap.why != Why::NotAsked.as_str();
    let is_there = (gap.namespace.is_none() || gap.namespace == object.namespace)
        && gap.name.as_ref().is_none_or(|name| *name == object.name);
    let is_needed = object.kind != Kind::Pod.as_str()
        && gap.name.is_none()
        && gap.affects.iter().any(|cause| cause == one.cause());
    is_missed && (is_there && gap.kind == object.kind || is_needed)
}
