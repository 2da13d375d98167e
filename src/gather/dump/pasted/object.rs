//! One described object: which kind it is, and what every kind has.

use super::events;
use super::time;
use super::tree::{self, Field};
use super::{container, node, pod, service, storage, workload};
use crate::snapshot::{DESCRIBED, Kind};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is printed at no indentation (k8s.io/kubectl `pkg/describe/describe.go`, 1.10 to 1.37).
const TOP: &[&str] = &[
    "API Version",
    "Access Modes",
    "Active Deadline Seconds",
    "Active Jobs",
    "Addresses",
    "Allocatable",
    "Allocated resources",
    "AllowVolumeExpansion",
    "AllowedTopologies",
    "Annotations",
    "AppProtocol",
    "Backoff Limit",
    "Capacity",
    "Claim",
    "Completed At",
    "Completed Indexes",
    "Completion Mode",
    "Completions",
    "Concurrency Policy",
    "Conditions",
    "Containers",
    "Controlled By",
    "Created By",
    "CreationTimestamp",
    "Current Number of Nodes Scheduled",
    "DataSource",
    "Desired LoadBalancer IP",
    "Desired Number of Nodes Scheduled",
    "Duration",
    "Endpoints",
    "Ephemeral Containers",
    "Events",
    "External IPs",
    "External Name",
    "External Traffic Policy",
    "ExternalID",
    "Failed Job History Limit",
    "Finalizers",
    "HealthCheck NodePort",
    "IP",
    "IP Families",
    "IP Family Policy",
    "IPs",
    "Image pull secrets",
    "Init Containers",
    "Internal Traffic Policy",
    "IsDefaultClass",
    "Kind",
    "Labels",
    "Last Schedule Time",
    "Lease",
    "LoadBalancer Ingress",
    "LoadBalancer Source Ranges",
    "LocalhostProfile",
    "Message",
    "Metadata",
    "MinReadySeconds",
    "MountOptions",
    "Mountable secrets",
    "Mounted By",
    "Name",
    "Namespace",
    "NewReplicaSet",
    "Node",
    "Node Affinity",
    "Node-Selector",
    "Node-Selectors",
    "NodePort",
    "NominatedNodeName",
    "Non-terminated Pods",
    "Number of Nodes Misscheduled",
    "Number of Nodes Scheduled with Available Pods",
    "Number of Nodes Scheduled with Up-to-date Pods",
    "OldReplicaSets",
    "Parallelism",
    "Parameters",
    "Persistent Volume Claim Retention Policy",
    "Pod Management Policy",
    "Pod Template",
    "PodCIDR",
    "PodCIDRs",
    "Pods",
    "Pods Status",
    "Pods Statuses",
    "Port",
    "Priority",
    "Priority Class Name",
    "PriorityClassName",
    "ProviderID",
    "Provisioner",
    "QoS Class",
    "Readiness Gates",
    "Reason",
    "Reclaim Policy",
    "ReclaimPolicy",
    "Replicas",
    "Resource Slices",
    "Resources",
    "Role",
    "Roles",
    "RollingUpdateStrategy",
    "Runtime Class Name",
    "Schedule",
    "SchedulingGroup",
    "SeccompProfile",
    "Selector",
    "Service Account",
    "Service Name",
    "Session Affinity",
    "Source",
    "Spec",
    "Start Time",
    "Starting Deadline Seconds",
    "Status",
    "StorageClass",
    "StrategyType",
    "Successful Job History Limit",
    "Suspend",
    "System Info",
    "TTL Seconds After Finished",
    "Taints",
    "TargetPort",
    "Termination Grace Period",
    "Time Zone",
    "Tokens",
    "Tolerations",
    "Topology Spread Constraints",
    "TrafficDistribution",
    "Type",
    "Unschedulable",
    "Update Strategy",
    "Used By",
    "Volume",
    "Volume Claims",
    "VolumeBindingMode",
    "VolumeMode",
    "Volumes",
];

/// An object as it was described.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) fields: Field,
    /// Whether its end is missing, or what tells how it stands.
    pub(super) is_cut: bool,
    /// The lines below `Events`; absent where there is no such label, as with `--show-events=false`.
    pub(super) events: Option<Vec<String>>,
    /// The lines below `Data`, of a ConfigMap or a Secret. They may be values.
    pub(super) data: Option<Vec<String>>,
    /// The newest time in it, which is not long before it was described.
    pub(super) newest: Option<Timestamp>,
    /// When it was described, if it tells that itself.
    pub(super) told: Option<Timestamp>,
    /// When it was described, as near as is known.
    pub(super) now: Timestamp,
}

