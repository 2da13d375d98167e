//! The pod that looks for a node, with what the filters ask of it and of the whole cluster worked out once.
//!
//! That is kube-scheduler's PreFilter (1.37): before any node is looked at, each plugin counts what it needs of all nodes and may
//! refuse the pod as a whole. A filter that looks beyond one node has its state here, and a filter that could not read what it
//! needs says so here: it raises no filter failure then.

use crate::kubernetes::affinity;
use crate::kubernetes::pod::{Labels, Pod};
use crate::kubernetes::ports::{HostPort, host_ports};
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::pod_requests;
use crate::scheduler::{
    Filter, FilterFailure, NodeView, Unread, View, dynamic_resources, inter_pod_affinity,
    latest_message, node_affinity, node_declared_features, node_volume_limits, resources,
    topology_spread, volume_binding, volume_restrictions, volume_zone, volumes,
};
use crate::snapshot::{Gap, Kind, PodRecord, Why, is_described};
use k8s_openapi::api::core::v1::{NodeSelectorTerm, PodSpec, Toleration};
use std::sync::{Arc, LazyLock};

static NO_SPEC: LazyLock<PodSpec> = LazyLock::new(PodSpec::default);
static NO_LABELS: Labels = Labels::new();

/// A pod that looks for a node. `'a` is the pod, `'v` the view of the cluster.
#[derive(Debug, Clone)]
pub struct Incoming<'a, 'v> {
    /// The pod itself.
    pub pod: &'a Pod,
    /// `metadata.namespace`
    pub namespace: &'a str,
    /// `metadata.name`
    pub name: &'a str,
    /// `metadata.labels`
    pub labels: &'a Labels,
    /// `spec`
    pub spec: &'a PodSpec,
    /// What it requests by its spec, rounded as the scheduler counts, in the order in which NodeResourcesFit compares it.
    pub(super) compared: Vec<(Arc<str>, Quantity)>,
    /// The host ports that it wants, each once.
    pub ports: Vec<HostPort>,
    /// The kubelet's features that it cannot do without.
    pub(super) features: Vec<&'static str>,
    /// What VolumeRestrictions found in use.
    pub(super) held: volume_restrictions::Held<'v>,
    /// What NodeVolumeLimits would attach.
    pub(super) attaches: node_volume_limits::Wanted,
    /// What VolumeBinding found bound and unbound.
    pub(super) bindings: volume_binding::Bindings<'v>,
    /// What VolumeZone read off the volumes.
    pub(super) zones: volume_zone::Zones,
    /// Where the devices of its claims are.
    pub(super) devices: dynamic_resources::Devices<'v>,
    /// What PodTopologySpread counted.
    pub(super) spread: topology_spread::Domains,
    /// What InterPodAffinity found.
    pub(super) peers: inter_pod_affinity::Peers<'a, 'v>,
    /// What the plugins refuse the pod for as a whole, in their order.
    pub(super) before: Vec<FilterFailure>,
    /// The filters that lack what they would have to read.
    pub(super) unread: Vec<Unread>,
}

/// The filters that go by what `kubectl describe` leaves out of a pod: affinity, device claims, the host's namespaces
/// (k8s.io/kubectl `pkg/describe/describe.go` describePod, 1.37).
const NOT_DESCRIBED: [Filter; 4] = [
    Filter::NodeAffinity,
    Filter::InterPodAffinity,
    Filter::DynamicResources,
    Filter::NodeDeclaredFeatures,
];

impl<'a, 'v> Incoming<'a, 'v> {
    /// Works out what a pod wants, and what of the cluster bears on it.
    pub fn new(pod: &'a Pod, view: &View<'v>) -> Self {
        let mut incoming = Incoming::alone(pod);
        incoming.before.extend(node_affinity::conflict(&incoming));
        incoming.look_at_volumes(view);
        incoming.spread = topology_spread::count(&incoming, view);
        incoming.peers = inter_pod_affinity::find(&incoming, view);
        incoming.unread.extend(incoming.peers.unread());
        let devices = dynamic_resources::find(&incoming, view);
        incoming.devices = devices.devices;
        incoming.before.extend(devices.refusal);
        incoming.unread.extend(devices.unread);
        let unread = node_declared_features::unread(&incoming, view);
        if unread.is_some() {
            incoming.features.clear();
        }
        incoming.unread.extend(unread);
        if is_described(&pod.metadata) {
            incoming
                .unread
                .extend(NOT_DESCRIBED.map(|filter| incoming.not_shown(filter)));
        }
        incoming
    }

