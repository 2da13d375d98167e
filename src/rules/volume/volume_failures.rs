//! What the volume filters found on the nodes, and what else stands on the nodes that a volume can be used from.

use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::rules::finding::Certainty;
use crate::rules::shared::matching::{Match, Pattern};
use crate::scheduler::{FilterFailure, NodeResult, VolumeFailure, What};
use crate::snapshot::Kind;
use std::collections::BTreeSet;

/// What it takes to tell where a bound volume can be used.
pub(super) const OF_BOUND_VOLUMES: &[Kind] = &[
    Kind::Node,
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
];

/// The trouble of an filter failure.
pub(super) fn of(failure: &FilterFailure) -> Option<&VolumeFailure> {
    match &failure.what {
        What::Volume(failure) => Some(failure),
        _ => None,
    }
}

/// The grounds of a cause that one kind of trouble or one reason is known by.
pub(super) fn matched<'e>(
    case: &'e Case<'_>,
    is_it: fn(&VolumeFailure) -> bool,
    reason: fn(&Reason) -> bool,
) -> Option<Match<'e>> {
    Match::find(
        case,
        &Pattern {
            failure: |failure: &FilterFailure| of(failure).is_some_and(is_it),
            reason: |said: &Reason| reason(said).then_some(Certainty::Likely),
        },
    )
}

/// The first trouble, on the nearest node.
pub(super) fn first<'e>(matched: &Match<'e>) -> Option<&'e VolumeFailure> {
    matched.failures().find_map(|(_, failure)| of(failure))
}

/// The nodes without this trouble, and why each node was rejected there.
pub(super) struct Elsewhere {
    /// Their names.
    pub(super) nodes: Vec<String>,
    /// The scheduler's words for what stands there, each once.
    pub(super) reasons: String,
}

/// Looks at the nodes from which the claim could be used.
pub(super) fn elsewhere(case: &Case<'_>, is_it: impl Fn(&VolumeFailure) -> bool) -> Elsewhere {
    let nodes = case
        .scheduling()
        .and_then(|examination| examination.nodes());
    let troubled = |node: &&NodeResult| {
        let mut failures = node.failures.iter().filter_map(of);
        !failures.any(&is_it)
    };
    let free: Vec<&NodeResult> = nodes.unwrap_or_default().iter().filter(troubled).collect();
    let reasons: BTreeSet<&str> = free
        .iter()
        .flat_map(|node| &node.failures)
        .map(|failure| failure.reason.as_str())
        .collect();
    Elsewhere {
        nodes: free.iter().map(|node| node.node.clone()).collect(),
        reasons: Vec::from_iter(reasons).join("; "),
    }
}
