//! Causes of the health layer: the containers run, and a probe or a gate says that the pod is not ready.
//!
//! What rules share stands in `probe` (how probes failed, and their sentences), `probe_port` (which port is meant)
//! and `killed` (containers that a probe restarts).

pub mod liveness_failing;
pub mod readiness_failing;
pub mod readiness_gate;
pub mod startup_probe_failing;

mod killed;
mod probe;
mod probe_port;
mod probe_request;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &startup_probe_failing::RULE,
    &liveness_failing::RULE,
    &readiness_failing::RULE,
    &readiness_gate::RULE,
];
