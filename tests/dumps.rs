//! Dumps in every form that people have: what is read of each, what it proves and what it does not,
//! and what is said of one that cannot be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do"
)]

#[path = "dumps/coverage.rs"]
mod coverage;
#[path = "dumps/formats.rs"]
mod formats;
#[path = "dumps/make.rs"]
mod make;
#[path = "dumps/refusals.rs"]
mod refusals;
#[path = "dumps/round_trip.rs"]
mod round_trip;
