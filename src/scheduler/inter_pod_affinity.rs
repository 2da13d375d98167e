//! InterPodAffinity: required affinity and anti-affinity between pods, in both directions.
//!
//! Which domains hold pods that matter is found once for all nodes ([`find`]). On a node three things can fail: nobody whom the
//! pod wants to be near is in the domain, somebody whom it avoids is, somebody who avoids it is. All are found; the
//! scheduler gives the first.
//!
//! Source: kube-scheduler `framework/plugins/interpodaffinity/filtering.go` (1.37, without the alpha gate
//! InterPodAffinityHostnameFastPath, whose verdicts are the same). `matchLabelKeys` need nothing here: the API server writes them
//! into the selector.

use super::{Filter, FilterFailure, Holder, Incoming, NodeView, Unread, View, What};
use crate::kubernetes::selector::label_selector_matches;
use crate::messages::scheduler::Reason;
use crate::snapshot::{Footprint, Gap, PodRecord, PodRecords, Snapshot};
use domains::{Domains, Groups};
use k8s_openapi::api::core::v1::PodAffinityTerm;
use std::rc::Rc;
use term::{affinity, anti_affinity, labels_of, named, selects};

pub use term::{Term, TermPods};

mod domains;
mod term;

/// The domains that hold pods which matter to the incoming one.
#[derive(Debug, Clone, Default)]
pub(super) struct Peers<'a, 'v> {
    affinity: Vec<Term<'a>>,
    anti_affinity: Vec<Term<'a>>,
    /// Where pods stand that all terms of the affinity mean.
    near: Domains<'v>,
    /// Where pods stand that the anti-affinity means, term by term.
    avoided: Vec<Groups<'v>>,
    /// Where pods stand that keep the incoming one away.
    guarded: Domains<'v>,
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
    peers.avoided = vec![Groups::default(); peers.anti_affinity.len()];
    let is_itself = |term: &Term<'_>| term.means(pod.namespace, pod.labels);
    peers.means_itself = peers.affinity.iter().all(is_itself);
    if !peers.affinity.is_empty() || !peers.anti_affinity.is_empty() {
        let footprints = view.pod_records().footprints().iter();
        let selected: Vec<Selected> = footprints
            .map(|footprint| peers.selected(footprint))
            .collect();
        let is_selected = |place| selected.get(place).is_some_and(Selected::is_any);
        for node in view.nodes() {
            for pod_record in node.pods_like(is_selected) {
                if let Some(selected) = selected.get(PodRecords::place_of(pod_record)) {
                    peers.note(selected, pod_record, node);
                }
            }
        }
    }
    peers.look_at_guards(pod, view);
    peers
}

/// The terms that are not met on the node, the pod's own and other pods'.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let peers = &pod.peers;
    let apart = peers.apart(node).map(|term| {
        failure(
            &Reason::PodAffinity,
            What::Apart {
                wanted: term.pods(),
                key: term.key().to_owned(),
                domain: node.label(term.key()).map(str::to_owned),
            },
        )
    });
    let avoided = peers.anti_affinity.iter().zip(&peers.avoided);
    let avoided = avoided.filter_map(|(term, domains)| {
        let key = term.key();
        let domain = node.label(key)?;
        let holder = domains.first(domain)?;
        Some(failure(
            &Reason::PodAntiAffinity,
            together(holder, true, key, domain),
        ))
    });
    let guard = peers
        .guarded
        .first_beside(node)
        .map(|(key, domain, holder)| {
            let what = together(holder, false, key, domain);
            failure(&Reason::ExistingPodsAntiAffinity, what)
        });
    apart.into_iter().chain(avoided).chain(guard).collect()
}

fn failure(reason: &Reason, what: What) -> FilterFailure {
    FilterFailure {
        filter: Filter::InterPodAffinity,
        reason: reason.text(),
        what,
    }
}

fn together(holder: &PodRecord, own: bool, key: &str, domain: &str) -> What {
    What::Together {
        holder: Holder::from(holder),
        own,
        key: key.to_owned(),
        domain: domain.to_owned(),
    }
}

/// Whose selectors the labels of a footprint meet; which namespaces the terms mean is yet to be asked.
#[derive(Debug, Clone, Default)]
struct Selected {
    /// All terms' of the affinity.
    by_affinity: bool,
    /// Each term's of the anti-affinity.
    by_anti_affinity: Vec<bool>,
}

impl Selected {
    fn is_any(&self) -> bool {
        self.by_affinity || self.by_anti_affinity.contains(&true)
    }
}

