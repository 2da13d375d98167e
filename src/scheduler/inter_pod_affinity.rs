//! InterPodAffinity: required affinity and anti-affinity between pods, in both directions.
//!
//! Which domains hold pods that matter is found once for all nodes ([`find`]). On a node three things can fail: nobody whom the
//! pod wants to be near is in the domain, somebody whom it avoids is, somebody who avoids it is. All are told; the
//! scheduler tells the first.
//!
//! Source: kube-scheduler `framework/plugins/interpodaffinity/filtering.go` (1.37, without the alpha gate
//! InterPodAffinityHostnameFastPath, whose verdicts are the same). `matchLabelKeys` need nothing here: the API server writes them
//! into the selector.

use super::message::Reason;
use super::{Filter, Holder, Incoming, NodeView, Obstacle, Unread, View, What};
use crate::kubernetes::selector::label_selector_matches;
use crate::snapshot::{Gap, Occupant, Occupants, Snapshot};
use k8s_openapi::api::core::v1::PodAffinityTerm;
use std::collections::HashMap;
use std::hash::Hash;
use term::{affinity, anti_affinity, labels_of, named, selects};

pub use term::Term;

mod term;

/// A domain: a topology key and a value of it.
type Domain = (String, String);

/// The pods of a domain that matter in one way.
#[derive(Debug, Clone, Copy)]
struct Group<'v> {
    count: usize,
    /// The first of them; it is named also when it has left and others are there.
    first: &'v Occupant,
}

impl<'v> Group<'v> {
    fn join<K: Hash + Eq>(groups: &mut HashMap<K, Self>, at: K, occupant: &'v Occupant) {
        let alone = Group {
            count: 0,
            first: occupant,
        };
        groups.entry(at).or_insert(alone).count += 1;
    }

    fn leave<K: Hash + Eq>(groups: &mut HashMap<K, Self>, at: &K) {
        let Some(group) = groups.get_mut(at) else {
            return;
        };
        group.count = group.count.saturating_sub(1);
        if group.count == 0 {
            groups.remove(at);
        }
    }
}

/// The domains that hold pods which matter to the incoming one.
#[derive(Debug, Clone, Default)]
pub(super) struct Peers<'a, 'v> {
    affinity: Vec<Term<'a>>,
    anti_affinity: Vec<Term<'a>>,
    /// Where pods stand that all terms of the affinity mean.
    near: HashMap<Domain, Group<'v>>,
    /// Where pods stand that the anti-affinity means, term by term.
    avoided: Vec<HashMap<String, Group<'v>>>,
    /// Where pods stand that keep the incoming one away.
    guarded: HashMap<Domain, Group<'v>>,
    /// Whether the incoming pod is what its own affinity means.
    means_itself: bool,
    gap: Option<Gap>,
}

/// Looks for the pods that matter to this one.
pub(super) fn find<'a, 'v>(pod: &Incoming<'a, 'v>, view: &View<'v>) -> Peers<'a, 'v> {
    let mut peers = Peers::default();
    let snapshot = view.snapshot();
    peers.affinity = peers.terms(affinity(pod.spec), pod.namespace, snapshot);
    peers.anti_affinity = peers.terms(anti_affinity(pod.spec), pod.namespace, snapshot);
    peers.avoided = vec![HashMap::new(); peers.anti_affinity.len()];
    let is_itself = |term: &Term<'_>| term.means(pod.namespace, pod.labels);
    peers.means_itself = peers.affinity.iter().all(is_itself);
    if !peers.affinity.is_empty() || !peers.anti_affinity.is_empty() {
        let mut known: HashMap<(usize, &str), Meant> = HashMap::new();
        for node in view.nodes() {
            for occupant in node.pods() {
                let kind = (Occupants::place_of(occupant), &*occupant.namespace);
                let meant = known
                    .entry(kind)
                    .or_insert_with(|| peers.meant(occupant, view.occupants()));
                peers.note(meant, occupant, node);
            }
        }
    }
    let mut known: HashMap<(usize, &str), Vec<String>> = HashMap::new();
    for guard in view.guards() {
        let kind = (Occupants::place_of(guard), &*guard.namespace);
        let keys = known
            .entry(kind)
            .or_insert_with(|| peers.refuses(guard, pod, view));
        let node = guard.node.as_deref().and_then(|name| view.node(name));
        if let Some(node) = node {
            peers.guard(keys, guard, node);
        }
    }
    peers
}

