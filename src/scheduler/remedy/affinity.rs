//! What makes an affinity or anti-affinity between pods easier to keep.
//!
//! Nothing here changes terms of pods that run already: those are somebody else's, or of the same template (`own_pods`).

use super::Situation;
use super::change::{Change, ChangeKind};
use crate::kubernetes::affinity::pod_affinity;
use crate::kubernetes::patch::{add, escaped, replace, shift, test};
use crate::scheduler::{NodeView, Term, TermPods, What};
use crate::snapshot::PodRecords;
use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A change of one required term.
#[derive(Debug, Clone, PartialEq)]
pub struct AffinityRelaxation {
    /// Whose term it is.
    pub rule: AffinityRule,
    /// Its place in the list of required terms.
    index: usize,
    /// Its `topologyKey`.
    key: String,
    /// The pods that it means.
    pub wanted: TermPods,
    /// What changes.
    pub by: RelaxedTerm,
}

/// Affinity or anti-affinity between pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AffinityRule {
    /// `podAffinity`
    Affinity,
    /// `podAntiAffinity`
    AntiAffinity,
}

/// What changes in a term.
#[derive(Debug, Clone, PartialEq)]
pub enum RelaxedTerm {
    /// It looks in one more namespace.
    Namespace {
        /// The namespace.
        namespace: String,
        /// `namespaces` as it is then.
        all: Vec<String>,
    },
    /// It looks for another value of a label.
    Label {
        /// The label's key.
        key: String,
        /// The value that it looks for now.
        from: String,
        /// A value that pods carry.
        to: String,
    },
    /// It becomes preferred.
    Preferred {
        /// Whether other terms are preferred already.
        beside: bool,
    },
}

/// The changes after which the terms are met on the node.
pub(super) fn options(at: &Situation<'_>, node: &NodeView<'_>, what: &What) -> Vec<Change> {
    match what {
        What::Apart { wanted, key, .. } => {
            let terms = of_rule(at, AffinityRule::Affinity);
            let is_it =
                |(_, term): &&(usize, Term<'_>)| term.key() == key && term.pods() == *wanted;
            let Some((index, term)) = terms.iter().find(is_it) else {
                return Vec::new();
            };
            let domain = node.label(key).map(str::to_owned);
            let alike = domain.and_then(|domain| at.label_peers().0.get(&(*index, domain)));
            let options = alike.into_iter().flatten().cloned();
            let options = options.chain([prefer(at, AffinityRule::Affinity)]);
            options
                .map(|by| change(AffinityRule::Affinity, *index, term, by))
                .collect()
        }
        What::Together { own: true, key, .. } => of_anti_affinity(at, key).take(1).collect(),
        _ => Vec::new(),
    }
}

/// Makes the terms of the anti-affinity that go by this key preferred.
pub(super) fn of_anti_affinity(at: &Situation<'_>, key: &str) -> impl Iterator<Item = Change> {
    let by = prefer(at, AffinityRule::AntiAffinity);
    let terms = of_rule(at, AffinityRule::AntiAffinity).into_iter();
    terms
        .filter(move |(_, term)| term.key() == key)
        .map(move |(index, term)| change(AffinityRule::AntiAffinity, index, &term, by.clone()))
}

fn change(rule: AffinityRule, index: usize, term: &Term<'_>, by: RelaxedTerm) -> Change {
    Change::Affinity(AffinityRelaxation {
        rule,
        index,
        key: term.key().to_owned(),
        wanted: term.pods(),
        by,
    })
}

fn of_rule<'s>(at: &Situation<'s>, rule: AffinityRule) -> Vec<(usize, Term<'s>)> {
    let (spec, own) = (at.incoming.spec, at.incoming.namespace);
    match rule {
        AffinityRule::Affinity => Term::of_affinity(spec, own, at.snapshot),
        AffinityRule::AntiAffinity => Term::of_anti_affinity(spec, own, at.snapshot),
    }
}

fn prefer(at: &Situation<'_>, rule: AffinityRule) -> RelaxedTerm {
    let affinity = at.incoming.spec.affinity.as_ref();
    let preferred_terms = affinity.and_then(|all| match rule {
        AffinityRule::Affinity => {
            let pods = all.pod_affinity.as_ref()?;
            pods.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }
        AffinityRule::AntiAffinity => {
            let pods = all.pod_anti_affinity.as_ref()?;
            pods.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }
    });
    let beside = preferred_terms.is_some();
    RelaxedTerm::Preferred { beside }
}

/// What would make a term of the affinity mean pods that it does not: by the term's place and the domain where they stand.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelPeers(BTreeMap<(usize, String), Vec<RelaxedTerm>>);

