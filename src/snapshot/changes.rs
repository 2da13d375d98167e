//! What of a store has become different.

use super::catalog::ObjectKey;
use super::dependency::{Dependencies, Dependency};
use super::kind::Kind;
use super::object::ObjectRef;
use std::collections::BTreeSet;

/// What has become different since it was asked last. An object that was written again as it was is no change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    objects: BTreeSet<(Kind, ObjectKey)>,
    reads: BTreeSet<Kind>,
    events: BTreeSet<ObjectRef>,
    pods_on: BTreeSet<String>,
    room_on: BTreeSet<String>,
    keeps_others_away: bool,
}

impl Changes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }

    /// Whether something of it was asked.
    pub fn touch(&self, dependencies: &Dependencies) -> bool {
        dependencies.iter().any(|asked| self.touches(asked))
    }

    fn touches(&self, asked: &Dependency) -> bool {
        match asked {
            Dependency::Object(kind, namespace, name) => {
                let key = (*kind, (namespace.clone(), name.clone()));
                self.reads.contains(kind) || self.objects.contains(&key)
            }
            Dependency::Namespace(kind, namespace) => self.any_in(*kind, Some(namespace)),
            Dependency::Kind(kind) => self.any_of(*kind),
            Dependency::Reads(kind) => self.reads.contains(kind),
            Dependency::PodsOn(node) => {
                self.reads.contains(&Kind::Pod) || self.pods_on.contains(node)
            }
            Dependency::Events(about) => {
                self.reads.contains(&Kind::Event) || self.events.contains(about)
            }
            // told by the filters' own hints
            Dependency::Filters => false,
        }
    }

    /// Whether anything of the kind has changed, or how much of it was read.
    pub fn any_of(&self, kind: Kind) -> bool {
        let is_event = kind == Kind::Event && !self.events.is_empty();
        is_event || self.any_in(kind, None)
    }

    fn any_in(&self, kind: Kind, namespace: Option<&str>) -> bool {
        let from = namespace.unwrap_or_default();
        let from = (kind, (from.to_owned(), String::new()));
        let first = self.objects.range(from..).next();
        let is_of = |(of, (within, _)): &(Kind, ObjectKey)| {
            *of == kind && namespace.is_none_or(|namespace| within == namespace)
        };
        self.reads.contains(&kind) || first.is_some_and(is_of)
    }

    /// Whether how much was read of the kind has changed.
    pub fn reads_of(&self, kind: Kind) -> bool {
        self.reads.contains(&kind)
    }

    /// The nodes of which a pod takes something, or gives something back.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.room_on.iter().map(String::as_str)
    }

    /// Whether a bound pod came, went or changed that keeps others away by an anti-affinity of its own.
    pub fn keep_others_away(&self) -> bool {
        self.keeps_others_away
    }

    pub(super) fn object(&mut self, kind: Kind, namespace: &str, name: &str) {
        let key = (namespace.to_owned(), name.to_owned());
        self.objects.insert((kind, key));
    }

    pub(super) fn of_reads(&mut self, kind: Kind) {
        self.reads.insert(kind);
    }

    pub(super) fn about(&mut self, object: &ObjectRef) {
        self.events.insert(object.clone());
    }

    /// A pod on a node became different.
    pub(super) fn pod_on(&mut self, node: &str) {
        self.pods_on.insert(node.to_owned());
    }

    /// What it takes became different.
    pub(super) fn room_on(&mut self, node: &str, keeps_others_away: bool) {
        self.room_on.insert(node.to_owned());
        self.keeps_others_away |= keeps_others_away;
    }
}
