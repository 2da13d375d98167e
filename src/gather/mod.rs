//! The only room that does I/O: it asks a cluster or reads a dump, and puts what it got into a store.
//!
//! Here live everything that is async, every reading of the environment, of files, of the clock and of the network.
//! What an object *means* does not live here.
//!
//! - [`plan`] decides what to read, in waves; it is pure
//! - [`cluster`] reads it from the API server
//! - [`watch`] follows it
//! - [`dump`] reads what people saved
//! - [`kubeconfig`] turns flags and kubeconfig files into a [`Connection`], as kubectl does
//! - [`proxy`] decides whether a proxy stands between, by Go's rules
//! - [`exec`] runs a credential plugin, once
//! - [`client`] sends requests under a deadline and streams lists
//! - [`registry`] asks registries, where somebody wants that
//! - [`logs`] reads logs, where somebody wants that
//! - [`manifests`] reads what is to be waited for
//! - [`names`] reads only names, for offers and completion
//! - [`process`] tells what a process takes of its machine
//! - [`items`] cuts a streamed list into its objects

pub mod client;
pub mod cluster;
mod connect_error;
pub mod dump;
pub mod exec;
pub mod items;
pub mod kubeconfig;
mod logs;
pub mod manifests;
mod missing;
pub mod names;
mod pem;
pub mod plan;
pub mod process;
mod progress;
pub mod proxy;
mod read_error;
pub mod registry;
mod request;
pub mod watch;

pub use client::{Accept, Traffic};
pub use connect_error::ConnectError;
pub use kubeconfig::{Connection, ConnectionFlags, Environment, resolve};
pub use read_error::ReadError;

use crate::snapshot::Store;
use crate::triage::scope::Scope;
use anyhow::{Context, Result};
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

/// The text of a file that was named.
///
/// # Errors
/// When it cannot be read.
pub fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// What runs on one thread: nothing here computes for long.
fn runtime() -> Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot be started")
}

/// What was gathered.
#[derive(Debug)]
pub struct Gathered {
    /// What was read.
    pub store: Store,
    /// What was asked for, with the namespace filled in.
    pub scope: Scope,
    /// What it cost.
    pub traffic: Traffic,
    /// The dump that was wanted and written.
    pub dumped: Option<dump::Dumped>,
}
