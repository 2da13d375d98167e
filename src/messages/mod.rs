//! Texts of the kubelet, the runtimes, the registries and the controllers, and what they mean: `&str` in, enum out.
//!
//! One module a kind of text. Each is a table of known forms, so that a new wording is one more line with its source.
//! What no form knows is said to be unknown; nothing here guesses, reads an object or decides on a cause. The
//! scheduler's message has its own grammar and lives in [`crate::messages::scheduler`].

pub mod admission;
pub mod autoscaler;
pub mod awaited;
pub mod claim;
pub mod config;
pub mod disruption;
pub mod ending;
pub mod eviction;
pub(crate) mod form;
pub mod gang;
pub mod mount;
pub mod namespace;
pub mod node_admission;
pub mod node_ready;
pub mod probe;
pub mod pull;
pub mod pulled;
pub mod queue;
pub mod quote;
pub mod reporter;
pub mod sandbox;
pub mod scheduler;
pub mod start;
pub(crate) mod text;
pub mod unresolved;
