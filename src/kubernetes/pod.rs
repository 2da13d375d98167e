//! A pod in the memory that it needs.
//!
//! Decoded as the API has it a pod takes some 30 KB, most of it room for what it could have and has not, and the rest the same
//! for all pods of one template. Here what pods can have in common stands behind a counted pointer each, for a store to hold
//! once, and what is each pod's own stands beside: in `spec` that is its node and the name of its token's volume. What nothing
//! reads of a status is left out.

use super::word::Word;
use k8s_openapi::api::core::v1 as api;
use k8s_openapi::api::core::v1::{
    PodExtendedResourceClaimStatus, PodResourceClaimStatus, PodSpec, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The start of the name that the admission plugin ServiceAccount gives to the volume of a pod's token; five characters more
/// are each pod's own (plugin/pkg/admission/serviceaccount/admission.go, 1.37).
pub const TOKEN_VOLUME: &str = "kube-api-access-";

/// Labels.
pub type Labels = BTreeMap<String, String>;
/// Amounts by resource.
pub type ApiAmounts = BTreeMap<String, Quantity>;

/// A pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "api::Pod")]
pub struct Pod {
    /// `metadata`
    pub metadata: PodMeta,
    /// `spec`, without its node, and with [`TOKEN_VOLUME`] alone for the name of the token's volume.
    pub spec: Option<Arc<PodSpec>>,
    /// `spec.nodeName`
    pub node_name: Option<Word>,
    /// The name of the token's volume.
    pub token_volume: Option<Word>,
    /// `status`
    pub status: Option<PodStatus>,
}

/// Its `metadata`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodMeta {
    /// `name`
    pub name: Option<Word>,
    /// `namespace`
    pub namespace: Option<Word>,
    /// `uid`
    pub uid: Option<Word>,
    /// `labels`
    pub labels: Option<Arc<Labels>>,
    /// `annotations`, but for the one of `kubectl apply`.
    pub annotations: Box<[(Word, Word)]>,
    /// `ownerReferences`
    pub owner_references: Option<Arc<[OwnerReference]>>,
    /// `finalizers`
    pub finalizers: Option<Box<[String]>>,
    /// `creationTimestamp`
    pub creation_timestamp: Option<Time>,
    /// `deletionTimestamp`
    pub deletion_timestamp: Option<Time>,
    /// `deletionGracePeriodSeconds`
    pub deletion_grace_period_seconds: Option<i64>,
}

/// Its `status`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodStatus {
    /// `phase`
    pub phase: Option<Word>,
    /// `reason`
    pub reason: Option<Word>,
    /// `message`
    pub message: Option<Word>,
    /// `startTime`
    pub start_time: Option<Time>,
    /// `nominatedNodeName`
    pub nominated_node_name: Option<Word>,
    /// `hostIP`
    pub host_ip: Option<Word>,
    /// `podIP`
    pub pod_ip: Option<Word>,
    /// `podIPs`
    pub pod_ips: Box<[Word]>,
    /// `resize`
    pub resize: Option<Word>,
    /// `conditions`
    pub conditions: Option<Box<[PodCondition]>>,
    /// `containerStatuses`
    pub container_statuses: Option<Box<[ContainerStatus]>>,
    /// `initContainerStatuses`
    pub init_container_statuses: Option<Box<[ContainerStatus]>>,
    /// `resources`
    pub resources: Option<Arc<ResourceRequirements>>,
    /// `allocatedResources`
    pub allocated_resources: Option<Arc<ApiAmounts>>,
    /// `resourceClaimStatuses`
    pub resource_claim_statuses: Option<Vec<PodResourceClaimStatus>>,
    /// `extendedResourceClaimStatus`
    pub extended_resource_claim_status: Option<Box<PodExtendedResourceClaimStatus>>,
}

/// One of its `status.conditions`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodCondition {
    /// `type`
    pub type_: Word,
    /// `status`
    pub status: Word,
    /// `reason`
    pub reason: Option<Word>,
    /// `message`
    pub message: Option<Word>,
    /// `lastTransitionTime`
    pub last_transition_time: Option<Time>,
}

/// One of its `status.containerStatuses`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerStatus {
    /// `name`
    pub name: Word,
    /// `image`
    pub image: Word,
    /// `imageID`
    pub image_id: Word,
    /// Whether there is a `containerID`.
    pub has_id: bool,
    /// `ready`
    pub ready: bool,
    /// `started`
    pub started: Option<bool>,
    /// `restartCount`
    pub restart_count: i32,
    /// `state`
    pub state: Option<ContainerState>,
    /// `lastState`
    pub last_state: Option<ContainerState>,
    /// `resources`
    pub resources: Option<Arc<ResourceRequirements>>,
    /// `allocatedResources`
    pub allocated_resources: Option<Arc<ApiAmounts>>,
}

