//! What an object says of itself, or what its shape says where it does not.

use crate::snapshot::Kind;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What the API server answers when it is asked for metadata alone (`meta.k8s.io/v1`).
pub(super) const METADATA_ONLY: &str = "PartialObjectMetadata";

/// The beginning of an object.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) kind: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) metadata: Option<Meta>,
    pub(super) items: Option<IgnoredAny>,
    pub(super) spec: Option<Spec>,
    #[serde(default, deserialize_with = "present")]
    status: bool,
    /// Of metrics.
    #[serde(default, deserialize_with = "time")]
    pub(super) timestamp: Option<Timestamp>,
    /// As the Python client's `to_dict` writes it, with every other field.
    #[serde(rename = "api_version", default, deserialize_with = "present")]
    snake_case: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta {
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    resource_version: Option<String>,
    #[serde(default, deserialize_with = "present")]
    uid: bool,
    #[serde(default, deserialize_with = "present")]
    creation_timestamp: bool,
    #[serde(rename = "creation_timestamp", default, deserialize_with = "present")]
    snake_case: bool,
    #[serde(default)]
    managed_fields: Vec<Managed>,
}

#[derive(Deserialize)]
struct Managed {
    #[serde(default, deserialize_with = "time")]
    time: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec {
    /// Of a Lease.
    #[serde(default, deserialize_with = "time")]
    pub(super) renew_time: Option<Timestamp>,
}

impl Meta {
    /// When something was last changed, as far as managers of fields tell.
    pub(super) fn changed(&self) -> Option<Timestamp> {
        self.managed_fields.iter().filter_map(|of| of.time).max()
    }

    /// Of two states of an object the one with the larger number is the newer (Kubernetes 1.35 on; it was so before).
    pub(super) fn version(&self) -> Option<u64> {
        self.resource_version.as_deref()?.parse().ok()
    }
}

/// A field that is there, null or not.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A time; whatever else stands there is none.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(|text| text.parse().ok()))
}

/// The fields of an object, not yet decoded.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

fn fields(json: &str) -> Option<Fields<'_>> {
    serde_json::from_str(json).ok()
}

/// The fields of a field.
fn within<'a>(of: &Fields<'a>, field: &str) -> Fields<'a> {
    of.get(field)
        .and_then(|raw| fields(raw.get()))
        .unwrap_or_default()
}

