//! Who owns a pod: the chain from its controller up to what a person wrote.

use super::Snapshot;
use super::kind::Kind;
use super::object::ObjectRef;
use super::seen::Seen;
use super::stuck::StuckPod;
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
}

/// How another pod is related to a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    /// Made by the same controller.
    Sibling,
    /// Made by another ReplicaSet of the same Deployment: during a rolling update, by an earlier template.
    Elder,
    /// Neither.
    Stranger,
}

impl Snapshot {
    /// How a pod of another controller (`Kind/name`, none for a bare pod) is related to `pod`.
    pub fn kin(&self, pod: &StuckPod, namespace: &str, controller: Option<&str>) -> Kin {
        let (Some(theirs), Some((kind, name))) = (controller, pod.controller()) else {
            return Kin::Stranger;
        };
        if namespace != pod.namespace() {
            return Kin::Stranger;
        }
        if theirs.split_once('/') == Some((kind, name)) {
            return Kin::Sibling;
        }
        let subject = self.subject(pod);
        let set = theirs.strip_prefix("ReplicaSet/");
        let (Some(Kind::Deployment), Some(set)) = (subject.known_kind(), set) else {
            return Kin::Stranger;
        };
        let deployment = match self.workload(Kind::ReplicaSet.as_str(), namespace, set) {
            Some(Seen::Yes(set)) => set.controller.as_ref().map(|(_, name)| name.as_str()),
            // `<deployment>-<pod-template-hash>`, as in `owners`
            _ => set.rsplit_once('-').map(|(name, _)| name),
        };
        match deployment == Some(subject.name.as_str()) {
            true => Kin::Elder,
            false => Kin::Stranger,
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

    /// What a person would change to change the pod: its outermost owner, or the pod itself.
    pub fn subject(&self, pod: &StuckPod) -> ObjectRef {
        self.owners(&pod.identity())
            .pop()
            .unwrap_or_else(|| pod.object())
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
    use crate::scope::Scope;
    use crate::snapshot::{Intake, Keep, Reach, Why};
    use serde_json::{Value, json};

    fn owner(kind: &str, name: &str) -> Value {
        json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": true}])
    }

    /// A pod of the ReplicaSet `web-2b` in the namespace shop.
    fn pod() -> StuckPod {
        let pod = json!({
            "metadata": {"name": "web-2b-x", "namespace": "shop", "labels": {"pod-template-hash": "2b"}, "ownerReferences": owner("ReplicaSet", "web-2b")},
            "spec": {"containers": []},
        });
        StuckPod::new(serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn kin_is_told_by_owners_and_where_these_were_not_read_by_names() {
        let unread = Intake::new(Why::Forbidden).seal(&Scope::everything());
        for (namespace, controller, expected) in [
            ("shop", Some("ReplicaSet/web-2b"), Kin::Sibling),
            ("shop", Some("ReplicaSet/web-1a"), Kin::Elder),
            ("shop", Some("ReplicaSet/api-1a"), Kin::Stranger),
            ("shop", Some("StatefulSet/web-1a"), Kin::Stranger),
            ("other", Some("ReplicaSet/web-2b"), Kin::Stranger),
            ("shop", None, Kin::Stranger),
        ] {
            let kin = unread.kin(&pod(), namespace, controller);
            assert_eq!(kin, expected, "{namespace} {controller:?}");
        }
        // a ReplicaSet that was read belongs to whom it says
        let mut intake = Intake::new(Why::Forbidden);
        intake.record(Kind::ReplicaSet, Reach::Everywhere, Ok(()));
        for (name, deployment) in [("web-1a", "other"), ("odd-name", "web"), ("web-2b", "web")] {
            let set = json!({"metadata": {"name": name, "namespace": "shop", "ownerReferences": owner("Deployment", deployment)}});
            let set = set.to_string();
            intake
                .object(Kind::ReplicaSet, set.as_bytes(), Keep::Suspects)
                .unwrap();
        }
        let read = intake.seal(&Scope::everything());
        let of = |set: &str| read.kin(&pod(), "shop", Some(set));
        assert_eq!(of("ReplicaSet/web-1a"), Kin::Stranger);
        assert_eq!(of("ReplicaSet/odd-name"), Kin::Elder);
    }
}
