//! What is worth knowing of something that was named and is well: no cause, since nothing is stuck, and no reason to worry.
//!
//! One file a topic. What does not belong here: what keeps something stuck (`rules`).

mod autoscaler;
mod budget;
mod daemon_set;
mod probe;

use crate::report::Remark;
use crate::snapshot::{Kind, ObjectRef, Snapshot};

/// What there is to say of an object.
pub(super) fn of(object: &ObjectRef, snapshot: &Snapshot<'_>) -> Vec<Remark> {
    match object.known_kind() {
        Some(Kind::Pod) => probe::remark(object, snapshot).into_iter().collect(),
        Some(Kind::Node) => budget::remarks(&object.name, snapshot),
        Some(Kind::DaemonSet) => daemon_set::remark(object, snapshot).into_iter().collect(),
        Some(kind) if kind.scales() => autoscaler::remark(object, snapshot).into_iter().collect(),
        _ => Vec::new(),
    }
}
