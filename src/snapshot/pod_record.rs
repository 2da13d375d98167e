//! Every live pod as a compact record: enough to compute the scheduler's view of the nodes.
//!
//! What many pods share (requests, ports, labels, priority) is a [`Shape`], kept once. 100,000 pods
//! of a few thousand shapes take some tens of MiB.

use super::ownership::PodIdentity;
use crate::kubernetes::affinity::pod_anti_affinity;
use crate::kubernetes::claims::of_ephemeral;
use crate::kubernetes::disks::{Disk, inline_disks};
use crate::kubernetes::ports::{HostPort, host_ports};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::occupied;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodAffinityTerm};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A pod that takes part in scheduling: any that has not ended, bound to a node or not.
#[derive(Debug, Clone)]
pub struct PodRecord {
    /// `metadata.namespace`
    pub namespace: Arc<str>,
    /// `metadata.name`
    pub name: Box<str>,
    /// `spec.nodeName`
    pub node: Option<Arc<str>>,
    /// `status.nominatedNodeName`: where preemption is making room for it.
    pub nominated: Option<Arc<str>>,
    /// Its controller as `Kind/name`.
    pub controller: Option<Arc<str>>,
    /// Being deleted; it counts on its node until it is gone.
    pub terminating: bool,
    /// `metadata.deletionTimestamp`: when its grace period is over.
    pub gone_by: Option<Timestamp>,
    /// `status.startTime`: when its node took it up.
    pub started: Option<Timestamp>,
    /// Its Ready condition is True.
    pub ready: bool,
    /// The number of its containers when it is of the scope and plainly well, so that nothing more is kept of it.
    pub(super) healthy: Option<u16>,
    footprint: FootprintId,
}

impl PodRecord {
    /// Whether both are the same pod.
    pub fn is(&self, other: &PodRecord) -> bool {
        self.name == other.name && self.namespace == other.namespace
    }
}

/// What pods of one template share.
#[derive(Debug, Clone, Default)]
pub struct Footprint {
    /// What the pod takes of its node (k8s.io/component-helpers/resource/helpers.go).
    pub requests: BTreeMap<String, Quantity>,
    /// The host ports that it holds.
    pub ports: Vec<HostPort>,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// Required anti-affinity: keeps other pods away as well.
    pub anti_affinity: Vec<PodAffinityTerm>,
    /// `spec.priority`
    pub priority: i32,
    /// `spec.schedulerName`; empty when the API server did not write it.
    pub scheduler: String,
    /// The names of the claims that it mounts, apart from those made for it alone.
    pub claims: Vec<String>,
    /// The volumes for which each pod gets a claim of its own; see [`PodRecords::claims_of`].
    pub ephemeral: Vec<String>,
    /// The disks that it names without a claim.
    pub disks: Vec<Disk>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FootprintId(usize);

/// All live pods that were read.
#[derive(Debug, Clone, Default)]
pub struct PodRecords {
    all: Vec<PodRecord>,
    footprints: Vec<Footprint>,
    ids: HashMap<String, usize>,
    words: HashSet<Arc<str>>,
    by_key: HashMap<(Arc<str>, Box<str>), usize>,
    by_node: BTreeMap<Arc<str>, Vec<usize>>,
    successes: BTreeMap<(String, String), Timestamp>,
}

impl PodRecords {
    /// Adds a pod, or replaces what was known of it. A pod that has ended occupies nothing.
    pub fn insert(&mut self, pod: &Pod) {
        self.record(pod, None);
    }

