//! Causes of the volume layer.
//!
//! What rules share stands in `class` (the StorageClass of a claim), `provisioning` (who makes its volume), `silent_provisioner`
//! (whether that one is there), `near_volume` (a volume that nearly fits it), `scheduler_message` and `claim_message` (what the
//! scheduler's message says of claims, and of such without a volume) and `volume_failures` (what the volume filters found); of a
//! pod that has its node in `failed_mount` (which volume, and what is told of it), `mount_advice` (what is said of a failure),
//! `attachments` and `held_volume` (where it is attached, and what lets it go), `untold_attach`,
//! and for what volumes are made of `volume_object`, `volume_key` and `absent_objects`.

mod absent_objects;
mod attachments;
mod claim_message;
mod class;
pub mod csi_driver_missing;
mod failed_mount;
mod held_volume;
mod mount_advice;
mod named_volume;
mod near_volume;
mod provisioning;
pub mod pvc_lost;
pub mod pvc_missing;
pub mod pvc_terminating;
mod scheduler_message;
pub mod selinux_label_conflict;
mod silent_provisioner;
pub mod storage_capacity;
pub mod storageclass_missing;
pub mod unbound_pvc;
mod untold_attach;
pub mod volume_attach;
mod volume_failures;
mod volume_key;
pub mod volume_limit;
pub mod volume_mount;
pub mod volume_mount_missing_object;
pub mod volume_multi_attach;
pub mod volume_node_affinity;
mod volume_object;
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
    &volume_mount_missing_object::RULE,
    &volume_multi_attach::RULE,
    &csi_driver_missing::RULE,
    &selinux_label_conflict::RULE,
    &volume_attach::RULE,
    &volume_mount::RULE,
];
