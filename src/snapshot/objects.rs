//! Views of the smaller kinds, each with only what a rule reads.
//!
//! ConfigMaps and Secrets are cut down while they are decoded: a value never reaches memory that
//! outlives its own bytes, and so can be neither printed nor dumped.

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
    /// What holds metadata only says so.
    kind: Option<String>,
}

/// Tells a field that is null from one that is not there.
fn written<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl RawKeyed {
    /// Without `data` an object is either empty or was read by its metadata alone, which says so: then keys are known if
    /// there are any, and none is known to be absent.
    pub(super) fn into_keyed(self) -> Keyed {
        let whole = self.kind.as_deref() != Some("PartialObjectMetadata");
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

/// A RuntimeClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct RuntimeClass {
    /// `handler`: how the runtimes of nodes know it.
    #[serde(default)]
    pub handler: String,
}

/// A PriorityClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PriorityClass {
    /// `value`: the priority of its pods.
    pub value: i64,
    /// Whether it is that of pods that name none.
    pub global_default: bool,
}

/// A PodDisruptionBudget. Evictions keep to it; preemption only prefers to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PodDisruptionBudget {
    /// `spec.selector`: of which pods; absent selects none, an empty one all of the namespace.
    pub selector: Option<LabelSelector>,
    /// `status.disruptionsAllowed`
    pub disruptions_allowed: i64,
    /// `status.currentHealthy` and `status.desiredHealthy`, where its controller has counted.
    pub healthy: Option<(i64, i64)>,
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

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct BudgetStatus {
    disruptions_allowed: Option<i64>,
    current_healthy: Option<i64>,
    desired_healthy: Option<i64>,
}

impl RawBudget {
    pub(super) fn into_budget(self) -> PodDisruptionBudget {
        let status = self.status.unwrap_or_default();
        PodDisruptionBudget {
            selector: self.spec.and_then(|spec| spec.selector),
            disruptions_allowed: status.disruptions_allowed.unwrap_or_default(),
            healthy: status.current_healthy.zip(status.desired_healthy),
        }
    }
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
        let keyed = raw.into_keyed();
        assert_eq!(keyed.keys.as_deref().unwrap(), ["password", "user"]);
        assert!(!format!("{keyed:?}").contains("aHVudGVyMg"));
    }

    #[test]
    fn metadata_alone_proves_no_key_absent() {
        let raw: RawKeyed =
            serde_json::from_str(r#"{"kind":"PartialObjectMetadata","metadata":{"name":"db"}}"#)
                .unwrap();
        assert_eq!(raw.into_keyed().keys, None);
        let raw: RawKeyed = serde_json::from_str(r#"{"kind":"Secret","keys":null}"#).unwrap();
        assert_eq!(raw.into_keyed().keys, None);
    }

    #[test]
    fn an_item_of_a_typed_list_with_values_was_read_whole() {
        let raw: RawKeyed =
            serde_json::from_str(r#"{"kind":"PartialObjectMetadata","data":{"a":"b"}}"#).unwrap();
        assert_eq!(raw.into_keyed().keys.unwrap(), ["a"]);
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
}