impl Described {
    /// Reads what is described; `None` for what no rule knows of.
    pub(super) fn read(lines: &[String]) -> Option<Described> {
        let is_data = |at: usize| {
            let next = lines.get(at + 1).map(|line| line.trim());
            next == Some("====") && matches!(lines.get(at).map(|line| line.trim()), Some("Data"))
        };
        let data = (0..lines.len()).find(|at| is_data(*at));
        let body = data.unwrap_or(lines.len());
        let events = lines
            .iter()
            .take(body)
            .position(|line| line.starts_with("Events:"));
        let top = lines.iter().take(events.unwrap_or(body));
        let fields = tree::read(top.clone().map(String::as_str), TOP);
        let kind = kind(&fields, data.is_some())?;
        let from = |at: usize| lines.iter().skip(at).cloned().collect::<Vec<_>>();
        let events = events.map(from);
        let name = fields.value("Name")?.to_owned();
        let namespace = fields.value("Namespace").filter(|_| kind.namespaced());
        let mut described = Described {
            kind,
            name,
            namespace: namespace.map(str::to_owned),
            newest: top.flat_map(|line| time::all_in(line)).max(),
            is_cut: is_cut(kind, &fields),
            events,
            data: data.map(|at| from(at + 2)),
            told: None,
            now: Timestamp::UNIX_EPOCH,
            fields,
        };
        let scheduled = described.since_scheduled();
        described.newest = described.newest.max(scheduled);
        described.told = scheduled.and(described.newest);
        Some(described)
    }

    /// The kubelet starts with a pod as soon as it is scheduled, and the event of that tells how long ago it was.
    fn since_scheduled(&self) -> Option<Timestamp> {
        let start = self.fields.time("Start Time")?;
        let mut rows = self.events.iter().flatten();
        let scheduled = rows.find_map(|row| {
            let words = row.split_ascii_whitespace();
            words
                .clone()
                .any(|word| word == "Scheduled")
                .then_some(words)
        });
        let mut words = scheduled?;
        let age = words.find_map(time::ago)?;
        start.checked_add(age).ok()
    }

    /// The object that the API server would have given, as far as it is shown.
    pub(super) fn object(&self) -> Value {
        let rest = match self.kind {
            Kind::Pod => pod::object(self),
            Kind::Node => node::object(self),
            Kind::PersistentVolumeClaim => storage::claim(self),
            Kind::PersistentVolume => storage::volume(self),
            Kind::StorageClass => storage::class(self),
            Kind::Service => service::object(self),
            Kind::ServiceAccount => service::account(self),
            Kind::ConfigMap | Kind::Secret => service::keyed(self),
            _ => workload::object(self),
        };
        let head = made([
            ("apiVersion", json!(self.kind.api_version())),
            ("kind", json!(self.kind.as_str())),
            ("metadata", self.metadata()),
        ]);
        merged(head, rest)
    }

    /// Whether nothing is shown of how its containers stand.
    pub(super) fn is_head(&self) -> bool {
        let containers = self.fields.get("Containers");
        let mut containers = containers.into_iter().flat_map(|list| &list.children);
        self.kind == Kind::Pod && self.is_cut && !containers.any(container::is_shown)
    }

    /// What its events are about, as an event says it.
    pub(super) fn events(&self) -> Vec<Value> {
        let lines = self.events.iter().flatten().skip(1);
        let lines: Vec<&str> = lines.map(String::as_str).collect();
        events::described(self, &lines)
    }

    fn metadata(&self) -> Value {
        let fields = &self.fields;
        let mut annotations = annotations(fields.get("Annotations"));
        annotations.insert(DESCRIBED.to_owned(), "kubectl describe".to_owned());
        if fields.value("IsDefaultClass") == Some("Yes") {
            let key = "storageclass.kubernetes.io/is-default-class";
            annotations.insert(key.to_owned(), "true".to_owned());
        }
        made([
            ("name", json!(self.name)),
            ("namespace", json!(self.namespace)),
            ("labels", json!(fields.pairs("Labels"))),
            ("annotations", json!(annotations)),
            ("creationTimestamp", json!(fields.time("CreationTimestamp"))),
            ("deletionTimestamp", json!(self.deleted())),
            ("finalizers", json!(bracketed(fields.value("Finalizers")))),
            ("ownerReferences", self.owner()),
        ])
    }