/// How a container stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerState {
    /// `running`
    pub running: Option<ContainerStateRunning>,
    /// `terminated`
    pub terminated: Option<Box<ContainerStateTerminated>>,
    /// `waiting`
    pub waiting: Option<ContainerStateWaiting>,
}

/// A container that runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerStateRunning {
    /// `startedAt`
    pub started_at: Option<Time>,
}

/// A container that has ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerStateTerminated {
    /// `exitCode`
    pub exit_code: i32,
    /// `signal`
    pub signal: Option<i32>,
    /// `reason`
    pub reason: Option<Word>,
    /// `message`
    pub message: Option<Word>,
    /// `startedAt`
    pub started_at: Option<Time>,
    /// `finishedAt`
    pub finished_at: Option<Time>,
}

/// A container that waits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerStateWaiting {
    /// `reason`
    pub reason: Option<Word>,
    /// `message`
    pub message: Option<Word>,
}

impl PodMeta {
    /// What an annotation says.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let mut all = self.annotations.iter();
        all.find(|(own, _)| *own == *key).map(|(_, value)| &**value)
    }
}

impl Pod {
    /// `spec` as the API has it.
    pub fn own_spec(&self) -> PodSpec {
        let mut spec = self.spec.as_deref().cloned().unwrap_or_default();
        spec.node_name = self.node_name.as_ref().map(Word::to_string);
        if let Some(own) = &self.token_volume {
            rename_volume(&mut spec, |name| name == TOKEN_VOLUME, own);
        }
        spec
    }

    /// The name that a volume has in this pod, of the one that it has in the shared spec.
    pub fn volume_name<'a>(&'a self, shared: &'a str) -> &'a str {
        match &self.token_volume {
            Some(own) if shared == TOKEN_VOLUME => own,
            _ => shared,
        }
    }

    /// Hands over each word that others may have as well.
    pub fn each_word(&mut self, mut with: impl FnMut(&mut Word)) {
        let meta = &mut self.metadata;
        let own = [&mut meta.name, &mut meta.namespace, &mut meta.uid];
        own.into_iter().flatten().for_each(&mut with);
        let pairs = meta.annotations.iter_mut();
        pairs
            .flat_map(|(key, value)| [key, value])
            .for_each(&mut with);
        self.node_name.iter_mut().for_each(&mut with);
        let Some(status) = &mut self.status else {
            return;
        };
        let told = [
            &mut status.phase,
            &mut status.reason,
            &mut status.message,
            &mut status.nominated_node_name,
            &mut status.host_ip,
            &mut status.resize,
        ];
        told.into_iter().flatten().for_each(&mut with);
        for one in status.conditions.iter_mut().flatten() {
            [&mut one.type_, &mut one.status]
                .into_iter()
                .for_each(&mut with);
            let said = [&mut one.reason, &mut one.message];
            said.into_iter().flatten().for_each(&mut with);
        }
        for status in status.statuses_mut() {
            let named = [&mut status.name, &mut status.image, &mut status.image_id];
            named.into_iter().for_each(&mut with);
            let states = [&mut status.state, &mut status.last_state];
            for state in states.into_iter().flatten() {
                let waits = state.waiting.iter_mut();
                let waits = waits.flat_map(|it| [&mut it.reason, &mut it.message]);
                waits.flatten().for_each(&mut with);
                let ended = state.terminated.iter_mut();
                let ended = ended.flat_map(|it| {
                    let it = &mut **it;
                    [&mut it.reason, &mut it.message]
                });
                ended.flatten().for_each(&mut with);
            }
        }
    }
}

impl PodStatus {
    /// Of all its containers, those of `spec.initContainers` first.
    pub fn statuses_mut(&mut self) -> impl Iterator<Item = &mut ContainerStatus> {
        let init = self.init_container_statuses.iter_mut().flatten();
        init.chain(self.container_statuses.iter_mut().flatten())
    }
}

fn word(text: Option<String>) -> Option<Word> {
    text.map(Word::from)
}

impl From<api::Pod> for Pod {
    fn from(pod: api::Pod) -> Self {
        let mut spec = pod.spec;
        let node_name = spec.as_mut().and_then(|spec| spec.node_name.take());
        let token_volume = spec.as_mut().and_then(take_token_volume);
        Pod {
            metadata: pod.metadata.into(),
            spec: spec.map(Arc::new),
            node_name: word(node_name),
            token_volume: word(token_volume),
            status: pod.status.map(PodStatus::from),
        }
    }
}

