//! Whose pods hold what the pod wants: its own owner's, those of an older revision, or others.

use crate::kubernetes::shell;
use crate::rules::Case;
use crate::scheduler::Holder;
use crate::snapshot::{Kind, ObjectRef, Relation};
use crate::text::{Sentence, say};
use std::collections::BTreeSet;

/// What ends a rollout that waits for its own old pods.
pub(super) const REMOVE_FIRST: Sentence = say!(
    "holder-relation.remove-first",
    "let the rollout remove an old pod before it makes a new one: maxSurge 0, maxUnavailable 1"
);

/// How the holders are related to the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HolderRelation {
    /// Of the pod's Deployment, some of them of an older revision: a rolling update waits for them.
    Predecessors,
    /// All belong to the pod's own controller.
    Siblings,
    /// Some belong to another owner.
    Others,
}

impl HolderRelation {
    /// Of all holders together: the furthest relation of any.
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

/// What shows how a holder comes to hold it; who that is stands in the table of nodes.
pub(super) fn inspect(case: &Case<'_>, holder: &Holder) -> String {
    if HolderRelation::of(case, [holder]) != HolderRelation::Others {
        return case.kubectl(["describe", &case.subject().argument()]);
    }
    let pod = ObjectRef::new(Kind::Pod, &holder.namespace, &holder.name);
    let controller = holder.controller.as_deref();
    let daemons = controller.and_then(|controller| controller.strip_prefix("DaemonSet/"));
    let daemons = daemons.map(|name| ObjectRef::new(Kind::DaemonSet, &holder.namespace, name));
    let maker = daemons.unwrap_or(pod).argument();
    shell::kubectl(&holder.namespace, ["get", &maker, "-o", "yaml"])
}
