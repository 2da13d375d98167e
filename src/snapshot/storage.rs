//! Views of what serves a pod's claims: volumes, CSI drivers, what they have left and what nodes attach.
//!
//! Each is decoded with only what the scheduler's volume filters read, since all volumes of a cluster
//! may have to be looked at. Claims are kept as `k8s_openapi` has them: rules quote them.

use crate::kubernetes::claims::CLASS;
use crate::kubernetes::in_tree::{self, Attachment, InTree};
use crate::kubernetes::labels::{HOSTNAME, OLD_ZONE, ZONE};
use crate::kubernetes::quantity::Quantity;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{NodeSelector, ObjectReference, PersistentVolumeClaim};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where a kubelet writes which in-tree plugins its CSI drivers stand in for.
const MIGRATED: &str = "storage.alpha.kubernetes.io/migrated-plugins";

/// A PersistentVolume.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Volume {
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// Being deleted.
    pub terminating: bool,
    /// `spec.capacity.storage`; zero when it is not written or cannot be read.
    pub capacity: Quantity,
    /// `spec.accessModes`
    pub access_modes: Vec<String>,
    /// `spec.volumeMode` is `Block`.
    pub block: bool,
    /// `spec.storageClassName`, or the annotation before it; empty for none.
    pub class: String,
    /// `spec.volumeAttributesClassName`
    pub attributes_class: Option<String>,
    /// `spec.claimRef`: whose it is.
    pub claim: Option<ClaimRef>,
    /// `spec.nodeAffinity.required`: the nodes that reach it.
    pub node_affinity: Option<NodeSelector>,
    /// How a node attaches it; absent for what no CSI driver serves.
    pub attachment: Option<Attachment>,
    /// The plugin by whose name it is written, when that is not the driver's.
    pub in_tree: Option<InTree>,
    /// `status.phase`
    pub phase: String,
}

impl Volume {
    /// The host name without which no node reaches it.
    pub fn host(&self) -> Option<&str> {
        let reach = self.node_affinity.as_ref()?;
        let [term] = reach.node_selector_terms.as_slice() else {
            return None;
        };
        let mut expressions = term.match_expressions.iter().flatten();
        let named = expressions.find(|one| one.key == HOSTNAME && one.operator == "In")?;
        match named.values.as_deref()? {
            [host] => Some(host),
            _ => None,
        }
    }
}

/// The claim that a volume is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid; absent until the volume is bound.
    pub uid: Option<String>,
}

/// What the kubelet of a node says of its CSI drivers. It has the node's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsiNode {
    /// The drivers that run on the node, and how many volumes each attaches, where that is limited.
    pub drivers: BTreeMap<String, Option<i64>>,
    /// The in-tree plugins whose volumes a driver serves here.
    pub migrated: Vec<String>,
}

/// A CSI driver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsiDriver {
    /// `spec.storageCapacity`: it publishes what it has left, and the scheduler heeds it.
    pub storage_capacity: bool,
    /// `spec.preventPodSchedulingIfMissing`: no pod with its volumes goes to a node without it.
    pub prevents_if_missing: bool,
}

/// What a driver has left for a class in a part of the cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CsiStorageCapacity {
    /// `storageClassName`
    pub class: String,
    /// `nodeTopology`: from which nodes it can be reached; absent means from none.
    pub topology: Option<LabelSelector>,
    /// `capacity`
    pub capacity: Option<Quantity>,
    /// `maximumVolumeSize`
    pub largest: Option<Quantity>,
}

impl CsiStorageCapacity {
    /// The largest volume that can be made; unknown when the driver says nothing.
    pub fn limit(&self) -> Option<Quantity> {
        self.largest.or(self.capacity)
    }
}

/// A volume that is to be attached to a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeAttachment {
    /// `spec.attacher`: the driver.
    pub attacher: String,
    /// `spec.nodeName`
    pub node: String,
    /// `spec.source.persistentVolumeName`
    pub volume: Option<String>,
    /// `status.attached`
    pub attached: bool,
    /// Being deleted: it is to be detached.
    pub terminating: bool,
    /// `status.attachError.message`
    pub attach_error: Option<String>,
    /// `status.detachError.message`
    pub detach_error: Option<String>,
}

