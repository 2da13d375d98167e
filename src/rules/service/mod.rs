//! Causes of the service layer: what runs gets no traffic. Beside them, which pods come near a selector (`nearest_labels`),
//! how sure that is (`certainty`), what lets both agree (`selector_fixes`), which port is meant (`ports`), and how one
//! is led there (`port_fixes`).

mod certainty;
mod ingress_port;
mod nearest_labels;
pub mod network_policy;
mod port_fixes;
mod ports;
mod selector_fixes;
pub mod service_no_ready_endpoints;
pub mod service_port_mismatch;
pub mod service_selector_mismatch;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &service_selector_mismatch::RULE,
    &service_no_ready_endpoints::RULE,
    &service_port_mismatch::RULE,
    &network_policy::RULE,
];
