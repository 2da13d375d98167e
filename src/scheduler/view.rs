//! What the filters look at: the nodes with the pods on them, as the scheduler's own snapshot holds them.
//!
//! Here live the sums over a node's pods and copies of them with something changed. What a pod wants of a node is in
//! [`incoming`](super::incoming), whether it gets it in the filters.
//!
//! Source: kube-scheduler `framework/types.go` (1.37), `NodeInfo`: every pod bound to a node that has not ended counts, also one
//! that is being deleted, has not started, or belongs to another scheduler.

use super::attached::{Attachments, Used};
use super::{Holder, Incoming, latest_message};
use crate::kubernetes::ports::HostPort;
use crate::kubernetes::quantity::Quantity;
use crate::snapshot::{Node, PodRecord, PodRecords, Snapshot};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The nodes that were read, with what their pods take of them.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// Shared by the copies that leave a node as it is.
    nodes: BTreeMap<&'a str, Arc<NodeView<'a>>>,
    pod_records: &'a PodRecords,
    /// Bound pods that keep others away by a required anti-affinity of their own, by what they keep away.
    guards: BTreeMap<GuardKind<'a>, Vec<&'a PodRecord>>,
    attachments: Arc<Attachments<'a>>,
    snapshot: &'a Snapshot<'a>,
}

/// Guards of one kind keep the same pods away: the place of their footprint, and their namespace.
type GuardKind<'a> = (usize, &'a str);

/// One node with the pods on it.
#[derive(Debug, Clone)]
pub struct NodeView<'a> {
    /// The node, or a changed copy of it.
    pub node: Cow<'a, Node>,
    /// What pods may take and do take, resource by resource: so few that a map would be slower.
    rooms: Vec<(Resource<'a>, Room)>,
    /// The pods on it, in order of namespace and name.
    pods: Vec<&'a PodRecord>,
    /// The places of their footprints, by which most are passed over without a look at the pod.
    footprints: Vec<usize>,
    /// Host ports and who holds them, in order of the holders' namespaces and names.
    ports: Vec<(&'a HostPort, &'a PodRecord)>,
    /// Volumes that its pods make it attach; none where no node has a limit.
    attached: Vec<Used<'a>>,
    /// Pods for which preemption makes room here and that are not bound yet.
    nominated: Vec<&'a PodRecord>,
    /// Its pods were not read, but those of other nodes were.
    pub(super) is_unread: bool,
}

/// The name of a resource; those that every node has are told apart without a look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource<'a> {
    Cpu,
    Memory,
    EphemeralStorage,
    Pods,
    Other(&'a str),
}

impl<'a> From<&'a str> for Resource<'a> {
    fn from(name: &'a str) -> Self {
        match name {
            "cpu" => Resource::Cpu,
            "memory" => Resource::Memory,
            "ephemeral-storage" => Resource::EphemeralStorage,
            "pods" => Resource::Pods,
            other => Resource::Other(other),
        }
    }
}

/// How much of a resource there is, in amounts as the scheduler rounds them.
#[derive(Debug, Clone, Copy, Default)]
struct Room {
    /// What pods may take in all; zero for what the node does not name.
    allocatable: Quantity,
    /// The sum of what they take, each pod's rounded by itself.
    taken: Quantity,
}

