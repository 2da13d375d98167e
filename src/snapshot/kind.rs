//! The kinds of objects that are read: one row each, in one table.
//!
//! A row says the kind's name in manifests, its plural in URLs and RBAC rules, its API group, what it is (of the cluster, of a
//! namespace, or a workload: a controller of a namespace that owns pods), kubectl's short names, the [`Catalog`] that keeps its
//! objects and how one is decoded. Everything else follows from the row: the [`Kind`], the catalogs with what was and was not
//! read of each, and the accessor of the [`Store`]. The list is closed: what is not here is never asked for, and
//! `manifests/rbac.yaml` is compared with it by a test.

use super::Store;
use super::autoscaler::{Autoscaler, RawAutoscaler};
use super::catalog::{Catalog, ReadLog};
use super::devices::{DeviceClass, RawClaim, RawClass, ResourceClaim};
use super::encoded::Encoded;
use super::endpoints::{EndpointSlice, RawSlice};
use super::lease::{Lease, RawLease};
use super::limit_range::{LimitRange, RawLimitRange};
use super::network_policy::{NetworkPolicy, RawPolicy};
use super::node::{self, Node};
use super::objects::{
    Keyed, PodDisruptionBudget, PriorityClass, RawBudget, RawKeyed, RuntimeClass, ServiceAccount,
};
use super::quota::{RawQuota, ResourceQuota};
use super::revision::{ControllerRevision, RawRevision};
use super::route::{RawIngress, RawRoute, Route};
use super::seen::Why;
use super::service::{RawService, Service};
use super::storage::{
    self, CsiDriver, CsiNode, CsiStorageCapacity, RawAttachment, RawCapacity, RawCsiDriver,
    RawCsiNode, RawVolume, Volume, VolumeAttachment,
};
use super::webhook::WebhookConfiguration;
use super::workload::{RawWorkload, Workload};
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::any::Any;
use std::fmt;

/// What a kind's objects are part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Of the cluster.
    Cluster,
    /// Of a namespace.
    Namespace,
    /// Of a namespace, and owns pods, directly or through another.
    Workload,
}

/// A row of the table.
struct Row {
    name: &'static str,
    plural: &'static str,
    group: &'static str,
    part: Part,
    short: &'static [&'static str],
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $name:literal, $plural:literal, $group:literal, $part:ident, [$($short:literal),*],
            $catalog:ident: $record:ty = $view:expr;
    )*) => {
        /// A kind of Kubernetes object that a diagnosis can read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        const ALL: &[Kind] = &[$(Kind::$kind),*];

        impl Kind {
            fn row(self) -> &'static Row {
                match self {
                    $(Kind::$kind => &Row {
                        name: $name,
                        plural: $plural,
                        group: $group,
                        part: Part::$part,
                        short: &[$($short),*],
                    },)*
                }
            }
        }

        /// The objects of each kind.
        #[derive(Debug, Clone)]
        pub(super) struct Catalogs {
            $($catalog: Catalog<$record>,)*
        }

        impl Catalogs {
            pub(super) fn new(unread: Why) -> Self {
                Catalogs {
                    $($catalog: Catalog::new(Kind::$kind, unread),)*
                }
            }

            pub(super) fn log(&self, kind: Kind) -> &dyn ReadLog {
                match kind {
                    $(Kind::$kind => &self.$catalog,)*
                }
            }

            pub(super) fn log_mut(&mut self, kind: Kind) -> &mut dyn ReadLog {
                match kind {
                    $(Kind::$kind => &mut self.$catalog,)*
                }
            }

            /// Decodes an object and keeps what its row says; whether it was otherwise before.
            pub(super) fn insert(
                &mut self,
                kind: Kind,
                namespace: &str,
                name: &str,
                object: Encoded<'_>,
            ) -> Result<bool, serde_json::Error> {
                match kind {
                    $(Kind::$kind => put(&mut self.$catalog, namespace, name, object, $view),)*
                }
            }
        }

        impl Store {
            $(
                #[doc = concat!("The objects of kind ", $name, ".")]
                pub fn $catalog(&self) -> &Catalog<$record> {
                    &self.catalogs.$catalog
                }
            )*
        }
    };
}

