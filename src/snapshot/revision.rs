//! Revisions of a workload: which of its pods are of which, and the template of each.
//!
//! A Deployment keeps its templates in its ReplicaSets, a StatefulSet and a DaemonSet in ControllerRevisions; both are numbered
//! as `kubectl rollout history` shows them (pkg/controller/deployment/util, pkg/controller/history, 1.37).

use super::encoded::Encoded;
use super::kind::Kind;
use super::object::ObjectRef;
use super::ownership::PodIdentity;
use super::seen::Seen;
use super::store::Store;
use crate::kubernetes::pod::Pod;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The label by which ReplicaSets and their pods are told apart.
pub const TEMPLATE_HASH: &str = "pod-template-hash";
/// The same of the pods of a StatefulSet or DaemonSet, and of a DaemonSet's ControllerRevisions.
pub const REVISION_HASH: &str = "controller-revision-hash";

/// A pod template, kept as it was written: few are ever looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodTemplate(Box<str>);

impl PodTemplate {
    pub(super) fn new(json: &RawValue) -> Self {
        PodTemplate(json.get().into())
    }

    /// The fields; null where they cannot be decoded.
    pub fn fields(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// A pod of it; nothing where the fields cannot be decoded.
    pub fn pod(&self) -> Option<Pod> {
        Encoded::Json(self.0.as_bytes()).decode().ok()
    }
}

/// A ControllerRevision: a template as a StatefulSet or DaemonSet had or has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ControllerRevision {
    /// `revision`
    pub number: Option<i64>,
    /// `data.spec.template`
    pub template: Option<PodTemplate>,
}

#[derive(Deserialize)]
pub(super) struct RawRevision {
    revision: Option<i64>,
    data: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    spec: Option<DataSpec<'a>>,
}

#[derive(Deserialize)]
struct DataSpec<'a> {
    #[serde(borrow)]
    template: Option<&'a RawValue>,
}

impl RawRevision {
    pub(super) fn into_revision(self) -> ControllerRevision {
        let data = self.data.as_ref();
        let data: Option<Data<'_>> = data.and_then(|data| serde_json::from_str(data.get()).ok());
        let template = data.and_then(|data| data.spec?.template);
        ControllerRevision {
            number: self.revision,
            template: template.map(PodTemplate::new),
        }
    }
}

/// How many pods there are, and how many of them are ready; those that are going are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PodNumbers {
    /// All.
    pub pods: usize,
    /// Ready ones.
    pub ready: usize,
}

impl std::ops::AddAssign for PodNumbers {
    fn add_assign(&mut self, other: Self) {
        self.pods += other.pods;
        self.ready += other.ready;
    }
}

/// The pods of a workload by the name of what keeps their template; those of a kind without revisions stand under the empty name.
pub type ByRevision = BTreeMap<String, PodNumbers>;

/// A revision as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Revision<'s> {
    /// Its number.
    pub number: Option<i64>,
    /// Its template, where that was read.
    pub template: Option<&'s PodTemplate>,
}

impl PodIdentity<'_> {
    /// The name of the object that keeps the template by which the pod was made.
    pub fn revision(&self) -> Option<String> {
        let (kind, name) = self.controller?;
        let hash = || self.labels.get(REVISION_HASH);
        match Kind::of_manifest(kind)? {
            Kind::ReplicaSet => Some(name.to_owned()),
            // `<set>-<hash>` (pkg/controller/statefulset/stateful_set_utils.go setPodRevision, 1.37)
            Kind::StatefulSet => hash().cloned(),
            Kind::DaemonSet => Some(format!("{name}-{}", hash()?)),
            _ => None,
        }
    }
}

