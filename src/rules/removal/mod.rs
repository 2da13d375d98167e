//! Causes of the removal layer: what is being deleted and does not go.
//!
//! A topic of `stuck_terminating` is `tidying`: what the kubelet has left to do.

pub mod stuck_terminating;
mod tidying;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&stuck_terminating::RULE];
