//! Every live pod as a compact record: enough to compute the scheduler's view of the nodes.
//!
//! What many pods share (requests, ports, labels, priority) is a [`Footprint`], kept once. 100,000 pods of a few thousand
//! templates take some tens of MiB. A pod that is gone leaves nothing behind.

mod places;
mod pods;
mod record;

use super::completed::CompletedPods;
use super::dependency::{Dependency, note};
use super::footprint::{Footprint, FootprintId, Footprints};
use super::kind::Kind;
use super::label_index::LabelIndex;
use super::ownership::PodIdentity;
use super::pod_index::Index;
use crate::kubernetes::claims::of_ephemeral;
use crate::kubernetes::owners;
use crate::kubernetes::pod::Pod;
use crate::kubernetes::selector::carries;
use crate::kubernetes::word::Word;
use places::Places;
pub use pods::Pods;
pub use record::PodRecord;
use record::Second;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// All live pods that were read, in order of namespace and name whatever the order of the input, and however they come and go.
#[derive(Debug, Clone, Default)]
pub struct PodRecords {
    all: Places,
    /// By namespace, in order of their names.
    by_namespace: Index<Arc<str>>,
    by_node: Index<Arc<str>>,
    /// By namespace and controller.
    by_controller: Index<(Arc<str>, Arc<str>)>,
    /// By namespace and footprint.
    alike: Index<(Arc<str>, usize)>,
    /// Which of those have a label, worked out when it is asked for.
    by_label: OnceLock<LabelIndex>,
    footprints: Footprints,
    words: HashSet<Arc<str>>,
    unbound: usize,
    completed: CompletedPods,
}

impl PodRecords {
    /// Adds a pod, or replaces what was known of it; whether it is healthy was not looked at and stays as it was. A pod
    /// that has ended takes nothing of its node any more.
    pub fn insert(&mut self, pod: &Pod) {
        let meta = &pod.metadata;
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let known = self.get(namespace, meta.name.as_deref().unwrap_or_default());
        let healthy = known.and_then(|known| known.healthy);
        self.record(pod, healthy);
    }

