//! The kinds of objects that are read, and where the API server serves them.
//!
//! The list is closed: what is not here is never asked for, and `manifests/rbac.yaml` is
//! compared with it by a test.

use std::fmt;

/// A kind of Kubernetes object that a diagnosis can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `v1/Pod`
    Pod,
    /// `v1/Node`
    Node,
    /// `v1/Event`
    Event,
    /// `v1/PersistentVolumeClaim`
    PersistentVolumeClaim,
    /// `v1/PersistentVolume`
    PersistentVolume,
    /// `storage.k8s.io/v1/StorageClass`
    StorageClass,
    /// `storage.k8s.io/v1/CSINode`: how many volumes a node attaches
    CsiNode,
    /// `storage.k8s.io/v1/CSIDriver`
    CsiDriver,
    /// `storage.k8s.io/v1/CSIStorageCapacity`
    CsiStorageCapacity,
    /// `storage.k8s.io/v1/VolumeAttachment`
    VolumeAttachment,
    /// `resource.k8s.io/v1/ResourceClaim`
    ResourceClaim,
    /// `resource.k8s.io/v1/DeviceClass`
    DeviceClass,
    /// `resource.k8s.io/v1/ResourceSlice`: never read, since what it means for a claim is for expressions to say
    ResourceSlice,
    /// `policy/v1/PodDisruptionBudget`
    PodDisruptionBudget,
    /// `v1/ConfigMap`: names and keys, never values
    ConfigMap,
    /// `v1/Secret`: names and types, never values
    Secret,
    /// `v1/ServiceAccount`
    ServiceAccount,
    /// `v1/Namespace`
    Namespace,
    /// `v1/Service`
    Service,
    /// `v1/ReplicationController`
    ReplicationController,
    /// `apps/v1/ReplicaSet`
    ReplicaSet,
    /// `apps/v1/Deployment`
    Deployment,
    /// `apps/v1/StatefulSet`
    StatefulSet,
    /// `apps/v1/DaemonSet`
    DaemonSet,
    /// `batch/v1/Job`
    Job,
    /// `batch/v1/CronJob`
    CronJob,
}

