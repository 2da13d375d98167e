//! The only room that does I/O: it finds the cluster, asks it, and streams the answers.
//!
//! Here live everything that is async, every reading of the environment, of files, of the clock and of the network.
//! What an object *means* does not live here: a read hands on the bytes of one object at a time, or says in
//! [`ReadError`] why it could not.
//!
//! - [`kubeconfig`] turns flags and kubeconfig files into a [`Connection`], as kubectl does
//! - [`proxy`] decides whether a proxy stands between, by Go's rules
//! - [`exec`] runs a credential plugin, once
//! - [`client`] sends requests under a deadline and streams lists
//! - [`items`] cuts a streamed list into its objects

pub mod client;
mod connect_error;
pub mod exec;
pub mod items;
pub mod kubeconfig;
mod pem;
pub mod proxy;
mod read_error;

pub use client::{Accept, Client, ListMeta, Traffic};
pub use connect_error::ConnectError;
pub use kubeconfig::{Connection, ConnectionFlags, Deadline, Environment, Source, resolve};
pub use read_error::ReadError;
