//! What was read of the cluster, sealed.
//!
//! A [`Snapshot`] has no client, no clock and no environment: the same snapshot gives the same
//! report, byte for byte. It is filled by an [`Store`] and never changes afterwards. Every pod is
//! an [`PodRecord`]; only pods of the scope that need a look are kept whole.
//!
//! What does not belong here: requests (`gather`), judgements about causes (`rules`), and what the
//! scheduler would say (`scheduler`).

mod catalog;
mod devices;
mod event;
mod evidence;
mod kind;
mod node;
mod object;
mod objects;
mod ownership;
mod pod;
mod pod_record;
mod seen;
mod slim;
mod storage;
mod store;
mod template_owner;

pub use catalog::{Catalog, ObjectKey, ReadScope};
pub use devices::{Consumer, DeviceClass, ResourceClaim};
pub use event::{Event, Events};
pub use evidence::{Evidence, Origin};
pub use kind::Kind;
pub use node::{Condition, Node};
pub use object::ObjectRef;
pub use objects::{Keyed, Named, PodDisruptionBudget, ServiceAccount, Workload, WorkloadCondition};
pub use ownership::{PodIdentity, Relation};
pub use pod::{ContainerView, DEFAULT_SCHEDULER, PodView, Role};
pub use pod_record::{Footprint, PodRecord, PodRecords};
pub use seen::{Gap, Seen, Why};
pub use storage::{ClaimRef, CsiDriver, CsiNode, CsiStorageCapacity, Volume, VolumeAttachment};
pub use store::{Keep, Store, Undecodable};
pub use template_owner::{Propagation, TemplateOwner};

use crate::triage::Standing;
use crate::triage::scope::Scope;
use catalog::ReadLog;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use std::collections::BTreeMap;

/// The time of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// When it was taken.
    pub at: Timestamp,
    /// Whether that is known; otherwise `at` is the newest time found in the objects, and the
    /// snapshot was taken then or later.
    pub exact: bool,
}

/// How many pods of the scope were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub pods: usize,
    /// Those progressing, within what is usual.
    pub progressing: usize,
}

/// Everything that was read, and what was not.
#[derive(Debug, Clone)]
pub struct Snapshot {
    clock: Clock,
    tally: Tally,
    pods: Catalog<Standing>,
    stuck: Vec<PodView>,
    pod_records: PodRecords,
    events: Events,
    event_reads: Catalog<()>,
    nodes: Catalog<Node>,
    claims: Catalog<PersistentVolumeClaim>,
    volumes: Catalog<Volume>,
    storage_classes: Catalog<StorageClass>,
    csi_nodes: Catalog<CsiNode>,
    csi_drivers: Catalog<CsiDriver>,
    storage_capacities: Catalog<CsiStorageCapacity>,
    attachments: Catalog<VolumeAttachment>,
    resource_claims: Catalog<ResourceClaim>,
    device_classes: Catalog<DeviceClass>,
    budgets: Catalog<PodDisruptionBudget>,
    config_maps: Catalog<Keyed>,
    secrets: Catalog<Keyed>,
    service_accounts: Catalog<ServiceAccount>,
    namespaces: Catalog<Namespace>,
    services: Catalog<()>,
    workloads: BTreeMap<Kind, Catalog<Workload>>,
}

impl Snapshot {
    fn empty(unread: Why) -> Self {
        let workloads = Kind::all()
            .filter(|kind| kind.is_workload())
            .map(|kind| (kind, Catalog::new(kind, unread)))
            .collect();
        Snapshot {
            clock: Clock {
                at: Timestamp::UNIX_EPOCH,
                exact: false,
            },
            tally: Tally::default(),
            pods: Catalog::new(Kind::Pod, unread),
            stuck: Vec::new(),
            pod_records: PodRecords::default(),
            events: Events::default(),
            event_reads: Catalog::new(Kind::Event, unread),
            nodes: Catalog::new(Kind::Node, unread),
            claims: Catalog::new(Kind::PersistentVolumeClaim, unread),
            volumes: Catalog::new(Kind::PersistentVolume, unread),
            storage_classes: Catalog::new(Kind::StorageClass, unread),
            csi_nodes: Catalog::new(Kind::CsiNode, unread),
            csi_drivers: Catalog::new(Kind::CsiDriver, unread),
            storage_capacities: Catalog::new(Kind::CsiStorageCapacity, unread),
            attachments: Catalog::new(Kind::VolumeAttachment, unread),
            resource_claims: Catalog::new(Kind::ResourceClaim, unread),
            device_classes: Catalog::new(Kind::DeviceClass, unread),
            budgets: Catalog::new(Kind::PodDisruptionBudget, unread),
            config_maps: Catalog::new(Kind::ConfigMap, unread),
            secrets: Catalog::new(Kind::Secret, unread),
            service_accounts: Catalog::new(Kind::ServiceAccount, unread),
            namespaces: Catalog::new(Kind::Namespace, unread),
            services: Catalog::new(Kind::Service, unread),
            workloads,
        }
    }