impl LabelPeers {
    /// Looks through all pods once.
    pub(super) fn of(at: &Situation<'_>) -> Self {
        let mut found = LabelPeers::default();
        for (index, term) in of_rule(at, AffinityRule::Affinity) {
            let raw = pod_affinity(at.incoming.spec).get(index);
            let footprints = at.view.pod_records().footprints();
            let selected: Vec<bool> = footprints.iter().map(|s| term.selects(&s.labels)).collect();
            let misspelt = term.misspelt(at.view.pod_records());
            for node in at.view.nodes() {
                let Some(domain) = node.label(term.key()) else {
                    continue;
                };
                for pod_record in node.pods() {
                    let place = PodRecords::place_of(pod_record);
                    let is_meant = selected.get(place) == Some(&true);
                    let by = match (term.covers(&pod_record.namespace), is_meant) {
                        (false, true) => raw.map(|raw| cover(at, raw, &pod_record.namespace)),
                        (true, false) => misspelt
                            .as_ref()
                            .filter(|found| found.footprints.contains(&place))
                            .map(|found| RelaxedTerm::Label {
                                key: found.key.clone(),
                                from: found.from.clone(),
                                to: found.to.clone(),
                            }),
                        _ => None,
                    };
                    found.note(index, domain, by);
                }
            }
        }
        found
    }

    fn note(&mut self, index: usize, domain: &str, by: Option<RelaxedTerm>) {
        if let Some(by) = by {
            let options = self.0.entry((index, domain.to_owned())).or_default();
            if !options.contains(&by) {
                options.push(by);
            }
        }
    }
}

/// A list of namespaces takes the place of the pod's own, which a term without one looks in.
fn cover(at: &Situation<'_>, raw: &PodAffinityTerm, namespace: &str) -> RelaxedTerm {
    let mut all = raw.namespaces.clone().unwrap_or_default();
    if all.is_empty() && raw.namespace_selector.is_none() {
        all.push(at.incoming.namespace.to_owned());
    }
    all.push(namespace.to_owned());
    let namespace = namespace.to_owned();
    RelaxedTerm::Namespace { namespace, all }
}

impl AffinityRelaxation {
    /// Its term's place among the required ones.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn kind(&self) -> ChangeKind {
        let rule = match self.rule {
            AffinityRule::Affinity => 20,
            AffinityRule::AntiAffinity => 30,
        };
        let index = self.index;
        match &self.by {
            RelaxedTerm::Label { to, .. } => (rule, format!("{index} {to}")),
            RelaxedTerm::Namespace { namespace, .. } => (rule + 1, format!("{index} {namespace}")),
            RelaxedTerm::Preferred { .. } => (rule + 2, index.to_string()),
        }
    }

    pub(super) fn effort(&self) -> u32 {
        match &self.by {
            RelaxedTerm::Label { .. } => 150,
            RelaxedTerm::Namespace { .. } => 300,
            RelaxedTerm::Preferred { .. } => 500,
        }
    }

    /// A preferred term keeps no pod off a node, so that on the copy it only goes.
    pub(super) fn apply(&self, spec: &mut PodSpec) {
        let affinity = spec.affinity.as_mut();
        let terms = affinity.and_then(|all| match self.rule {
            AffinityRule::Affinity => {
                let pods = all.pod_affinity.as_mut()?;
                Some(&mut pods.required_during_scheduling_ignored_during_execution)
            }
            AffinityRule::AntiAffinity => {
                let pods = all.pod_anti_affinity.as_mut()?;
                Some(&mut pods.required_during_scheduling_ignored_during_execution)
            }
        });
        let Some(Some(terms)) = terms else {
            return;
        };
        let Some(term) = terms.get_mut(self.index) else {
            return;
        };
        match &self.by {
            RelaxedTerm::Namespace { all, .. } => term.namespaces = Some(all.clone()),
            RelaxedTerm::Label { key, to, .. } => {
                let selector = term.label_selector.get_or_insert_default();
                let labels = selector.match_labels.get_or_insert_default();
                labels.insert(key.clone(), to.clone());
            }
            RelaxedTerm::Preferred { .. } => {
                terms.remove(self.index);
            }
        }
    }

    /// The operations on the pod's spec at this pointer.
    pub(super) fn patch(&self, spec: &str) -> Vec<Value> {
        let rule = match self.rule {
            AffinityRule::Affinity => "podAffinity",
            AffinityRule::AntiAffinity => "podAntiAffinity",
        };
        let base = format!("{spec}/affinity/{rule}");
        let term = format!(
            "{base}/requiredDuringSchedulingIgnoredDuringExecution/{}",
            self.index
        );
        let mut patch = vec![test(&format!("{term}/topologyKey"), self.key.as_str())];
        match &self.by {
            RelaxedTerm::Namespace { all, .. } => {
                patch.push(add(&format!("{term}/namespaces"), all.as_slice()));
            }
            RelaxedTerm::Label { key, from, to } => {
                let path = format!("{term}/labelSelector/matchLabels/{}", escaped(key));
                patch.push(test(&path, from.as_str()));
                patch.push(replace(&path, to.as_str()));
            }
            RelaxedTerm::Preferred { beside } => {
                let preferred_terms =
                    format!("{base}/preferredDuringSchedulingIgnoredDuringExecution");
                let preferred = json!({"weight": 100});
                patch.push(if *beside {
                    add(&format!("{preferred_terms}/0"), preferred)
                } else {
                    add(&preferred_terms, json!([preferred]))
                });
                patch.push(shift(
                    &term,
                    &format!("{preferred_terms}/0/podAffinityTerm"),
                ));
            }
        }
        patch
    }
}
