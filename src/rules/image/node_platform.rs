//! For which operating system and architecture a pod's node needs images, and what other nodes there are.

use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::snapshot::{Evidence, Kind, Node, ObjectRef};
use crate::text::{Sentence, say};
use std::collections::BTreeSet;
use std::fmt;

const OS: &str = "kubernetes.io/os";
const ARCH: &str = "kubernetes.io/arch";
const WINDOWS: &str = "windows";

/// What keeps a pod off nodes whose operating system its image is not for.
const SELECT_OS: Sentence = say!(
    "node-platform.select-os",
    "keep the pod to nodes of the operating system that its image is for, by a nodeSelector on kubernetes.io/os[; the cluster also has {systems}]"
);

/// What a node runs, by its labels, which its kubelet sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Platform<'c> {
    node: &'c str,
    os: &'c str,
    arch: &'c str,
}

impl<'c> Platform<'c> {
    fn of(node: &'c Node) -> Option<Self> {
        Some(Platform {
            node: &node.name,
            os: node.labels.get(OS)?,
            arch: node.labels.get(ARCH)?,
        })
    }

    /// That of the pod's node, as far as it was read.
    pub(super) fn of_pod(case: &'c Case<'_>) -> Option<Self> {
        let node = case.pod().node()?;
        case.snapshot.nodes().get("", node).yes().and_then(Self::of)
    }

    /// The other platforms of the cluster, as far as its nodes were read.
    pub(super) fn others(&self, case: &Case<'_>) -> Vec<String> {
        let nodes = case.snapshot.nodes().seen();
        let found = nodes.filter_map(|(_, node)| Some(Platform::of(node)?.to_string()));
        let found: BTreeSet<String> = found.collect();
        found
            .into_iter()
            .filter(|other| *other != self.to_string())
            .collect()
    }

    /// Whether it is its operating system that the image is not for: Windows, which the pod does not ask for, or one that no
    /// other node has.
    pub(super) fn is_of_another_os(&self, case: &Case<'_>, others: &[String]) -> bool {
        let differs = |other: &String| other.split('/').next() != Some(self.os);
        let is_alone = !others.is_empty() && others.iter().all(differs);
        is_alone || self.is_unasked_windows(case)
    }

    /// Whether it runs Windows and nothing in the pod asks for that.
    pub(super) fn is_unasked_windows(&self, case: &Case<'_>) -> bool {
        let spec = case.pod().spec();
        let mut selected = spec.node_selector.iter().flatten();
        let of_pod = spec.os.as_ref().is_some_and(|os| os.name == WINDOWS);
        self.os == WINDOWS && !of_pod && !selected.any(|(_, value)| value == WINDOWS)
    }

    /// What keeps the pod off such a node.
    pub(super) fn select_os(&self, others: &[String]) -> Fix {
        let systems = others.iter().filter_map(|other| other.split('/').next());
        let systems: BTreeSet<&str> = systems.filter(|system| *system != self.os).collect();
        let fix = Fix::advice(SELECT_OS, Who::Owner);
        if systems.is_empty() {
            return fix;
        }
        let systems: Vec<String> = systems.into_iter().map(str::to_owned).collect();
        fix.fact("systems", systems)
    }

    /// Quotes the label.
    pub(super) fn os_label(&self, case: &Case<'_>) -> Evidence {
        self.label(case, OS, self.os)
    }

    /// Quotes the label.
    pub(super) fn arch_label(&self, case: &Case<'_>) -> Evidence {
        self.label(case, ARCH, self.arch)
    }

    fn label(&self, case: &Case<'_>, key: &str, value: &str) -> Evidence {
        let object = ObjectRef::new(Kind::Node, "", self.node);
        case.field_of(object, format!("metadata.labels[{key}]"), value)
    }
}

/// `linux/arm64`
impl fmt::Display for Platform<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)
    }
}
