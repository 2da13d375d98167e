//! What lets pods pass a LimitRange: the smallest change of the template that keeps to all of its bounds, or other bounds.

use super::limits::{Amounts, Told, bounds, quantity, ranges};
use super::refusal::Refusal;
use super::refusal::wait_for_next;
use super::refused_template::Template;
use crate::kubernetes::patch;
use crate::messages::admission::{Bound, Breach};
use crate::rules::finding::{Fix, Who};
use crate::rules::shared::refused::WorkloadCase;
use crate::snapshot::{Kind, Limit, ObjectRef};
use crate::text::{Message, Sentence, say};
use serde_json::Value;

/// Best first.
pub(super) fn of(refusal: &Refusal<'_, '_>, told: &[Told<'_>], is_over: bool) -> Vec<Fix> {
    let case = refusal.case;
    if is_over {
        return vec![wait_for_next(case)];
    }
    let other_bound = match told {
        [one] => other_bound(case, one),
        _ => None,
    };
    let kept = kept(case, told);
    let kept = kept.map_or_else(|| in_words(case, told), |fix| vec![fix]);
    kept.into_iter().chain(other_bound).collect()
}

/// The template with what each container that breaks a bound may ask for. None where that is not known, or not enough.
fn kept(case: &WorkloadCase<'_>, told: &[Told<'_>]) -> Option<Fix> {
    let mut template = Template::of(case)?;
    let mut containers: Vec<String> = Vec::new();
    let mut amounts: Vec<String> = Vec::new();
    for one in told {
        if one.containers.is_empty() {
            return None;
        }
        for (place, name) in &one.containers {
            for amount in keep(&mut template, place, one.breach)? {
                if !amounts.contains(&amount) {
                    amounts.push(amount);
                }
            }
            if !containers.contains(name) {
                containers.push(name.clone());
            }
        }
    }
    let change = Message::new(say!(
        "limit-range.keep",
        "set {amounts} of {containers|container {containers}|containers {containers}}"
    ))
    .fact("amounts", amounts)
    .fact("containers", containers);
    keeps_to_all(case, &template).then(|| template.fix(change))
}

/// Sets what the bound admits, and what has to go along with it: a request is never above its limit.
fn keep(template: &mut Template<'_, '_>, place: &str, breach: &Breach) -> Option<Vec<String>> {
    let resource = breach.resource.as_str();
    let container = template.spec.pointer(place)?.clone();
    let amounts = Amounts::of(&container, resource);
    let written = |field: &str| {
        let pointer = format!("/resources/{field}/{}", patch::escaped(resource));
        container.pointer(&pointer).is_some()
    };
    let bound = quantity(&breach.limit)?;
    let mut told = Vec::new();
    let mut set = |field: &str, amount: &str| {
        let step = patch::escaped(resource);
        template.set(&format!("{place}/resources/{field}/{step}"), amount);
        told.push(format!("{field}.{resource} {amount}"));
    };
    match (breach.bound, breach.of_limit) {
        (Bound::Ratio, _) => {
            let ratio = i64::try_from(bound.units())
                .ok()
                .filter(|ratio| *ratio > 0)?;
            let least = amounts.limit?.shared_by(ratio).rounded_for(resource);
            set("requests", &least.exact(resource));
        }
        (Bound::Maximum, true) => {
            set("limits", &breach.limit);
            if written("requests") && amounts.request > Some(bound) {
                set("requests", &breach.limit);
            }
        }
        (Bound::Minimum, true) => set("limits", &breach.limit),
        (Bound::Maximum, false) => set("requests", &breach.limit),
        (Bound::Minimum, false) => {
            set("requests", &breach.limit);
            if amounts.limit.is_some_and(|limit| limit < bound) {
                set("limits", &breach.limit);
            }
        }
    }
    Some(told)
}

