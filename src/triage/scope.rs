//! Which pods are meant: what was typed, turned into a question that any pod can answer.

use crate::kubernetes::selector::Selector;
use crate::snapshot::{Kind, PodIdentity, Snapshot};

/// The pods that a diagnosis is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// One namespace, or all of them.
    pub namespace: Option<String>,
    /// `-l`
    pub selector: Option<Selector>,
    /// The objects named; none means every pod.
    pub targets: Vec<Target>,
}

/// An object that was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// A pod, something that owns pods, or the node they run on.
    pub kind: Kind,
    /// Its name.
    pub name: String,
}

impl Scope {
    /// Every pod of every namespace.
    pub fn everything() -> Self {
        Scope::default()
    }

    /// Whether single pods were named, and no more than them.
    pub fn only_pods(&self) -> bool {
        !self.targets.is_empty() && self.targets.iter().all(|target| target.kind == Kind::Pod)
    }

    /// Whether the pod is meant.
    pub fn covers(&self, pod: &PodIdentity<'_>, snapshot: &Snapshot) -> bool {
        self.namespace
            .as_deref()
            .is_none_or(|wanted| wanted == pod.namespace)
            && self
                .selector
                .as_ref()
                .is_none_or(|selector| selector.matches(pod.labels))
            && (self.targets.is_empty()
                || self
                    .targets
                    .iter()
                    .any(|target| target.means(pod, snapshot)))
    }
}

impl Target {
    fn means(&self, pod: &PodIdentity<'_>, snapshot: &Snapshot) -> bool {
        match self.kind {
            Kind::Pod => pod.name == self.name,
            Kind::Node => pod.node == Some(self.name.as_str()),
            kind => snapshot
                .owners(pod)
                .iter()
                .any(|owner| owner.kind == kind.as_str() && owner.name == self.name),
        }
    }
}
