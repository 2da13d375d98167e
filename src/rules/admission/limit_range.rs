//! A LimitRange refuses the pods or claims of a workload, or gives a container a limit below what it asks for.
//!
//! Source: kubernetes `plugin/pkg/admission/limitranger` (1.37): defaults come first, then all bounds are checked; the message
//! names no container.

use super::default_limit;
use super::limit_range_fixes;
use super::limits::{Told, quantity, ranges};
use super::refusal::{Refusal, SEEN_AS};
use crate::messages::admission::{Bound, Breach, Denial};
use crate::rules::finding::Finding;
use crate::rules::shared::refused::WorkloadCase;
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Fact, Message, Sentence, say};

/// `limit-range`
pub static RULE: Rule = Rule {
    cause: "limit-range",
    layer: Layer::Admission,
    title: "a LimitRange does not admit what containers ask for",
    seen_as: SEEN_AS,
    explanation: include_str!("limit_range.md"),
    reads: &[
        Kind::LimitRange,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::Job,
        Kind::ReplicationController,
    ],
    refines: &["invalid-spec"],
    root: Root::Subject,
    check: Check::Workload(check),
};

fn check(case: &WorkloadCase<'_>) -> Vec<Finding> {
    let finding = Refusal::of(case).and_then(|refusal| {
        let breaches = match &refusal.refused.denial {
            Denial::LimitRange(breaches) => breaches.clone(),
            Denial::Invalid(faults) => {
                return default_limit::of(&refusal, faults);
            }
            _ => return None,
        };
        Some(finding(&refusal, &breaches))
    });
    finding.into_iter().collect()
}

fn finding(refusal: &Refusal<'_, '_>, breaches: &[Breach]) -> Finding {
    let case = refusal.case;
    let told: Vec<Told<'_>> = breaches
        .iter()
        .map(|breach| Told::of(case, breach))
        .collect();
    let is_whole = case.snapshot.limit_ranges().whole(case.namespace()).is_ok();
    let is_over = is_whole && told.iter().all(|one| one.ranges.is_empty());
    let mut names: Vec<String> = told.iter().flat_map(|one| one.ranges.clone()).collect();
    names.sort();
    names.dedup();
    let headline = if is_over {
        say!(
            "limit-range.over",
            "a LimitRange that was changed since refused {what}: {breaches}"
        )
    } else {
        say!(
            "limit-range.headline",
            "LimitRange[ {ranges}] does not admit {what}: {breaches}"
        )
    };
    let phrases: Vec<Message> = told.iter().map(phrase).collect();
    let has_names = !names.is_empty();
    refusal
        .finding(case.subject(), headline)
        .why(say!(
            "limit-range.why",
            "its bounds are checked on each {kind} that is made, with its defaults filled in; {again}"
        ))
        .fact("breaches", phrases)
        .fact("kind", breaches.first().map_or("Container", |one| one.kind.as_str()))
        .when(has_names, |finding| finding.fact("ranges", names.clone()))
        .evidence(told.iter().flat_map(|one| bounds(case, one)))
        .fix(limit_range_fixes::of(refusal, &told, is_over))
        .inspect(look(case, &names))
}

/// What shows the bounds.
pub(super) fn look(case: &WorkloadCase<'_>, names: &[String]) -> String {
    match names {
        [name] => {
            let range = ObjectRef::new(Kind::LimitRange, case.namespace(), name);
            case.kubectl(["describe", &range.argument()])
        }
        _ => case.kubectl(["get", "limits", "-o", "yaml"]),
    }
}

/// What breaks a bound, and whose.
fn phrase(told: &Told<'_>) -> Message {
    let breach = told.breach;
    let sentence = match (breach.bound, breach.asked.is_some()) {
        (Bound::Ratio, true) => say!(
            "limit-range.ratio",
            "[{containers|container {containers}|containers {containers}}: ]limit of {resource} is {asked} times the request, at most {limit} times is admitted"
        ),
        (Bound::Ratio, false) => say!(
            "limit-range.no-ratio",
            "{resource} needs a request and a limit, of which one is at most {limit} times the other"
        ),
        (_, false) => say!(
            "limit-range.none-set",
            "[{containers|container {containers} sets|containers {containers} set} ]no {field} of {resource}, which has to be {bound} {limit}"
        ),
        (_, true) => say!(
            "limit-range.beyond",
            "[{containers|container {containers}|containers {containers}}: ]{field} of {resource} is {asked}, has to be {bound} {limit}"
        ),
    };
    let facts = Message::new(sentence)
        .fact("resource", breach.resource.as_str())
        .fact("limit", breach.limit.as_str())
        .fact("field", field(breach))
        .fact("bound", bound(breach.bound))
        .fact_if("asked", asked(breach));
    let containers = told.names();
    let containers = (!containers.is_empty()).then_some(containers);
    let facts = facts.fact_if("containers", containers);
    let phrase = Message::with(sentence, &[&facts.args]);
    let whole = match breach.kind.as_str() {
        "Pod" => Message::new(say!("limit-range.whole-pod", "the whole pod")),
        "PersistentVolumeClaim" => Message::new(say!("limit-range.claim", "the claim")),
        _ => return phrase,
    };
    Message::new(say!("limit-range.of-whole", "{whole}: {breach}"))
        .fact("whole", whole)
        .fact("breach", phrase)
}

/// An amount for people; a ratio without its noughts.
fn asked(breach: &Breach) -> Option<Fact> {
    let text = breach.asked.as_deref()?;
    let amount = quantity(text).filter(|_| breach.bound != Bound::Ratio);
    let amount = amount.map(|amount| Fact::amount(amount, &breach.resource));
    Some(amount.unwrap_or_else(|| Fact::from(short(text))))
}

/// `10.000000` is 10.
fn short(asked: &str) -> String {
    match asked.split_once('.') {
        Some((whole, rest)) if rest.chars().all(|c| c == '0') => whole.to_owned(),
        _ => asked.to_owned(),
    }
}

fn field(breach: &Breach) -> Sentence {
    if breach.of_limit {
        say!("limit-range.limit", "limit")
    } else {
        say!("limit-range.request", "request")
    }
}

fn bound(bound: Bound) -> Sentence {
    match bound {
        Bound::Minimum => say!("limit-range.minimum", "at least"),
        Bound::Maximum | Bound::Ratio => say!("limit-range.maximum", "at most"),
    }
}

/// The bounds as they are now.
fn bounds(case: &WorkloadCase<'_>, told: &Told<'_>) -> Vec<Evidence> {
    let named = ranges(case).filter(|(name, _)| told.ranges.iter().any(|one| one == name));
    let quote = |(name, _): (&str, _)| {
        let (kind, field) = (told.breach.kind.as_str(), told.field());
        let path = format!("spec.limits[{kind}].{field}[{}]", told.breach.resource);
        let range = ObjectRef::new(Kind::LimitRange, case.namespace(), name);
        case.field_of(range, path, told.breach.limit.as_str())
    };
    named.map(quote).collect()
}
