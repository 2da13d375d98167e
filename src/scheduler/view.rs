//! What the filters look at: the nodes with the pods on them, as the scheduler's own snapshot holds them.
//!
//! Here live the sums over a node's pods and copies of them with something changed. What a pod wants of a node is in
//! [`incoming`](super::incoming), whether it gets it in the filters.
//!
//! Source: kube-scheduler `framework/types.go` (1.37), `NodeInfo`: every pod bound to a node that has not ended counts, also one
//! that is being deleted, has not started, or belongs to another scheduler.

use super::attached::{Attachments, Used};
use super::{Holder, Incoming, said};
use crate::kubernetes::ports::HostPort;
use crate::kubernetes::quantity::Quantity;
use crate::snapshot::{Node, Occupant, Occupants, Snapshot};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The nodes that were read, with what their pods take of them.
#[derive(Debug, Clone)]
pub struct View<'a> {
    /// Shared by the copies that leave a node as it is.
    nodes: BTreeMap<&'a str, Arc<NodeView<'a>>>,
    occupants: &'a Occupants,
    /// Bound pods that keep others away by a required anti-affinity of their own.
    guards: Vec<&'a Occupant>,
    attachments: Arc<Attachments<'a>>,
    snapshot: &'a Snapshot,
}

/// One node with the pods on it.
#[derive(Debug, Clone)]
pub struct NodeView<'a> {
    /// The node, or a changed copy of it.
    pub node: Cow<'a, Node>,
    /// What pods may take and do take, resource by resource.
    rooms: BTreeMap<&'a str, Room>,
    /// The pods on it, in order of namespace and name.
    pods: Vec<&'a Occupant>,
    /// Host ports and who holds them, in order of the holders' namespaces and names.
    ports: Vec<(&'a HostPort, &'a Occupant)>,
    /// Volumes that its pods make it attach; none where no node has a limit.
    attached: Vec<Used<'a>>,
    /// Pods for which preemption makes room here and that are not bound yet.
    nominated: Vec<&'a Occupant>,
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
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let occupants = snapshot.occupants();
        let attachments = Attachments::of(snapshot);
        let filled = |(_, name): &'a (String, String), node: &'a Node| {
            let mut filled = NodeView::empty(node);
            for occupant in occupants.on_node(name) {
                filled.add(occupant, occupants, &attachments);
            }
            (name.as_str(), Arc::new(filled))
        };
        let nodes = snapshot.nodes().seen();
        let mut nodes: BTreeMap<&str, _> = nodes.map(|(key, node)| filled(key, node)).collect();
        let mut guards = Vec::new();
        for occupant in occupants.iter() {
            let keeps_away = || !occupants.shape(occupant).anti_affinity.is_empty();
            match (&occupant.node, &occupant.nominated) {
                (Some(bound), _) if keeps_away() && nodes.contains_key(&**bound) => {
                    guards.push(occupant);
                }
                (None, Some(nominated)) => {
                    if let Some(node) = nodes.get_mut(&**nominated) {
                        Arc::make_mut(node).nominated.push(occupant);
                    }
                }
                _ => {}
            }
        }
        View {
            nodes,
            occupants,
            guards,
            attachments: Arc::new(attachments),
            snapshot,
        }
    }

    /// No node, for when no pod is to be placed.
    pub(super) fn bare(snapshot: &'a Snapshot) -> Self {
        View {
            nodes: BTreeMap::new(),
            occupants: snapshot.occupants(),
            guards: Vec::new(),
            attachments: Arc::default(),
            snapshot,
        }
    }

    /// Which volumes pods and nodes attach.
    pub(super) fn attachments(&self) -> &Attachments<'a> {
        &self.attachments
    }

    /// What was read, for what filters look up beside nodes and pods.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// All pods that were read; which of them stand on a node is for [`NodeView::pods`] to say.
    pub fn occupants(&self) -> &'a Occupants {
        self.occupants
    }

    /// The bound pods with a required anti-affinity of their own, in order of namespace and name.
    pub(super) fn guards(&self) -> impl Iterator<Item = &'a Occupant> {
        self.guards.iter().copied()
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
    pub fn without(&self, gone: impl Fn(&Occupant) -> bool) -> Self {
        let mut copy = self.clone();
        for occupant in self.occupants.iter().filter(|occupant| gone(occupant)) {
            let node = occupant.node.as_deref();
            if let Some(node) = node.and_then(|name| copy.nodes.get_mut(name)) {
                Arc::make_mut(node).remove(occupant, self.occupants);
            }
        }
        copy.guards.retain(|occupant| !gone(occupant));
        copy
    }

    /// The same, but the pods of which `lenient` is true keep nobody away by an anti-affinity of their own.
    #[must_use]
    pub fn unguarded_by(&self, lenient: impl Fn(&Occupant) -> bool) -> Self {
        let mut copy = self.clone();
        copy.guards.retain(|occupant| !lenient(occupant));
        copy
    }

    /// The pods for which preemption makes room on the node and that come before the pod: with them on it, the node has to pass
    /// first (`runtime/framework.go`, `RunFilterPluginsWithNominatedPods`). A scheduler keeps book of its own pods alone
    /// (`eventhandlers.go`, `responsibleForPod`).
    pub(super) fn coming(&self, pod: &Incoming<'_, '_>, node: &NodeView<'a>) -> Vec<&'a Occupant> {
        let coming = |occupant: &&&'a Occupant| {
            let shape = self.occupants.shape(occupant);
            shape.priority >= pod.priority()
                && said::scheduler_of(&shape.scheduler) == pod.scheduler()
                && !pod.is(occupant)
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
            (resource.as_str(), room)
        };
        NodeView {
            node: Cow::Borrowed(node),
            rooms: node.allocatable.iter().map(room).collect(),
            pods: Vec::new(),
            ports: Vec::new(),
            attached: Vec::new(),
            nominated: Vec::new(),
        }
    }

    /// The node with further pods on it.
    pub(super) fn joined_by(&self, coming: &[&'a Occupant], view: &View<'a>) -> Self {
        let mut fuller = self.clone();
        for occupant in coming {
            fuller.add(occupant, view.occupants, &view.attachments);
        }
        fuller
    }

    /// The node with some of its pods gone.
    pub(super) fn left_by(&self, gone: &[&Occupant], view: &View<'a>) -> Self {
        let mut emptier = self.clone();
        for occupant in gone {
            emptier.remove(occupant, view.occupants);
        }
        emptier
    }

    /// The pods on it, in order of namespace and name.
    pub fn pods(&self) -> &[&'a Occupant] {
        &self.pods
    }

    /// `metadata.labels`
    pub fn label(&self, key: &str) -> Option<&str> {
        self.node.labels.get(key).map(String::as_str)
    }

    fn add(
        &mut self,
        occupant: &'a Occupant,
        occupants: &'a Occupants,
        attachments: &Attachments<'a>,
    ) {
        let shape = occupants.shape(occupant);
        for (resource, amount) in &shape.requests {
            let room = self.rooms.entry(resource).or_default();
            room.taken = room.taken + amount.rounded_for(resource);
        }
        self.pods.push(occupant);
        self.ports
            .extend(shape.ports.iter().map(|port| (port, occupant)));
        self.attached
            .extend(attachments.used_by(occupant, occupants));
    }

    fn remove(&mut self, occupant: &Occupant, occupants: &'a Occupants) {
        let shape = occupants.shape(occupant);
        for (resource, amount) in &shape.requests {
            if let Some(room) = self.rooms.get_mut(resource.as_str()) {
                room.taken = room.taken - amount.rounded_for(resource);
            }
        }
        self.pods.retain(|other| !other.is(occupant));
        self.ports.retain(|(_, holder)| !holder.is(occupant));
        self.attached.retain(|(_, user)| !user.is(occupant));
    }

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.node.name
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
        self.rooms.get(resource).copied().unwrap_or_default()
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
            .map(|(_, occupant)| Holder::from(*occupant))
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
            .seal();
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
            .seal();
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
            .seal();
        let view = View::of(&cluster);
        let emptied = view.without(|occupant| &*occupant.name == "a");
        let n1 = emptied.node("n1").unwrap();
        assert_eq!((n1.pods.len(), n1.ports.len()), (0, 0));
        assert_eq!(n1.free("cpu"), Quantity::from_units(1));
        assert_eq!(view.node("n1").unwrap().pods.len(), 1);
    }
}
