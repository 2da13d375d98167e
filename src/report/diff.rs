//! Two reports compared: plain data, `kubectl-diagnose-diff/v1`. As of the report, fields may be added, never renamed or removed.

use super::ScopeReport;
use crate::snapshot::ObjectRef;
use serde::Serialize;

/// The name and version of its schema.
pub const DIFF_SCHEMA: &str = "kubectl-diagnose-diff/v1";

/// What became of everything that is or was stuck.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Diff {
    /// Always `kubectl-diagnose-diff/v1`.
    pub schema: &'static str,
    /// What is compared.
    pub before: Side,
    /// With what.
    pub after: Side,
    /// Stuck now, and not before.
    pub new: Vec<Finding>,
    /// Stuck before and now, and for another reason or known with another certainty.
    pub changed: Vec<Changed>,
    /// Stuck before and now, for the same reason.
    pub still: Vec<Still>,
    /// Stuck before, and not now.
    pub gone: Vec<Finding>,
    /// Stuck at one time, and at the other nobody looked or could look.
    pub unknown: Vec<Unknown>,
    /// How many that were stuck before are silenced now.
    pub silenced: usize,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// When its snapshot was taken.
    pub as_of: String,
    /// What was asked for.
    pub scope: ScopeReport,
}

/// Something that is or was stuck.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// What it is known by.
    pub fingerprint: String,
    /// The cause, or `unexplained`.
    pub cause: String,
    /// How sure it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<String>,
    /// The object to change.
    pub subject: ObjectRef,
    /// One sentence; empty where nothing explains it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub headline: String,
    /// How many objects it keeps stuck.
    pub affected: usize,
}

/// One reason in place of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Changed {
    /// What it was.
    pub before: Finding,
    /// What it is.
    pub after: Finding,
}

/// The same reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Still {
    /// As it is now.
    #[serde(flatten)]
    pub finding: Finding,
    /// How many objects it kept stuck before.
    pub affected_before: usize,
}

/// Something of which only one of the two reports can tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// As the one report has it.
    #[serde(flatten)]
    pub finding: Finding,
    /// Whether that is the later one, so that the earlier one cannot tell.
    pub is_stuck_now: bool,
    /// Why the other cannot tell.
    pub why: WhyUnknown,
}

/// Why a report cannot tell of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WhyUnknown {
    /// It was not asked for.
    NotAsked,
    /// It could not be read.
    NotRead,
}
