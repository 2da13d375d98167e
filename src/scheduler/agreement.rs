//! Sets our counts beside the scheduler's.
use super::{Agree, Agreement, NodeObstacles, Said};
use crate::snapshot::{Snapshot, StuckPod};

/// Compares.
pub(super) fn compare(
    _pod: &StuckPod,
    _snapshot: &Snapshot,
    _said: Option<&Said>,
    _nodes: Option<&[NodeObstacles]>,
) -> Agreement {
    Agreement {
        scheduler: Vec::new(),
        computed: Vec::new(),
        verdict: Agree::NotComparable,
        because: "not compared yet".to_owned(),
    }
}
