//! Causes of the service layer: what runs gets no traffic. Beside them, which pods come near a selector (`nearest_labels`),
//! how sure that is (`certainty`), and what lets both agree (`selector_fixes`).

mod certainty;
mod nearest_labels;
mod selector_fixes;
pub mod service_selector_mismatch;

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[&service_selector_mismatch::RULE];
