//! Finds out why a Kubernetes pod does not run, proves it, and says which layer to check next.

pub mod gather;