    fn not_shown(&self, filter: Filter) -> Unread {
        let gap = Gap {
            kind: Kind::Pod,
            namespace: Some(self.namespace.to_owned()),
            name: Some(self.name.to_owned()),
            why: Why::NotInDump,
            detail: "kubectl describe does not show all of it".to_owned(),
        };
        Unread { filter, gap }
    }

    fn look_at_volumes(&mut self, view: &View<'v>) {
        let mounts = volumes::mounts(self, view);
        let held = volume_restrictions::find(self, &mounts, view);
        let attaches = node_volume_limits::find(self, &mounts, view);
        let bindings = volume_binding::find(self, &mounts, view);
        let zones = volume_zone::find(&mounts, view);
        // in the order in which the scheduler would refuse the pod
        self.held = self.takes(Filter::VolumeRestrictions, held);
        self.attaches = self.takes(Filter::NodeVolumeLimits, attaches);
        self.bindings = self.takes(Filter::VolumeBinding, bindings);
        self.zones = self.takes(Filter::VolumeZone, zones);
    }

    /// What the pod wants by its spec alone.
    pub(super) fn alone(pod: &'a Pod) -> Self {
        let spec = pod.spec.as_deref().unwrap_or(&NO_SPEC);
        let mut requests = pod_requests(spec);
        for (resource, amount) in &mut requests {
            *amount = amount.rounded_for(resource);
        }
        let mut ports = host_ports(spec);
        ports.sort();
        ports.dedup();
        Incoming {
            pod,
            namespace: pod.metadata.namespace.as_deref().unwrap_or_default(),
            name: pod.metadata.name.as_deref().unwrap_or_default(),
            labels: pod.metadata.labels.as_deref().unwrap_or(&NO_LABELS),
            spec,
            compared: resources::compared(&requests),
            ports,
            features: node_declared_features::needed(spec),
            held: volume_restrictions::Held::default(),
            attaches: node_volume_limits::Wanted::default(),
            bindings: volume_binding::Bindings::default(),
            zones: volume_zone::Zones::default(),
            devices: dynamic_resources::Devices::default(),
            spread: topology_spread::Domains::default(),
            peers: inter_pod_affinity::Peers::default(),
            before: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// The same with further pods on a node, which the node's own view must hold as well.
    pub(super) fn beside(
        &self,
        coming: &[&'v PodRecord],
        node: &NodeView<'v>,
        view: &View<'v>,
    ) -> Self {
        let mut incoming = self.clone();
        for pod_record in coming {
            incoming.held.add(pod_record, view);
            incoming.spread.shift(1, self, pod_record, node, view);
            incoming.peers.add(self, pod_record, node, view);
        }
        incoming
    }

    /// The same without some of the pods on a node, which the node's own view must not hold either.
    pub(super) fn without(
        &self,
        gone: &[&PodRecord],
        node: &NodeView<'v>,
        view: &View<'v>,
    ) -> Self {
        let mut incoming = self.clone();
        for pod_record in gone {
            incoming.held.remove(pod_record, view);
            incoming.spread.shift(-1, self, pod_record, node, view);
            incoming.peers.remove(self, pod_record, node, view);
        }
        incoming
    }

    /// `spec.tolerations`
    pub fn tolerations(&self) -> &'a [Toleration] {
        self.spec.tolerations.as_deref().unwrap_or_default()
    }

    /// The terms of the required node affinity, of which one must hold; `None` when nothing is required.
    pub fn node_affinity(&self) -> Option<&'a [NodeSelectorTerm]> {
        affinity::node_affinity(self.spec)
    }

    /// `spec.priority`
    pub fn priority(&self) -> i32 {
        self.spec.priority.unwrap_or_default()
    }

    /// `spec.schedulerName`
    pub(super) fn scheduler(&self) -> &'a str {
        latest_message::scheduler_of(self.spec.scheduler_name.as_deref().unwrap_or_default())
    }

    /// Whether the pod record is this pod.
    pub fn is(&self, pod_record: &PodRecord) -> bool {
        *pod_record.name == *self.name && *pod_record.namespace == *self.namespace
    }
}
