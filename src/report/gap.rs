//! What was read to its end, and what was not.

use super::is_false;
use crate::snapshot::Why;
use serde::Serialize;

/// Something that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GapReport {
    /// The kind.
    pub kind: &'static str,
    /// The namespace, when only that one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The object, when only that one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why.
    pub why: &'static str,
    /// The API server's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Causes that cannot be told, or not be proven, without it.
    pub affects: Vec<&'static str>,
    /// Whether something of the scope that is stuck may not be shown for it.
    #[serde(skip_serializing_if = "is_false")]
    pub may_hide: bool,
}

impl GapReport {
    /// Whether it is one that somebody misses.
    pub fn is_missed(&self) -> bool {
        self.why != Why::NotAsked.as_str()
    }
}

/// A kind that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReadReport {
    /// The kind.
    pub kind: &'static str,
    /// In which namespace; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}