/// Whether each container keeps to all bounds that were read, which is looked at again after the change.
fn keeps_to_all(case: &WorkloadCase<'_>, template: &Template<'_, '_>) -> bool {
    let limits = || {
        let all = ranges(case).flat_map(|(_, range)| &range.limits);
        all.filter(|limit| limit.kind == "Container")
    };
    let defaults: Vec<&Limit> = limits().collect();
    let keeps = |(_, container): &(String, Value)| {
        limits().all(|limit| {
            let amounts =
                |resource: &str| Amounts::of(container, resource).filled(&defaults, resource);
            let least = bounds(limit, Bound::Minimum)
                .iter()
                .all(|(resource, least)| {
                    let amounts = amounts(resource);
                    amounts.request >= Some(*least) && amounts.limit.is_none_or(|it| it >= *least)
                });
            let most = bounds(limit, Bound::Maximum)
                .iter()
                .all(|(resource, most)| {
                    let amounts = amounts(resource);
                    amounts.limit.is_some_and(|it| it <= *most) && amounts.request <= Some(*most)
                });
            let ratio = bounds(limit, Bound::Ratio).iter().all(|(resource, ratio)| {
                let amounts = amounts(resource);
                let ratio = i64::try_from(ratio.units()).unwrap_or(i64::MAX);
                let least = amounts.request.map(|request| request.times(ratio));
                amounts.limit.is_some() && least >= amounts.limit
            });
            least && most && ratio
        })
    };
    template.containers().iter().all(keeps)
}

/// Where what breaks the bound is no container of the template, or is not known.
fn in_words(case: &WorkloadCase<'_>, told: &[Told<'_>]) -> Vec<Fix> {
    let knows_template = Template::of(case).is_some();
    let words = |one: &Told<'_>| -> Fix {
        let is_nowhere = knows_template && one.containers.is_empty();
        let change: Sentence = match one.breach.kind.as_str() {
            "Pod" => say!(
                "limit-range.keep-pod",
                "let the containers of a pod together ask for {bound} {limit} of {resource}"
            ),
            "PersistentVolumeClaim" => say!(
                "limit-range.keep-claim",
                "ask for {bound} {limit} of {resource} in the claim template; that of a StatefulSet cannot be changed, so delete the StatefulSet alone (--cascade=orphan) and create it anew"
            ),
            _ if is_nowhere => say!(
                "limit-range.keep-added",
                "no container of the template asks for so much or so little {resource}: look for what adds a container to the pods, such as a service mesh, and let that keep to the bounds"
            ),
            _ => say!(
                "limit-range.keep-container",
                "let each container ask for {bound} {limit} of {resource}"
            ),
        };
        let is_ratio = one.breach.bound == Bound::Ratio;
        let change = if is_ratio {
            say!(
                "limit-range.keep-ratio",
                "bring requests and limits of {resource} nearer to each other: at most {limit} to 1"
            )
        } else {
            change
        };
        let bound = match one.breach.bound {
            Bound::Minimum => say!("limit-range.keep-minimum", "at least"),
            Bound::Maximum | Bound::Ratio => say!("limit-range.keep-maximum", "at most"),
        };
        let fix = Fix::advice(change, Who::Owner)
            .fact("bound", bound)
            .fact("limit", one.breach.limit.as_str())
            .fact("resource", one.breach.resource.as_str());
        fix.of_template()
    };
    told.iter().map(words).collect()
}

/// The bound set to what is asked for, where one LimitRange has it.
fn other_bound(case: &WorkloadCase<'_>, told: &Told<'_>) -> Option<Fix> {
    let [name] = told.ranges.as_slice() else {
        return None;
    };
    let (breach, field) = (told.breach, told.field());
    let asked = breach.asked.as_deref()?;
    // sums are told in bytes
    let exact = quantity(asked)?.exact(&breach.resource);
    let asked = if quantity(&exact) == quantity(asked) {
        exact
    } else {
        asked.to_owned()
    };
    let (_, range) = ranges(case).find(|(range, _)| range == name)?;
    let has_bound = |limit: &Limit| {
        let bound = bounds(limit, breach.bound).get(&breach.resource);
        limit.kind == breach.kind && bound.copied() == quantity(&breach.limit)
    };
    let place = range.limits.iter().position(has_bound)?;
    let path = format!(
        "/spec/limits/{place}/{field}/{}",
        patch::escaped(&breach.resource)
    );
    let patch = vec![patch::replace(&path, asked.as_str())];
    let change = match breach.bound {
        Bound::Minimum => say!(
            "limit-range.lower",
            "lower the minimum of LimitRange {range} to {asked}"
        ),
        Bound::Maximum => say!(
            "limit-range.raise",
            "raise the maximum of LimitRange {range} to {asked}"
        ),
        Bound::Ratio => return None,
    };
    let object = ObjectRef::new(Kind::LimitRange, case.namespace(), name);
    let fix = Fix::edit(change, Who::Admin, object, patch, &Value::Null);
    Some(fix.fact("range", name.as_str()).fact("asked", asked))
}
