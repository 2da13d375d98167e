//! Finds out why pods, workloads, Services and nodes of Kubernetes are stuck, proves it, and says which layer to check next.
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

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the pages are for those who work here: the rooms are the crate's own"
)]

pub(crate) mod cli;
pub(crate) mod diagnose;
pub(crate) mod error;
pub(crate) mod gather;
pub(crate) mod kubernetes;
pub(crate) mod messages;
pub(crate) mod render;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod scheduler;
pub(crate) mod snapshot;
pub mod testing;
pub(crate) mod text;
pub(crate) mod triage;

pub use run::main;