/// A text, also where it was written as a number.
fn text(of: &Fields<'_>, field: &str) -> Option<String> {
    match serde_json::from_str(of.get(field)?.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Head {
    /// Reads the beginning of an object; of a damaged one what can be told. `None` for what is no object.
    pub(super) fn read(json: &[u8]) -> Option<Head> {
        serde_json::from_slice(json).ok().or_else(|| {
            let all = fields(std::str::from_utf8(json).ok()?)?;
            let meta = within(&all, "metadata");
            Some(Head {
                kind: text(&all, "kind"),
                api_version: text(&all, "apiVersion"),
                metadata: Some(Meta {
                    namespace: text(&meta, "namespace"),
                    name: text(&meta, "name"),
                    resource_version: text(&meta, "resourceVersion"),
                    uid: meta.contains_key("uid"),
                    creation_timestamp: meta.contains_key("creationTimestamp"),
                    snake_case: meta.contains_key("creation_timestamp"),
                    managed_fields: Vec::new(),
                }),
                spec: all.get("spec").map(|_| Spec::default()),
                timestamp: None,
                status: all.contains_key("status"),
                items: all.get("items").map(|_| IgnoredAny),
                snake_case: all.contains_key("api_version"),
            })
        })
    }

    pub(super) fn is_list(&self) -> bool {
        let named = self.kind.as_deref().unwrap_or("List");
        self.items.is_some() && named.ends_with("List")
    }

    /// Its kind, if it says one that is an object's.
    pub(super) fn says(&self) -> Option<&str> {
        self.kind.as_deref().filter(|kind| *kind != METADATA_ONLY)
    }

    /// The kind, unless another API group uses the same word.
    pub(super) fn known_kind(&self) -> Option<Kind> {
        let word = self.kind.as_deref()?.trim();
        let kind = exact(word).or_else(|| {
            // kubectl itself takes no other case; people who edit a dump write `pod`
            Kind::all().find(|kind| kind.as_str().eq_ignore_ascii_case(word))
        })?;
        let group = match self.api_version.as_deref().map(str::trim) {
            None => return Some(kind),
            Some(version) => version.split_once('/').map_or("", |(group, _)| group),
        };
        // events have two groups; workloads were in `extensions` until 1.16
        let same = group == kind.group()
            || (kind == Kind::Event && group == "events.k8s.io")
            || (kind.group() == "apps" && group == "extensions");
        same.then_some(kind)
    }

    /// Whether nothing in it is from a cluster: it is what somebody would apply.
    pub(super) fn is_manifest(&self) -> bool {
        let meta = self.metadata.as_ref();
        let is_of_cluster =
            |meta: &Meta| meta.uid || meta.creation_timestamp || meta.resource_version.is_some();
        self.spec.is_some() && !self.status && !meta.is_some_and(is_of_cluster)
    }

    /// Whether its fields are named as in Python.
    pub(super) fn is_snake_case(&self) -> bool {
        self.snake_case || self.metadata.as_ref().is_some_and(|meta| meta.snake_case)
    }

    /// An audit log is a stream of objects of kind Event, and none that speaks of the cluster's state.
    pub(super) fn is_audit(&self) -> bool {
        let version = self.api_version.as_deref();
        version.is_some_and(|version| version.starts_with("audit.k8s.io/"))
    }
}

/// What an object without a kind is, by the fields that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As client-go writes it when it is not asked for the kind.
    Object(Kind),
    /// `{"type": …, "object": …}` (apimachinery `pkg/apis/meta/v1/watch.go`).
    WatchEvent,
    /// Go's own names of the fields: kubectl wrote them up to 1.13.
    Internal,
    /// Not of Kubernetes.
    Foreign,
}

impl Shape {
    pub(super) fn of(json: &[u8]) -> Shape {
        let all = std::str::from_utf8(json).ok().and_then(fields);
        let Some(all) = all else {
            return Shape::Foreign;
        };
        let has = |field: &str| all.contains_key(field);
        if has("Items") || (has("Spec") && has("Status")) {
            return Shape::Internal;
        }
        if has("type") && !within(&all, "object").is_empty() {
            return Shape::WatchEvent;
        }
        let status = within(&all, "status");
        if !within(&all, "metadata").contains_key("name") {
            Shape::Foreign
        } else if within(&all, "spec").contains_key("containers") && !status.is_empty() {
            Shape::Object(Kind::Pod)
        } else if status.contains_key("nodeInfo") {
            Shape::Object(Kind::Node)
        } else if has("involvedObject") || (has("regarding") && has("reason")) {
            Shape::Object(Kind::Event)
        } else {
            Shape::Foreign
        }
    }
}

/// The kind of this very name.
pub(super) fn exact(kind: &str) -> Option<Kind> {
    Kind::of_manifest(kind).filter(|known| known.as_str() == kind)
}

/// `PodList` gives `Pod`; `List` gives nothing.
pub(super) fn kind_of_items(kind: &str) -> Option<String> {
    kind.strip_suffix("List")
        .filter(|kind| !kind.is_empty() && *kind != METADATA_ONLY)
        .map(str::to_owned)
}

/// The columns of a Table (`meta.k8s.io/v1`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    column_definitions: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
}

/// A Table does not say of which kind its rows are.
pub(super) fn of_table(json: &[u8]) -> Option<Kind> {
    let table: Table = serde_json::from_slice(json).ok()?;
    let mut columns = table.column_definitions.iter();
    columns
        .any(|column| column.name == "Restarts")
        .then_some(Kind::Pod)
}