    /// The catalogs of all kinds, in the order of the kinds.
    fn read_logs(&self) -> impl Iterator<Item = &dyn ReadLog> {
        let fixed: [&dyn ReadLog; 18] = [
            &self.pods,
            &self.nodes,
            &self.event_reads,
            &self.claims,
            &self.volumes,
            &self.storage_classes,
            &self.csi_nodes,
            &self.csi_drivers,
            &self.storage_capacities,
            &self.attachments,
            &self.resource_claims,
            &self.device_classes,
            &self.budgets,
            &self.config_maps,
            &self.secrets,
            &self.service_accounts,
            &self.namespaces,
            &self.services,
        ];
        let workloads = self
            .workloads
            .values()
            .map(|catalog| catalog as &dyn ReadLog);
        fixed.into_iter().chain(workloads)
    }

    fn read_logs_mut(&mut self) -> impl Iterator<Item = &mut dyn ReadLog> {
        let fixed: [&mut dyn ReadLog; 18] = [
            &mut self.pods,
            &mut self.nodes,
            &mut self.event_reads,
            &mut self.claims,
            &mut self.volumes,
            &mut self.storage_classes,
            &mut self.csi_nodes,
            &mut self.csi_drivers,
            &mut self.storage_capacities,
            &mut self.attachments,
            &mut self.resource_claims,
            &mut self.device_classes,
            &mut self.budgets,
            &mut self.config_maps,
            &mut self.secrets,
            &mut self.service_accounts,
            &mut self.namespaces,
            &mut self.services,
        ];
        let workloads = self.workloads.values_mut();
        fixed
            .into_iter()
            .chain(workloads.map(|catalog| catalog as &mut dyn ReadLog))
    }

    fn record(&mut self, kind: Kind, read_scope: ReadScope, outcome: Result<(), Gap>) {
        if let Some(read_log) = self
            .read_logs_mut()
            .find(|read_log| read_log.kind() == kind)
        {
            read_log.record(read_scope, outcome);
        }
    }

    fn set_unread(&mut self, why: Why) {
        for read_log in self.read_logs_mut() {
            read_log.set_unread(why);
        }
    }

    fn place(&mut self, pod: PodView, standing: Standing) {
        self.tally.pods += 1;
        if matches!(standing, Standing::Progressing(_)) {
            self.tally.progressing += 1;
        }
        let stuck = standing == Standing::Stuck;
        self.pods.insert(pod.namespace(), pod.name(), standing);
        if stuck {
            self.stuck.push(pod);
        }
    }

    /// Counts the pods of the scope of which only the pod record was kept; named ones are listed as well.
    fn place_healthy(&mut self, scope: &Scope) {
        let mut named = Vec::new();
        for pod_record in self.pod_records.iter() {
            let Some(containers) = pod_record.healthy else {
                continue;
            };
            if !scope.covers(&self.pod_records.identity(pod_record), self) {
                continue;
            }
            self.tally.pods += 1;
            if !scope.targets.is_empty() {
                named.push((
                    pod_record.namespace.to_string(),
                    pod_record.name.to_string(),
                    containers,
                ));
            }
        }
        for (namespace, name, containers) in named {
            self.pods.insert(
                &namespace,
                &name,
                crate::triage::all_ready(containers.into()),
            );
        }
    }

    /// When the snapshot was taken.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Seconds from `time` until the snapshot was taken; zero when that lies in the future.
    pub fn seconds_since(&self, time: Timestamp) -> i64 {
        (self.clock.at.as_second() - time.as_second()).max(0)
    }

    /// How many pods of the scope were read.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The pods of the scope, with how each stands; those plainly well only when something was named.
    pub fn pods(&self) -> &Catalog<Standing> {
        &self.pods
    }

    /// The stuck pods of the scope, in order of namespace and name.
    pub fn stuck(&self) -> &[PodView] {
        &self.stuck
    }

