//! What the causes share that a node's condition makes by way of a taint.

use crate::finding::{Certainty, Evidence, Finding};
use crate::kubernetes::shell;
use crate::rules::Case;
use crate::rules::scheduling::grounds::{Grounds, Sought};
use crate::rules::scheduling::taint_meaning::{Meaning, meaning};
use crate::scheduler::message::{NodeCondition, Reason};
use crate::scheduler::{Obstacle, What};
use crate::snapshot::{Kind, ObjectRef};
use std::collections::BTreeSet;

/// The most nodes whose condition is quoted.
const QUOTED: usize = 3;

/// The grounds, and the meanings of the taints on which they rest.
pub(super) fn find<'e>(
    case: &'e Case<'_>,
    wanted: fn(Meaning) -> bool,
) -> Option<(Grounds<'e>, BTreeSet<Meaning>)> {
    let sought = Sought {
        obstacle: |obstacle: &Obstacle| of_obstacle(obstacle).is_some_and(wanted),
        reason: |reason: &Reason| {
            of_reason(reason)
                .filter(|meaning| wanted(*meaning))
                .map(|_| Certainty::Likely)
        },
    };
    let grounds = Grounds::find(case, &sought)?;
    let computed: BTreeSet<Meaning> = grounds
        .obstacles()
        .filter_map(|(_, obstacle)| of_obstacle(obstacle))
        .collect();
    let meanings = match computed.is_empty() {
        true => grounds
            .clauses
            .iter()
            .filter_map(|clause| of_reason(&clause.reason))
            .collect(),
        false => computed,
    };
    Some((grounds, meanings))
}

fn of_obstacle(obstacle: &Obstacle) -> Option<Meaning> {
    match &obstacle.what {
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
pub(super) fn with_conditions(case: &Case<'_>, grounds: &Grounds<'_>, finding: Finding) -> Finding {
    let look = match grounds.places.first() {
        Some(place) => shell::command(["kubectl", "describe", "node", place.node]),
        None => shell::command(["kubectl", "describe", "nodes"]),
    };
    let quotes = grounds.obstacles().filter_map(|(node, obstacle)| {
        let r#type = of_obstacle(obstacle)?.condition()?;
        condition(case, node, r#type)
    });
    // a node not ready for NoSchedule and NoExecute has two taints and one condition
    let quotes: BTreeSet<Evidence> = quotes.collect();
    finding
        .fact("where", grounds.whereabouts())
        .evidence(quotes.into_iter().take(QUOTED))
        .look(look)
}

fn condition(case: &Case<'_>, node: &str, r#type: &str) -> Option<Evidence> {
    let condition = case
        .snapshot
        .nodes()
        .get("", node)
        .yes()?
        .condition(r#type)?;
    let words = [condition.reason.as_deref(), condition.message.as_deref()];
    let words: Vec<&str> = words
        .into_iter()
        .flatten()
        .filter(|word| !word.is_empty())
        .collect();
    let quote = match words.is_empty() {
        true => format!("{} is {}", r#type, condition.status),
        false => words.join(": "),
    };
    Some(case.field_of(
        ObjectRef::new(Kind::Node, "", node),
        format!("status.conditions[{type}].message", type = r#type),
        quote,
    ))
}