    /// The same for a pod that was looked at: with the number of its containers when it is plainly healthy.
    pub(super) fn record(&mut self, pod: &Pod, healthy: Option<u16>) {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let (Some(name), Some(_)) = (&pod.metadata.name, &pod.spec) else {
            return;
        };
        let phase = pod
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref());
        if let Some("Succeeded" | "Failed") = phase {
            self.take(namespace, name);
            if phase == Some("Succeeded") {
                self.completed
                    .insert(namespace, name, pod, healthy.is_some());
            }
            return;
        }
        // before the old one goes, whose footprint's place would be given to the new one: they would look equal
        let record = self.of(pod, name, healthy);
        self.take(namespace, name);
        if let Some(at) = self.all.put(record) {
            self.put(at);
        }
    }

    fn of(&mut self, pod: &Pod, name: &Word, healthy: Option<u16>) -> PodRecord {
        let status = pod.status.as_ref();
        let conditions = status.and_then(|status| status.conditions.as_ref());
        let addresses = status.map(|status| &*status.pod_ips).unwrap_or_default();
        let has = |is: fn(&str) -> bool| addresses.iter().any(|one| is(one));
        PodRecord {
            has_ipv4: has(|address| address.contains('.')),
            has_ipv6: has(|address| address.contains(':') && !address.contains('.')),
            namespace: self.word(pod.metadata.namespace.as_deref().unwrap_or_default()),
            name: name.as_str().into(),
            node: pod
                .node_name
                .as_deref()
                .filter(|node| !node.is_empty())
                .map(|node| self.word(node)),
            nominated: status
                .and_then(|status| status.nominated_node_name.as_deref())
                .map(|node| Box::new(self.word(node))),
            controller: controller(pod).map(|(kind, name)| self.word(&format!("{kind}/{name}"))),
            terminating: pod.metadata.deletion_timestamp.is_some(),
            gone_by: Second::of(pod.metadata.deletion_timestamp.as_ref().map(|time| time.0)),
            started: Second::of(
                status
                    .and_then(|status| status.start_time.as_ref())
                    .map(|time| time.0),
            ),
            ready: conditions
                .is_some_and(|all| all.iter().any(|c| c.type_ == "Ready" && c.status == "True")),
            healthy,
            footprint: self.footprints.hold_of(pod),
        }
    }

    /// What has something in common stands in order of namespace and name.
    fn put(&mut self, at: u32) {
        let Some(this) = self.all.get(at) else { return };
        let is_before = self.all.is_before(this);
        let namespace = || this.namespace.clone();
        self.by_namespace.put(namespace(), at, is_before);
        match &this.node {
            Some(node) => self.by_node.put(node.clone(), at, is_before),
            None => self.unbound += 1,
        }
        if let Some(controller) = &this.controller {
            let key = (namespace(), controller.clone());
            self.by_controller.put(key, at, is_before);
        }
        let key = (namespace(), this.footprint.at());
        if !self.alike.has(&key) {
            self.by_label.take();
        }
        self.alike.put(key, at, is_before);
    }

    /// Takes a pod out that is gone.
    pub fn remove(&mut self, namespace: &str, name: &str) {
        self.take(namespace, name);
    }

    /// Takes a pod out, and with it what no other pod shares.
    fn take(&mut self, namespace: &str, name: &str) -> Option<()> {
        self.completed.remove(namespace, name);
        let at = self.place(namespace, name)?;
        self.unput(at);
        let record = self.all.take(at)?;
        self.footprints.release(record.footprint);
        self.forget_words(&record);
        Some(())
    }

    fn unput(&mut self, at: u32) {
        let Some(this) = self.all.get(at) else { return };
        let is_before = self.all.is_before(this);
        let namespace = || this.namespace.clone();
        self.by_namespace.take(&this.namespace, at, is_before);
        match &this.node {
            Some(node) => self.by_node.take(node, at, is_before),
            None => self.unbound = self.unbound.saturating_sub(1),
        }
        if let Some(controller) = &this.controller {
            let key = (namespace(), controller.clone());
            self.by_controller.take(&key, at, is_before);
        }
        let key = (namespace(), this.footprint.at());
        self.alike.take(&key, at, is_before);
        if !self.alike.has(&key) {
            self.by_label.take();
        }
    }

    /// Lets go of the words that no other record holds: this one and the list of words are then all who do.
    fn forget_words(&mut self, record: &PodRecord) {
        let words = || {
            let nodes = record.node.iter().chain(record.nominated());
            nodes.chain(&record.controller).chain([&record.namespace])
        };
        for word in words() {
            let mine = words().filter(|other| Arc::ptr_eq(other, word)).count();
            if Arc::strong_count(word) <= mine + 1 {
                self.words.remove(word);
            }
        }
    }

    /// Those that have succeeded.
    pub fn completed(&self) -> &CompletedPods {
        &self.completed
    }

    /// Takes it for healthy that has so many containers.
    pub(super) fn is_well(&mut self, namespace: &str, name: &str, containers: u16) {
        let at = self.place(namespace, name);
        if let Some(record) = at.and_then(|at| self.all.get_mut(at)) {
            record.healthy = Some(containers);
        }
    }

    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let word: Arc<str> = word.into();
        self.words.insert(word.clone());
        word
    }

    /// One of them.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&PodRecord> {
        note(|| Dependency::Object(Kind::Pod, namespace.to_owned(), name.to_owned()));
        self.all.get(self.place(namespace, name)?)
    }

    fn place(&self, namespace: &str, name: &str) -> Option<u32> {
        let places = self.by_namespace.of(namespace);
        let name_at = |at: &u32| self.all.get(*at).map(|record| &*record.name);
        let found = places.binary_search_by(|at| name_at(at).cmp(&Some(name)));
        places.get(found.ok()?).copied()
    }

    /// All of them, in order of namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &PodRecord> {
        note(|| Dependency::Kind(Kind::Pod));
        self.known()
    }

    /// The same for who notes himself what he asks of them.
    pub(super) fn known(&self) -> impl Iterator<Item = &PodRecord> {
        let all = self.by_namespace.all();
        all.filter_map(|at| self.all.get(at))
    }

    /// Those of one namespace, in order of their names.
    pub fn in_namespace<'a>(&'a self, namespace: &str) -> impl Iterator<Item = &'a PodRecord> {
        note_namespace(namespace);
        self.these(self.by_namespace.of(namespace))
    }

    /// Those bound to a node, in order of namespace and name.
    pub fn on_node<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a PodRecord> + use<'a> {
        note(|| Dependency::PodsOn(node.to_owned()));
        self.these(self.by_node.of(node))
    }

    /// Those on a node that its drain removes: it leaves what a DaemonSet or the kubelet itself made alone.
    pub fn drained_from<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a PodRecord> + use<'a> {
        let stays = |pod: &PodRecord| {
            let controller = pod.controller.as_deref();
            controller.is_some_and(|it| it.starts_with("DaemonSet/") || it.starts_with("Node/"))
        };
        let all = self.on_node(node);
        all.filter(move |pod| !pod.terminating && !stays(pod))
    }

    /// Those of a controller, `Kind/name`, in order of their names.
    pub fn of_controller<'a>(
        &'a self,
        namespace: &str,
        controller: &str,
    ) -> impl Iterator<Item = &'a PodRecord> + use<'a> {
        note_namespace(namespace);
        let key = (namespace.into(), controller.into());
        self.these(self.by_controller.of(&key))
    }

    /// Those of each controller of a namespace, `Kind/name`, in order of these.
    pub fn by_controller_in<'a>(
        &'a self,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a str, impl Iterator<Item = &'a PodRecord>)> {
        note_namespace(namespace);
        let namespace = Arc::<str>::from(namespace);
        let groups = self.by_controller.from((namespace.clone(), "".into()));
        let groups = groups.take_while(move |((of, _), _)| *of == namespace);
        groups.map(|((_, controller), places)| (&**controller, self.these(places)))
    }

    /// What pods of one namespace share, and how many do.
    pub fn alike_in<'a>(
        &'a self,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a Footprint, usize)> + use<'a> {
        note_namespace(namespace);
        let namespace = Arc::<str>::from(namespace);
        let groups = self.alike.from((namespace.clone(), 0));
        let groups = groups.take_while(move |((of, _), _)| *of == namespace);
        groups.map(|((_, place), pods)| (self.footprint_at(*place), pods.len()))
    }

    /// Those that carry all of these labels, by footprint: nothing is selected by none. Only what has the rarest of them is
    /// looked at.
    pub fn selected<'a, 'l>(
        &'a self,
        namespace: &str,
        labels: &'l BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a Footprint, Pods<'a>)> + use<'a, 'l> {
        let places = labels
            .iter()
            .map(|(key, value)| self.having(namespace, key, Some(value)));
        let rarest = places.min_by_key(|places| places.len()).unwrap_or_default();
        self.groups(namespace, rarest)
            .filter(move |(footprint, _)| carries(&footprint.labels, labels))
    }

    /// Those that have a label of this key, by footprint.
    pub fn labelled<'a, 'l>(
        &'a self,
        namespace: &str,
        key: &'l str,
    ) -> impl Iterator<Item = (&'a Footprint, Pods<'a>)> + use<'a, 'l> {
        let places = self.having(namespace, key, None);
        self.groups(namespace, places)
            .filter(move |(footprint, _)| footprint.labels.contains_key(key))
    }

    /// The footprints of a namespace that may have a label of this key, and this value.
    fn having(&self, namespace: &str, key: &str, value: Option<&str>) -> &[usize] {
        note_namespace(namespace);
        let index = self.by_label.get_or_init(|| {
            let all = self.alike.keys().map(|(namespace, place)| {
                let footprint = self.footprint_at(*place);
                (&**namespace, *place, &footprint.labels)
            });
            LabelIndex::of(all)
        });
        index.having(namespace, key, value)
    }

    fn groups<'a>(
        &'a self,
        namespace: &str,
        places: &'a [usize],
    ) -> impl Iterator<Item = (&'a Footprint, Pods<'a>)> + use<'a> {
        let namespace = Arc::<str>::from(namespace);
        places.iter().map(move |place| {
            let pods = Pods::at(self, self.alike.of(&(namespace.clone(), *place)));
            (self.footprint_at(*place), pods)
        })
    }

    fn these<'a>(&'a self, places: &'a [u32]) -> impl Iterator<Item = &'a PodRecord> {
        places.iter().filter_map(|at| self.all.get(*at))
    }

    fn footprint_at(&self, place: usize) -> &Footprint {
        self.footprints.get(FootprintId::of(place))
    }

    /// What this pod shares with others of its template.
    pub fn footprint(&self, record: &PodRecord) -> &Footprint {
        self.footprints.get(record.footprint)
    }

    /// The names of all claims that a pod mounts, in its namespace; generic ephemeral volumes have one
    /// named after the pod and the volume (component-helpers `storage/ephemeral`, 1.37).
    pub fn claims_of<'a>(&'a self, record: &'a PodRecord) -> impl Iterator<Item = Cow<'a, str>> {
        let footprint = self.footprint(record);
        let named = footprint
            .claims
            .iter()
            .map(|claim| Cow::Borrowed(claim.as_str()));
        let own = footprint.ephemeral.iter();
        named.chain(own.map(|volume| Cow::Owned(of_ephemeral(&record.name, volume))))
    }

    /// The footprints, each once; vacant places are empty. What is worked out for one holds for all pods of that place.
    pub fn footprints(&self) -> &[Footprint] {
        note(|| Dependency::Kind(Kind::Pod));
        self.known_footprints()
    }

    pub(super) fn known_footprints(&self) -> &[Footprint] {
        self.footprints.all()
    }

    /// The place of a pod's footprint among [`PodRecords::footprints`].
    pub fn place_of(record: &PodRecord) -> usize {
        record.footprint.at()
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
            phase: pod_record.healthy.map(|_| "Running"),
        }
    }

    /// How many have no node.
    pub fn unbound(&self) -> usize {
        note(|| Dependency::Kind(Kind::Pod));
        self.unbound
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        note(|| Dependency::Kind(Kind::Pod));
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        note(|| Dependency::Kind(Kind::Pod));
        self.all.len() == 0
    }
}

fn note_namespace(namespace: &str) {
    note(|| Dependency::Namespace(Kind::Pod, namespace.to_owned()));
}

/// The kind and name of the controller that made a pod.
pub(super) fn controller(pod: &Pod) -> Option<(&str, &str)> {
    let controller = owners::controller(pod.metadata.owner_references.as_deref())?;
    Some((&controller.kind, &controller.name))
}

#[cfg(test)]
mod tests;