kinds! {
    /// `v1/Pod`; what is known of each is kept by [`super::PodRecords`]
    Pod = "Pod", "pods", "", Namespace, ["po"], pods: () = nothing;
    /// `v1/Node`
    Node = "Node", "nodes", "", Cluster, ["no"], nodes: Node = node::Raw::into_node;
    /// `v1/Event`; kept by [`super::Events`]
    Event = "Event", "events", "", Namespace, ["ev"], event_reads: () = nothing;
    /// `v1/PersistentVolumeClaim`
    PersistentVolumeClaim = "PersistentVolumeClaim", "persistentvolumeclaims", "", Namespace, ["pvc"],
        claims: PersistentVolumeClaim = storage::trimmed;
    /// `v1/PersistentVolume`
    PersistentVolume = "PersistentVolume", "persistentvolumes", "", Cluster, ["pv"],
        volumes: Volume = RawVolume::into_volume;
    /// `storage.k8s.io/v1/StorageClass`
    StorageClass = "StorageClass", "storageclasses", "storage.k8s.io", Cluster, ["sc"],
        storage_classes: StorageClass = same;
    /// `storage.k8s.io/v1/CSINode`: how many volumes a node attaches
    CsiNode = "CSINode", "csinodes", "storage.k8s.io", Cluster, [],
        csi_nodes: CsiNode = RawCsiNode::into_csi_node;
    /// `storage.k8s.io/v1/CSIDriver`
    CsiDriver = "CSIDriver", "csidrivers", "storage.k8s.io", Cluster, [],
        csi_drivers: CsiDriver = RawCsiDriver::into_csi_driver;
    /// `storage.k8s.io/v1/CSIStorageCapacity`
    CsiStorageCapacity = "CSIStorageCapacity", "csistoragecapacities", "storage.k8s.io", Namespace, [],
        storage_capacities: CsiStorageCapacity = RawCapacity::into_capacity;
    /// `storage.k8s.io/v1/VolumeAttachment`
    VolumeAttachment = "VolumeAttachment", "volumeattachments", "storage.k8s.io", Cluster, [],
        attachments: VolumeAttachment = RawAttachment::into_attachment;
    /// `resource.k8s.io/v1/ResourceClaim`
    ResourceClaim = "ResourceClaim", "resourceclaims", "resource.k8s.io", Namespace, [],
        resource_claims: ResourceClaim = RawClaim::into_claim;
    /// `resource.k8s.io/v1/DeviceClass`
    DeviceClass = "DeviceClass", "deviceclasses", "resource.k8s.io", Cluster, [],
        device_classes: DeviceClass = RawClass::into_class;
    /// `resource.k8s.io/v1/ResourceSlice`: never read, since what it means for a claim is for expressions to say
    ResourceSlice = "ResourceSlice", "resourceslices", "resource.k8s.io", Cluster, [],
        resource_slices: () = nothing;
    /// `coordination.k8s.io/v1/Lease`: those of nodes
    Lease = "Lease", "leases", "coordination.k8s.io", Namespace, [], leases: Lease = RawLease::into_lease;
    /// `policy/v1/PodDisruptionBudget`
    PodDisruptionBudget = "PodDisruptionBudget", "poddisruptionbudgets", "policy", Namespace, ["pdb"],
        budgets: PodDisruptionBudget = RawBudget::into_budget;
    /// `autoscaling/v2/HorizontalPodAutoscaler`
    HorizontalPodAutoscaler = "HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", Namespace, ["hpa"],
        autoscalers: Autoscaler = RawAutoscaler::into_autoscaler;
    /// `v1/ConfigMap`: names and keys, never values
    ConfigMap = "ConfigMap", "configmaps", "", Namespace, ["cm"], config_maps: Keyed = RawKeyed::into_keyed;
    /// `v1/Secret`: names and types, never values
    Secret = "Secret", "secrets", "", Namespace, [], secrets: Keyed = RawKeyed::into_keyed;
    /// `v1/ServiceAccount`
    ServiceAccount = "ServiceAccount", "serviceaccounts", "", Namespace, ["sa"],
        service_accounts: ServiceAccount = same;
    /// `v1/Namespace`
    Namespace = "Namespace", "namespaces", "", Cluster, ["ns"], namespaces: Namespace = same;
    /// `v1/ResourceQuota`
    ResourceQuota = "ResourceQuota", "resourcequotas", "", Namespace, ["quota"],
        quotas: ResourceQuota = RawQuota::into_quota;
    /// `v1/LimitRange`
    LimitRange = "LimitRange", "limitranges", "", Namespace, ["limits"],
        limit_ranges: LimitRange = RawLimitRange::into_limit_range;
    /// `admissionregistration.k8s.io/v1/MutatingWebhookConfiguration`
    MutatingWebhookConfiguration = "MutatingWebhookConfiguration", "mutatingwebhookconfigurations",
        "admissionregistration.k8s.io", Cluster, [], mutating_webhooks: WebhookConfiguration = same;
    /// `admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration`
    ValidatingWebhookConfiguration = "ValidatingWebhookConfiguration", "validatingwebhookconfigurations",
        "admissionregistration.k8s.io", Cluster, [], validating_webhooks: WebhookConfiguration = same;
    /// `v1/Service`
    Service = "Service", "services", "", Namespace, ["svc"], services: Service = RawService::into_service;
    /// `v1/ReplicationController`
    ReplicationController = "ReplicationController", "replicationcontrollers", "", Workload, ["rc"],
        replication_controllers: Workload = |raw: RawWorkload| raw.into_workload(Kind::ReplicationController);
    /// `apps/v1/ReplicaSet`
    ReplicaSet = "ReplicaSet", "replicasets", "apps", Workload, ["rs"],
        replica_sets: Workload = |raw: RawWorkload| raw.into_workload(Kind::ReplicaSet);
    /// `apps/v1/Deployment`
    Deployment = "Deployment", "deployments", "apps", Workload, ["deploy"],
        deployments: Workload = |raw: RawWorkload| raw.into_workload(Kind::Deployment);
    /// `apps/v1/StatefulSet`
    StatefulSet = "StatefulSet", "statefulsets", "apps", Workload, ["sts"],
        stateful_sets: Workload = |raw: RawWorkload| raw.into_workload(Kind::StatefulSet);
    /// `apps/v1/DaemonSet`
    DaemonSet = "DaemonSet", "daemonsets", "apps", Workload, ["ds"],
        daemon_sets: Workload = |raw: RawWorkload| raw.into_workload(Kind::DaemonSet);
    /// `apps/v1/ControllerRevision`: the templates of StatefulSets and DaemonSets
    ControllerRevision = "ControllerRevision", "controllerrevisions", "apps", Namespace, [],
        controller_revisions: ControllerRevision = RawRevision::into_revision;
    /// `batch/v1/Job`
    Job = "Job", "jobs", "batch", Workload, [], jobs: Workload = |raw: RawWorkload| raw.into_workload(Kind::Job);
    /// `batch/v1/CronJob`
    CronJob = "CronJob", "cronjobs", "batch", Workload, ["cj"],
        cron_jobs: Workload = |raw: RawWorkload| raw.into_workload(Kind::CronJob);
    /// `networking.k8s.io/v1/NetworkPolicy`
    NetworkPolicy = "NetworkPolicy", "networkpolicies", "networking.k8s.io", Namespace, ["netpol"],
        network_policies: NetworkPolicy = RawPolicy::into_policy;
    /// `networking.k8s.io/v1/Ingress`
    Ingress = "Ingress", "ingresses", "networking.k8s.io", Namespace, ["ing"], ingresses: Route = RawIngress::into_route;
    /// `gateway.networking.k8s.io/v1/HTTPRoute`
    HttpRoute = "HTTPRoute", "httproutes", "gateway.networking.k8s.io", Namespace, [],
        http_routes: Route = RawRoute::into_route;
    /// `gateway.networking.k8s.io/v1/GRPCRoute`
    GrpcRoute = "GRPCRoute", "grpcroutes", "gateway.networking.k8s.io", Namespace, [],
        grpc_routes: Route = RawRoute::into_route;
    /// `discovery.k8s.io/v1/EndpointSlice`: of Services that were named, and of those whose endpoints somebody else writes
    EndpointSlice = "EndpointSlice", "endpointslices", "discovery.k8s.io", Namespace, [],
        endpoint_slices: EndpointSlice = RawSlice::into_slice;
    /// `node.k8s.io/v1/RuntimeClass`
    RuntimeClass = "RuntimeClass", "runtimeclasses", "node.k8s.io", Cluster, [], runtime_classes: RuntimeClass = same;
    /// `scheduling.k8s.io/v1/PriorityClass`
    PriorityClass = "PriorityClass", "priorityclasses", "scheduling.k8s.io", Cluster, ["pc"],
        priority_classes: PriorityClass = same;
}

