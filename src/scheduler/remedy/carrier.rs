//! The object in which a pod's spec is written down, and what a change to it brings about.
//!
//! Sources: kubernetes `pkg/apis/core/validation` (a pod's spec is fixed but for images, deadlines and further tolerations) and
//! `pkg/apis/batch/validation` (a Job's template is fixed); the controllers of `pkg/controller` for what follows a change.

use crate::kubernetes::{patch, shell};
use crate::snapshot::{Kind, ObjectRef, Snapshot, StuckPod};
use serde_json::Value;

/// The object to change so that the pod changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carrier {
    /// The object.
    pub(super) object: ObjectRef,
    /// What a change of the pod's spec takes.
    pub(super) renewal: Renewal,
}

/// What must happen for a changed spec to reach the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
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

impl Carrier {
    /// The outermost owner of a pod, or the pod.
    pub(super) fn of(pod: &StuckPod, snapshot: &Snapshot) -> Self {
        let object = snapshot.subject(pod);
        let renewal = match object.known_kind() {
            Some(Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet) => Renewal::Rollout,
            Some(Kind::ReplicaSet | Kind::ReplicationController) => Renewal::ByHand,
            Some(Kind::CronJob) => Renewal::NextRun,
            Some(Kind::Pod | Kind::Job) => Renewal::Fixed,
            _ => Renewal::Foreign,
        };
        Carrier { object, renewal }
    }

    /// Whether the object is the pod itself.
    pub(super) fn is_pod(&self) -> bool {
        self.object.known_kind() == Some(Kind::Pod)
    }

    /// The JSON pointer of the pod's spec in the object, where it may be changed.
    pub(super) fn spec(&self) -> Option<&'static str> {
        match self.renewal {
            Renewal::Rollout | Renewal::ByHand | Renewal::NextRun => {
                self.object.known_kind()?.pod_template()
            }
            Renewal::Fixed if self.is_pod() => Some("/spec"),
            Renewal::Fixed | Renewal::Foreign => None,
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
