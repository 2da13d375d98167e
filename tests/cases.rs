//! Every folder `tests/cases/<cause>/<variant>` holds a `cluster.yaml`, which is a dump. What must hold of each of them is
//! tried on each, under a name of its own: `cargo test host-port-conflict/typical` runs all that is tried on these cases,
//! `cargo test replayed::` one trial of all cases. Without a name some trials meet a third of the cases; with
//! `EVERYTHING_DIAGNOSE_TEST=1`, as on CI, all of them.
//!
//! Beside a recorded case lies what kubectl describes of it (`tests/cluster/describe` writes it), which leads to the same cause.
//!
//! The report that a case gives lies beside it: as text, and whole as JSON where it is the first typical one or
//! recorded, else in a few lines as `expect.yaml`. `INSTA_UPDATE=always cargo test report::` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere, and reads the environment"
)]

mod api_server;
mod json_schema;
#[allow(dead_code, reason = "parity uses all of it")]
#[path = "parity/random.rs"]
mod random;
mod support;
mod trials;

use libtest_mimic::{Arguments, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // thousands of names help nobody who asked for none of them
    arguments.quiet |= arguments.filter.is_none() && arguments.format.is_none();
    let is_everything =
        arguments.filter.is_some() || std::env::var_os("EVERYTHING_DIAGNOSE_TEST").is_some();
    run(&arguments, trials::all(is_everything)).exit_code()
}