fn nothing(_: IgnoredAny) {}

fn same<T>(object: T) -> T {
    object
}

fn put<R: DeserializeOwned, T: PartialEq>(
    catalog: &mut Catalog<T>,
    namespace: &str,
    name: &str,
    object: Encoded<'_>,
    view: impl FnOnce(R) -> T,
) -> Result<bool, serde_json::Error> {
    let before = catalog.insert(namespace, name, view(object.decode()?));
    Ok(before.as_ref() != catalog.peek(namespace, name))
}

impl Catalogs {
    pub(super) fn node_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.nodes.peek_mut("", name)
    }

    /// Keeps what is known of a ConfigMap or Secret; whether it was otherwise before.
    pub(super) fn insert_keyed(
        &mut self,
        kind: Kind,
        namespace: &str,
        name: &str,
        keyed: Keyed,
    ) -> bool {
        let before = match kind {
            Kind::Secret => self.secrets.insert(namespace, name, keyed.clone()),
            Kind::ConfigMap => self.config_maps.insert(namespace, name, keyed.clone()),
            _ => return false,
        };
        before != Some(keyed)
    }
}

impl Store {
    /// The workloads of each kind.
    pub fn workload_catalogs(&self) -> impl Iterator<Item = (Kind, &Catalog<Workload>)> {
        Kind::all().filter_map(|kind| Some((kind, self.workloads(kind)?)))
    }

