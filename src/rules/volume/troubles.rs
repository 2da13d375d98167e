//! What the volume filters found on the nodes, and what else stands on the nodes that a volume can be used from.

use crate::finding::Certainty;
use crate::rules::Case;
use crate::rules::scheduling::grounds::{Grounds, Sought};
use crate::scheduler::message::Reason;
use crate::scheduler::{NodeObstacles, Obstacle, VolumeTrouble, What};
use crate::snapshot::Kind;
use std::collections::BTreeSet;

/// What it takes to tell where a bound volume can be used.
pub(super) const OF_BOUND_VOLUMES: &[Kind] = &[
    Kind::Node,
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
];

/// The trouble of an obstacle.
pub(super) fn of(obstacle: &Obstacle) -> Option<&VolumeTrouble> {
    match &obstacle.what {
        What::Volume(trouble) => Some(trouble),
        _ => None,
    }
}

/// The grounds of a cause that one kind of trouble or one reason is known by.
pub(super) fn grounds<'e>(
    case: &'e Case<'_>,
    is_it: fn(&VolumeTrouble) -> bool,
    reason: fn(&Reason) -> bool,
) -> Option<Grounds<'e>> {
    Grounds::find(
        case,
        &Sought {
            obstacle: |obstacle: &Obstacle| of(obstacle).is_some_and(is_it),
            reason: |said: &Reason| reason(said).then_some(Certainty::Likely),
        },
    )
}

/// The first trouble, on the nearest node.
pub(super) fn first<'e>(grounds: &Grounds<'e>) -> Option<&'e VolumeTrouble> {
    grounds.obstacles().find_map(|(_, obstacle)| of(obstacle))
}

/// The nodes without this trouble, and what stands against the pod there.
pub(super) struct Elsewhere {
    /// Their names.
    pub(super) nodes: Vec<String>,
    /// The scheduler's words for what stands there, each once.
    pub(super) reasons: String,
}

/// Looks at the nodes from which the claim could be used.
pub(super) fn elsewhere(case: &Case<'_>, is_it: impl Fn(&VolumeTrouble) -> bool) -> Elsewhere {
    let nodes = case
        .scheduling()
        .and_then(|examination| examination.nodes());
    let troubled = |node: &&NodeObstacles| {
        let mut troubles = node.obstacles.iter().filter_map(of);
        !troubles.any(&is_it)
    };
    let free: Vec<&NodeObstacles> = nodes.unwrap_or_default().iter().filter(troubled).collect();
    let reasons: BTreeSet<&str> = free
        .iter()
        .flat_map(|node| &node.obstacles)
        .map(|obstacle| obstacle.reason.as_str())
        .collect();
    Elsewhere {
        nodes: free.iter().map(|node| node.node.clone()).collect(),
        reasons: Vec::from_iter(reasons).join("; "),
    }
}
