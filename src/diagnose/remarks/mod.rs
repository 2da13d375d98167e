//! What is worth knowing of something that was named and is well: no cause, since nothing is stuck, and no reason to worry.
//!
//! One file a topic. What does not belong here: what keeps something stuck (`rules`).

mod daemon_set;
mod leaving;
mod probe;

use crate::report::Remark;
use crate::rules::shared::{autoscaler, drain};
use crate::snapshot::{Kind, ObjectRef, Snapshot};

/// Budgets that are told of.
const BUDGETS: usize = 3;

/// What there is to say of an object.
pub(super) fn of(object: &ObjectRef, snapshot: &Snapshot<'_>) -> Vec<Remark> {
    let remark = |(message, proof)| Remark::new(message, proof);
    match object.known_kind() {
        Some(Kind::Pod) => {
            let probe = probe::remark(object, snapshot);
            let leaving = leaving::of_pod(object, snapshot);
            probe.into_iter().chain(leaving).collect()
        }
        Some(Kind::Node) => {
            let leaving = leaving::of_node(&object.name, snapshot);
            let drain = drain::waits_for(&object.name, snapshot);
            leaving
                .into_iter()
                .chain(drain.map(remark).take(BUDGETS))
                .collect()
        }
        Some(Kind::DaemonSet) => daemon_set::remark(object, snapshot).into_iter().collect(),
        Some(kind) if kind.scales() => {
            let trouble = autoscaler::trouble(object, snapshot);
            trouble.map(remark).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
