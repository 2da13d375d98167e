//! What of a store has become different.

use super::catalog::ObjectKey;
use super::dependency::{Dependencies, Dependency};
use super::images::is_of_registry;
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
    whole_pods: bool,
    running: BTreeSet<String>,
    awaited: BTreeSet<String>,
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
            Dependency::WholePods => self.reads.contains(&Kind::Pod) || self.whole_pods,
            Dependency::Running(wanted) => {
                let is_like = |image: &String| wanted.nearness(image).is_some();
                self.reads.contains(&Kind::Pod) || self.running.iter().any(is_like)
            }
            Dependency::Awaiting(registry) => {
                let is_of = |image: &String| is_of_registry(image, registry);
                self.reads.contains(&Kind::Pod) || self.awaited.iter().any(is_of)
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

    /// A pod that is or was kept whole became different.
    pub(super) fn whole_pod(&mut self, namespace: &str, name: &str, node: Option<&str>) {
        self.object(Kind::Pod, namespace, name);
        self.pods_on.extend(node.map(str::to_owned));
        self.whole_pods = true;
    }

    /// Pods that run these images came, went, or changed their nodes.
    pub(super) fn run(&mut self, images: impl IntoIterator<Item = String>) {
        self.running.extend(images);
    }

    /// The same of pods that wait for them.
    pub(super) fn wait_for(&mut self, images: impl IntoIterator<Item = String>) {
        self.awaited.extend(images);
    }
}
