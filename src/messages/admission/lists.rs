//! Refusals that list resources, bounds or checks.

use super::{Bound, Breach, Denial};
use crate::messages::form::{contains, match_full, position, search};
use crate::messages::text;

/// Quotas, limit ranges and PodSecurity.
pub(super) fn read(said: &str) -> Option<Denial> {
    // a webhook may quote any of these words
    if search("admission webhook \"{}\" denied", said).is_some() {
        return None;
    }
    quota(said)
        .or_else(|| must_specify(said))
        .or_else(|| pod_security(said))
        .or_else(|| limit_range(said))
}

/// `exceeded quota: small, requested: cpu=2,pods=1, used: cpu=3,pods=9, limited: cpu=4,pods=9`.
fn quota(said: &str) -> Option<Denial> {
    let captures = search(
        "exceeded quota: {}, requested: {*}, used: {*}, limited: {*}",
        said,
    )?;
    let (requested, used, limited) = (
        pairs(captures.get(1)),
        pairs(captures.get(2)),
        pairs(captures.get(3)),
    );
    Some(Denial::QuotaExceeded {
        quota: captures.own(0),
        requested,
        used,
        limited,
    })
}

/// `cpu=2,memory=1Gi`, up to the first blank: other sentences may follow.
fn pairs(list: &str) -> Vec<(String, String)> {
    let list = list
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', ';', ',', ']', ')', '"']);
    list.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(resource, quantity)| (resource.to_owned(), quantity.to_owned()))
        .collect()
}

/// `failed quota: small: must specify limits.cpu for: app,log; limits.memory for: app`; containers are named since 1.27.
fn must_specify(said: &str) -> Option<Denial> {
    let captures = search("failed quota: {}: must specify {*}", said)?;
    let list = captures.get(1);
    let resources: Vec<_> = if list.contains(" for: ") {
        list.split("; ")
            .filter_map(|item| item.split_once(" for: "))
            .map(|(resource, who)| format!("{resource}: {}", first_word(who)))
            .collect()
    } else {
        first_word(list).split(',').map(str::to_owned).collect()
    };
    Some(Denial::QuotaMustSpecify {
        quota: captures.own(0),
        resources: resources
            .into_iter()
            .filter(|resource| !resource.is_empty())
            .collect(),
    })
}

fn first_word(text: &str) -> &str {
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', ';', ','])
}

/// The checks of PodSecurity, each with its details in brackets that hold commas themselves.
fn pod_security(said: &str) -> Option<Denial> {
    let captures = search("violates PodSecurity \"{}\": {*}", said)?;
    let (mut depth, mut start, mut violations) = (0_i32, 0, Vec::new());
    let list = captures.get(1);
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                violations.push(list.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    violations.push(list.get(start..).unwrap_or_default());
    let violations = violations
        .into_iter()
        .map(str::trim)
        .filter(|check| !check.is_empty())
        .map(str::to_owned)
        .collect();
    Some(Denial::PodSecurity {
        level: captures.own(0),
        violations,
    })
}

/// Bounds of a LimitRange, alone or as `[a, b]` with full stops or without.
fn limit_range(said: &str) -> Option<Denial> {
    const STARTS: [&str; 3] = ["minimum ", "maximum ", " max limit to request ratio "];
    let mut starts: Vec<usize> = Vec::new();
    for start in STARTS {
        let mut from = 0;
        while let Some(found) = said.get(from..).and_then(|rest| position(rest, start)) {
            // the resource of a ratio stands before its words
            let at = from + found;
            starts.push(if start.starts_with(' ') {
                word_before(said, at)
            } else {
                at
            });
            from = at + start.len();
        }
    }
    starts.sort_unstable();
    let ends = starts
        .iter()
        .skip(1)
        .copied()
        .chain(std::iter::once(said.len()));
    let breaches: Vec<_> = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| breach(said.get(*start..end)?))
        .collect();
    (!breaches.is_empty()).then_some(Denial::LimitRange(breaches))
}

/// Whether the limit breaks a bound, or is the one that is missing.
fn is_of_limit(said: &str) -> bool {
    contains(said, "but limit is") || contains(said, "No limit is specified")
}

fn word_before(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |head| {
        head.trim_end_matches(|c: char| !c.is_whitespace() && c != '[')
            .len()
    })
}

fn breach(said: &str) -> Option<Breach> {
    // plugin/pkg/admission/limitranger: minConstraint, maxConstraint, limitRequestRatioConstraint
    const FORMS: [(&str, Bound); 8] = [
        (
            "minimum {} usage per {} is {}, but request is {}",
            Bound::Minimum,
        ),
        (
            "minimum {} usage per {} is {}, but limit is {}",
            Bound::Minimum,
        ),
        (
            "minimum {} usage per {} is {}. No request is specified",
            Bound::Minimum,
        ),
        (
            "maximum {} usage per {} is {}, but limit is {}",
            Bound::Maximum,
        ),
        (
            "maximum {} usage per {} is {}, but request is {}",
            Bound::Maximum,
        ),
        (
            "maximum {} usage per {} is {}. No {} is specified",
            Bound::Maximum,
        ),
        (
            "{} max limit to request ratio per {} is {}, but provided ratio is {}",
            Bound::Ratio,
        ),
        (
            "{} max limit to request ratio per {} is {}, but no {} is specified{*}",
            Bound::Ratio,
        ),
    ];
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = said.trim_end_matches([']', ',', '.', ';', ' ']);
    let (captures, bound) = FORMS.iter().find_map(|(form, bound)| {
        match_full(form, said)
            .or_else(|| search(form, said))
            .map(|captures| (captures, *bound))
    })?;
    let asked = text::after(said, " is specified")
        .is_none()
        .then(|| captures.get(3).trim_end_matches([']', '.', ',']).to_owned());
    Some(Breach {
        bound,
        resource: captures.own(0),
        kind: captures.own(1),
        limit: captures.own(2),
        of_limit: bound == Bound::Ratio || is_of_limit(said),
        asked: asked.filter(|asked| !asked.is_empty()),
    })
}