    /// The same for a pod of the scope that is plainly well, with the number of its containers.
    pub(super) fn record(&mut self, pod: &Pod, healthy: Option<u16>) {
        let status = pod.status.as_ref();
        match status.and_then(|s| s.phase.as_deref()) {
            Some("Succeeded") => return self.succeeded(pod),
            Some("Failed") => return,
            _ => {}
        }
        let (Some(name), Some(spec)) = (pod.metadata.name.as_deref(), pod.spec.as_ref()) else {
            return;
        };
        let pod_record = PodRecord {
            namespace: self.word(pod.metadata.namespace.as_deref().unwrap_or_default()),
            name: name.into(),
            node: spec
                .node_name
                .as_deref()
                .filter(|node| !node.is_empty())
                .map(|node| self.word(node)),
            nominated: status
                .and_then(|s| s.nominated_node_name.as_deref())
                .map(|node| self.word(node)),
            controller: controller(pod).map(|(kind, name)| self.word(&format!("{kind}/{name}"))),
            terminating: pod.metadata.deletion_timestamp.is_some(),
            gone_by: pod.metadata.deletion_timestamp.as_ref().map(|time| time.0),
            started: status
                .and_then(|s| s.start_time.as_ref())
                .map(|time| time.0),
            ready: status
                .and_then(|s| s.conditions.as_ref())
                .is_some_and(|all| all.iter().any(|c| c.type_ == "Ready" && c.status == "True")),
            healthy,
            footprint: self.footprint_of(pod),
        };
        let key = (pod_record.namespace.clone(), pod_record.name.clone());
        match self.by_key.get(&key).and_then(|at| self.all.get_mut(*at)) {
            Some(known) => {
                // a later list for pod records only does not take a pod out of the scope
                let healthy = pod_record.healthy.or(known.healthy);
                *known = PodRecord {
                    healthy,
                    ..pod_record
                };
            }
            None => {
                self.by_key.insert(key, self.all.len());
                self.all.push(pod_record);
            }
        }
    }

    fn succeeded(&mut self, pod: &Pod) {
        let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
        let (Some((kind, name)), Some(created)) = (controller(pod), created) else {
            return;
        };
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let newest = self
            .successes
            .entry((namespace, format!("{kind}/{name}")))
            .or_insert(created);
        *newest = created.max(*newest);
    }

    /// When the newest pod of this controller (`Kind/name`) that has succeeded was made.
    pub fn last_success(&self, namespace: &str, controller: &str) -> Option<Timestamp> {
        let key = (namespace.to_owned(), controller.to_owned());
        self.successes.get(&key).copied()
    }

    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let word: Arc<str> = word.into();
        self.words.insert(word.clone());
        word
    }