impl<'a> View<'a> {
    /// All nodes and pods that were read, whether or not these are all there are.
    pub fn of(snapshot: &'a Snapshot<'a>) -> Self {
        let pod_records = snapshot.pod_records();
        let attachments = Attachments::of(snapshot);
        let nodes_read = snapshot.pods().nodes_read();
        let filled = |(_, name): &'a (String, String), node: &'a Node| {
            let mut filled = NodeView::empty(node);
            let is_read = |nodes: &BTreeSet<&str>| nodes.contains(name.as_str());
            filled.is_unread = !nodes_read.as_ref().is_none_or(is_read);
            for pod_record in pod_records.on_node(name) {
                filled.add(pod_record, pod_records, &attachments);
            }
            (name.as_str(), Arc::new(filled))
        };
        let nodes = snapshot.nodes().seen();
        let mut nodes: BTreeMap<&str, _> = nodes.map(|(key, node)| filled(key, node)).collect();
        let mut guards: BTreeMap<GuardKind<'_>, Vec<_>> = BTreeMap::new();
        for pod_record in pod_records.iter() {
            let keeps_away = || !pod_records.footprint(pod_record).anti_affinity.is_empty();
            match (&pod_record.node, pod_record.nominated()) {
                (Some(bound), _) if keeps_away() && nodes.contains_key(&**bound) => {
                    let kind = (PodRecords::place_of(pod_record), &*pod_record.namespace);
                    guards.entry(kind).or_default().push(pod_record);
                }
                (None, Some(nominated)) => {
                    if let Some(node) = nodes.get_mut(&**nominated) {
                        Arc::make_mut(node).nominated.push(pod_record);
                    }
                }
                _ => {}
            }
        }
        View {
            nodes,
            pod_records,
            guards,
            attachments: Arc::new(attachments),
            snapshot,
        }
    }

    /// No node, for when no pod is to be placed.
    pub(super) fn bare(snapshot: &'a Snapshot<'a>) -> Self {
        View {
            nodes: BTreeMap::new(),
            pod_records: snapshot.pod_records(),
            guards: BTreeMap::new(),
            attachments: Arc::default(),
            snapshot,
        }
    }

    /// Which volumes pods and nodes attach.
    pub(super) fn attachments(&self) -> &Attachments<'a> {
        &self.attachments
    }

    /// What was read, for what filters look up beside nodes and pods.
    pub fn snapshot(&self) -> &'a Snapshot<'a> {
        self.snapshot
    }

    /// All pods that were read; which of them stand on a node is for [`NodeView::pods`] to say.
    pub fn pod_records(&self) -> &'a PodRecords {
        self.pod_records
    }

    /// The bound pods with a required anti-affinity of their own, those together that keep the same pods away.
    pub(super) fn guards(&self) -> impl Iterator<Item = &[&'a PodRecord]> {
        self.guards.values().map(Vec::as_slice)
    }

    /// The nodes, in order of their names.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeView<'a>> {
        self.nodes.values().map(Arc::as_ref)
    }

    /// One node.
    pub fn node(&self, name: &str) -> Option<&NodeView<'a>> {
        self.nodes.get(name).map(Arc::as_ref)
    }

    /// The same with one node relabelled, tainted or cordoned otherwise; its pods and amounts stay.
    #[must_use]
    pub fn with_node(&self, name: &str, change: impl FnOnce(&mut Node)) -> Self {
        let mut copy = self.clone();
        if let Some(node) = copy.nodes.get_mut(name) {
            change(Arc::make_mut(node).node.to_mut());
        }
        copy
    }

    /// The same without the bound pods of which `gone` is true.
    #[must_use]
    pub fn without(&self, gone: impl Fn(&PodRecord) -> bool) -> Self {
        let mut copy = self.clone();
        for pod_record in self
            .pod_records
            .iter()
            .filter(|pod_record| gone(pod_record))
        {
            let node = pod_record.node.as_deref();
            if let Some(node) = node.and_then(|name| copy.nodes.get_mut(name)) {
                Arc::make_mut(node).remove(pod_record, self.pod_records);
            }
        }
        copy.retain_guards(|pod_record| !gone(pod_record));
        copy
    }

    /// The same, but the pods of which `relaxed` is true keep nobody away by an anti-affinity of their own.
    #[must_use]
    pub fn unguarded_by(&self, relaxed: impl Fn(&PodRecord) -> bool) -> Self {
        let mut copy = self.clone();
        copy.retain_guards(|pod_record| !relaxed(pod_record));
        copy
    }

    fn retain_guards(&mut self, stays: impl Fn(&PodRecord) -> bool) {
        let guards = self.guards.values_mut();
        guards.for_each(|guards| guards.retain(|pod_record| stays(pod_record)));
    }

    /// The pods for which preemption makes room on the node and that come before the pod: with them on it, the node has to pass
    /// first (`runtime/framework.go`, `RunFilterPluginsWithNominatedPods`). A scheduler keeps book of its own pods alone
    /// (`eventhandlers.go`, `responsibleForPod`).
    pub(super) fn coming(&self, pod: &Incoming<'_, '_>, node: &NodeView<'a>) -> Vec<&'a PodRecord> {
        let coming = |pod_record: &&&'a PodRecord| {
            let footprint = self.pod_records.footprint(pod_record);
            footprint.priority >= pod.priority()
                && latest_message::scheduler_of(&footprint.scheduler) == pod.scheduler()
                && !pod.is(pod_record)
        };
        node.nominated.iter().filter(coming).copied().collect()
    }
}

