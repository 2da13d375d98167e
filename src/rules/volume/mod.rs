//! Causes of the volume layer.
//!
//! `claims` finds the claims of a pod; each cause looks at them in its own way.

pub(crate) mod claims;
pub mod pvc_missing;
pub mod storageclass_missing;
pub mod unbound_pvc;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &pvc_missing::RULE,
    &storageclass_missing::RULE,
    &unbound_pvc::RULE,
];
