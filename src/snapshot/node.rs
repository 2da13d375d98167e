//! A node, cut down to what scheduling and pod health depend on.

use super::node_leaving::LeavingMark;
use crate::kubernetes::Word;
use crate::kubernetes::label_set::LabelSet;
use crate::kubernetes::quantity::Quantity;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Taint;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Resources by name.
pub type Amounts = BTreeMap<String, Quantity>;

/// A node as the scheduler sees it. What nodes of one pool offer is held once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// `metadata.name`
    pub name: Arc<str>,
    /// `metadata.labels`
    pub labels: LabelSet,
    /// `status.allocatable`; a resource that is not named is zero.
    pub allocatable: Arc<Amounts>,
    /// `status.capacity`: differs from allocatable where a device is unhealthy.
    pub capacity: Arc<Amounts>,
    /// `spec.taints`
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`: cordoned.
    pub unschedulable: bool,
    /// `status.declaredFeatures`: what its kubelet can do (since 1.36).
    pub declared_features: Arc<[String]>,
    /// `status.runtimeHandlers`: what its runtime is set up for (since 1.30); the default one has no name.
    pub runtime_handlers: Option<Vec<String>>,
    /// `status.conditions`
    pub conditions: Box<[Condition]>,
    /// `status.nodeInfo.containerRuntimeVersion`: `containerd://2.1.4`.
    pub runtime: Option<Word>,
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
}

/// One of a node's conditions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// `Ready`, `DiskPressure`, …
    pub r#type: Word,
    /// `True`, `False` or `Unknown`
    pub status: Word,
    /// A CamelCase word.
    pub reason: Option<Word>,
    /// The text.
    pub message: Option<Word>,
    /// Since when.
    pub last_transition_time: Option<Timestamp>,
    /// When the kubelet last said so.
    #[serde(default)]
    pub last_heartbeat_time: LastHeard,
}

/// When a kubelet was last heard of. That it was heard again is no difference between two states of a node.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub struct LastHeard(pub Option<Timestamp>);

impl PartialEq for LastHeard {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for LastHeard {}

impl Node {
    /// Whether somebody has closed it, as before its pods are evicted.
    pub fn is_to_be_emptied(&self) -> bool {
        let is_emptied = |mark: LeavingMark| mark.leaving.is_emptied();
        self.unschedulable || self.leaving().is_some_and(is_emptied)
    }

    /// The texts that other nodes may have as well.
    pub(super) fn each_word(&mut self, mut share: impl FnMut(&mut Word)) {
        self.labels.each_word(&mut share);
        self.runtime.iter_mut().for_each(&mut share);
        for condition in &mut self.conditions {
            share(&mut condition.r#type);
            share(&mut condition.status);
            let texts = [&mut condition.reason, &mut condition.message];
            texts.into_iter().flatten().for_each(&mut share);
        }
    }

    /// The condition of this type.
    pub fn condition(&self, r#type: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.r#type == r#type)
    }

    /// Whether the kubelet said that it is Ready. A node without the condition is not.
    pub fn ready(&self) -> bool {
        self.condition("Ready").is_some_and(|c| c.status == "True")
    }
}

#[derive(Deserialize)]
pub(super) struct Raw {
    metadata: RawMeta,
    spec: Option<RawSpec>,
    status: Option<RawStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    name: String,
    labels: Option<LabelSet>,
    creation_timestamp: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
struct RawSpec {
    taints: Option<Vec<Taint>>,
    unschedulable: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    allocatable: Option<BTreeMap<String, String>>,
    capacity: Option<BTreeMap<String, String>>,
    declared_features: Option<Vec<String>>,
    runtime_handlers: Option<Vec<RawHandler>>,
    conditions: Option<Box<[Condition]>>,
    node_info: Option<RawInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawInfo {
    container_runtime_version: Option<Word>,
}

#[derive(Deserialize)]
struct RawHandler {
    name: Option<String>,
}

/// Amounts that cannot be read are left out, as an absent resource is: zero.
fn amounts(raw: Option<BTreeMap<String, String>>) -> Arc<Amounts> {
    let amounts = raw.unwrap_or_default().into_iter();
    let amounts = amounts.filter_map(|(resource, amount)| Some((resource, amount.parse().ok()?)));
    Arc::new(amounts.collect())
}

impl Raw {
    pub(super) fn into_node(self) -> Node {
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        Node {
            name: self.metadata.name.into(),
            labels: self.metadata.labels.unwrap_or_default(),
            allocatable: amounts(status.allocatable),
            capacity: amounts(status.capacity),
            taints: spec.taints.unwrap_or_default(),
            unschedulable: spec.unschedulable.unwrap_or_default(),
            declared_features: status.declared_features.unwrap_or_default().into(),
            runtime_handlers: status.runtime_handlers.map(|handlers| {
                let names = handlers.into_iter().map(|handler| handler.name);
                names.map(Option::unwrap_or_default).collect()
            }),
            conditions: status.conditions.unwrap_or_default(),
            runtime: status
                .node_info
                .and_then(|info| info.container_runtime_version),
            created: self.metadata.creation_timestamp,
        }
    }
}
