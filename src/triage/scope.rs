//! What is meant: what was typed, turned into questions that any object can answer.

use crate::kubernetes::selector::{Selector, carries};
use crate::snapshot::{Kind, ObjectRef, PodIdentity, Store};
use std::collections::{BTreeMap, BTreeSet};

/// What a diagnosis is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// One namespace, or all of them.
    pub namespace: Option<String>,
    /// `-l`
    pub selector: Option<Selector>,
    /// The objects named; none means every pod.
    pub targets: Vec<Target>,
    /// Namespaces of which nothing is meant.
    pub exclude: BTreeSet<String>,
}

/// A namespace that is meant and excluded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("namespace {0} is asked for and excluded at once")]
pub struct Contradiction(String);

/// An object that was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// A pod, something that owns pods, the node they run on, or a Service.
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

    /// Whether objects of this namespace may be meant.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        let wanted = self.namespace.as_deref();
        wanted.is_none_or(|wanted| wanted == namespace) && !self.exclude.contains(namespace)
    }

    /// Whether what is meant is not excluded at once.
    ///
    /// # Errors
    /// When it is: then nothing would be looked at.
    pub fn is_consistent(&self) -> Result<(), Contradiction> {
        match &self.namespace {
            Some(namespace) if self.exclude.contains(namespace) => {
                Err(Contradiction(namespace.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Whether the object was named.
    pub fn names(&self, object: &ObjectRef) -> bool {
        self.targets
            .iter()
            .any(|target| target.kind.as_str() == object.kind && target.name == object.name)
    }

    /// Whether a Service that was named is for pods with these labels.
    pub fn selects(
        &self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
        store: &Store,
    ) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.selects(namespace, labels, store))
    }

    /// Whether no object of this kind was named.
    pub fn names_no(&self, kind: Kind) -> bool {
        self.targets.iter().all(|target| target.kind != kind)
    }

    /// Whether the pod is meant.
    pub fn covers(&self, pod: &PodIdentity<'_>, store: &Store) -> bool {
        self.has_namespace(pod.namespace)
            && self
                .selector
                .as_ref()
                .is_none_or(|selector| selector.matches(pod.labels))
            && (self.targets.is_empty()
                || self.targets.iter().any(|target| target.means(pod, store)))
    }
}

impl Target {
    /// Whether it is a Service for pods with these labels.
    fn selects(&self, namespace: &str, labels: &BTreeMap<String, String>, store: &Store) -> bool {
        let service = store.services().get(namespace, &self.name).yes();
        self.kind == Kind::Service
            && service.is_some_and(|service| {
                !service.selector.is_empty() && carries(labels, &service.selector)
            })
    }

    fn means(&self, pod: &PodIdentity<'_>, store: &Store) -> bool {
        match self.kind {
            Kind::Pod => pod.name == self.name,
            Kind::Node => pod.node == Some(self.name.as_str()),
            Kind::Service => self.selects(pod.namespace, pod.labels, store),
            kind => store
                .owners(pod)
                .iter()
                .any(|owner| owner.kind == kind.as_str() && owner.name == self.name),
        }
    }
}