    /// `Terminating (lasts 5m)`, and up to 1.10 `Terminating (expires Mon, 01 Jan 2018 …)`
    fn deleted(&self) -> Option<Timestamp> {
        let status = self.fields.value("Status")?.strip_prefix("Terminating (")?;
        let (word, time) = status.strip_suffix(')')?.split_once(' ')?;
        match word {
            "expires" => time::absolute(time),
            // its grace period is not over
            _ if time == "<invalid>" => Some(self.now),
            _ => time::before(self.now, time::ago(time)).or(Some(self.now)),
        }
    }

    fn owner(&self) -> Value {
        let label = self
            .fields
            .any(&["Controlled By", "Created By", "Controllers"]);
        let Some((kind, name)) = label.and_then(|field| field.value.split_once('/')) else {
            return Value::Null;
        };
        let group = Kind::of_manifest(kind).map_or("", Kind::group);
        let version = if group.is_empty() {
            "v1".to_owned()
        } else {
            format!("{group}/v1")
        };
        let place = self.namespace.as_deref().unwrap_or_default();
        json!([{
            "apiVersion": version, "kind": kind, "name": name, "controller": true,
            // describe shows none; only whether two are the same is asked of it
            "uid": format!("{kind}/{place}/{name}"),
        }])
    }
}

/// The kind whose labels these are.
fn kind(fields: &Field, data: bool) -> Option<Kind> {
    let has = |label: &str| fields.has(label);
    // what no describer of its own prints says its kind itself
    if has("API Version") && has("Kind") {
        return None;
    }
    let replicas = fields.value("Replicas").unwrap_or_default();
    let found = [
        (has("Provisioner"), Kind::StorageClass),
        (has("Image pull secrets"), Kind::ServiceAccount),
        (data && has("Type"), Kind::Secret),
        (data, Kind::ConfigMap),
        (has("Reclaim Policy"), Kind::PersistentVolume),
        (
            has("StorageClass") && has("Access Modes"),
            Kind::PersistentVolumeClaim,
        ),
        (has("Schedule"), Kind::CronJob),
        (has("Pods Statuses"), Kind::Job),
        (has("StrategyType"), Kind::Deployment),
        (has("Desired Number of Nodes Scheduled"), Kind::DaemonSet),
        (replicas.contains(" desired | "), Kind::StatefulSet),
        (replicas.contains(" current / "), Kind::ReplicaSet),
        (has("Session Affinity"), Kind::Service),
        (has("Capacity") || has("System Info"), Kind::Node),
        (
            ["Node", "Priority", "Service Account"]
                .iter()
                .any(|label| has(label)),
            Kind::Pod,
        ),
    ];
    found
        .into_iter()
        .find(|(fits, _)| *fits)
        .map(|(_, kind)| kind)
}

/// Whether what every describer of the kind prints is missing: behind the containers of a pod its QoS class
/// (k8s.io/kubectl `pkg/describe/describe.go` describePod), of a node its conditions.
fn is_cut(kind: Kind, fields: &Field) -> bool {
    match kind {
        Kind::Pod => !fields.has("QoS Class"),
        Kind::Node => !fields.has("Conditions"),
        _ => false,
    }
}

/// The name of an object of which no more than that is shown.
pub(super) fn name_alone(lines: &[String]) -> Option<&str> {
    let (name, rest) = lines.split_first()?;
    let name = name.strip_prefix("Name:")?.trim();
    // the last line may be the beginning of a label
    let (last, before) = rest.split_last().unzip();
    let is_place = |line: &String| line.starts_with("Namespace:");
    let is_head = before.is_none_or(|before| before.iter().all(is_place))
        && last.is_none_or(|last| is_place(last) || !last.contains(':'));
    is_head.then_some(name)
}

/// `key: value` on each line, `key=value` up to 1.13. Longer ones are cut off, and left out here.
fn annotations(field: Option<&Field>) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (key, value) = line.split_once(": ").or_else(|| line.split_once('='))?;
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_');
        (!key.is_empty() && key.chars().all(letter)).then(|| (key.to_owned(), value.to_owned()))
    };
    field
        .into_iter()
        .flat_map(Field::lines)
        .filter_map(pair)
        .collect()
}

/// `[a b]`, as Go prints a slice.
pub(super) fn bracketed(value: Option<&str>) -> Vec<&str> {
    let inner = value.map(|value| value.trim_matches(['[', ']']));
    inner.unwrap_or_default().split_ascii_whitespace().collect()
}

/// An object without what is empty in it: that was not shown.
pub(super) fn made<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let kept = fields.into_iter().filter(|(_, value)| !is_empty(value));
    Value::Object(kept.map(|(key, value)| (key.to_owned(), value)).collect())
}

fn merged(head: Value, rest: Value) -> Value {
    let fields = [head, rest].into_iter().filter_map(|value| match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect::<Map<String, Value>>())
}
