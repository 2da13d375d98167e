//! What the causes share for which Kubernetes taints a node after one of its conditions.

use crate::kubernetes::shell;
use crate::messages::scheduler::{NodeCondition, Reason};
use crate::rules::Case;
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::taint_meaning::{Meaning, meaning};
use crate::scheduler::{FilterFailure, What};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::triage::Subject;
use std::collections::BTreeSet;

/// The most nodes whose condition is quoted.
const QUOTED: usize = 3;

/// The match, and what the taints mean on which it rests.
pub(super) fn find<'e>(
    case: &'e Case<'_>,
    wanted: fn(Meaning) -> bool,
) -> Option<(Match<'e>, BTreeSet<Meaning>)> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| of_failure(failure).is_some_and(wanted),
        reason: |reason: &Reason| {
            of_reason(reason)
                .filter(|meaning| wanted(*meaning))
                .map(|_| Certainty::Likely)
        },
    };
    let matched = Match::find(case, &pattern)?;
    let computed: BTreeSet<Meaning> = matched
        .failures()
        .filter_map(|(_, failure)| of_failure(failure))
        .collect();
    let meanings = if computed.is_empty() {
        matched
            .clauses
            .iter()
            .filter_map(|clause| of_reason(&clause.reason))
            .collect()
    } else {
        computed
    };
    Some((matched, meanings))
}

fn of_failure(failure: &FilterFailure) -> Option<Meaning> {
    match &failure.what {
        What::Taint { key, .. } => meaning(key),
        _ => None,
    }
}

/// Versions before 1.12 named conditions themselves.
fn of_reason(reason: &Reason) -> Option<Meaning> {
    match reason {
        Reason::UntoleratedTaint {
            taint: Some((key, _)),
        } => meaning(key),
        Reason::NodeCondition(condition) => match condition {
            NodeCondition::NotReady => Some(Meaning::NotReady),
            NodeCondition::NetworkUnavailable => Some(Meaning::NetworkUnavailable),
            NodeCondition::MemoryPressure => Some(Meaning::MemoryPressure),
            NodeCondition::DiskPressure | NodeCondition::OutOfDisk => Some(Meaning::DiskPressure),
            NodeCondition::PidPressure => Some(Meaning::PidPressure),
            NodeCondition::Unknown => None,
        },
        _ => None,
    }
}

/// Adds which nodes they are, their own conditions, and where to look.
pub(super) fn with_conditions(case: &Case<'_>, matched: &Match<'_>, finding: Finding) -> Finding {
    let describe = match matched.places.first() {
        Some(place) => shell::cluster(["describe", &format!("node/{}", place.result.node)]),
        None => shell::cluster(["describe", "nodes"]),
    };
    let quotes = matched.failures().filter_map(|(node, failure)| {
        let r#type = of_failure(failure)?.condition()?;
        quoted(case, node, r#type)
    });
    // a node not ready for NoSchedule and NoExecute has two taints and one condition
    let quotes: BTreeSet<Evidence> = quotes.collect();
    finding
        .fact("where", matched.whereabouts())
        .evidence(quotes.into_iter().take(QUOTED))
        .inspect(describe)
}

/// Quotes a node's condition: its reason and message, or its status where it has neither.
pub(super) fn quoted<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    node: &str,
    r#type: &str,
) -> Option<Evidence> {
    let condition = case
        .snapshot
        .nodes()
        .get("", node)
        .yes()?
        .condition(r#type)?;
    let texts = [condition.reason.as_deref(), condition.message.as_deref()];
    let texts: Vec<&str> = texts
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    let (field, quote) = if texts.is_empty() {
        ("status", condition.status.to_string())
    } else {
        ("message", texts.join(": "))
    };
    Some(case.field_of(
        ObjectRef::new(Kind::Node, "", node),
        format!("status.conditions[{type}].{field}", type = r#type),
        quote,
    ))
}
