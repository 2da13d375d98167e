//! What was named or awaited, and is not known to be stuck.

use super::RestartsReport;
use crate::snapshot::{Evidence, ObjectRef};
use crate::text::Message;
use serde::Serialize;

/// An object that was named and is not stuck, or of which nothing tells whether it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NotStuck {
    /// The object.
    pub object: ObjectRef,
    /// How it stands.
    pub standing: StandingReport,
    /// Until when that is usual, RFC 3339, where it is progressing and that can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// By what evidence.
    pub because: String,
    /// That as data.
    pub message: Message,
    /// Seconds since its node took a pod up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_seconds: Option<i64>,
    /// How often a pod's containers were started again; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarts: Option<RestartsReport>,
    /// What is worth knowing of it all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
}

/// Something that does not keep an object from being well, and that who named it may have noticed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Remark {
    /// What.
    pub remark: String,
    /// That as data.
    pub message: Message,
    /// The quote that shows it.
    pub proof: Evidence,
}

impl Remark {
    /// A sentence and what shows that it is true.
    pub fn new(message: Message, proof: Evidence) -> Self {
        Remark {
            remark: message.english(),
            message,
            proof,
        }
    }
}

/// How something that is not stuck stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StandingReport {
    /// There is nothing to explain.
    Healthy,
    /// It is not where it should be, within what is usual.
    Progressing,
    /// It is not where it should be, and nothing tells for how long.
    Unknown,
    /// It has failed, and another has taken its place.
    Ended,
}

/// An object that is waited for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AwaitedReport {
    /// The object.
    pub object: ObjectRef,
    /// For what of it.
    pub because: String,
    /// The same as data.
    pub message: Message,
}