/// Takes what is the pod's own of the name of its token's volume out of the spec.
fn take_token_volume(spec: &mut PodSpec) -> Option<String> {
    let is_token = |name: &str| name.starts_with(TOKEN_VOLUME);
    rename_volume(spec, is_token, TOKEN_VOLUME)
}

/// Gives the first volume of such a name another one, also where it is mounted; what it was called.
fn rename_volume(spec: &mut PodSpec, is_it: impl Fn(&str) -> bool, to: &str) -> Option<String> {
    let mut volumes = spec.volumes.iter_mut().flatten();
    let volume = volumes.find(|volume| is_it(&volume.name))?;
    let before = std::mem::replace(&mut volume.name, to.to_owned());
    let init = spec.init_containers.iter_mut().flatten();
    for container in init.chain(&mut spec.containers) {
        let mounts = container.volume_mounts.iter_mut().flatten();
        for mount in mounts.filter(|mount| mount.name == before) {
            to.clone_into(&mut mount.name);
        }
    }
    Some(before)
}

impl From<ObjectMeta> for PodMeta {
    fn from(meta: ObjectMeta) -> Self {
        let annotations = meta.annotations.into_iter().flatten();
        let annotations = annotations
            .filter(|(key, _)| key != "kubectl.kubernetes.io/last-applied-configuration");
        PodMeta {
            name: word(meta.name),
            namespace: word(meta.namespace),
            uid: word(meta.uid),
            labels: meta.labels.map(Arc::new),
            annotations: annotations
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
            owner_references: meta.owner_references.map(Arc::from),
            finalizers: meta.finalizers.map(Vec::into_boxed_slice),
            creation_timestamp: meta.creation_timestamp,
            deletion_timestamp: meta.deletion_timestamp,
            deletion_grace_period_seconds: meta.deletion_grace_period_seconds,
        }
    }
}

impl From<api::PodStatus> for PodStatus {
    fn from(status: api::PodStatus) -> Self {
        let statuses = |all: Option<Vec<api::ContainerStatus>>| {
            all.map(|all| all.into_iter().map(ContainerStatus::from).collect())
        };
        let conditions = status.conditions;
        let conditions = conditions.map(|all| all.into_iter().map(PodCondition::from).collect());
        let addresses = status.pod_ips.into_iter().flatten();
        PodStatus {
            phase: word(status.phase),
            reason: word(status.reason),
            message: word(status.message),
            start_time: status.start_time,
            nominated_node_name: word(status.nominated_node_name),
            host_ip: word(status.host_ip),
            pod_ip: word(status.pod_ip),
            pod_ips: addresses.map(|one| one.ip.into()).collect(),
            resize: word(status.resize),
            conditions,
            container_statuses: statuses(status.container_statuses),
            init_container_statuses: statuses(status.init_container_statuses),
            resources: status.resources.map(Arc::new),
            allocated_resources: status.allocated_resources.map(Arc::new),
            resource_claim_statuses: status.resource_claim_statuses,
            extended_resource_claim_status: status.extended_resource_claim_status.map(Box::new),
        }
    }
}

impl From<api::PodCondition> for PodCondition {
    fn from(condition: api::PodCondition) -> Self {
        PodCondition {
            type_: condition.type_.into(),
            status: condition.status.into(),
            reason: word(condition.reason),
            message: word(condition.message),
            last_transition_time: condition.last_transition_time,
        }
    }
}

impl From<api::ContainerStatus> for ContainerStatus {
    fn from(status: api::ContainerStatus) -> Self {
        ContainerStatus {
            name: status.name.into(),
            image: status.image.into(),
            image_id: status.image_id.into(),
            has_id: status.container_id.is_some_and(|id| !id.is_empty()),
            ready: status.ready,
            started: status.started,
            restart_count: status.restart_count,
            state: status.state.map(ContainerState::from),
            last_state: status.last_state.map(ContainerState::from),
            resources: status.resources.map(Arc::new),
            allocated_resources: status.allocated_resources.map(Arc::new),
        }
    }
}

impl From<api::ContainerState> for ContainerState {
    fn from(state: api::ContainerState) -> Self {
        let running = state.running.map(|running| ContainerStateRunning {
            started_at: running.started_at,
        });
        let ended = state.terminated.map(|end| ContainerStateTerminated {
            exit_code: end.exit_code,
            signal: end.signal,
            reason: word(end.reason),
            message: word(end.message),
            started_at: end.started_at,
            finished_at: end.finished_at,
        });
        let waiting = state.waiting.map(|waiting| ContainerStateWaiting {
            reason: word(waiting.reason),
            message: word(waiting.message),
        });
        ContainerState {
            running,
            terminated: ended.map(Box::new),
            waiting,
        }
    }
}
