//! The only I/O: what is read of a cluster or a dump, turned into a sealed snapshot.

pub mod dump;

use crate::report::Requests;
use crate::scope::Scope;
use crate::snapshot::Snapshot;

/// What was gathered.
#[derive(Debug)]
pub struct Gathered {
    /// What was read.
    pub snapshot: Snapshot,
    /// What was asked for, with the namespace filled in.
    pub scope: Scope,
    /// What it cost.
    pub requests: Requests,
}
