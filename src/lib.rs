//! Finds out why a Kubernetes pod does not run, proves it, and says which layer to check next.
//!
//! One direction, no way back:
//!
//! ```text
//!  kube API ──┐
//!  dump file ─┴─ gather ──▶ Store ──▶ Snapshot ──▶ triage ──▶ rules ──▶ diagnose ──▶ Report ──▶ render
//!                (I/O)    (what was   (a store    (who needs  (one fn   (merge,      (data)   (one file
//!                           read)     and a time)  a reason)  a cause)   order)                a format)
//!                                                             ├── scheduler/  kube-scheduler's filters
//!                                                             └── messages/   texts of all components
//! ```
//!
//! Only [`gather`] does I/O or knows that time passes. [`snapshot`] is what was read, [`triage`] says what needs an
//! explanation, [`rules`] give it, [`report`] is plain data, [`render`] lays it out. A test holds who may import whom.

pub mod cli;
pub mod diagnose;
pub mod error;
pub mod gather;
pub mod kubernetes;
pub mod messages;
pub mod render;
pub mod report;
pub mod rules;
pub mod run;
pub mod scheduler;
pub mod snapshot;
pub mod text;
pub mod triage;
