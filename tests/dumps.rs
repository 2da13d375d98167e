//! Dumps in every form that people have: what is read of each, what it proves and what it does not,
//! and what is said of one that cannot be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may fail as tests do"
)]

mod archives;
mod bent;
mod collectors;
mod coverage;
mod formats;
mod logs;
mod make;
mod partial;
mod pasted;
mod refusals;
mod round_trip;
