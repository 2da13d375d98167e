//! Who owns a pod: the chain from its controller up to what a person wrote.

use super::Store;
use super::kind::Kind;
use super::object::ObjectRef;
use super::pod::PodView;
use super::seen::Seen;
use crate::kubernetes::claims;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What tells which pod it is: the same for a whole pod and for a compact record of one.
#[derive(Debug, Clone, Copy)]
pub struct PodIdentity<'a> {
    /// `metadata.namespace`
    pub namespace: &'a str,
    /// `metadata.name`
    pub name: &'a str,
    /// `metadata.labels`
    pub labels: &'a BTreeMap<String, String>,
    /// The kind and name of the controller that made it.
    pub controller: Option<(&'a str, &'a str)>,
    /// `spec.nodeName`
    pub node: Option<&'a str>,
    /// `status.phase`, where it was kept.
    pub phase: Option<&'a str>,
}

/// How another pod is related to a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Made by the same controller.
    SameOwner,
    /// Made by another ReplicaSet of the same Deployment: during a rolling update, by an earlier template.
    PreviousRevision,
    /// Neither.
    Other,
}

impl Store {
    /// How a pod of another controller (`Kind/name`, none for a bare pod) is related to `pod`.
    pub fn relation(&self, pod: &PodView, namespace: &str, controller: Option<&str>) -> Relation {
        let (Some(theirs), Some((kind, name))) = (controller, pod.controller()) else {
            return Relation::Other;
        };
        if namespace != pod.namespace() {
            return Relation::Other;
        }
        if theirs.split_once('/') == Some((kind, name)) {
            return Relation::SameOwner;
        }
        let subject = self.owner(pod);
        let set = theirs.strip_prefix("ReplicaSet/");
        let (Some(Kind::Deployment), Some(set)) = (subject.known_kind(), set) else {
            return Relation::Other;
        };
        let deployment = match self.workload(Kind::ReplicaSet.as_str(), namespace, set) {
            Some(Seen::Yes(set)) => set.controller.as_ref().map(|(_, name)| name.as_str()),
            // `<deployment>-<pod-template-hash>`, as in `owners`
            _ => set.rsplit_once('-').map(|(name, _)| name),
        };
        if deployment == Some(subject.name.as_str()) {
            Relation::PreviousRevision
        } else {
            Relation::Other
        }
    }

    /// The owners of a pod, nearest first: `ReplicaSet/web-5d9`, `Deployment/web`.
    ///
    /// Where the nearer owner was not read, the next one follows from Kubernetes' own naming: a
    /// Deployment's ReplicaSet is named `<deployment>-<pod-template-hash>` and a CronJob's Job
    /// `<cronjob>-<minutes>` (pkg/controller/deployment/sync.go, pkg/controller/cronjob/utils.go).
    pub fn owners(&self, pod: &PodIdentity<'_>) -> Vec<ObjectRef> {
        let Some((kind, name)) = pod.controller else {
            return Vec::new();
        };
        let namespace = pod.namespace;
        let nearest = object(kind, namespace, name);
        let next = match self.workload(kind, namespace, name) {
            Some(Seen::Yes(workload)) => workload
                .controller
                .as_ref()
                .map(|(kind, name)| object(kind, namespace, name)),
            _ => by_name(pod, kind, namespace, name),
        };
        std::iter::once(nearest).chain(next).collect()
    }

    /// The claims that a pod mounts.
    pub fn claims_of(&self, pod: &PodIdentity<'_>) -> Vec<String> {
        let records = self.pod_records();
        if let Some(record) = records.get(pod.namespace, pod.name) {
            return records.claims_of(record).map(Cow::into_owned).collect();
        }
        let whole = self.whole_pod(pod.namespace, pod.name).into_iter();
        let mounted = whole.flat_map(|pod| claims::mounted(pod.name(), pod.spec()));
        mounted.map(|claim| claim.name).collect()
    }

    /// What a person would change to change the pod: its outermost owner, or the pod itself.
    pub fn owner(&self, pod: &PodView) -> ObjectRef {
        self.owners(&pod.identity())
            .pop()
            .unwrap_or_else(|| pod.object())
    }

    /// The outermost owner of a workload that was read, or the workload itself.
    pub fn outermost(&self, workload: ObjectRef) -> ObjectRef {
        let namespace = workload.namespace.clone().unwrap_or_default();
        let seen = self.workload(&workload.kind, &namespace, &workload.name);
        let controller = seen.and_then(Seen::yes).and_then(|w| w.controller.clone());
        match controller {
            Some((kind, name)) => object(&kind, &namespace, &name),
            None => workload,
        }
    }
}

fn object(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef {
        kind: kind.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: name.to_owned(),
    }
}

fn by_name(pod: &PodIdentity<'_>, kind: &str, namespace: &str, name: &str) -> Option<ObjectRef> {
    match Kind::of_manifest(kind)? {
        Kind::ReplicaSet => {
            let hash = pod.labels.get("pod-template-hash")?;
            let deployment = name.strip_suffix(hash.as_str())?.strip_suffix('-')?;
            Some(object("Deployment", namespace, deployment))
        }
        Kind::Job => {
            let (cron_job, minutes) = name.rsplit_once('-')?;
            // minutes since 1970: eight digits from 1989 until 2160
            (minutes.len() == 8 && minutes.bytes().all(|b| b.is_ascii_digit()))
                .then(|| object("CronJob", namespace, cron_job))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{ReadScope, Retention, Why};
    use serde_json::{Value, json};

    fn owner(kind: &str, name: &str) -> Value {
        json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": true}])
    }

    /// A pod of the ReplicaSet `web-2b` in the namespace shop.
    fn pod() -> PodView {
        let pod = json!({
            "metadata": {"name": "web-2b-x", "namespace": "shop", "labels": {"pod-template-hash": "2b"}, "ownerReferences": owner("ReplicaSet", "web-2b")},
            "spec": {"containers": []},
        });
        PodView::new(serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn a_relation_is_told_by_owners_and_where_these_were_not_read_by_names() {
        let unread = Store::new(Why::Forbidden);
        for (namespace, controller, expected) in [
            ("shop", Some("ReplicaSet/web-2b"), Relation::SameOwner),
            (
                "shop",
                Some("ReplicaSet/web-1a"),
                Relation::PreviousRevision,
            ),
            ("shop", Some("ReplicaSet/api-1a"), Relation::Other),
            ("shop", Some("StatefulSet/web-1a"), Relation::Other),
            ("other", Some("ReplicaSet/web-2b"), Relation::Other),
            ("shop", None, Relation::Other),
        ] {
            let relation = unread.relation(&pod(), namespace, controller);
            assert_eq!(relation, expected, "{namespace} {controller:?}");
        }
        // a ReplicaSet that was read belongs to whom it says
        let mut store = Store::new(Why::Forbidden);
        store.record(Kind::ReplicaSet, ReadScope::Everywhere, Ok(()));
        for (name, deployment) in [("web-1a", "other"), ("odd-name", "web"), ("web-2b", "web")] {
            let set = json!({"metadata": {"name": name, "namespace": "shop", "ownerReferences": owner("Deployment", deployment)}});
            let set = set.to_string();
            store
                .insert(Kind::ReplicaSet, set.as_bytes(), Retention::Whole)
                .unwrap();
        }
        let of = |set: &str| store.relation(&pod(), "shop", Some(set));
        assert_eq!(of("ReplicaSet/web-1a"), Relation::Other);
        assert_eq!(of("ReplicaSet/odd-name"), Relation::PreviousRevision);
    }
}
