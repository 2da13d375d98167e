//! The tests that need more than a function: the binary as it is run, dumps, API servers, clusters, the repository itself.
//!
//! They are one binary, since each more has to be linked with everything below it. The cases have their own, `cases.rs`.

mod all_clear;
mod api_server;
mod cli;
mod cluster;
mod dumps;
mod exporter;
mod follow;
mod gather;
mod http;
mod json_schema;
mod known;
mod parity;
mod readme;
mod registry;
mod render;
mod scan;
mod support;
mod tidy;
mod told;

/// `kubectl-diagnose`, as it was built for these tests.
const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-diagnose");