impl<'a, 'v> Peers<'a, 'v> {
    /// Those that keep the pod away come in order of namespace and name: of each domain the first is named.
    fn look_at_guards(&mut self, pod: &Incoming<'_, '_>, view: &View<'v>) {
        let mut refusing = Vec::new();
        for guards in view.guards() {
            let Some(first) = guards.first() else {
                continue;
            };
            let keys = Rc::new(self.refuses(first, pod, view));
            if !keys.is_empty() {
                refusing.extend(guards.iter().map(|guard| (*guard, Rc::clone(&keys))));
            }
        }
        refusing.sort_by_key(|(guard, _)| (&guard.namespace, &guard.name));
        for (guard, keys) in refusing {
            if let Some(node) = guard.node.as_deref().and_then(|name| view.node(name)) {
                self.guard(&keys, guard, node);
            }
        }
    }

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
        snapshot: &Snapshot<'_>,
    ) -> Vec<Term<'a>> {
        let mut resolve = |raw: &'a PodAffinityTerm| {
            let term = Term::new(raw, own, snapshot);
            term.map_err(|gap| self.gap = Some(gap.clone())).ok()
        };
        raw.iter().filter_map(&mut resolve).collect()
    }

    fn selected(&self, footprint: &Footprint) -> Selected {
        let selects = |term: &Term<'_>| term.selects(&footprint.labels);
        Selected {
            by_affinity: !self.affinity.is_empty() && self.affinity.iter().all(selects),
            by_anti_affinity: self.anti_affinity.iter().map(selects).collect(),
        }
    }

    fn note(&mut self, selected: &Selected, pod_record: &'v PodRecord, node: &NodeView<'_>) {
        let near =
            |near: &mut Domains<'v>, key: &str, domain: &str| near.join(key, domain, pod_record);
        let avoided = |groups: &mut Groups<'v>, domain: &str| groups.join(domain, pod_record);
        self.visit(selected, pod_record, node, near, avoided);
    }

    fn forget(&mut self, selected: &Selected, pod_record: &PodRecord, node: &NodeView<'_>) {
        self.visit(selected, pod_record, node, Domains::leave, Groups::leave);
    }

    /// Goes over the domains of the node in which a pod matters.
    fn visit(
        &mut self,
        selected: &Selected,
        pod_record: &PodRecord,
        node: &NodeView<'_>,
        near: impl Fn(&mut Domains<'v>, &str, &str),
        avoided: impl Fn(&mut Groups<'v>, &str),
    ) {
        let covers = |term: &Term<'_>| term.covers(&pod_record.namespace);
        if selected.by_affinity && self.affinity.iter().all(covers) {
            for key in self.affinity.iter().map(Term::key) {
                if let Some(domain) = node.label(key) {
                    near(&mut self.near, key, domain);
                }
            }
        }
        let terms = self.anti_affinity.iter().zip(&mut self.avoided);
        for ((term, groups), is_selected) in terms.zip(&selected.by_anti_affinity) {
            if *is_selected
                && covers(term)
                && let Some(domain) = node.label(term.key())
            {
                avoided(groups, domain);
            }
        }
    }

    /// The topology keys over which a pod record keeps the incoming pod away.
    fn refuses(
        &mut self,
        guard: &PodRecord,
        pod: &Incoming<'_, '_>,
        view: &View<'_>,
    ) -> Vec<String> {
        let terms = &view.pod_records().footprint(guard).anti_affinity;
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

    fn guard(&mut self, keys: &[String], guard: &'v PodRecord, node: &NodeView<'_>) {
        for key in keys {
            if let Some(domain) = node.label(key) {
                self.guarded.join(key, domain, guard);
            }
        }
    }

    /// The term of the affinity that nobody in the node's domain answers. The first pod of a series, which means itself while
    /// nobody else is meant anywhere, may start where the node has all the keys.
    fn apart(&self, node: &NodeView<'_>) -> Option<&Term<'a>> {
        let answered = |term: &&Term<'_>| {
            let domain = node.label(term.key());
            domain.is_some_and(|domain| self.near.holds(term.key(), domain))
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

    /// Takes one more pod into account, on this node. Nobody asks for it when the filter was skipped, because neither
    /// the pod nor any other one had a say: then a pod that preemption makes room for keeps nobody away.
    pub(super) fn add(
        &mut self,
        pod: &Incoming<'_, '_>,
        pod_record: &'v PodRecord,
        node: &NodeView<'_>,
        view: &View<'_>,
    ) {
        if self.affinity.is_empty() && self.anti_affinity.is_empty() && self.guarded.is_empty() {
            return;
        }
        let selected = self.selected(view.pod_records().footprint(pod_record));
        self.note(&selected, pod_record, node);
        let keys = self.refuses(pod_record, pod, view);
        self.guard(&keys, pod_record, node);
    }

    /// Leaves one pod out of account that stands on this node.
    pub(super) fn remove(
        &mut self,
        pod: &Incoming<'_, '_>,
        pod_record: &PodRecord,
        node: &NodeView<'_>,
        view: &View<'_>,
    ) {
        let selected = self.selected(view.pod_records().footprint(pod_record));
        self.forget(&selected, pod_record, node);
        for key in self.refuses(pod_record, pod, view) {
            if let Some(domain) = node.label(&key) {
                self.guarded.leave(&key, domain);
            }
        }
    }
}

#[cfg(test)]
mod tests;
