//! This tool's own annotation: which known findings about an object are not to be shown.

use super::{Kind, ObjectRef, Store};
use crate::kubernetes::pod::PodMeta;
use serde::Deserialize;

/// On a workload, a Service or a pod: causes and fingerprints, separated by commas.
pub(super) const SILENCE: &str = "kubectl-diagnose/silence";

/// On an object that was made from the text of `kubectl describe`: what is absent from it may only not have been shown.
pub const DESCRIBED: &str = "kubectl-diagnose/described";

/// Whether only that is known of a pod which `kubectl describe` shows.
pub fn is_described(metadata: &PodMeta) -> bool {
    metadata.annotation(DESCRIBED).is_some()
}

/// Of all annotations of an object the one that is kept.
#[derive(Deserialize, Default)]
pub(super) struct OwnAnnotations {
    #[serde(rename = "kubectl-diagnose/silence")]
    pub(super) silence: Option<String>,
}

impl Store {
    /// What the object's annotation [`SILENCE`] says, of an object that was read.
    pub fn silence_of(&self, object: &ObjectRef) -> Option<&str> {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let name = object.name.as_str();
        match object.known_kind()? {
            Kind::Pod => {
                let pod = self.whole_pod(namespace, name)?.pod();
                pod.metadata.annotation(SILENCE)
            }
            Kind::Service => {
                let service = self.services().get(namespace, name).yes()?;
                service.silence.as_deref()
            }
            _ => {
                let seen = self.workload(&object.kind, namespace, name)?;
                seen.map(|workload| workload.silence.as_deref()).yes()?
            }
        }
    }

    /// The object and those that own it, as far as that is known, nearest first.
    pub fn with_owners(&self, object: &ObjectRef) -> Vec<ObjectRef> {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let of_pod = || {
            let pod = self.whole_pod(namespace, &object.name)?;
            Some(self.owners(&pod.identity()))
        };
        let owners = match object.known_kind() {
            Some(Kind::Pod) => of_pod().unwrap_or_default(),
            _ => vec![self.outermost(object.clone())],
        };
        let owners = owners.into_iter().filter(|owner| owner != object);
        std::iter::once(object.clone()).chain(owners).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Retention, Why};
    use serde_json::json;

    #[test]
    fn the_annotation_of_a_pod_a_workload_and_a_service_is_kept() {
        let mut store = Store::new(Why::NotInDump);
        for kind in [Kind::Pod, Kind::Deployment, Kind::CronJob, Kind::Service] {
            let metadata = json!({"name": "web", "namespace": "shop", "annotations": {"a": "b", SILENCE: kind.as_str()}});
            let object = json!({"metadata": metadata, "spec": {"containers": []}}).to_string();
            store
                .insert(kind, object.as_bytes(), Retention::Whole)
                .unwrap();
            let object = ObjectRef::new(kind, "shop", "web");
            assert_eq!(store.silence_of(&object), Some(kind.as_str()));
        }
        let other = ObjectRef::new(Kind::Deployment, "shop", "api");
        assert_eq!(store.silence_of(&other), None);
    }
}
