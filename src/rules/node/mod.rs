//! Causes of the node layer: a node's state keeps pods off it, or takes those on it with it.
//!
//! Beside them, `state_taints` and `lease` are what several share. Topics of one rule are `eviction_amounts` and `eviction_fix`
//! (of `evicted`), `forced_deletion`, `marked_pods`, `taken_away` and `not_ready_sentences` (of `node_lost`), `full_disk` (of
//! `node_disk_full`), `kubelet_sentences` (of `kubelet_silent`) and `refusal_sentences` (of `admission_on_node`).

pub mod admission_on_node;
pub mod evicted;
mod eviction_amounts;
mod eviction_fix;
mod forced_deletion;
mod full_disk;
mod kubelet_sentences;
pub mod kubelet_silent;
mod lease;
mod marked_pods;
pub mod node_disk_full;
pub mod node_lost;
pub mod node_not_ready;
pub mod node_pressure;
pub mod node_shutdown;
mod not_ready_sentences;
mod refusal_sentences;
pub mod resize_pending;
mod state_taints;
mod taken_away;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &node_not_ready::RULE,
    &node_pressure::RULE,
    &node_lost::RULE,
    &kubelet_silent::RULE,
    &admission_on_node::RULE,
    &node_disk_full::RULE,
    &evicted::RULE,
    &node_shutdown::RULE,
    &resize_pending::RULE,
];
