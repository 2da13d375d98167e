//! The report laid out, one file a format.
//!
//! Everything here is a pure function of the report and a [`Layout`]: no clock, no environment, no
//! terminal. The same report gives the same bytes. Foreign text enters a line only through
//! `line`, which takes the terminal control out of it; colour is put on last, by what the
//! text means (`style`), so that no layout depends on it.
//!
//! What does not belong here: what a report says. A sentence that could be a fact or a field goes
//! into [`crate::report`], where every format has it. The words that are left are sentences of the
//! catalogue ([`crate::text`]), so that another language has all of them.

mod arguments;
mod diff;
mod dumped;
mod error;
mod escape;
mod github;
mod html;
mod json;
mod jsonl;
mod junit;
mod line;
mod live;
mod markdown;
mod metrics;
mod name;
mod page;
mod pairs;
mod sarif;
mod style;
mod table;
mod terms;
mod text;
mod transition;
mod waiting;
mod wide;
mod words;
mod wrap;
mod writer;
mod yaml;

pub use diff::{diff, diff_json, diff_yaml};
pub use dumped::dumped;
pub use error::{error, error_json};
pub use github::github;
pub use html::html;
pub use json::json;
pub use jsonl::jsonl;
pub use junit::junit;
pub use live::{Entry, Frame, Live, Page, live, verdict};
pub use markdown::markdown;
pub use metrics::{OPEN_METRICS, metrics};
pub use name::name;
pub use page::page;
pub use sarif::sarif;
pub use text::{awaited, text};
pub use transition::{news, news_json};
pub use waiting::{no_namespace, none_yet, passed_over};
pub use wide::wide;
pub use yaml::yaml;

use crate::text::{ENGLISH, Language};

/// How to lay out for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Whether to colour; the words say everything without it.
    pub color: bool,
    /// Columns to fit into. Commands, and words that are longer, exceed it rather than break.
    pub width: usize,
    /// The language of every sentence. Names, commands and what the cluster said stay as they are.
    pub language: &'static Language,
}

impl Default for Layout {
    /// As it is read in a pipe.
    fn default() -> Self {
        Layout {
            color: false,
            width: 80,
            language: &ENGLISH,
        }
    }
}
