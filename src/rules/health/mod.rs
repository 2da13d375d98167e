//! Causes of the health layer.

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[];
