//! Why volume filters rejected nodes, and why the nodes that a volume can be used from were rejected.

use crate::kubernetes::node_terms::NodeRequirement;
use crate::messages::scheduler::Reason;
use crate::rules::Case;
use crate::rules::finding::{Certainty, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::rejection;
use crate::scheduler::{FilterFailure, NodeResult, VolumeFailure, What};
use crate::snapshot::Kind;
use crate::text::{Message, Sentence, say};

/// What it takes to tell where a bound volume can be used.
pub(super) const OF_BOUND_VOLUMES: &[Kind] = &[
    Kind::Node,
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
];

/// What a filter failure says of a volume.
pub(super) fn of(failure: &FilterFailure) -> Option<&VolumeFailure> {
    match &failure.what {
        What::Volume(failure) => Some(failure),
        _ => None,
    }
}

/// Whether a cause holds that is known by one kind of volume failure, or by one reason of the scheduler's message.
pub(super) fn matched<'e>(
    case: &'e Case<'_>,
    is_it: fn(&VolumeFailure) -> bool,
    reason: fn(&Reason) -> bool,
) -> Option<Match<'e>> {
    Match::find(
        case,
        &Pattern {
            failure: |failure: &FilterFailure| of(failure).is_some_and(is_it),
            reason: |clause: &Reason| reason(clause).then_some(Certainty::Likely),
        },
    )
}

/// The first volume failure, on the nearest node.
pub(super) fn first<'e>(matched: &Match<'e>) -> Option<&'e VolumeFailure> {
    matched.failures().find_map(|(_, failure)| of(failure))
}

/// The nodes without this volume failure, and why they were rejected.
pub(super) struct Elsewhere {
    /// Their names.
    pub(super) nodes: Vec<String>,
    /// Why, the most frequent reason first.
    pub(super) reasons: Vec<Message>,
    /// The label that the pod selects and all of them lack.
    selected: Option<NodeRequirement>,
}

impl Elsewhere {
    /// What lets the pod go to them; `clear` where they have not one thing in common.
    pub(super) fn fix(&self, clear: Sentence) -> Fix {
        let Some(selected) = &self.selected else {
            return Fix::advice(clear, Who::Owner);
        };
        let change = say!(
            "volume-failures.select-them",
            "remove {selected} from what the pod selects, or add a node there that has it"
        );
        Fix::advice(change, Who::Owner).fact("selected", selected.clone())
    }
}

/// The nodes from which the claim could be used.
pub(super) fn elsewhere(case: &Case<'_>, is_it: impl Fn(&VolumeFailure) -> bool) -> Elsewhere {
    let nodes = case
        .scheduling()
        .and_then(|examination| examination.nodes());
    let reaches = |node: &&NodeResult| {
        let mut failures = node.failures.iter().filter_map(of);
        !failures.any(&is_it)
    };
    let reaching: Vec<&NodeResult> = nodes.unwrap_or_default().iter().filter(reaches).collect();
    let label = |node: &NodeResult| {
        let mut failures = node.failures.iter();
        failures.find_map(|one| match &one.what {
            What::Label { wanted, .. } => Some(wanted.clone()),
            _ => None,
        })
    };
    let labels: Option<Vec<NodeRequirement>> = reaching.iter().map(|node| label(node)).collect();
    let first = labels.as_ref().and_then(|labels| labels.first().cloned());
    let is_one = labels.is_some_and(|labels| labels.iter().all(|one| Some(one) == first.as_ref()));
    Elsewhere {
        selected: first.filter(|_| is_one),
        nodes: reaching.iter().map(|node| node.node.to_string()).collect(),
        reasons: rejection::reasons(reaching, |_| false),
    }
}