impl Store {
    /// The live pods of a namespace that were read, by workload and revision.
    pub fn revisions_in(&self, namespace: &str) -> BTreeMap<ObjectRef, ByRevision> {
        let pod_records = self.pod_records();
        let mut alike: BTreeMap<_, (PodIdentity<'_>, PodNumbers)> = BTreeMap::new();
        for pod in pod_records.in_namespace(namespace) {
            let identity = pod_records.identity(pod);
            if pod.terminating || identity.controller.is_none() {
                continue;
            }
            let key = (identity.controller, identity.labels.get(REVISION_HASH));
            let known = alike
                .entry(key)
                .or_insert((identity, PodNumbers::default()));
            known.1 += PodNumbers {
                pods: 1,
                ready: usize::from(pod.ready),
            };
        }
        let mut workloads: BTreeMap<ObjectRef, ByRevision> = BTreeMap::new();
        for (identity, numbers) in alike.into_values() {
            let Some(workload) = self.owners(&identity).pop() else {
                continue;
            };
            let revision = identity.revision().unwrap_or_default();
            let revisions = workloads.entry(workload).or_default();
            *revisions.entry(revision).or_default() += numbers;
        }
        workloads
    }

    /// A revision of a workload, by the name of what keeps its template.
    pub fn revision(&self, workload: &ObjectRef, name: &str) -> Option<Seen<'_, Revision<'_>>> {
        let namespace = workload.namespace.as_deref().unwrap_or_default();
        match workload.known_kind()? {
            Kind::Deployment => {
                Some(
                    self.replica_sets()
                        .get(namespace, name)
                        .map(|set| Revision {
                            number: set.revision,
                            template: set.template.as_ref(),
                        }),
                )
            }
            Kind::StatefulSet | Kind::DaemonSet => {
                let seen = self.controller_revisions().get(namespace, name);
                Some(seen.map(|revision| Revision {
                    number: revision.number,
                    template: revision.template.as_ref(),
                }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{Cluster, Object, object, pod};
    use serde_json::json;

    /// A pod of this revision.
    fn of(name: &str, kind: &str, owner: &str, label: (&str, &str), ready: bool) -> Object {
        let status = if ready { "True" } else { "False" };
        let labels = json!({label.0: label.1});
        let conditions = json!([{"type": "Ready", "status": status}]);
        pod(name)
            .of(kind, owner)
            .set("/metadata/labels", labels)
            .set("/status/conditions", conditions)
    }

    fn numbers(pods: usize, ready: usize) -> PodNumbers {
        PodNumbers { pods, ready }
    }

    #[test]
    fn pods_are_counted_by_workload_and_revision() {
        let set = |name: &str, hash: &str, ready: bool| {
            of(
                name,
                "ReplicaSet",
                &format!("web-{hash}"),
                (TEMPLATE_HASH, hash),
                ready,
            )
        };
        let gone =
            set("d", "1a", true).set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
        let cluster = Cluster::new().all([
            set("a", "1a", true),
            set("b", "1a", true),
            set("c", "2b", false),
            gone,
            of("db-0", "StatefulSet", "db", (REVISION_HASH, "db-1a"), true),
            of(
                "agent-x",
                "DaemonSet",
                "agent",
                (REVISION_HASH, "1a"),
                false,
            ),
            of("once", "Job", "once", ("a", "b"), false),
            pod("alone"),
        ]);
        let found = cluster.snapshot().revisions_in("shop");
        let found: Vec<(String, Vec<(String, PodNumbers)>)> = found
            .into_iter()
            .map(|(workload, revisions)| (workload.short(), revisions.into_iter().collect()))
            .collect();
        let one = |name: &str, of: PodNumbers| vec![(name.to_owned(), of)];
        assert_eq!(
            found,
            [
                ("DaemonSet/agent".to_owned(), one("agent-1a", numbers(1, 0))),
                (
                    "Deployment/web".to_owned(),
                    vec![
                        ("web-1a".to_owned(), numbers(2, 2)),
                        ("web-2b".to_owned(), numbers(1, 0))
                    ]
                ),
                ("Job/once".to_owned(), one("", numbers(1, 0))),
                ("StatefulSet/db".to_owned(), one("db-1a", numbers(1, 1))),
            ]
        );
    }

    #[test]
    fn a_template_is_kept_by_what_has_pods() {
        let template = json!({"spec": {"containers": [{"name": "app", "image": "web:1"}]}});
        let set = |name: &str, pods: i64| {
            let meta = json!({"name": name, "namespace": "shop", "annotations": {"deployment.kubernetes.io/revision": "3"}});
            let spec = json!({"replicas": pods, "template": template});
            object(
                Kind::ReplicaSet,
                json!({"metadata": meta, "spec": spec, "status": {"replicas": pods}}),
            )
        };
        let meta = json!({"name": "db-1a", "namespace": "shop"});
        let revision =
            json!({"metadata": meta, "revision": 7, "data": {"spec": {"template": template}}});
        let cluster = Cluster::new()
            .all([
                set("web-1a", 0),
                set("web-2b", 1),
                object(Kind::ControllerRevision, revision),
            ])
            .snapshot();
        let read = |kind: Kind, name: &str| {
            let workload = ObjectRef::new(kind, "shop", "any");
            let revision = cluster.store().revision(&workload, name)?.yes()?;
            Some((revision.number, revision.template.map(PodTemplate::fields)))
        };
        assert_eq!(read(Kind::Deployment, "web-1a"), Some((Some(3), None)));
        assert_eq!(
            read(Kind::Deployment, "web-2b"),
            Some((Some(3), Some(template.clone())))
        );
        assert_eq!(
            read(Kind::StatefulSet, "db-1a"),
            Some((Some(7), Some(template.clone())))
        );
        assert_eq!(read(Kind::StatefulSet, "db-2b"), None);
    }
}