    /// Workloads of one kind; `None` when the kind is not a workload.
    pub fn workloads(&self, kind: Kind) -> Option<&Catalog<Workload>> {
        let catalog: &dyn Any = self.catalogs.log(kind).as_any();
        catalog.downcast_ref()
    }
}

impl Kind {
    /// Every kind, in the order of the table above.
    pub fn all() -> impl Iterator<Item = Kind> {
        ALL.iter().copied()
    }

    /// Every kind that is ever asked for. `manifests/rbac.yaml` grants get, list and, but for
    /// Secrets, watch on each, and nothing else.
    pub fn read() -> impl Iterator<Item = Kind> {
        Kind::all().filter(|kind| *kind != Kind::ResourceSlice)
    }

    /// The name as in a manifest's `kind:`.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The name in URLs and RBAC rules.
    pub fn plural(self) -> &'static str {
        self.row().plural
    }

    /// The API group, empty for core.
    pub fn group(self) -> &'static str {
        self.row().group
    }

    /// Whether objects of this kind live in a namespace.
    pub fn namespaced(self) -> bool {
        self.row().part != Part::Cluster
    }

    /// kubectl's short names.
    pub fn short_names(self) -> &'static [&'static str] {
        self.row().short
    }

    /// Whether this is a controller that owns pods, directly or through another.
    pub fn is_workload(self) -> bool {
        self.row().part == Part::Workload
    }

    /// Whether it comes with something that not every cluster has.
    pub fn is_of_addon(self) -> bool {
        matches!(self, Kind::HttpRoute | Kind::GrpcRoute)
    }

    /// Whether `spec.replicas` says how many pods it has.
    pub fn scales(self) -> bool {
        matches!(
            self,
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController
        )
    }

    /// The JSON pointer of the pods' spec in a workload of this kind, where it can be changed: a Job's is fixed
    /// (pkg/apis/batch/validation, 1.37). Whether the change reaches pods that are there depends on the kind's controller.
    pub fn pod_template(self) -> Option<&'static str> {
        match self {
            Kind::Deployment
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicaSet
            | Kind::ReplicationController => Some("/spec/template/spec"),
            Kind::CronJob => Some("/spec/jobTemplate/spec/template/spec"),
            _ => None,
        }
    }

    /// `v1`, `apps/v1`, …
    pub fn api_version(self) -> String {
        match (self.group(), self.version()) {
            ("", version) => version.to_owned(),
            (group, version) => format!("{group}/{version}"),
        }
    }

    /// The version that is asked for. The first one of autoscalers keeps their conditions in an annotation.
    pub fn version(self) -> &'static str {
        match self {
            Kind::HorizontalPodAutoscaler => "v2",
            _ => "v1",
        }
    }

    /// Reads a manifest's `kind:`; lists (`PodList`) give their items' kind.
    pub fn of_manifest(kind: &str) -> Option<Kind> {
        let single = kind.strip_suffix("List").unwrap_or(kind);
        Kind::all().find(|kind| kind.as_str() == single)
    }

    /// Reads what a person types: `pod`, `pods`, `po`, `deployment.apps`, `Deployment`.
    pub fn of_argument(word: &str) -> Option<Kind> {
        let word = word.to_ascii_lowercase();
        let word = word.split('.').next().unwrap_or_default();
        Kind::all().find(|kind| {
            let row = kind.row();
            row.plural == word || row.name.eq_ignore_ascii_case(word) || row.short.contains(&word)
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Kind::of_manifest(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("`{name}` is not a kind that is read")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_name_kinds_in_many_ways() {
        for word in ["po", "pod", "pods", "Pod", "PODS"] {
            assert_eq!(Kind::of_argument(word), Some(Kind::Pod), "{word}");
        }
        assert_eq!(
            Kind::of_argument("deployments.apps"),
            Some(Kind::Deployment)
        );
        assert_eq!(Kind::of_argument("deploy"), Some(Kind::Deployment));
        assert_eq!(Kind::of_argument("podd"), None);
    }

    #[test]
    fn every_kind_is_known_by_its_name() {
        for kind in Kind::all() {
            assert_eq!(Kind::of_manifest(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn a_list_gives_its_items_kind() {
        assert_eq!(Kind::of_manifest("NodeList"), Some(Kind::Node));
        assert_eq!(Kind::of_manifest("List"), None);
    }
}
