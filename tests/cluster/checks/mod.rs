//! Checks that stand on their own: situations, rights, fixes.

mod fixes;
mod rights;
mod situations;
