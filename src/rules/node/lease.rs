//! When the kubelet of a node was last heard of, by the Lease that it renews.

use crate::rules::Case;
use crate::snapshot::{Evidence, Kind, NODE_LEASES, ObjectRef};
use crate::triage::Subject;
use jiff::Timestamp;

/// When it renewed its Lease, where that was read, and the quote.
pub(super) fn renewed<'a, S: Subject<'a>>(
    case: &Case<'a, S>,
    node: &str,
) -> Option<(Timestamp, Evidence)> {
    let lease = case.snapshot.leases().get(NODE_LEASES, node).yes()?;
    let renewed = lease.renewed?;
    let object = ObjectRef::new(Kind::Lease, NODE_LEASES, node);
    Some((
        renewed,
        case.field_of(object, "spec.renewTime", renewed.to_string()),
    ))
}
