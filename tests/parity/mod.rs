//! Random clusters, and the real scheduler's word about them.

pub(crate) mod api;
pub(crate) mod bed;
pub(crate) mod compare;
pub(crate) mod fixed;
pub(crate) mod fixes;
pub(crate) mod generator;
pub(crate) mod preemptions;
pub(crate) mod random;
pub(crate) mod removal;
pub(crate) mod run;
pub(crate) mod verdicts;
