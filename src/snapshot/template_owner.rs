//! The object in which a pod's spec is written down, and whether a change of it reaches the pod.
//!
//! Sources: kubernetes `pkg/apis/core/validation` (a pod's spec is fixed but for images, deadlines and further tolerations) and
//! `pkg/apis/batch/validation` (a Job's template is fixed); the controllers of `pkg/controller` for what follows a change.

use super::{Kind, ObjectRef, PodView, Seen, Store, Workload};
use crate::kubernetes::patch;
use crate::kubernetes::pod::Pod;
use serde_json::Value;

/// The object to change so that the pod changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateOwner {
    /// The outermost owner of the pod, or the pod.
    pub object: ObjectRef,
    /// How a change of its template reaches the pod.
    pub propagation: Propagation,
}

/// What must happen for a changed template to reach the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// The controller replaces the pod.
    Rollout,
    /// The controller makes later pods by it; this one has to be deleted.
    OnDelete,
    /// Only later runs follow it.
    NextRun,
    /// The spec is immutable: the object has to be made anew.
    Immutable,
    /// It is written in a kind whose fields are not known here.
    Unknown,
}

impl TemplateOwner {
    /// Where the spec of a pod is written.
    pub fn of(pod: &PodView, store: &Store) -> Self {
        let object = store.owner(pod);
        let propagation = match object.known_kind() {
            Some(Kind::Deployment) => Propagation::Rollout,
            Some(Kind::DaemonSet | Kind::StatefulSet) if updates_on_delete(&object, store) => {
                Propagation::OnDelete
            }
            Some(Kind::DaemonSet | Kind::StatefulSet) => Propagation::Rollout,
            Some(Kind::ReplicaSet | Kind::ReplicationController) => Propagation::OnDelete,
            Some(Kind::CronJob) => Propagation::NextRun,
            Some(Kind::Pod | Kind::Job) => Propagation::Immutable,
            _ => Propagation::Unknown,
        };
        TemplateOwner {
            object,
            propagation,
        }
    }

    /// Whether the object is the pod itself.
    pub fn is_pod(&self) -> bool {
        self.object.known_kind() == Some(Kind::Pod)
    }

    /// The JSON pointer of the pod's spec in the object, where it may be changed.
    pub fn spec_pointer(&self) -> Option<&'static str> {
        match self.propagation {
            Propagation::Rollout | Propagation::OnDelete | Propagation::NextRun => {
                self.object.known_kind()?.pod_template()
            }
            Propagation::Immutable if self.is_pod() => Some("/spec"),
            Propagation::Immutable | Propagation::Unknown => None,
        }
    }

    /// The command that makes a JSON patch of the object, which writes the spec of this pod.
    pub fn edit(&self, patch: &[Value], pod: &Pod) -> String {
        let before = self
            .spec_pointer()
            .map(|pointer| patch::nested(pointer, pod.own_spec()));
        self.object.edit(patch, &before.unwrap_or_default())
    }
}

/// `spec.updateStrategy.type`, which is RollingUpdate unless it says otherwise.
fn updates_on_delete(object: &ObjectRef, store: &Store) -> bool {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let workload = store.workload(&object.kind, namespace, &object.name);
    let strategy = |workload: &Workload| {
        let kind = workload.strategy.as_ref()?.get("type")?;
        Some(kind == "OnDelete")
    };
    workload.and_then(Seen::yes).and_then(strategy) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{Cluster, object, pod};
    use serde_json::json;

    fn owner(kind: &str, name: &str, strategy: &str) -> TemplateOwner {
        let workload = |kind: Kind| {
            let spec = json!({"updateStrategy": {"type": strategy}});
            let metadata = json!({"name": name, "namespace": "shop"});
            object(
                kind,
                json!({"kind": kind.as_str(), "metadata": metadata, "spec": spec}),
            )
        };
        let read = Kind::of_manifest(kind).map(workload);
        let cluster = Cluster::new().all(read);
        let pod = match kind {
            "Pod" => pod(name),
            kind => pod("one").of(kind, name),
        };
        TemplateOwner::of(&pod.stuck(), &cluster.snapshot())
    }

    #[test]
    fn each_kind_propagates_in_its_own_way() {
        for (kind, expected) in [
            ("StatefulSet", Propagation::Rollout),
            ("DaemonSet", Propagation::Rollout),
            ("ReplicaSet", Propagation::OnDelete),
            ("Job", Propagation::Immutable),
            ("Rollout", Propagation::Unknown),
        ] {
            let owner = owner(kind, "web", "RollingUpdate");
            assert_eq!(owner.propagation, expected, "{kind}");
        }
        assert_eq!(owner("Pod", "web", "").spec_pointer(), Some("/spec"));
        assert_eq!(owner("Job", "web", "").spec_pointer(), None);
    }

    #[test]
    fn an_update_on_delete_replaces_no_pod() {
        for kind in ["StatefulSet", "DaemonSet"] {
            let owner = owner(kind, "web", "OnDelete");
            assert_eq!(owner.propagation, Propagation::OnDelete, "{kind}");
            assert_eq!(owner.spec_pointer(), Some("/spec/template/spec"));
        }
    }
}
