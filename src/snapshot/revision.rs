//! Revisions of a workload: which of its pods are of which, and the template of each.
//!
//! A Deployment keeps its templates in its ReplicaSets, a StatefulSet and a DaemonSet in ControllerRevisions; both are numbered
//! as `kubectl rollout history` shows them (pkg/controller/deployment/util, pkg/controller/history, 1.37).

use super::kind::Kind;
use super::object::ObjectRef;
use super::ownership::PodIdentity;
use super::seen::Seen;
use super::store::Store;
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
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    spec: Option<DataSpec>,
}

#[derive(Deserialize)]
struct DataSpec {
    template: Option<Box<RawValue>>,
}

impl RawRevision {
    pub(super) fn into_revision(self) -> ControllerRevision {
        let template = self.data.and_then(|data| data.spec?.template);
        ControllerRevision {
            number: self.revision,
            template: template.map(|template| PodTemplate::new(&template)),
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
            Kind::Deployment => Some(self.replica_sets().get(namespace, name).map(|set| {
                Revision {
                    number: set.revision,
                    template: set.template.as_ref(),
                }
            })),
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
