//! Views of the smaller kinds, each with only what a rule reads.
//!
//! ConfigMaps and Secrets are cut down while they are decoded: a value never reaches memory that
//! outlives its own bytes, and so can be neither printed nor dumped.

use super::kind::Kind;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// A ConfigMap or a Secret: what it holds by name, never by value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keyed {
    /// The names under `data` and `binaryData`; `None` when only the object's existence was read.
    pub keys: Option<Vec<String>>,
    /// A Secret's `type`.
    pub r#type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawKeyed {
    data: Option<BTreeMap<String, IgnoredAny>>,
    binary_data: Option<BTreeMap<String, IgnoredAny>>,
    string_data: Option<BTreeMap<String, IgnoredAny>>,
    /// Our own dumps write the names of the keys in place of the values, and null where only the
    /// metadata was read.
    #[serde(default, deserialize_with = "written")]
    keys: Option<Option<Vec<String>>>,
    r#type: Option<String>,
}

/// Tells a field that is null from one that is not there.
fn written<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl RawKeyed {
    /// `whole` is false for what may be an answer that holds metadata only: then keys are known if
    /// there are any, and none is known to be absent from an object without them.
    pub(super) fn into_keyed(self, whole: bool) -> Keyed {
        let maps = [self.data, self.binary_data, self.string_data];
        let known = match &self.keys {
            Some(names) => names.is_some(),
            None => whole || maps.iter().any(Option::is_some),
        };
        let names = maps.into_iter().flatten().flat_map(BTreeMap::into_keys);
        let mut keys: Vec<String> = names
            .chain(self.keys.flatten().into_iter().flatten())
            .collect();
        keys.sort();
        keys.dedup();
        Keyed {
            keys: known.then_some(keys),
            r#type: self.r#type,
        }
    }
}

/// A ServiceAccount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// The Secrets that pods of this account pull images with.
    pub image_pull_secrets: Option<Vec<Named>>,
}

/// A reference by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Named {
    /// The name.
    pub name: Option<String>,
}

/// A PodDisruptionBudget. Evictions keep to it; preemption only prefers to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodDisruptionBudget {
    /// `spec.selector`: of which pods; absent selects none, an empty one all of the namespace.
    pub selector: Option<LabelSelector>,
    /// `status.disruptionsAllowed`
    pub disruptions_allowed: i64,
}

#[derive(Deserialize)]
pub(super) struct RawBudget {
    spec: Option<BudgetSpec>,
    status: Option<BudgetStatus>,
}

#[derive(Deserialize)]
struct BudgetSpec {
    selector: Option<LabelSelector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BudgetStatus {
    disruptions_allowed: Option<i64>,
}

impl RawBudget {
    pub(super) fn into_budget(self) -> PodDisruptionBudget {
        let allowed = self.status.and_then(|status| status.disruptions_allowed);
        PodDisruptionBudget {
            selector: self.spec.and_then(|spec| spec.selector),
            disruptions_allowed: allowed.unwrap_or_default(),
        }
    }
}

/// A controller that makes pods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workload {
    /// `metadata.uid`
    pub uid: Option<String>,
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// Its own controller: the Deployment of a ReplicaSet, the CronJob of a Job.
    pub controller: Option<(String, String)>,
    /// `spec.selector`; a ReplicationController's map is written as matchLabels.
    pub selector: Option<LabelSelector>,
    /// How many pods are wanted (`spec.replicas`, a DaemonSet's `desiredNumberScheduled`, a Job's `parallelism`).
    pub wanted: Option<i64>,
    /// How many are ready.
    pub ready: Option<i64>,
    /// `status.conditions`
    pub conditions: Vec<WorkloadCondition>,
    /// `spec.strategy` or `spec.updateStrategy`
    pub strategy: Option<serde_json::Value>,
    /// Deployment paused, Job or CronJob suspended.
    pub halted: bool,
}

/// One of a workload's conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadCondition {
    /// `Progressing`, `Complete`, …
    pub r#type: String,
    /// `True`, `False` or `Unknown`
    pub status: String,
    /// A CamelCase word.
    pub reason: Option<String>,
    /// The text.
    pub message: Option<String>,
}

impl Workload {
    /// Whether a Job has come to its end, well or badly.
    pub fn finished(&self) -> bool {
        self.holds("Complete") || self.holds("Failed")
    }