/// A claim without what no rule reads.
pub(super) fn trimmed(mut claim: PersistentVolumeClaim) -> PersistentVolumeClaim {
    claim.metadata.managed_fields = None;
    if let Some(annotations) = claim.metadata.annotations.as_mut() {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    claim
}

fn quantity(text: Option<&String>) -> Option<Quantity> {
    text?.parse().ok()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Meta {
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    deletion_timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct RawVolume {
    metadata: Meta,
    spec: Option<VolumeSpec>,
    status: Option<VolumeStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct VolumeSpec {
    capacity: Option<BTreeMap<String, String>>,
    access_modes: Option<Vec<String>>,
    volume_mode: Option<String>,
    storage_class_name: Option<String>,
    volume_attributes_class_name: Option<String>,
    claim_ref: Option<ObjectReference>,
    node_affinity: Option<RawAffinity>,
    csi: Option<RawCsi>,
    aws_elastic_block_store: Option<RawVolumeId>,
    gce_persistent_disk: Option<RawGce>,
    azure_disk: Option<RawAzure>,
    cinder: Option<RawVolumeId>,
    portworx_volume: Option<RawVolumeId>,
}

#[derive(Deserialize)]
struct RawAffinity {
    required: Option<NodeSelector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCsi {
    driver: String,
    volume_handle: String,
}

#[derive(Deserialize)]
struct RawVolumeId {
    #[serde(rename = "volumeID")]
    volume_id: String,
}

#[derive(Deserialize)]
struct RawGce {
    #[serde(rename = "pdName")]
    pd_name: String,
}

#[derive(Deserialize)]
struct RawAzure {
    #[serde(rename = "diskURI")]
    disk_uri: String,
    kind: Option<String>,
}

#[derive(Deserialize, Default)]
struct VolumeStatus {
    phase: Option<String>,
}

impl VolumeSpec {
    /// How a node attaches the volume, and the plugin by whose name it is written.
    fn source(&self, labels: &BTreeMap<String, String>) -> (Option<Attachment>, Option<InTree>) {
        if let Some(csi) = &self.csi {
            return (Some(Attachment::new(&csi.driver, &csi.volume_handle)), None);
        }
        let of = |plugin: InTree, handle: Option<&str>| {
            (handle.map(|handle| plugin.attachment(handle)), Some(plugin))
        };
        if let Some(ebs) = &self.aws_elastic_block_store {
            return of(in_tree::AWS_EBS, in_tree::ebs_handle(&ebs.volume_id));
        }
        if let Some(gce) = &self.gce_persistent_disk {
            let zones = [OLD_ZONE, ZONE];
            let zones = zones.iter().find_map(|key| labels.get(*key));
            let zones = zones.map(String::as_str).unwrap_or_default();
            let handle = in_tree::gce_handle(&gce.pd_name, zones);
            return of(in_tree::GCE_PD, handle.as_deref());
        }
        if let Some(azure) = &self.azure_disk {
            let kind = azure.kind.as_deref().unwrap_or("Managed");
            let managed = kind.eq_ignore_ascii_case("Managed");
            return of(in_tree::AZURE_DISK, managed.then_some(&azure.disk_uri));
        }
        if let Some(cinder) = &self.cinder {
            return of(in_tree::CINDER, Some(&cinder.volume_id));
        }
        match &self.portworx_volume {
            Some(portworx) => of(in_tree::PORTWORX, Some(&portworx.volume_id)),
            None => (None, None),
        }
    }
}

impl RawVolume {
    pub(super) fn into_volume(self) -> Volume {
        let labels = self.metadata.labels.unwrap_or_default();
        let spec = self.spec.unwrap_or_default();
        let (attachment, in_tree) = spec.source(&labels);
        let annotated = self
            .metadata
            .annotations
            .and_then(|mut all| all.remove(CLASS));
        let capacity = spec.capacity.as_ref().and_then(|all| all.get("storage"));
        Volume {
            labels,
            terminating: self.metadata.deletion_timestamp.is_some(),
            capacity: quantity(capacity).unwrap_or_default(),
            access_modes: spec.access_modes.unwrap_or_default(),
            block: spec.volume_mode.as_deref() == Some("Block"),
            class: annotated.or(spec.storage_class_name).unwrap_or_default(),
            attributes_class: spec.volume_attributes_class_name,
            claim: spec.claim_ref.map(|claim| ClaimRef {
                namespace: claim.namespace.unwrap_or_default(),
                name: claim.name.unwrap_or_default(),
                uid: claim.uid.filter(|uid| !uid.is_empty()),
            }),
            node_affinity: spec.node_affinity.and_then(|affinity| affinity.required),
            attachment,
            in_tree,
            phase: self.status.unwrap_or_default().phase.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawCsiNode {
    metadata: Meta,
    spec: Option<CsiNodeSpec>,
}

#[derive(Deserialize)]
struct CsiNodeSpec {
    drivers: Option<Vec<NodeDriver>>,
}

#[derive(Deserialize)]
struct NodeDriver {
    name: String,
    allocatable: Option<Allocatable>,
}

#[derive(Deserialize)]
struct Allocatable {
    count: Option<i64>,
}

impl RawCsiNode {
    pub(super) fn into_csi_node(self) -> CsiNode {
        let drivers = self.spec.and_then(|spec| spec.drivers).unwrap_or_default();
        let annotations = self.metadata.annotations.unwrap_or_default();
        let migrated = annotations.get(MIGRATED).map(String::as_str);
        CsiNode {
            drivers: drivers
                .into_iter()
                .map(|driver| (driver.name, driver.allocatable.and_then(|all| all.count)))
                .collect(),
            migrated: migrated
                .into_iter()
                .flat_map(|all| all.split(','))
                .map(str::to_owned)
                .collect(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawCsiDriver {
    spec: Option<CsiDriverSpec>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct CsiDriverSpec {
    storage_capacity: Option<bool>,
    prevent_pod_scheduling_if_missing: Option<bool>,
}

impl RawCsiDriver {
    pub(super) fn into_csi_driver(self) -> CsiDriver {
        let spec = self.spec.unwrap_or_default();
        CsiDriver {
            storage_capacity: spec.storage_capacity.unwrap_or_default(),
            prevents_if_missing: spec.prevent_pod_scheduling_if_missing.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawCapacity {
    storage_class_name: Option<String>,
    node_topology: Option<LabelSelector>,
    capacity: Option<String>,
    maximum_volume_size: Option<String>,
}

impl RawCapacity {
    pub(super) fn into_capacity(self) -> CsiStorageCapacity {
        CsiStorageCapacity {
            class: self.storage_class_name.unwrap_or_default(),
            topology: self.node_topology,
            capacity: quantity(self.capacity.as_ref()),
            largest: quantity(self.maximum_volume_size.as_ref()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawAttachment {
    metadata: Meta,
    spec: Option<AttachmentSpec>,
    status: Option<AttachmentStatus>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct AttachmentSpec {
    attacher: Option<String>,
    node_name: Option<String>,
    source: Option<AttachmentSource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentSource {
    persistent_volume_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct AttachmentStatus {
    attached: Option<bool>,
    attach_error: Option<AttachmentError>,
    detach_error: Option<AttachmentError>,
}

#[derive(Deserialize)]
struct AttachmentError {
    message: Option<String>,
}

impl RawAttachment {
    pub(super) fn into_attachment(self) -> VolumeAttachment {
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let message = |error: Option<AttachmentError>| error.and_then(|error| error.message);
        VolumeAttachment {
            attacher: spec.attacher.unwrap_or_default(),
            node: spec.node_name.unwrap_or_default(),
            volume: spec.source.and_then(|source| source.persistent_volume_name),
            attached: status.attached.unwrap_or_default(),
            terminating: self.metadata.deletion_timestamp.is_some(),
            attach_error: message(status.attach_error),
            detach_error: message(status.detach_error),
        }
    }
}

#[cfg(test)]
mod tests;
