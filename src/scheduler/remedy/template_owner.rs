//! The object in which a pod's spec is written down, and what a change to it brings about.
//!
//! Sources: kubernetes `pkg/apis/core/validation` (a pod's spec is fixed but for images, deadlines and further tolerations) and
//! `pkg/apis/batch/validation` (a Job's template is fixed); the controllers of `pkg/controller` for what follows a change.

use crate::kubernetes::{patch, shell};
use crate::snapshot::{Kind, ObjectRef, PodView, Snapshot};
use serde_json::Value;

/// The object to change so that the pod changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateOwner {
    /// The object.
    pub(super) object: ObjectRef,
    /// What a change of the pod's spec takes.
    pub(super) propagation: Propagation,
}

/// What must happen for a changed spec to reach the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Propagation {
    /// The controller replaces the pod.
    Rollout,
    /// The controller makes later pods by it; this one has to be deleted.
    ByHand,
    /// Only later runs follow it.
    NextRun,
    /// The spec is fixed: the object has to be made anew.
    Fixed,
    /// It is written where this tool does not know the fields.
    Foreign,
}

impl TemplateOwner {
    /// The outermost owner of a pod, or the pod.
    pub(super) fn of(pod: &PodView, snapshot: &Snapshot<'_>) -> Self {
        let object = snapshot.owner(pod);
        let propagation = match object.known_kind() {
            Some(Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet) => Propagation::Rollout,
            Some(Kind::ReplicaSet | Kind::ReplicationController) => Propagation::ByHand,
            Some(Kind::CronJob) => Propagation::NextRun,
            Some(Kind::Pod | Kind::Job) => Propagation::Fixed,
            _ => Propagation::Foreign,
        };
        TemplateOwner {
            object,
            propagation,
        }
    }

    /// Whether the object is the pod itself.
    pub(super) fn is_pod(&self) -> bool {
        self.object.known_kind() == Some(Kind::Pod)
    }

    /// The JSON pointer of the pod's spec in the object, where it may be changed.
    pub(super) fn spec(&self) -> Option<&'static str> {
        match self.propagation {
            Propagation::Rollout | Propagation::ByHand | Propagation::NextRun => {
                self.object.known_kind()?.pod_template()
            }
            Propagation::Fixed if self.is_pod() => Some("/spec"),
            Propagation::Fixed | Propagation::Foreign => None,
        }
    }

    /// `kubectl -n shop <verb…> deployment web <options…>`
    pub(super) fn kubectl(&self, verb: &[&str], options: &[&str]) -> String {
        let kind = self.object.kind.to_lowercase();
        let object = [kind.as_str(), self.object.name.as_str()];
        let words = verb.iter().chain(&object).chain(options);
        shell::kubectl(self.namespace(), words)
    }

    /// The command that makes a JSON patch of the object.
    pub(super) fn patch(&self, operations: &[Value]) -> String {
        let kind = self.object.kind.to_lowercase();
        patch::command(self.namespace(), &[&kind, &self.object.name], operations)
    }

    /// What has pods stands in their namespace.
    fn namespace(&self) -> &str {
        self.object.namespace.as_deref().unwrap_or_default()
    }
}
