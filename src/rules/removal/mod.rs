//! Causes of the removal layer: what is being deleted and does not go.
//!
//! Topics of their own: of `stuck_terminating` what the kubelet has left to do (`tidying`) and what a pod may do that was only
//! just deleted (`grace`), of `namespace_stuck` what its
//! controller says and what would help (`namespace_fixes`), of both who put a finalizer there (`finalizers`).

mod finalizers;
mod grace;
mod namespace_fixes;
pub mod namespace_stuck;
pub mod stuck_terminating;
mod tidying;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&stuck_terminating::RULE, &namespace_stuck::RULE];
