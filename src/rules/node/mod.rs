//! Causes of the node layer: a node's state keeps pods off it, or takes those on it with it.

pub mod evicted;
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