    /// Whether the condition is there and True.
    pub fn holds(&self, r#type: &str) -> bool {
        self.conditions
            .iter()
            .any(|c| c.r#type == r#type && c.status == "True")
    }
}

#[derive(Deserialize)]
pub(super) struct RawWorkload {
    metadata: RawMeta,
    spec: Option<RawSpec>,
    status: Option<RawStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    uid: Option<String>,
    creation_timestamp: Option<Timestamp>,
    owner_references: Option<Vec<RawOwner>>,
}

#[derive(Deserialize)]
struct RawOwner {
    kind: String,
    name: String,
    controller: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    selector: Option<serde_json::Value>,
    replicas: Option<i64>,
    parallelism: Option<i64>,
    strategy: Option<serde_json::Value>,
    update_strategy: Option<serde_json::Value>,
    paused: Option<bool>,
    suspend: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    ready_replicas: Option<i64>,
    desired_number_scheduled: Option<i64>,
    number_ready: Option<i64>,
    ready: Option<i64>,
    conditions: Option<Vec<WorkloadCondition>>,
}

impl RawWorkload {
    pub(super) fn into_workload(self, kind: Kind) -> Workload {
        let spec = self.spec.unwrap_or_default();
        let status = self.status.unwrap_or_default();
        let wanted = match kind {
            Kind::DaemonSet => status.desired_number_scheduled,
            Kind::Job => Some(spec.parallelism.unwrap_or(1)),
            Kind::CronJob => None,
            _ => Some(spec.replicas.unwrap_or(1)),
        };
        Workload {
            uid: self.metadata.uid,
            created: self.metadata.creation_timestamp,
            controller: self
                .metadata
                .owner_references
                .into_iter()
                .flatten()
                .find(|owner| owner.controller == Some(true))
                .map(|owner| (owner.kind, owner.name)),
            selector: spec
                .selector
                .and_then(|selector| read_selector(kind, selector)),
            wanted,
            ready: status
                .ready_replicas
                .or(status.number_ready)
                .or(status.ready),
            conditions: status.conditions.unwrap_or_default(),
            strategy: spec.strategy.or(spec.update_strategy),
            halted: spec.paused.or(spec.suspend).unwrap_or_default(),
        }
    }
}

fn read_selector(kind: Kind, selector: serde_json::Value) -> Option<LabelSelector> {
    if kind == Kind::ReplicationController {
        return Some(LabelSelector {
            match_labels: serde_json::from_value(selector).ok(),
            match_expressions: None,
        });
    }
    serde_json::from_value(selector).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_keeps_the_names_of_its_keys_and_nothing_else() {
        let raw: RawKeyed = serde_json::from_str(
            r#"{"type":"Opaque","data":{"password":"aHVudGVyMg==","user":"YQ=="}}"#,
        )
        .unwrap();
        let keyed = raw.into_keyed(true);
        assert_eq!(keyed.keys.as_deref().unwrap(), ["password", "user"]);
        assert!(!format!("{keyed:?}").contains("aHVudGVyMg"));
    }

    #[test]
    fn metadata_alone_proves_no_key_absent() {
        let raw: RawKeyed = serde_json::from_str(r#"{"metadata":{"name":"db"}}"#).unwrap();
        assert_eq!(raw.into_keyed(false).keys, None);
        let raw: RawKeyed = serde_json::from_str(r#"{"kind":"Secret","keys":null}"#).unwrap();
        assert_eq!(raw.into_keyed(true).keys, None);
    }

    #[test]
    fn an_item_of_a_typed_list_with_values_was_read_whole() {
        let raw: RawKeyed = serde_json::from_str(r#"{"data":{"a":"b"}}"#).unwrap();
        assert_eq!(raw.into_keyed(false).keys.unwrap(), ["a"]);
    }

    #[test]
    fn a_budget_tells_how_many_pods_may_go() {
        let raw: RawBudget = serde_json::from_str(
            r#"{"spec":{"minAvailable":1,"selector":{"matchLabels":{"app":"web"}}},"status":{"disruptionsAllowed":2}}"#,
        )
        .unwrap();
        let budget = raw.into_budget();
        assert_eq!(budget.disruptions_allowed, 2);
        assert!(budget.selector.is_some());
    }

    #[test]
    fn a_replication_controllers_selector_is_a_plain_map() {
        let raw: RawWorkload = serde_json::from_str(
            r#"{"metadata":{},"spec":{"selector":{"app":"web"},"replicas":2}}"#,
        )
        .unwrap();
        let workload = raw.into_workload(Kind::ReplicationController);
        assert_eq!(workload.wanted, Some(2));
        assert_eq!(
            workload
                .selector
                .unwrap()
                .match_labels
                .unwrap()
                .get("app")
                .map(String::as_str),
            Some("web")
        );
    }
}
