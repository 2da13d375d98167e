//! What is meant: what was typed, turned into questions that any object can answer.

use crate::kubernetes::field_selector::{Field, FieldSelector};
use crate::kubernetes::selector::{Selector, carries};
use crate::snapshot::{Kind, ObjectRef, PodIdentity, Service, Store};
use std::collections::{BTreeMap, BTreeSet};

/// What a diagnosis is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// One namespace, or all of them.
    pub namespace: Option<String>,
    /// `-l`
    pub selector: Option<Selector>,
    /// `--field-selector`: only pods have these fields, so nothing else is meant.
    pub fields: Option<FieldSelector>,
    /// The objects named; none means every pod.
    pub targets: Vec<Target>,
    /// No kind was given with the names: they are of pods, or else of workloads. Who reads finds out.
    pub bare: bool,
    /// Namespaces of which nothing is meant.
    pub exclude: BTreeSet<String>,
}

/// A namespace that is meant and excluded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("namespace {0} is asked for and excluded at once")]
pub struct Contradiction(String);

/// What was named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// A pod, something that owns pods, the node they run on, a claim that they mount, or a Service.
    pub kind: Kind,
    /// The object's name; absent for all of the kind.
    pub name: Option<String>,
}

impl Scope {
    /// Every pod of every namespace.
    pub fn everything() -> Self {
        Scope::default()
    }

    /// Whether single pods were named, and no more than them.
    pub fn only_pods(&self) -> bool {
        let is_pod = |target: &Target| target.kind == Kind::Pod && target.name.is_some();
        !self.targets.is_empty() && self.targets.iter().all(is_pod)
    }

    /// Whether something was named by its name.
    pub fn has_names(&self) -> bool {
        self.targets.iter().any(|target| target.name.is_some())
    }

    /// Whether nothing narrows it but its namespace.
    pub fn is_scan(&self) -> bool {
        self.targets.is_empty() && self.selector.is_none() && self.fields.is_none()
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

    /// Whether the object was named, or all of its kind.
    pub fn names(&self, object: &ObjectRef) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| target.kind.as_str() == object.kind && target.is(&object.name))
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

    /// Whether workloads are meant that may lack pods: not where only pods, or what they are on, were named.
    pub fn means_workloads(&self) -> bool {
        let mut targets = self.targets.iter();
        let is_one = |target: &Target| target.kind.is_workload() || target.kind == Kind::Service;
        self.fields.is_none() && (self.targets.is_empty() || targets.any(is_one))
    }

    /// Whether the pod is meant.
    pub fn covers(&self, pod: &PodIdentity<'_>, store: &Store) -> bool {
        self.has_namespace(pod.namespace)
            && self
                .selector
                .as_ref()
                .is_none_or(|selector| selector.matches(pod.labels))
            && self
                .fields
                .as_ref()
                .is_none_or(|fields| fields.matches(|field| value(pod, field)))
            && (self.targets.is_empty()
                || self.targets.iter().any(|target| target.means(pod, store)))
    }
}

/// A field of a pod, as far as it is known.
fn value<'a>(pod: &PodIdentity<'a>, field: Field) -> Option<&'a str> {
    match field {
        Field::Name => Some(pod.name),
        Field::Namespace => Some(pod.namespace),
        Field::NodeName => Some(pod.node.unwrap_or_default()),
        Field::Phase => pod.phase,
    }
}

impl Target {
    /// An object by its name.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Target {
            kind,
            name: Some(name.into()),
        }
    }

    /// Whether an object of the kind is meant.
    pub fn is(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|wanted| wanted == name)
    }

    /// Whether it is a Service for pods with these labels.
    fn selects(&self, namespace: &str, labels: &BTreeMap<String, String>, store: &Store) -> bool {
        let is_for =
            |service: &Service| !service.selector.is_empty() && carries(labels, &service.selector);
        let services = store.services();
        self.kind == Kind::Service
            && match &self.name {
                Some(name) => services.get(namespace, name).yes().is_some_and(is_for),
                None => services
                    .seen_in(namespace)
                    .any(|(_, service)| is_for(service)),
            }
    }

    fn means(&self, pod: &PodIdentity<'_>, store: &Store) -> bool {
        match self.kind {
            Kind::Pod => self.is(pod.name),
            Kind::Node => pod.node.is_some_and(|node| self.is(node)),
            Kind::Service => self.selects(pod.namespace, pod.labels, store),
            Kind::PersistentVolumeClaim => {
                let mut claims = store.claims_of(pod).into_iter();
                claims.any(|claim| self.is(&claim))
            }
            kind => store
                .owners(pod)
                .iter()
                .any(|owner| owner.kind == kind.as_str() && self.is(&owner.name)),
        }
    }
}
