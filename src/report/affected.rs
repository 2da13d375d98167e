//! The objects that are stuck.

use crate::kubernetes::resources::Amounts;
use crate::snapshot::ObjectRef;
use serde::Serialize;

/// One object that is stuck.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Affected {
    /// Its kind.
    pub kind: String,
    /// Its namespace; absent for what belongs to the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The container concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The word with which kubectl shows its state.
    pub status: String,
    /// A pod's containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub containers: Option<ContainersReport>,
    /// Seconds since the trouble began, as far as something shows it; of a container that crashes since the first
    /// failing run that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_seconds: Option<i64>,
    /// How often the container, or without one all of the pod's, were started again; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarts: Option<RestartsReport>,
    /// Whether it has ended for good and nothing took its place: kept, and not waiting for anything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
    /// Whether nothing of it starts because somebody wants it so: not stuck.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
    /// The workload that it belongs to, or is; absent for a bare pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<ObjectRef>,
    /// A pod's node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What a pod without a node requests of one.
    #[serde(skip)]
    pub requests: Amounts,
}

/// A kind, a namespace and a name.
pub type ObjectKey<'a> = (&'a str, Option<&'a str>, &'a str);

impl Affected {
    /// Which object it is, whatever of it is concerned.
    pub fn key(&self) -> ObjectKey<'_> {
        (&self.kind, self.namespace.as_deref(), &self.name)
    }

    /// The object.
    pub fn object(&self) -> ObjectRef {
        ObjectRef {
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

/// A pod's containers, as kubectl counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ContainersReport {
    /// Those that are ready.
    pub ready: usize,
    /// All of them.
    pub all: usize,
}

/// A pod that is well again after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Restarted {
    /// The pod.
    pub object: ObjectRef,
    /// Its restarts.
    pub restarts: RestartsReport,
}

/// Restarts of containers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RestartsReport {
    /// How many.
    pub count: i64,
    /// Seconds since a run ended last, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seconds: Option<i64>,
    /// Why it ended, in the runtime's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reason: Option<String>,
    /// With which exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_exit_code: Option<i32>,
}
