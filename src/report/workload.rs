//! How the workloads stand whose objects are stuck: what they still do, and what the revision changed that broke.

use crate::snapshot::ObjectRef;
use crate::text::{Fact, Message, say};
use serde::Serialize;

/// A workload with a stuck pod, or one that lacks pods.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkloadReport {
    /// It: the Deployment rather than its ReplicaSet.
    pub object: ObjectRef,
    /// How many pods it wants; absent when that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<i64>,
    /// How many it has, without those that are being deleted; absent when not all were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<i64>,
    /// How many of them are ready; absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<i64>,
    /// Whether it is there to serve and none of its pods is ready; false also when that is not known.
    pub serves_nothing: bool,
    /// Its rollout; absent when its pods are not of several revisions, or these could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutReport>,
}

/// Two revisions of a workload that have pods at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RolloutReport {
    /// The revision that is being rolled out.
    pub new: RevisionReport,
    /// The earlier one: of several the newest with a ready pod.
    pub old: RevisionReport,
    /// What the new template has different from the old one; absent when one of them was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<ChangeReport>>,
}

/// A revision of a workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevisionReport {
    /// Its number, as `kubectl rollout undo --to-revision` takes it; absent when what keeps its template was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The ReplicaSet or ControllerRevision that keeps its template.
    pub name: String,
    /// Its pods, without those that are being deleted.
    pub pods: i64,
    /// How many of them are ready.
    pub ready: i64,
    /// How many of them are stuck, as far as they were asked for.
    pub stuck: i64,
}

/// A field in which two templates differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// Its path below the pod's spec or below the container, or `metadata…`: `image`, `env[DB_HOST]`,
    /// `resources.requests.cpu`, `volumes[config]`.
    pub field: String,
    /// The container in which it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// What became of it.
    pub how: How,
    /// What it was. Values of the environment, of headers and of what speaks of a password are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Fact>,
    /// What it is; left out like that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Fact>,
}

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It was not there before.
    Added,
    /// It is no longer there.
    Removed,
    /// It has another value.
    Changed,
}

impl ChangeReport {
    /// The change in words.
    pub fn message(&self) -> Message {
        let sentence = match (self.how, self.from.is_some() && self.to.is_some()) {
            (How::Added, _) => say!(
                "rollout.added",
                "{field}[ {to}] added[ to container {container}]"
            ),
            (How::Removed, _) => say!(
                "rollout.removed",
                "{field}[ {from}] removed[ from container {container}]"
            ),
            (How::Changed, true) => say!(
                "rollout.changed-to",
                "{field}[ of container {container}] changed from {from} to {to}"
            ),
            (How::Changed, false) => say!(
                "rollout.changed",
                "{field}[ of container {container}] changed"
            ),
        };
        let message = Message::new(sentence)
            .fact("field", self.field.as_str())
            .fact_if("container", self.container.as_deref());
        match self.how {
            How::Added => message.fact_if("to", self.to.clone()),
            How::Removed => message.fact_if("from", self.from.clone()),
            How::Changed => message
                .fact_if("from", self.from.clone())
                .fact_if("to", self.to.clone()),
        }
    }
}
