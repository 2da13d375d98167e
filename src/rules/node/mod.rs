//! Causes of the node layer.

pub mod evicted;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&evicted::RULE];
