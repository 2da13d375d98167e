//! Causes of the volume layer.
//!
//! `class` the StorageClass of each, `volume_failures` what the scheduler's volume filters found on
//! the nodes; each cause looks at them in its own way.

mod class;
pub mod pvc_lost;
pub mod pvc_missing;
pub mod pvc_terminating;
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
