//! Causes of the node layer: a node's state keeps pods off it, or takes those on it with it.
//!
//! Beside them, `state_taints` is what several share. Topics of one rule are `eviction_amounts` and `eviction_fix` (of
//! `evicted`) and `forced_deletion` (of `node_lost`).

pub mod evicted;
mod eviction_amounts;
mod eviction_fix;
mod forced_deletion;
pub mod node_lost;
pub mod node_not_ready;
pub mod node_pressure;
mod state_taints;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &node_not_ready::RULE,
    &node_pressure::RULE,
    &node_lost::RULE,
    &evicted::RULE,
];
