//! Checks that stand on their own: situations, rights, fixes.

mod fixes;
mod forms;
mod rights;
mod situations;
