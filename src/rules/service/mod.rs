//! Causes of the service layer: what runs gets no traffic.

mod nearest_labels;
pub mod service_selector_mismatch;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&service_selector_mismatch::RULE];
