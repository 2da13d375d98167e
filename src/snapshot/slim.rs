//! Decodes a pod without what nothing reads.
//!
//! A pod of a real cluster is some 10 KB, most of it managedFields, environment and probes. What
//! is skipped here is never allocated. The result is an ordinary [`Pod`] with the rest left empty, so
//! that triage and the scheduler's arithmetic are the same code for slim and for whole pods.

use super::annotations::SILENCE;
use super::encoded::Encoded;
use crate::kubernetes::Word;
use crate::kubernetes::pod::{ContainerStatus, Pod, PodMeta, PodStatus};
use k8s_openapi::api::core::v1 as api;
use k8s_openapi::api::core::v1::{
    AWSElasticBlockStoreVolumeSource, Affinity, AzureDiskVolumeSource, CinderVolumeSource,
    Container, ContainerPort, ContainerState, EphemeralVolumeSource, GCEPersistentDiskVolumeSource,
    ISCSIVolumeSource, PersistentVolumeClaimVolumeSource, PodCondition, PodIP, PodSpec,
    PortworxVolumeSource, Probe, RBDVolumeSource, ResourceRequirements, Toleration, Volume,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Decodes the slim form of a pod.
///
/// # Errors
/// When the bytes are not a pod.
pub(super) fn decode(pod: Encoded<'_>) -> Result<Pod, serde_json::Error> {
    let slim = pod.decode::<Slim>()?;
    Ok(Pod {
        token_volume: None,
        ..slim.into_pod().into()
    })
}

/// The same around a spec that is known; `node` is the name of its node, or empty.
///
/// # Errors
/// When the bytes are not a pod.
pub(super) fn around(
    pod: Encoded<'_>,
    spec: Arc<PodSpec>,
    node: &[u8],
) -> Result<Pod, serde_json::Error> {
    let around = pod.decode::<Around>()?;
    let node = (!node.is_empty()).then(|| String::from_utf8_lossy(node));
    Ok(Pod {
        metadata: around.metadata.into_meta().into(),
        spec: Some(spec),
        node_name: node.map(|node| Word::from(&*node)),
        token_volume: None,
        status: Some(around.status.unwrap_or_default().into_status().into()),
    })
}

/// A pod with no more than what it takes of its node and how it stands, as JSON.
///
/// # Errors
/// When the bytes are not the JSON of a pod.
pub fn occupant(json: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let pod = Encoded::from(json).decode::<Slim>()?;
    serde_json::to_vec(&pod.into_pod())
}

#[derive(Deserialize)]
struct Slim {
    metadata: Meta,
    spec: Option<Spec>,
    status: Option<Status>,
}

/// A pod without its spec.
#[derive(Deserialize)]
struct Around {
    metadata: Meta,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<OwnerReference>>,
    finalizers: Option<Vec<String>>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Spec {
    containers: Option<Vec<SlimContainer>>,
    init_containers: Option<Vec<SlimContainer>>,
    node_name: Option<String>,
    affinity: Option<Affinity>,
    overhead: Option<BTreeMap<String, Quantity>>,
    resources: Option<ResourceRequirements>,
    priority: Option<i32>,
    restart_policy: Option<String>,
    scheduler_name: Option<String>,
    tolerations: Option<Vec<Toleration>>,
    volumes: Option<Vec<SlimVolume>>,
    host_network: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SlimContainer {
    name: String,
    image: Option<String>,
    resources: Option<ResourceRequirements>,
    ports: Option<Vec<ContainerPort>>,
    restart_policy: Option<String>,
    readiness_probe: Option<Probe>,
    startup_probe: Option<Probe>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SlimVolume {
    name: Option<String>,
    persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource>,
    ephemeral: Option<IgnoredAny>,
    gce_persistent_disk: Option<GCEPersistentDiskVolumeSource>,
    aws_elastic_block_store: Option<AWSElasticBlockStoreVolumeSource>,
    iscsi: Option<ISCSIVolumeSource>,
    rbd: Option<RBDVolumeSource>,
    azure_disk: Option<AzureDiskVolumeSource>,
    cinder: Option<CinderVolumeSource>,
    portworx_volume: Option<PortworxVolumeSource>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status {
    phase: Option<String>,
    reason: Option<String>,
    start_time: Option<Time>,
    nominated_node_name: Option<String>,
    #[serde(rename = "podIPs")]
    pod_ips: Option<Vec<PodIP>>,
    conditions: Option<Vec<PodCondition>>,
    container_statuses: Option<Vec<SlimStatus>>,
    init_container_statuses: Option<Vec<SlimStatus>>,
    resources: Option<ResourceRequirements>,
    allocated_resources: Option<BTreeMap<String, Quantity>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SlimStatus {
    name: String,
    #[serde(default)]
    ready: bool,
    started: Option<bool>,
    #[serde(default)]
    restart_count: i32,
    state: Option<ContainerState>,
    resources: Option<ResourceRequirements>,
    allocated_resources: Option<BTreeMap<String, Quantity>>,
}

impl Slim {
    fn into_pod(self) -> api::Pod {
        api::Pod {
            metadata: self.metadata.into_meta(),
            spec: Some(self.spec.unwrap_or_default().into_spec()),
            status: Some(self.status.unwrap_or_default().into_status()),
        }
    }
}

impl Meta {
    fn into_meta(self) -> ObjectMeta {
        ObjectMeta {
            name: self.name,
            namespace: self.namespace,
            uid: self.uid,
            labels: self.labels,
            owner_references: self.owner_references,
            finalizers: self.finalizers,
            creation_timestamp: self.creation_timestamp,
            deletion_timestamp: self.deletion_timestamp,
            ..ObjectMeta::default()
        }
    }
}

impl Spec {
    fn into_spec(self) -> PodSpec {
        let containers = |slim: Option<Vec<SlimContainer>>| {
            slim.map(|all| all.into_iter().map(container).collect())
        };
        PodSpec {
            containers: containers(self.containers).unwrap_or_default(),
            init_containers: containers(self.init_containers),
            node_name: self.node_name,
            affinity: self.affinity,
            overhead: self.overhead,
            resources: self.resources,
            priority: self.priority,
            restart_policy: self.restart_policy,
            scheduler_name: self.scheduler_name,
            tolerations: self.tolerations,
            volumes: self
                .volumes
                .map(|all| all.into_iter().map(volume).collect()),
            host_network: self.host_network,
            ..PodSpec::default()
        }
    }
}

fn container(slim: SlimContainer) -> Container {
    Container {
        name: slim.name,
        image: slim.image,
        resources: slim.resources,
        ports: slim.ports,
        restart_policy: slim.restart_policy,
        readiness_probe: slim.readiness_probe,
        startup_probe: slim.startup_probe,
        ..Container::default()
    }
}

fn volume(slim: SlimVolume) -> Volume {
    Volume {
        name: slim.name.unwrap_or_default(),
        persistent_volume_claim: slim.persistent_volume_claim,
        // that there is a claim of its own is known by the name; its template matters to nobody
        ephemeral: slim.ephemeral.map(|_| EphemeralVolumeSource::default()),
        gce_persistent_disk: slim.gce_persistent_disk,
        aws_elastic_block_store: slim.aws_elastic_block_store,
        iscsi: slim.iscsi,
        rbd: slim.rbd,
        azure_disk: slim.azure_disk,
        cinder: slim.cinder,
        portworx_volume: slim.portworx_volume,
        ..Volume::default()
    }
}

impl Status {
    fn into_status(self) -> api::PodStatus {
        let statuses = |slim: Option<Vec<SlimStatus>>| {
            slim.map(|all| all.into_iter().map(container_status).collect())
        };
        api::PodStatus {
            phase: self.phase,
            reason: self.reason,
            start_time: self.start_time,
            nominated_node_name: self.nominated_node_name,
            pod_ips: self.pod_ips,
            conditions: self.conditions,
            container_statuses: statuses(self.container_statuses),
            init_container_statuses: statuses(self.init_container_statuses),
            resources: self.resources,
            allocated_resources: self.allocated_resources,
            ..api::PodStatus::default()
        }
    }
}

fn container_status(slim: SlimStatus) -> api::ContainerStatus {
    api::ContainerStatus {
        name: slim.name,
        ready: slim.ready,
        started: slim.started,
        restart_count: slim.restart_count,
        state: slim.state,
        resources: slim.resources,
        allocated_resources: slim.allocated_resources,
        ..api::ContainerStatus::default()
    }
}

/// What is looked at of a pod that is well: who it is, what it mounts, and how its containers stand and have ended.
pub(super) fn of_well(pod: Pod) -> Pod {
    let spec = pod.spec.map(Arc::unwrap_or_clone).unwrap_or_default();
    let containers = |all: Vec<Container>| -> Vec<Container> {
        let named = all.into_iter().map(|container| Container {
            name: container.name,
            restart_policy: container.restart_policy,
            ..Container::default()
        });
        named.collect()
    };
    let mounted = spec.volumes.into_iter().flatten();
    let mounted =
        mounted.filter(|it| it.persistent_volume_claim.is_some() || it.ephemeral.is_some());
    let volumes: Vec<Volume> = mounted.collect();
    let spec = PodSpec {
        // those that run to their end are told from those that go on
        init_containers: spec.init_containers.map(containers),
        restart_policy: spec.restart_policy,
        scheduler_name: spec.scheduler_name,
        volumes: (!volumes.is_empty()).then_some(volumes),
        ..PodSpec::default()
    };
    let annotations = pod.metadata.annotations.into_iter();
    Pod {
        metadata: PodMeta {
            annotations: annotations.filter(|(key, _)| *key == SILENCE).collect(),
            ..pod.metadata
        },
        spec: Some(Arc::new(spec)),
        token_volume: None,
        status: Some(status_of_well(pod.status.unwrap_or_default())),
        ..pod
    }
}

fn status_of_well(mut status: PodStatus) -> PodStatus {
    for container in status.statuses_mut() {
        *container = ContainerStatus {
            image: Word::default(),
            image_id: Word::default(),
            has_id: false,
            resources: None,
            allocated_resources: None,
            ..std::mem::take(container)
        };
    }
    PodStatus {
        phase: status.phase,
        reason: status.reason,
        start_time: status.start_time,
        conditions: status.conditions,
        container_statuses: status.container_statuses,
        init_container_statuses: status.init_container_statuses,
        ..PodStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::resources::occupied;
    use crate::snapshot::Footprint;

    const POD: &str = r#"{"metadata":{"name":"web","namespace":"shop","managedFields":[{"manager":"x"}],"annotations":{"a":"b"}},
        "spec":{"nodeName":"n1","containers":[{"name":"app","image":"x","env":[{"name":"A","value":"b"}],
            "resources":{"requests":{"cpu":"250m"}},"ports":[{"containerPort":80,"hostPort":8080}]}]},
        "status":{"phase":"Running","containerStatuses":[{"name":"app","ready":true,"restartCount":3,"image":"x","imageID":"y","state":{"running":{}}}]}}"#;

    #[test]
    fn the_slim_pod_holds_what_the_whole_one_holds() {
        let volumes = serde_json::json!([
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}},
            {"name": "a", "gcePersistentDisk": {"pdName": "d", "readOnly": true}},
            {"name": "b", "awsElasticBlockStore": {"volumeID": "vol-1"}},
            {"name": "c", "iscsi": {"targetPortal": "x:1", "iqn": "iqn", "lun": 0}},
            {"name": "d", "rbd": {"monitors": ["m"], "image": "i"}},
            {"name": "e", "azureDisk": {"diskName": "d", "diskURI": "u"}},
            {"name": "f", "cinder": {"volumeID": "c"}},
            {"name": "g", "portworxVolume": {"volumeID": "p"}},
            {"name": "h", "emptyDir": {}},
        ]);
        let json = serde_json::json!({"metadata": {"name": "web"}, "spec": {"containers": [], "volumes": volumes}}).to_string();
        let slim = Footprint::of(&decode(json.as_bytes().into()).unwrap());
        let whole = Footprint::of(&serde_json::from_str::<Pod>(&json).unwrap());
        assert_eq!(format!("{slim:?}"), format!("{whole:?}"));
        assert_eq!(
            (slim.claims.len(), slim.ephemeral.len(), slim.disks.len()),
            (1, 1, 7)
        );
    }

    #[test]
    fn the_slim_pod_counts_like_the_whole_one() {
        let slim = decode(POD.as_bytes().into()).unwrap();
        let whole: Pod = serde_json::from_str(POD).unwrap();
        assert_eq!(occupied(&slim), occupied(&whole));
        let status = slim.status.unwrap().container_statuses.unwrap();
        assert!(status[0].ready && status[0].restart_count == 3);
    }

    #[test]
    fn what_is_well_keeps_what_is_looked_at() {
        let json = serde_json::json!({
            "metadata": {"name": "web", "labels": {"app": "web"}, "annotations": {"a": "b", "kubectl-diagnose/silence": "x"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "app", "env": [{"name": "A", "value": "b"}]}],
                "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", "ready": true, "restartCount": 4, "image": "x", "imageID": "y",
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "lastState": {"terminated": {"exitCode": 1}}}]}
        });
        let pod = of_well(serde_json::from_value(json).unwrap());
        let (spec, status) = (pod.spec.unwrap(), pod.status.unwrap());
        assert_eq!(pod.metadata.annotations.len(), 1);
        assert_eq!(spec.volumes.as_ref().unwrap().len(), 1);
        assert!(spec.containers.is_empty());
        let status = &status.container_statuses.unwrap()[0];
        assert_eq!(status.restart_count, 4);
        assert!(status.last_state.as_ref().unwrap().terminated.is_some());
    }
}
