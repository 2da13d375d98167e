//! What is stuck, known, and not shown.

use super::Affected;
use crate::rules::finding::Certainty;
use crate::snapshot::ObjectRef;
use crate::text::Message;
use serde::Serialize;

/// A diagnosis, or an unexplained object, that somebody silenced.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Silenced {
    /// As it would have been shown.
    pub fingerprint: String,
    /// The cause, or `unexplained`.
    pub cause: &'static str,
    /// How sure it is; of what is unexplained nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certainty: Option<Certainty>,
    /// The object to change.
    pub subject: ObjectRef,
    /// One sentence; empty where nothing explains it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub headline: String,
    /// The headline as data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The objects for which it is silenced.
    pub affected: Vec<Affected>,
    /// By what.
    pub by: SilencedBy,
}

/// An entry that was meant to silence something that is shown, and does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SilencesNothing {
    /// The object whose annotation has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_of: Option<ObjectRef>,
    /// The file that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// As it is written there; of a file the cause or the fingerprint.
    pub entry: String,
    /// Why it does not.
    pub why: WhyNotSilenced,
}

/// Why an entry silences nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WhyNotSilenced {
    /// Its last day is over.
    Expired,
    /// It names no cause, and what it names is no fingerprint.
    Unknown,
    /// What stands behind the cause is not `until` and a day.
    Malformed,
}

/// What silenced it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SilencedBy {
    /// The object whose annotation says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_of: Option<ObjectRef>,
    /// The file that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why, as written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day on which it holds, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
