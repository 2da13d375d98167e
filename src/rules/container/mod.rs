//! Causes of the container layer.

use super::Rule;

/// Every rule of this layer.
pub static RULES: &[&Rule] = &[];
