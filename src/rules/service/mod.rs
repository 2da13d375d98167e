//! Causes of the service layer: what runs gets no traffic. Beside them, which pods come near a selector (`nearest_labels`),
//! how sure that is (`certainty`), what lets both agree (`selector_fixes`), which port is meant (`ports`), how one is led
//! there (`port_fixes`), what stands in EndpointSlices (`endpoint_slices`), who is let in (`shut_port`), and
//! which routes may not lead there (`ungranted`).

mod certainty;
mod endpoint_slices;
pub mod external_name;
mod ingress_port;
mod nearest_labels;
pub mod network_policy;
mod port_fixes;
mod ports;
mod selector_fixes;
pub mod service_endpoints;
pub mod service_ip_family;
pub mod service_missing;
pub mod service_no_ready_endpoints;
pub mod service_port_mismatch;
pub mod service_selector_mismatch;
mod shut_port;
pub mod traffic_policy_local;
mod ungranted;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[
    &service_missing::RULE,
    &service_selector_mismatch::RULE,
    &service_no_ready_endpoints::RULE,
    &service_port_mismatch::RULE,
    &service_endpoints::RULE,
    &service_ip_family::RULE,
    &external_name::RULE,
    &traffic_policy_local::RULE,
    &network_policy::RULE,
];
