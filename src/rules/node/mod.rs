//! Causes of the node layer: a node's state keeps pods off it.

pub mod node_not_ready;
pub mod node_pressure;
mod state_taints;

pub mod evicted;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&node_not_ready::RULE, &node_pressure::RULE, &evicted::RULE];
