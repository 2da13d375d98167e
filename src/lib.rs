//! Finds out why a Kubernetes pod does not run, proves it, and says which layer to check next.
//!
//! One direction, no way back:
//!
//! ```text
//!  kube API ─┐
//!  dump file ┴─ gather ─▶ Snapshot ─▶ triage ─▶ rules ─▶ Report ─▶ render ─▶ text · wide · json · yaml
//!              (I/O)      (sealed)    (what is   (pure)   (data)    (one file a format)
//!                                      stuck)      ├─ scheduler/  kube-scheduler's filters
//!                                                  └─ messages/   texts of kubelet, runtimes, registries
//! ```
//!
//! Only [`gather`] does I/O or knows that time passes. [`snapshot`] is what was read, [`rules`] say
//! what it means, [`report`] is plain data, [`render`] lays it out.

pub mod cli;
pub mod completion;
pub mod diagnose;
pub mod error;
pub mod explain;
pub mod finding;
pub mod gather;
pub mod kubernetes;
pub mod ladder;
pub mod messages;
pub mod recovery;
pub mod render;
pub mod report;
pub mod rules;
pub mod run;
pub mod scheduler;
pub mod scope;
pub mod snapshot;
pub mod status_word;
pub mod targets;
pub mod triage;
pub mod unexplained;