impl<'a> NodeView<'a> {
    fn empty(node: &'a Node) -> Self {
        let room = |(resource, amount): (&'a String, &Quantity)| {
            let allocatable = amount.rounded_for(resource);
            let room = Room {
                allocatable,
                ..Room::default()
            };
            (resource.as_str().into(), room)
        };
        NodeView {
            node: Cow::Borrowed(node),
            rooms: node.allocatable.iter().map(room).collect(),
            pods: Vec::new(),
            footprints: Vec::new(),
            ports: Vec::new(),
            attached: Vec::new(),
            nominated: Vec::new(),
            is_unread: false,
        }
    }

    /// The node with further pods on it.
    pub(super) fn joined_by(&self, coming: &[&'a PodRecord], view: &View<'a>) -> Self {
        let mut fuller = self.clone();
        for pod_record in coming {
            fuller.add(pod_record, view.pod_records, &view.attachments);
        }
        fuller
    }

    /// The node with some of its pods gone.
    pub(super) fn left_by(&self, gone: &[&PodRecord], view: &View<'a>) -> Self {
        let mut emptier = self.clone();
        for pod_record in gone {
            emptier.remove(pod_record, view.pod_records);
        }
        emptier
    }

    /// The pods on it, in order of namespace and name.
    pub fn pods(&self) -> &[&'a PodRecord] {
        &self.pods
    }

    /// Those of them whose footprint is meant, by its place.
    pub(super) fn pods_like(
        &self,
        is_meant: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = &'a PodRecord> {
        let pods = self.footprints.iter().zip(&self.pods);
        pods.filter(move |(place, _)| is_meant(**place))
            .map(|(_, pod_record)| *pod_record)
    }

    /// `metadata.labels`
    pub fn label(&self, key: &str) -> Option<&str> {
        self.node.labels.get(key)
    }

    fn add(
        &mut self,
        pod_record: &'a PodRecord,
        pod_records: &'a PodRecords,
        attachments: &Attachments<'a>,
    ) {
        let footprint = pod_records.footprint(pod_record);
        for (resource, amount) in &footprint.requests {
            let amount = amount.rounded_for(resource);
            match self.room_mut(resource) {
                Some(room) => room.taken = room.taken + amount,
                None => {
                    let taken = amount;
                    let allocatable = Quantity::ZERO;
                    let room = Room { allocatable, taken };
                    self.rooms.push((resource.as_str().into(), room));
                }
            }
        }
        self.pods.push(pod_record);
        self.footprints.push(PodRecords::place_of(pod_record));
        self.ports
            .extend(footprint.ports.iter().map(|port| (port, pod_record)));
        self.attached
            .extend(attachments.used_by(pod_record, pod_records));
    }

    fn remove(&mut self, pod_record: &PodRecord, pod_records: &'a PodRecords) {
        let footprint = pod_records.footprint(pod_record);
        for (resource, amount) in &footprint.requests {
            if let Some(room) = self.room_mut(resource) {
                room.taken = room.taken - amount.rounded_for(resource);
            }
        }
        self.pods.retain(|other| !other.is(pod_record));
        self.footprints.clear();
        let places = self.pods.iter().map(|pod| PodRecords::place_of(pod));
        self.footprints.extend(places);
        self.ports.retain(|(_, holder)| !holder.is(pod_record));
        self.attached.retain(|(_, user)| !user.is(pod_record));
    }

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// The same, to be shared.
    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.node.name)
    }

    /// What pods may take of a resource in all; what the node does not name is zero.
    pub fn allocatable(&self, resource: &str) -> Quantity {
        self.room(resource).allocatable
    }

    /// What is left of a resource; negative when the node is overcommitted.
    pub fn free(&self, resource: &str) -> Quantity {
        let room = self.room(resource);
        room.allocatable - room.taken
    }

    fn room(&self, resource: &str) -> Room {
        let (mut rooms, resource) = (self.rooms.iter(), Resource::from(resource));
        let found = rooms.find(|(name, _)| *name == resource);
        found.map(|(_, room)| *room).unwrap_or_default()
    }

    fn room_mut(&mut self, resource: &str) -> Option<&mut Room> {
        let (mut rooms, resource) = (self.rooms.iter_mut(), Resource::from(resource));
        let found = rooms.find(|(name, _)| *name == resource);
        found.map(|(_, room)| room)
    }

    /// The volumes that its pods make it attach, driver and handle, as often as they are used.
    pub(super) fn attached(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.attached.iter();
        all.map(|(volume, _)| (volume.driver.as_str(), volume.handle.as_str()))
    }

    /// The pods that hold a host port which collides with `wanted`.
    pub fn holders(&self, wanted: &HostPort) -> impl Iterator<Item = Holder> {
        self.ports
            .iter()
            .filter(move |(held, _)| held.conflicts(wanted))
            .map(|(_, pod_record)| Holder::from(*pod_record))
    }
}