    fn footprint_of(&mut self, pod: &Pod) -> FootprintId {
        let footprint = Footprint::of(pod);
        // the debug form of sorted maps is a complete and cheap key
        let key = format!("{footprint:?}");
        let next = self.footprints.len();
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.footprints.push(footprint);
        }
        FootprintId(id)
    }

    /// Puts everything in order, so that the input's order does not matter. Call once, after the last insert.
    pub fn seal(&mut self) {
        self.all
            .sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        self.by_key = HashMap::new();
        self.ids = HashMap::new();
        self.words = HashSet::new();
        self.by_node.clear();
        for (at, pod_record) in self.all.iter().enumerate() {
            if let Some(node) = &pod_record.node {
                self.by_node.entry(node.clone()).or_default().push(at);
            }
        }
    }

    /// All of them, in order of namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &PodRecord> {
        self.all.iter()
    }

    /// Those bound to a node, in order of namespace and name.
    pub fn on_node<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a PodRecord> {
        self.by_node
            .get(node)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(|at| self.all.get(*at))
    }

    /// What this pod record shares with others of its template.
    pub fn footprint(&self, pod_record: &PodRecord) -> &Footprint {
        static EMPTY: Footprint = Footprint {
            requests: BTreeMap::new(),
            ports: Vec::new(),
            labels: BTreeMap::new(),
            anti_affinity: Vec::new(),
            priority: 0,
            scheduler: String::new(),
            claims: Vec::new(),
            ephemeral: Vec::new(),
            disks: Vec::new(),
        };
        self.footprints
            .get(pod_record.footprint.0)
            .unwrap_or(&EMPTY)
    }

    /// The names of all claims that a pod record mounts, in its namespace; generic ephemeral volumes have one
    /// named after the pod and the volume (component-helpers `storage/ephemeral`, 1.37).
    pub fn claims_of<'a>(
        &'a self,
        pod_record: &'a PodRecord,
    ) -> impl Iterator<Item = Cow<'a, str>> {
        let footprint = self.footprint(pod_record);
        let named = footprint
            .claims
            .iter()
            .map(|claim| Cow::Borrowed(claim.as_str()));
        let own = footprint.ephemeral.iter();
        named.chain(own.map(|volume| Cow::Owned(of_ephemeral(&pod_record.name, volume))))
    }

    /// The shapes, each once. What is worked out for one holds for all pod records of that place.
    pub fn footprints(&self) -> &[Footprint] {
        &self.footprints
    }

    /// The place of a pod record's footprint among [`PodRecords::footprints`].
    pub fn place_of(pod_record: &PodRecord) -> usize {
        pod_record.footprint.0
    }

    /// What tells which pod a pod record is.
    pub fn identity<'a>(&'a self, pod_record: &'a PodRecord) -> PodIdentity<'a> {
        PodIdentity {
            namespace: &pod_record.namespace,
            name: &pod_record.name,
            labels: &self.footprint(pod_record).labels,
            controller: pod_record
                .controller
                .as_deref()
                .and_then(|controller| controller.split_once('/')),
            node: pod_record.node.as_deref(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Footprint {
    /// The shape of a pod.
    pub fn of(pod: &Pod) -> Footprint {
        let Some(spec) = pod.spec.as_ref() else {
            return Footprint::default();
        };
        let volumes = || spec.volumes.iter().flatten();
        let claims = volumes().filter_map(|volume| {
            volume
                .persistent_volume_claim
                .as_ref()
                .map(|source| source.claim_name.clone())
        });
        let ephemeral = volumes().filter(|volume| volume.ephemeral.is_some());
        Footprint {
            requests: occupied(pod),
            ports: host_ports(spec),
            labels: pod.metadata.labels.clone().unwrap_or_default(),
            anti_affinity: pod_anti_affinity(spec).to_vec(),
            priority: spec.priority.unwrap_or_default(),
            scheduler: spec.scheduler_name.clone().unwrap_or_default(),
            claims: claims.collect(),
            ephemeral: ephemeral.map(|volume| volume.name.clone()).collect(),
            disks: inline_disks(spec),
        }
    }
}

/// The kind and name of the controller that made a pod.
pub(super) fn controller(pod: &Pod) -> Option<(&str, &str)> {
    pod.metadata
        .owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true))
        .map(|owner| (owner.kind.as_str(), owner.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, node: &str, phase: &str) -> Pod {
        serde_json::from_value(serde_json::json!({
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]},
            "status": {"phase": phase}
        }))
        .unwrap()
    }

    #[test]
    fn pods_that_have_ended_occupy_nothing() {
        let mut pod_records = PodRecords::default();
        for (name, phase) in [
            ("a", "Running"),
            ("b", "Succeeded"),
            ("c", "Failed"),
            ("d", "Unknown"),
        ] {
            pod_records.insert(&pod(name, "n1", phase));
        }
        pod_records.seal();
        let names: Vec<_> = pod_records.on_node("n1").map(|o| &*o.name).collect();
        assert_eq!(names, ["a", "d"]);
    }

    #[test]
    fn a_claim_of_a_volume_that_lives_with_its_pod_has_the_pods_name() {
        let mut pod_records = PodRecords::default();
        for name in ["a", "b"] {
            let mut one = pod(name, "n1", "Running");
            let volumes = serde_json::json!([
                {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}},
                {"name": "disk", "gcePersistentDisk": {"pdName": "d"}},
                {"name": "secrets", "csi": {"driver": "secrets-store.csi.k8s.io"}},
            ]);
            one.spec.as_mut().unwrap().volumes = serde_json::from_value(volumes).unwrap();
            pod_records.insert(&one);
        }
        pod_records.seal();
        assert_eq!(
            pod_records.footprints.len(),
            1,
            "the claims' names are no part of the shape"
        );
        let all: Vec<Vec<_>> = pod_records
            .on_node("n1")
            .map(|one| pod_records.claims_of(one).collect())
            .collect();
        assert_eq!(all, [["shared", "a-scratch"], ["shared", "b-scratch"]]);
        assert_eq!(pod_records.footprints[0].disks.len(), 1);
    }

    #[test]
    fn pods_of_one_template_share_a_shape() {
        let mut pod_records = PodRecords::default();
        pod_records.insert(&pod("a", "n1", "Running"));
        pod_records.insert(&pod("b", "n2", "Running"));
        pod_records.insert(&pod("b", "n3", "Running"));
        pod_records.seal();
        assert_eq!((pod_records.len(), pod_records.footprints.len()), (2, 1));
        assert_eq!(pod_records.on_node("n3").count(), 1);
    }
}