/// What the pod's neighbours have against the node, or lack there.
pub(super) fn obstacles(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<Obstacle> {
    let peers = &pod.peers;
    let apart = peers.apart(node).map(|term| {
        obstacle(
            &Reason::PodAffinity,
            What::Apart {
                wanted: term.to_string(),
                key: term.key().to_owned(),
                domain: node.label(term.key()).map(str::to_owned),
            },
        )
    });
    let avoided = peers.anti_affinity.iter().zip(&peers.avoided);
    let avoided = avoided.filter_map(|(term, domains)| {
        let key = term.key();
        let domain = node.label(key)?;
        let holder = domains.get(domain)?.first;
        Some(obstacle(
            &Reason::PodAntiAffinity,
            together(holder, true, key, domain),
        ))
    });
    let guard = peers.guard_of(node).map(|(key, domain, holder)| {
        let what = together(holder, false, key, domain);
        obstacle(&Reason::ExistingPodsAntiAffinity, what)
    });
    apart.into_iter().chain(avoided).chain(guard).collect()
}

fn obstacle(reason: &Reason, what: What) -> Obstacle {
    Obstacle {
        filter: Filter::InterPodAffinity,
        reason: reason.to_string(),
        what,
    }
}

fn together(holder: &Occupant, own: bool, key: &str, domain: &str) -> What {
    What::Together {
        holder: Holder::from(holder),
        own,
        key: key.to_owned(),
        domain: domain.to_owned(),
    }
}

/// What an occupant is to the incoming pod.
#[derive(Debug, Clone, Default)]
struct Meant {
    /// All terms of the affinity mean it.
    by_affinity: bool,
    /// Whether each term of the anti-affinity means it.
    by_anti_affinity: Vec<bool>,
}

impl<'a, 'v> Peers<'a, 'v> {
    /// What could not be read for it.
    pub(super) fn unread(&self) -> Option<Unread> {
        let filter = Filter::InterPodAffinity;
        self.gap.clone().map(|gap| Unread { filter, gap })
    }

    /// The terms with their namespaces. One whose namespaces cannot be known is left out and remembered as a gap.
    fn terms(
        &mut self,
        raw: &'a [PodAffinityTerm],
        own: &str,
        snapshot: &Snapshot,
    ) -> Vec<Term<'a>> {
        let mut resolve = |raw: &'a PodAffinityTerm| {
            let term = Term::new(raw, own, snapshot);
            term.map_err(|gap| self.gap = Some(gap.clone())).ok()
        };
        raw.iter().filter_map(&mut resolve).collect()
    }

    fn meant(&self, occupant: &Occupant, occupants: &Occupants) -> Meant {
        let labels = &occupants.shape(occupant).labels;
        let means = |term: &Term<'_>| term.means(&occupant.namespace, labels);
        Meant {
            by_affinity: !self.affinity.is_empty() && self.affinity.iter().all(means),
            by_anti_affinity: self.anti_affinity.iter().map(means).collect(),
        }
    }

    fn note(&mut self, meant: &Meant, occupant: &'v Occupant, node: &NodeView<'_>) {
        if meant.by_affinity {
            let domains = self.affinity.iter().filter_map(|term| {
                let key = term.key();
                Some((key.to_owned(), node.label(key)?.to_owned()))
            });
            for domain in domains {
                Group::join(&mut self.near, domain, occupant);
            }
        }
        let terms = self.anti_affinity.iter().zip(&mut self.avoided);
        for ((term, domains), means) in terms.zip(&meant.by_anti_affinity) {
            if let (true, Some(domain)) = (*means, node.label(term.key())) {
                Group::join(domains, domain.to_owned(), occupant);
            }
        }
    }

    /// The topology keys over which an occupant keeps the incoming pod away.
    fn refuses(
        &mut self,
        guard: &Occupant,
        pod: &Incoming<'_, '_>,
        view: &View<'_>,
    ) -> Vec<String> {
        let terms = &view.occupants().shape(guard).anti_affinity;
        let refused = terms.iter().filter(|term| {
            let names = named(term, &guard.namespace);
            let selected = match term.namespace_selector.as_ref() {
                Some(selector) if !names.iter().any(|name| name == pod.namespace) => {
                    match labels_of(pod.namespace, view.snapshot()) {
                        Ok(labels) => label_selector_matches(selector, &labels),
                        Err(gap) => {
                            self.gap = Some(gap.clone());
                            false
                        }
                    }
                }
                _ => false,
            };
            (selected || names.iter().any(|name| name == pod.namespace))
                && selects(term, pod.labels)
        });
        refused.map(|term| term.topology_key.clone()).collect()
    }

    fn guard(&mut self, keys: &[String], guard: &'v Occupant, node: &NodeView<'_>) {
        for key in keys {
            if let Some(domain) = node.label(key) {
                let domain = (key.clone(), domain.to_owned());
                Group::join(&mut self.guarded, domain, guard);
            }
        }
    }

    fn guard_of<'n>(&'n self, node: &'n NodeView<'_>) -> Option<(&'n str, &'n str, &'v Occupant)> {
        if self.guarded.is_empty() {
            return None;
        }
        node.node.labels.iter().find_map(|(key, value)| {
            let group = self.guarded.get(&(key.clone(), value.clone()))?;
            Some((key.as_str(), value.as_str(), group.first))
        })
    }

    /// The term of the affinity that nobody in the node's domain answers. The first pod of a series, which means itself while
    /// nobody else is meant anywhere, may start where the node has all the keys.
    fn apart(&self, node: &NodeView<'_>) -> Option<&Term<'a>> {
        let answered = |term: &&Term<'_>| {
            let key = term.key();
            let domain = |domain: &str| (key.to_owned(), domain.to_owned());
            node.label(key)
                .is_some_and(|value| self.near.contains_key(&domain(value)))
        };
        let lacks_key = |term: &&Term<'_>| node.label(term.key()).is_none();
        let first_of_series = self.near.is_empty() && self.means_itself;
        if let Some(term) = self.affinity.iter().find(lacks_key) {
            return Some(term);
        }
        self.affinity
            .iter()
            .find(|term| !answered(term))
            .filter(|_| !first_of_series)
    }

    /// Takes one more pod into account, on this node. Nobody asks for it when the filter was skipped, because neither the pod nor any
    /// other one had a say: then a pod that preemption makes room for keeps nobody away.
    pub(super) fn add(
        &mut self,
        pod: &Incoming<'_, '_>,
        occupant: &'v Occupant,
        node: &NodeView<'_>,
        view: &View<'_>,
    ) {
        if self.affinity.is_empty() && self.anti_affinity.is_empty() && self.guarded.is_empty() {
            return;
        }
        let meant = self.meant(occupant, view.occupants());
        self.note(&meant, occupant, node);
        let keys = self.refuses(occupant, pod, view);
        self.guard(&keys, occupant, node);
    }

    /// Leaves one pod out of account that stands on this node.
    pub(super) fn remove(
        &mut self,
        pod: &Incoming<'_, '_>,
        occupant: &Occupant,
        node: &NodeView<'_>,
        view: &View<'_>,
    ) {
        let meant = self.meant(occupant, view.occupants());
        let terms = self.affinity.iter().filter(|_| meant.by_affinity);
        for term in terms {
            if let Some(domain) = node.label(term.key()) {
                Group::leave(&mut self.near, &(term.key().to_owned(), domain.to_owned()));
            }
        }
        let terms = self.anti_affinity.iter().zip(&mut self.avoided);
        for ((term, domains), means) in terms.zip(&meant.by_anti_affinity) {
            if let (true, Some(domain)) = (*means, node.label(term.key())) {
                Group::leave(domains, &domain.to_owned());
            }
        }
        for key in self.refuses(occupant, pod, view) {
            if let Some(domain) = node.label(&key) {
                let domain = domain.to_owned();
                Group::leave(&mut self.guarded, &(key, domain));
            }
        }
    }
}

#[cfg(test)]
mod tests;