#[cfg(test)]
mod tests {
    use crate::kubernetes::quantity::Quantity;
    use crate::scheduler::View;
    use crate::scheduler::testing::{Cluster, node, pod};
    use serde_json::json;

    #[test]
    fn pods_that_go_count_and_pods_that_have_ended_do_not() {
        let cluster = Cluster::new()
            .with(node("n1", "4", "8Gi"))
            .with(pod("running").on("n1").asks("cpu", "1"))
            .with(
                pod("going")
                    .on("n1")
                    .asks("cpu", "500m")
                    .set("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z")),
            )
            .with(
                pod("unstarted")
                    .on("n1")
                    .asks("cpu", "250m")
                    .phase("Pending"),
            )
            .with(pod("lost").on("n1").asks("cpu", "125m").phase("Unknown"))
            .with(pod("done").on("n1").asks("cpu", "1").phase("Succeeded"))
            .with(pod("failed").on("n1").asks("cpu", "1").phase("Failed"))
            .with(pod("elsewhere").on("n2").asks("cpu", "1"))
            .snapshot();
        let view = View::of(&cluster);
        let n1 = view.node("n1").unwrap();
        assert_eq!(n1.pods().len(), 4);
        assert_eq!(n1.free("cpu"), Quantity::from_milli(4000 - 1875));
        assert!(view.node("n2").is_none());
    }

    #[test]
    fn every_pod_is_rounded_before_it_is_summed() {
        let cluster = Cluster::new()
            .with(node("n1", "1", "1Gi"))
            .with(pod("a").on("n1").asks("cpu", "100500u"))
            .with(pod("b").on("n1").asks("cpu", "100500u"))
            .snapshot();
        let view = View::of(&cluster);
        let free = view.node("n1").unwrap().free("cpu");
        assert_eq!(free, Quantity::from_milli(1000 - 2 * 101));
    }

    #[test]
    fn a_removed_pod_gives_back_what_it_took() {
        let cluster = Cluster::new()
            .with(node("n1", "1", "1Gi"))
            .with(
                pod("a")
                    .on("n1")
                    .asks("cpu", "300m")
                    .host_port(80, "TCP", ""),
            )
            .snapshot();
        let view = View::of(&cluster);
        let emptied = view.without(|pod_record| &*pod_record.name == "a");
        let n1 = emptied.node("n1").unwrap();
        assert_eq!((n1.pods.len(), n1.ports.len()), (0, 0));
        assert_eq!(n1.free("cpu"), Quantity::from_units(1));
        assert_eq!(view.node("n1").unwrap().pods.len(), 1);
    }
}
