//! Causes of the node layer: a node's state keeps pods off it, or takes those on it with it.
//!
//! Beside them, `state_taints` is what several share. Topics of one rule are `eviction_amounts` and `eviction_fix` (of
//! `evicted`), `forced_deletion` (of `node_lost`) and `refusal_sentences` (of `admission_on_node`).

pub mod admission_on_node;
pub mod evicted;
mod eviction_amounts;
mod eviction_fix;
mod forced_deletion;
pub mod node_lost;
pub mod node_not_ready;
pub mod node_pressure;
pub mod node_shutdown;
mod refusal_sentences;
mod state_taints;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &node_not_ready::RULE,
    &node_pressure::RULE,
    &node_lost::RULE,
    &admission_on_node::RULE,
    &evicted::RULE,
    &node_shutdown::RULE,
];
