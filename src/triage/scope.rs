//! What is meant: what was typed, turned into questions that any object can answer.

use crate::kubernetes::field_selector::{Field, FieldSelector};
use crate::kubernetes::selector::{Selector, carries};
use crate::snapshot::{Kind, ObjectRef, PodIdentity, Service, Store};
use std::collections::{BTreeMap, BTreeSet};

/// What a diagnosis is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// One namespace, or all of them: for whatever is named without one of its own.
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
    /// Its own namespace; absent where that is the scope's.
    pub namespace: Option<String>,
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

    /// How many pods that are well it looks at more closely: of those that were named all.
    pub fn room_for_well(&self) -> usize {
        if self.is_scan() { 0 } else { usize::MAX }
    }

    /// Whether nothing narrows it but its namespace.
    pub fn is_scan(&self) -> bool {
        self.targets.is_empty() && self.selector.is_none() && self.fields.is_none()
    }

    /// Where one of the targets is looked for; in all namespaces if in none.
    pub fn place<'s>(&'s self, target: &'s Target) -> Option<&'s str> {
        target.namespace.as_deref().or(self.namespace.as_deref())
    }

    /// Where anything is looked for: in these namespaces, `None` being all of them.
    pub fn places(&self) -> BTreeSet<Option<&str>> {
        if self.targets.is_empty() {
            return BTreeSet::from([self.namespace.as_deref()]);
        }
        self.targets
            .iter()
            .map(|target| self.place(target))
            .collect()
    }

    /// The only namespace in which anything is looked for, if there is only one.
    pub fn only_place(&self) -> Option<&str> {
        let mut places = self.places().into_iter();
        places.next().flatten().filter(|_| places.next().is_none())
    }

    /// Whether something is looked for in all namespaces.
    pub fn is_everywhere(&self) -> bool {
        self.places().contains(&None)
    }

    /// Whether objects of this namespace may be meant.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        let is_meant = if self.targets.is_empty() {
            let wanted = self.namespace.as_deref();
            wanted.is_none_or(|wanted| wanted == namespace)
        } else {
            let mut targets = self.targets.iter();
            targets.any(|target| self.is_at(target, namespace))
        };
        is_meant && !self.exclude.contains(namespace)
    }

    /// Whether the target is looked for in this namespace.
    fn is_at(&self, target: &Target, namespace: &str) -> bool {
        let place = self.place(target);
        place.is_none_or(|place| place == namespace)
    }

    /// Whether what is meant is not excluded at once.
    ///
    /// # Errors
    /// When it is: then nothing would be looked at.
    pub fn is_consistent(&self) -> Result<(), Contradiction> {
        let mut places = self.places().into_iter().flatten();
        match places.find(|namespace| self.exclude.contains(*namespace)) {
            Some(namespace) => Err(Contradiction(namespace.to_owned())),
            None => Ok(()),
        }
    }

    /// Whether the object was named, or all of its kind.
    pub fn names(&self, object: &ObjectRef) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|target| {
            let namespace = object.namespace.as_deref();
            target.kind.as_str() == object.kind
                && target.is(&object.name)
                && namespace.is_none_or(|namespace| self.is_at(target, namespace))
        })
    }

    /// Whether a Service that was named is for pods with these labels.
    pub fn selects(
        &self,
        namespace: &str,
        labels: &BTreeMap<String, String>,
        store: &Store,
    ) -> bool {
        let mut targets = self.targets.iter();
        targets
            .any(|target| self.is_at(target, namespace) && target.selects(namespace, labels, store))
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
                || self
                    .targets
                    .iter()
                    .any(|target| self.is_at(target, pod.namespace) && target.means(pod, store)))
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
            namespace: None,
            name: Some(name.into()),
        }
    }

    /// All objects of a kind.
    pub fn all(kind: Kind) -> Self {
        Target {
            kind,
            namespace: None,
            name: None,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: Kind, namespace: Option<&str>, name: &str) -> Target {
        Target {
            namespace: namespace.map(str::to_owned),
            ..Target::new(kind, name)
        }
    }

    #[test]
    fn each_target_is_meant_in_its_own_namespace() {
        let scope = Scope {
            namespace: Some("shop".to_owned()),
            targets: vec![
                target(Kind::Deployment, None, "web"),
                target(Kind::Deployment, Some("bank"), "api"),
            ],
            exclude: BTreeSet::from(["bank".to_owned()]),
            ..Scope::default()
        };
        assert_eq!(scope.places(), BTreeSet::from([Some("bank"), Some("shop")]));
        assert_eq!(scope.only_place(), None);
        assert!(scope.is_consistent().is_err(), "one of them is excluded");
        let scope = Scope {
            exclude: BTreeSet::new(),
            ..scope
        };
        for (namespace, name, expected) in [
            ("shop", "web", true),
            ("bank", "api", true),
            ("shop", "api", false),
            ("bank", "web", false),
            ("other", "web", false),
        ] {
            let object = ObjectRef::new(Kind::Deployment, namespace, name);
            assert_eq!(scope.names(&object), expected, "{object}");
            assert_eq!(scope.has_namespace(namespace), namespace != "other");
        }
    }

    #[test]
    fn the_namespace_of_the_scope_is_no_place_where_each_target_has_its_own() {
        let scope = Scope {
            namespace: Some("default".to_owned()),
            targets: vec![target(Kind::Service, Some("shop"), "web")],
            ..Scope::default()
        };
        assert_eq!(scope.only_place(), Some("shop"));
        assert!(!scope.has_namespace("default"));
        assert!(Scope::everything().is_everywhere());
    }
}
