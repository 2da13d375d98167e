//! Names of objects: what a finding is about, what an event is about.

use super::kind::Kind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which object something is about. Its kind is a word, since events speak of kinds that are never read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObjectRef {
    /// As in a manifest's `kind:`.
    pub kind: String,
    /// Absent for cluster-scoped kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

impl ObjectRef {
    /// Names an object of a known kind; `namespace` is dropped for cluster-scoped kinds.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        ObjectRef {
            kind: kind.as_str().to_owned(),
            namespace: (kind.namespaced() && !namespace.is_empty()).then(|| namespace.to_owned()),
            name: name.to_owned(),
        }
    }

    /// The kind, when it is one that is read.
    pub fn known_kind(&self) -> Option<Kind> {
        Kind::of_manifest(&self.kind)
    }

    /// `Deployment/web`, the way kubectl writes it.
    pub fn short(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// `deploy/web`, the way kubectl's arguments name it: by the short name of its kind, unless the kind itself is a short word.
    pub fn argument(&self) -> String {
        let short = self.known_kind().map_or(&[][..], Kind::short_names);
        match short.first().filter(|_| self.kind.len() > "Node".len()) {
            Some(short) => format!("{short}/{}", self.name),
            None => format!("{}/{}", self.kind.to_lowercase(), self.name),
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}