    /// All live pods that were read, in or out of scope. They are all of the cluster only when
    /// [`pods`](Self::pods) was read everywhere.
    pub fn pod_records(&self) -> &PodRecords {
        &self.pod_records
    }

    /// Events of an object, oldest first; `Unknown` when they could not be read and none was seen.
    pub fn events_of<'a>(
        &'a self,
        object: &ObjectRef,
        uid: Option<&'a str>,
    ) -> Seen<'a, Vec<&'a Event>> {
        let found: Vec<_> = self.events.of(object, uid).collect();
        if !found.is_empty() {
            return Seen::Yes(found);
        }
        match self.event_reads.get(
            object.namespace.as_deref().unwrap_or("default"),
            &object.name,
        ) {
            Seen::Unknown(gap) => Seen::Unknown(gap),
            Seen::Yes(()) | Seen::No => Seen::Yes(found),
        }
    }

    /// All events that were read.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Nodes.
    pub fn nodes(&self) -> &Catalog<Node> {
        &self.nodes
    }

    /// PersistentVolumeClaims.
    pub fn claims(&self) -> &Catalog<PersistentVolumeClaim> {
        &self.claims
    }

    /// PersistentVolumes.
    pub fn volumes(&self) -> &Catalog<Volume> {
        &self.volumes
    }

    /// StorageClasses.
    pub fn storage_classes(&self) -> &Catalog<StorageClass> {
        &self.storage_classes
    }

    /// CSINodes, by the names of the nodes.
    pub fn csi_nodes(&self) -> &Catalog<CsiNode> {
        &self.csi_nodes
    }

    /// CSIDrivers.
    pub fn csi_drivers(&self) -> &Catalog<CsiDriver> {
        &self.csi_drivers
    }

    /// CSIStorageCapacities.
    pub fn storage_capacities(&self) -> &Catalog<CsiStorageCapacity> {
        &self.storage_capacities
    }

    /// VolumeAttachments.
    pub fn attachments(&self) -> &Catalog<VolumeAttachment> {
        &self.attachments
    }

    /// ResourceClaims.
    pub fn resource_claims(&self) -> &Catalog<ResourceClaim> {
        &self.resource_claims
    }

    /// DeviceClasses.
    pub fn device_classes(&self) -> &Catalog<DeviceClass> {
        &self.device_classes
    }

    /// PodDisruptionBudgets.
    pub fn budgets(&self) -> &Catalog<PodDisruptionBudget> {
        &self.budgets
    }

    /// ConfigMaps, by names and keys.
    pub fn config_maps(&self) -> &Catalog<Keyed> {
        &self.config_maps
    }

    /// Secrets, by names and types.
    pub fn secrets(&self) -> &Catalog<Keyed> {
        &self.secrets
    }

    /// ServiceAccounts.
    pub fn service_accounts(&self) -> &Catalog<ServiceAccount> {
        &self.service_accounts
    }

    /// Namespaces.
    pub fn namespaces(&self) -> &Catalog<Namespace> {
        &self.namespaces
    }

    /// Workloads of one kind; `None` when the kind is not a workload.
    pub fn workloads(&self, kind: Kind) -> Option<&Catalog<Workload>> {
        self.workloads.get(&kind)
    }

    /// One workload, named by the words of an owner reference.
    pub fn workload(&self, kind: &str, namespace: &str, name: &str) -> Option<Seen<'_, &Workload>> {
        let catalog = self.workloads.get(&Kind::of_manifest(kind)?)?;
        Some(catalog.get(namespace, name))
    }

    /// Every read that was tried, and what became of it, in order of kinds.
    pub fn reads(&self) -> impl Iterator<Item = (Kind, &ReadScope, &Result<(), Gap>)> {
        self.read_logs().flat_map(|read_log| {
            let reads = read_log.reads().iter();
            reads.map(move |(read_scope, outcome)| (read_log.kind(), read_scope, outcome))
        })
    }

    /// Why what nobody tried to read is unknown.
    pub fn unread(&self) -> Why {
        self.pods.unread()
    }

    /// Every read that was tried and failed, in order, without repetition.
    pub fn gaps(&self) -> Vec<&Gap> {
        let mut gaps: Vec<&Gap> = self
            .reads()
            .filter_map(|(_, _, outcome)| outcome.as_ref().err())
            .collect();
        gaps.sort();
        gaps.dedup();
        gaps
    }
}
