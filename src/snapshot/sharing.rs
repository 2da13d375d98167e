//! What pods, nodes and events have in common, held once.
//!
//! Pods of one template have one spec, the same labels and owners, and in an outage the same words; so have their events. Each is
//! held for as long as one of them has it.

use super::event::Event;
use super::node::{Amounts, Node};
use crate::kubernetes::Word;
use crate::kubernetes::pod::{ApiAmounts, Labels, Pod};
use k8s_openapi::api::core::v1::{PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Weak};

/// So few are no burden.
const FEW: usize = 1024;
/// So many that are not the same are looked at: a template has one spec, and those of DaemonSets and StatefulSets are each
/// pod's own.
const NEAREST: usize = 8;

/// What is held once.
#[derive(Debug, Clone, Default)]
pub(super) struct Sharing {
    words: Words,
    specs: Alike<PodSpec>,
    labels: Alike<Labels>,
    owners: Alike<[OwnerReference]>,
    requirements: Alike<ResourceRequirements>,
    amounts: Alike<ApiAmounts>,
    of_nodes: Alike<Amounts>,
    features: Alike<[String]>,
}

impl Sharing {
    /// Takes what others have as well from them.
    pub(super) fn pod(&mut self, pod: &mut Pod) {
        if let Some(spec) = &mut pod.spec {
            let first = spec.containers.first();
            let first = first.map(|first| (&first.name, &first.image));
            self.specs.share(key(first), spec);
        }
        if let Some(labels) = &mut pod.metadata.labels {
            self.labels.share(key(&**labels), labels);
        }
        if let Some(owners) = &mut pod.metadata.owner_references {
            let first = owners.first().map(|first| &first.uid);
            self.owners.share(key(first), owners);
        }
        pod.each_word(|word| self.words.share(word));
        let Some(status) = &mut pod.status else {
            return;
        };
        let of_pod = (&mut status.resources, &mut status.allocated_resources);
        self.resources(of_pod.0, of_pod.1);
        for container in status.statuses_mut() {
            self.resources(&mut container.resources, &mut container.allocated_resources);
        }
    }

    fn resources(
        &mut self,
        requirements: &mut Option<Arc<ResourceRequirements>>,
        amounts: &mut Option<Arc<ApiAmounts>>,
    ) {
        if let Some(requirements) = requirements {
            let asked = requirements.requests.as_ref().map(of_amounts);
            let limits = requirements.limits.as_ref().map(of_amounts);
            self.requirements.share(key((asked, limits)), requirements);
        }
        if let Some(amounts) = amounts {
            self.amounts.share(of_amounts(amounts), amounts);
        }
    }

    /// The same of a node.
    pub(super) fn node(&mut self, node: &mut Node) {
        for amounts in [&mut node.allocatable, &mut node.capacity] {
            self.of_nodes.share(key(&**amounts), amounts);
        }
        self.features
            .share(key(&node.declared_features), &mut node.declared_features);
        node.each_word(|word| self.words.share(word));
    }

    /// The same of an event. Its own name and what it is about are left alone.
    pub(super) fn event(&mut self, event: &mut Event) {
        let words = [&mut event.reason, &mut event.message, &mut event.component];
        let about = [&mut event.uid, &mut event.field_path];
        let words = words.into_iter().chain(about.into_iter().flatten());
        words.for_each(|word| self.words.share(word));
    }
}

fn key(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn of_amounts(amounts: &ApiAmounts) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, amount) in amounts {
        (name, &amount.0).hash(&mut hasher);
    }
    hasher.finish()
}

/// Words.
#[derive(Clone, Default)]
struct Words {
    known: HashSet<Word>,
    sweep_at: usize,
}

impl Words {
    fn share(&mut self, word: &mut Word) {
        if let Some(known) = self.known.get(word.as_str()) {
            *word = known.clone();
            return;
        }
        if self.known.len() >= self.sweep_at {
            self.known.retain(Word::is_shared);
            self.sweep_at = FEW.max(self.known.len() * 2);
        }
        self.known.insert(word.clone());
    }
}

/// Which they are is for those who hold them to tell; what nobody else holds is as good as gone.
impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words")
    }
}

/// Values of which equal ones are one.
struct Alike<T: ?Sized> {
    known: HashMap<u64, Vec<Weak<T>>>,
    sweep_at: usize,
}

impl<T: ?Sized + PartialEq> Alike<T> {
    /// Takes the one that is equal in place of this one; equal ones have one key.
    fn share(&mut self, key: u64, value: &mut Arc<T>) {
        if self.known.len() >= self.sweep_at {
            self.known.retain(|_, all| all.iter().any(is_held));
            self.sweep_at = FEW.max(self.known.len() * 2);
        }
        let near = self.known.entry(key).or_default();
        let mut held = near.iter().filter_map(Weak::upgrade);
        if let Some(known) = held.find(|known| **known == **value) {
            *value = known;
            return;
        }
        near.retain(is_held);
        if near.len() >= NEAREST {
            near.remove(0);
        }
        near.push(Arc::downgrade(value));
    }
}

fn is_held<T: ?Sized>(one: &Weak<T>) -> bool {
    one.strong_count() > 0
}

impl<T: ?Sized> Default for Alike<T> {
    fn default() -> Self {
        Alike {
            known: HashMap::new(),
            sweep_at: FEW,
        }
    }
}

impl<T: ?Sized> Clone for Alike<T> {
    fn clone(&self) -> Self {
        Alike {
            known: self.known.clone(),
            sweep_at: self.sweep_at,
        }
    }
}

impl<T: ?Sized> fmt::Debug for Alike<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.known.values().flatten().filter(|one| is_held(one));
        write!(f, "{}", held.count())
    }
}

#[cfg(test)]
mod tests;
