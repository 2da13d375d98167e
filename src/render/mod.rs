//! The report laid out, one file a format.
//!
//! Everything here is a pure function of the report and a [`Layout`]: no clock, no environment, no
//! terminal. The same report gives the same bytes. Foreign text enters a line only through
//! `line`, which takes the terminal control out of it; colour is put on last, by meaning
//! (`style`), so that no layout depends on it.
//!
//! What does not belong here: what a report says. A sentence that could be a fact or a field goes
//! into [`crate::report`], where every format has it.

mod error;
mod json;
mod line;
mod page;
mod pairs;
mod style;
mod table;
mod text;
mod wide;
mod words;
mod wrap;
mod writer;
mod yaml;

pub use error::error;
pub use json::json;
pub use page::page;
pub use text::text;
pub use wide::wide;
pub use yaml::yaml;

/// How to lay out for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Whether to colour; the words say everything without it.
    pub color: bool,
    /// Columns to fit into. Commands, and words that are longer, exceed it rather than break.
    pub width: usize,
}
