//! How the pods that stand in the way are related to the one that waits, all in all.

use crate::rules::Case;
use crate::scheduler::Holder;
use crate::snapshot::Relation;
use std::collections::BTreeSet;

/// How the holders stand to the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HolderRelation {
    /// Of the pod's Deployment, and some of its older ReplicaSets: a rolling update waits for them.
    Predecessors,
    /// All belong to the pod's own controller.
    Siblings,
    /// Some belong to somebody else.
    Others,
}

impl HolderRelation {
    /// The kinship of all holders together.
    pub(super) fn of<'h>(case: &Case<'_>, holders: impl IntoIterator<Item = &'h Holder>) -> Self {
        // thousands of pods have a few controllers
        let holders = holders.into_iter();
        let makers: BTreeSet<(&str, Option<&str>)> = holders
            .map(|holder| (holder.namespace.as_str(), holder.controller.as_deref()))
            .collect();
        let relation =
            |(namespace, controller)| case.snapshot.relation(case.pod(), namespace, controller);
        let furthest = makers.into_iter().map(relation).max();
        match furthest {
            Some(Relation::SameOwner) => HolderRelation::Siblings,
            Some(Relation::PreviousRevision) => HolderRelation::Predecessors,
            Some(Relation::Other) | None => HolderRelation::Others,
        }
    }
}