/// The table behind [`Kind`]'s methods: name, plural, API group, version, namespaced, short names.
struct Row(
    Kind,
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static [&'static str],
);

const TABLE: &[Row; 26] = &[
    Row(Kind::Pod, "Pod", "pods", "", true, &["po"]),
    Row(Kind::Node, "Node", "nodes", "", false, &["no"]),
    Row(Kind::Event, "Event", "events", "", true, &["ev"]),
    Row(
        Kind::PersistentVolumeClaim,
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        "",
        true,
        &["pvc"],
    ),
    Row(
        Kind::PersistentVolume,
        "PersistentVolume",
        "persistentvolumes",
        "",
        false,
        &["pv"],
    ),
    Row(
        Kind::StorageClass,
        "StorageClass",
        "storageclasses",
        "storage.k8s.io",
        false,
        &["sc"],
    ),
    Row(
        Kind::CsiNode,
        "CSINode",
        "csinodes",
        "storage.k8s.io",
        false,
        &[],
    ),
    Row(
        Kind::CsiDriver,
        "CSIDriver",
        "csidrivers",
        "storage.k8s.io",
        false,
        &[],
    ),
    Row(
        Kind::CsiStorageCapacity,
        "CSIStorageCapacity",
        "csistoragecapacities",
        "storage.k8s.io",
        true,
        &[],
    ),
    Row(
        Kind::VolumeAttachment,
        "VolumeAttachment",
        "volumeattachments",
        "storage.k8s.io",
        false,
        &[],
    ),
    Row(
        Kind::ResourceClaim,
        "ResourceClaim",
        "resourceclaims",
        "resource.k8s.io",
        true,
        &[],
    ),
    Row(
        Kind::DeviceClass,
        "DeviceClass",
        "deviceclasses",
        "resource.k8s.io",
        false,
        &[],
    ),
    Row(
        Kind::ResourceSlice,
        "ResourceSlice",
        "resourceslices",
        "resource.k8s.io",
        false,
        &[],
    ),
    Row(
        Kind::PodDisruptionBudget,
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "policy",
        true,
        &["pdb"],
    ),
    Row(
        Kind::ConfigMap,
        "ConfigMap",
        "configmaps",
        "",
        true,
        &["cm"],
    ),
    Row(Kind::Secret, "Secret", "secrets", "", true, &[]),
    Row(
        Kind::ServiceAccount,
        "ServiceAccount",
        "serviceaccounts",
        "",
        true,
        &["sa"],
    ),
    Row(
        Kind::Namespace,
        "Namespace",
        "namespaces",
        "",
        false,
        &["ns"],
    ),
    Row(Kind::Service, "Service", "services", "", true, &["svc"]),
    Row(
        Kind::ReplicationController,
        "ReplicationController",
        "replicationcontrollers",
        "",
        true,
        &["rc"],
    ),
    Row(
        Kind::ReplicaSet,
        "ReplicaSet",
        "replicasets",
        "apps",
        true,
        &["rs"],
    ),
    Row(
        Kind::Deployment,
        "Deployment",
        "deployments",
        "apps",
        true,
        &["deploy"],
    ),
    Row(
        Kind::StatefulSet,
        "StatefulSet",
        "statefulsets",
        "apps",
        true,
        &["sts"],
    ),
    Row(
        Kind::DaemonSet,
        "DaemonSet",
        "daemonsets",
        "apps",
        true,
        &["ds"],
    ),
    Row(Kind::Job, "Job", "jobs", "batch", true, &[]),
    Row(Kind::CronJob, "CronJob", "cronjobs", "batch", true, &["cj"]),
];

impl Kind {
    /// Every kind, in the order of the table above.
    pub fn all() -> impl Iterator<Item = Kind> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        // the first row is never taken instead: a test shows that every variant has its own
        let [first, ..] = TABLE;
        TABLE.iter().find(|row| row.0 == self).unwrap_or(first)
    }

    /// The name as in a manifest's `kind:`.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The name in URLs and RBAC rules.
    pub fn plural(self) -> &'static str {
        self.row().2
    }

    /// The API group, empty for core.
    pub fn group(self) -> &'static str {
        self.row().3
    }

    /// Whether objects of this kind live in a namespace.
    pub fn namespaced(self) -> bool {
        self.row().4
    }

    /// kubectl's short names.
    pub fn short_names(self) -> &'static [&'static str] {
        self.row().5
    }

    /// Whether this is a controller that owns pods, directly or through another.
    pub fn is_workload(self) -> bool {
        matches!(
            self,
            Kind::ReplicationController
                | Kind::ReplicaSet
                | Kind::Deployment
                | Kind::StatefulSet
                | Kind::DaemonSet
                | Kind::Job
                | Kind::CronJob
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
        match self.group() {
            "" => "v1".to_owned(),
            group => format!("{group}/v1"),
        }
    }

    /// Reads a manifest's `kind:`; lists (`PodList`) give their items' kind.
    pub fn of_manifest(kind: &str) -> Option<Kind> {
        let single = kind.strip_suffix("List").unwrap_or(kind);
        TABLE.iter().find(|row| row.1 == single).map(|row| row.0)
    }

    /// Reads what a person types: `pod`, `pods`, `po`, `deployment.apps`, `Deployment`.
    pub fn of_argument(word: &str) -> Option<Kind> {
        let word = word.to_ascii_lowercase();
        let word = word.split('.').next().unwrap_or_default();
        TABLE
            .iter()
            .find(|row| row.2 == word || row.1.eq_ignore_ascii_case(word) || row.5.contains(&word))
            .map(|row| row.0)
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
    fn every_kind_has_its_row() {
        for kind in Kind::all() {
            assert_eq!(kind.row().0, kind);
            assert_eq!(Kind::of_manifest(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::CronJob.row().1, "CronJob");
    }

    #[test]
    fn a_list_gives_its_items_kind() {
        assert_eq!(Kind::of_manifest("NodeList"), Some(Kind::Node));
        assert_eq!(Kind::of_manifest("List"), None);
    }
}
