//! What to change so that a pod is not evicted again.

use crate::messages::eviction::Eviction;
use crate::rules::finding::{Fix, Who};
use crate::text::say;

/// Nothing where the message does not tell why.
pub(super) fn fix(eviction: &Eviction) -> Option<Fix> {
    let (change, who) = match eviction {
        Eviction::NodePressure { resource, .. } if resource == "inodes" || resource == "pids" => (
            say!(
                "evicted.find-users",
                "find what uses the {resource} of node {node}: very many small files, or very many processes"
            ),
            Who::Admin,
        ),
        Eviction::NodePressure { .. } => (
            say!(
                "evicted.request-what-is-used",
                "request as much {resource} as the containers use, so that the scheduler finds a node that has it"
            ),
            Who::Owner,
        ),
        Eviction::ContainerLimit { .. } => (
            say!(
                "evicted.raise-container-limit",
                "raise the ephemeral-storage limit of container {container} above {limit}, or write to a volume"
            ),
            Who::Owner,
        ),
        Eviction::PodLimit { .. } => (
            say!(
                "evicted.raise-limits",
                "raise the ephemeral-storage limits of the containers above {limit} together, or write to a volume"
            ),
            Who::Owner,
        ),
        Eviction::EmptyDirLimit { .. } => (
            say!(
                "evicted.raise-size-limit",
                "raise sizeLimit of emptyDir volume {volume} above {limit}, or let the program clear it"
            ),
            Who::Owner,
        ),
        Eviction::AtAdmission { .. } => (
            say!(
                "evicted.free-node",
                "free node {node} from {conditions}: old images and logs fill disks"
            ),
            Who::Admin,
        ),
        _ => return None,
    };
    Some(Fix::advice(change, who))
}
