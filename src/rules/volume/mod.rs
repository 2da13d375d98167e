//! Causes of the volume layer.
//!
//! What rules share stands in `class` (the StorageClass of a claim), `provisioning` (who makes its volume), `silent_provisioner`
//! (whether that one is there), `near_volume` (a volume that nearly fits it), `scheduler_message` and `claim_message` (what the
//! scheduler's message says of claims, and of such without a volume) and `volume_failures` (what the volume filters found).

mod claim_message;
mod class;
mod near_volume;
mod provisioning;
pub mod pvc_lost;
pub mod pvc_missing;
pub mod pvc_terminating;
mod scheduler_message;
mod silent_provisioner;
pub mod storage_capacity;
pub mod storageclass_missing;
pub mod unbound_pvc;
mod volume_failures;
pub mod volume_limit;
pub mod volume_node_affinity;
pub mod volume_restrictions;
pub mod volume_zone;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &pvc_missing::RULE,
    &storageclass_missing::RULE,
    &unbound_pvc::RULE,
    &pvc_lost::RULE,
    &pvc_terminating::RULE,
    &volume_node_affinity::RULE,
    &volume_zone::RULE,
    &volume_limit::RULE,
    &volume_restrictions::RULE,
    &storage_capacity::RULE,
];
