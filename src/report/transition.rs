//! What changes while a cluster is followed: plain data, `kubectl-diagnose-watch/v1`, a document a line. As of the report, fields
//! may be added, never renamed or removed.

use super::Finding;
use crate::snapshot::ObjectRef;
use serde::Serialize;

/// The name and version of its schema.
pub const WATCH_SCHEMA: &str = "kubectl-diagnose-watch/v1";

/// What a watch tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum News {
    /// What became of something.
    Transition(Box<Transition>),
    /// What was not seen meanwhile.
    Interruption(Interruption),
}

impl News {
    /// When it was seen, RFC 3339.
    pub fn at(&self) -> &str {
        match self {
            News::Transition(transition) => &transition.at,
            News::Interruption(interruption) => &interruption.at,
        }
    }
}

/// Something became stuck, is stuck for another reason, or is not stuck any more.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Always `kubectl-diagnose-watch/v1`.
    pub schema: &'static str,
    /// When it was seen, RFC 3339.
    pub at: String,
    /// What happened.
    pub transition: Became,
    /// As it is now; of what is solved, as it was.
    #[serde(flatten)]
    pub finding: Finding,
    /// What it was, of what has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Finding>,
    /// Whether all that it affects has ended for good and is kept: it waits for nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// For how long it has been so, or was; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_seconds: Option<i64>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    /// It was stuck when the watch began.
    Stuck,
    /// It is stuck now.
    New,
    /// It is stuck for another reason.
    Changed,
    /// All of it has ended for good and is kept.
    Ended,
    /// It is not stuck any more.
    Solved,
}

/// What was not seen meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Interruption {
    /// Always `kubectl-diagnose-watch/v1`.
    pub schema: &'static str,
    /// When, RFC 3339.
    pub at: String,
    /// What happened.
    pub transition: Interrupted,
    /// Of these kinds.
    pub kinds: Vec<String>,
    /// The only object of it, where no more is not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// Why, of what is not read in the word of the report's `gaps`; empty where it is over.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What happened to a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Interrupted {
    /// It cannot be followed; nothing is told until it can.
    Lost,
    /// It was read anew: something short may have been missed.
    Resynced,
    /// It is not read, for this reason: what depends on it is not told.
    Unread,
}
