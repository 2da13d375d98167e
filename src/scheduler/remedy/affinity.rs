//! What makes an affinity or anti-affinity between pods easier to keep.
//!
//! Nothing here changes the rules of pods that run already: those are somebody else's, or of the same template (`own_pods`).

use super::Situation;
use super::change::{Change, Kind};
use crate::kubernetes::affinity::pod_affinity;
use crate::kubernetes::patch::{add, escaped, replace, shift, test};
use crate::scheduler::{NodeView, Term, What};
use crate::snapshot::PodRecords;
use crate::text::{Fact, Sentence, say};
use k8s_openapi::api::core::v1::{PodAffinityTerm, PodSpec};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A change of one required term.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AffinityRelaxation {
    rule: Rule,
    /// Its place in the list of required terms.
    index: usize,
    /// Its `topologyKey`.
    key: String,
    /// Whom it means.
    wanted: String,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Affinity,
    AntiAffinity,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    /// Look in one more namespace; the list as it is then.
    Cover { namespace: String, all: Vec<String> },
    /// Look for another value of a label.
    Select {
        key: String,
        from: String,
        to: String,
    },
    /// Wish for it, beside the wishes that there are.
    Prefer { beside: bool },
}

/// The changes after which the pod's company is no filter failure on the node.
pub(super) fn options(at: &Situation<'_>, node: &NodeView<'_>, what: &What) -> Vec<Change> {
    match what {
        What::Apart { wanted, key, .. } => {
            let terms = of_rule(at, Rule::Affinity);
            let is_it =
                |(_, term): &&(usize, Term<'_>)| term.key() == key && term.to_string() == *wanted;
            let Some((index, term)) = terms.iter().find(is_it) else {
                return Vec::new();
            };
            let domain = node.label(key).map(str::to_owned);
            let alike = domain.and_then(|domain| at.label_peers().0.get(&(*index, domain)));
            let ways = alike.into_iter().flatten().cloned();
            let ways = ways.chain([prefer(at, Rule::Affinity)]);
            ways.map(|by| change(Rule::Affinity, *index, term, by))
                .collect()
        }
        What::Together { own: true, key, .. } => of_anti_affinity(at, key).take(1).collect(),
        _ => Vec::new(),
    }
}

/// Makes the terms of the anti-affinity that go by this key preferred.
pub(super) fn of_anti_affinity(at: &Situation<'_>, key: &str) -> impl Iterator<Item = Change> {
    let by = prefer(at, Rule::AntiAffinity);
    let terms = of_rule(at, Rule::AntiAffinity).into_iter();
    terms
        .filter(move |(_, term)| term.key() == key)
        .map(move |(index, term)| change(Rule::AntiAffinity, index, &term, by.clone()))
}

fn change(rule: Rule, index: usize, term: &Term<'_>, by: By) -> Change {
    Change::Affinity(AffinityRelaxation {
        rule,
        index,
        key: term.key().to_owned(),
        wanted: term.to_string(),
        by,
    })
}

fn of_rule<'s>(at: &Situation<'s>, rule: Rule) -> Vec<(usize, Term<'s>)> {
    let (spec, own) = (at.incoming.spec, at.incoming.namespace);
    match rule {
        Rule::Affinity => Term::of_affinity(spec, own, at.snapshot),
        Rule::AntiAffinity => Term::of_anti_affinity(spec, own, at.snapshot),
    }
}

fn prefer(at: &Situation<'_>, rule: Rule) -> By {
    let affinity = at.incoming.spec.affinity.as_ref();
    let wishes = affinity.and_then(|all| match rule {
        Rule::Affinity => {
            let pods = all.pod_affinity.as_ref()?;
            pods.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }
        Rule::AntiAffinity => {
            let pods = all.pod_anti_affinity.as_ref()?;
            pods.preferred_during_scheduling_ignored_during_execution
                .as_ref()
        }
    });
    let beside = wishes.is_some();
    By::Prefer { beside }
}

/// What would make a term of the affinity mean pods that it does not: by the term's place and the domain where they stand.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelPeers(BTreeMap<(usize, String), Vec<By>>);

impl LabelPeers {
    /// Looks through all pods once.
    pub(super) fn of(at: &Situation<'_>) -> Self {
        let mut found = LabelPeers::default();
        for (index, term) in of_rule(at, Rule::Affinity) {
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
                            .map(|found| By::Select {
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

    fn note(&mut self, index: usize, domain: &str, by: Option<By>) {
        if let Some(by) = by {
            let ways = self.0.entry((index, domain.to_owned())).or_default();
            if !ways.contains(&by) {
                ways.push(by);
            }
        }
    }
}

/// A list of namespaces takes the place of the pod's own, which a term without one looks in.
fn cover(at: &Situation<'_>, raw: &PodAffinityTerm, namespace: &str) -> By {
    let mut all = raw.namespaces.clone().unwrap_or_default();
    if all.is_empty() && raw.namespace_selector.is_none() {
        all.push(at.incoming.namespace.to_owned());
    }
    all.push(namespace.to_owned());
    let namespace = namespace.to_owned();
    By::Cover { namespace, all }
}

impl AffinityRelaxation {
    /// Its term's place among the required ones.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn kind(&self) -> Kind {
        let rule = match self.rule {
            Rule::Affinity => 20,
            Rule::AntiAffinity => 30,
        };
        let index = self.index;
        match &self.by {
            By::Select { to, .. } => (rule, format!("{index} {to}")),
            By::Cover { namespace, .. } => (rule + 1, format!("{index} {namespace}")),
            By::Prefer { .. } => (rule + 2, index.to_string()),
        }
    }

    pub(super) fn effort(&self) -> u32 {
        match &self.by {
            By::Select { .. } => 150,
            By::Cover { .. } => 300,
            By::Prefer { .. } => 500,
        }
    }

    pub(super) fn sentence(&self) -> (Sentence, Vec<(&'static str, Fact)>) {
        let wanted = ("wanted", Fact::from(self.wanted.as_str()));
        match (&self.by, self.rule) {
            (By::Select { key, from, to }, _) => (
                say!(
                    "remedy.affinity-label",
                    "look for {to} in place of {from} in the affinity"
                ),
                vec![
                    ("from", format!("{key}={from}").into()),
                    ("to", format!("{key}={to}").into()),
                ],
            ),
            (By::Cover { namespace, .. }, _) => (
                say!(
                    "remedy.affinity-namespace",
                    "let the affinity to {wanted} look in namespace {namespace} as well"
                ),
                vec![wanted, ("namespace", namespace.as_str().into())],
            ),
            (By::Prefer { .. }, Rule::Affinity) => (
                say!(
                    "remedy.prefer-affinity",
                    "make the affinity to {wanted} preferred"
                ),
                vec![wanted],
            ),
            (By::Prefer { .. }, Rule::AntiAffinity) => (
                say!(
                    "remedy.prefer-anti-affinity",
                    "make the anti-affinity to {wanted} preferred"
                ),
                vec![wanted],
            ),
        }
    }

    /// A wish keeps no pod off a node, so that on the copy its term only goes.
    pub(super) fn apply(&self, spec: &mut PodSpec) {
        let affinity = spec.affinity.as_mut();
        let terms = affinity.and_then(|all| match self.rule {
            Rule::Affinity => {
                let pods = all.pod_affinity.as_mut()?;
                Some(&mut pods.required_during_scheduling_ignored_during_execution)
            }
            Rule::AntiAffinity => {
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
            By::Cover { all, .. } => term.namespaces = Some(all.clone()),
            By::Select { key, to, .. } => {
                let selector = term.label_selector.get_or_insert_default();
                let labels = selector.match_labels.get_or_insert_default();
                labels.insert(key.clone(), to.clone());
            }
            By::Prefer { .. } => {
                terms.remove(self.index);
            }
        }
    }

    /// The operations on the pod's spec at this pointer.
    pub(super) fn patch(&self, spec: &str) -> Vec<Value> {
        let rule = match self.rule {
            Rule::Affinity => "podAffinity",
            Rule::AntiAffinity => "podAntiAffinity",
        };
        let base = format!("{spec}/affinity/{rule}");
        let term = format!(
            "{base}/requiredDuringSchedulingIgnoredDuringExecution/{}",
            self.index
        );
        let mut patch = vec![test(&format!("{term}/topologyKey"), self.key.as_str())];
        match &self.by {
            By::Cover { all, .. } => {
                patch.push(add(&format!("{term}/namespaces"), all.as_slice()));
            }
            By::Select { key, from, to } => {
                let path = format!("{term}/labelSelector/matchLabels/{}", escaped(key));
                patch.push(test(&path, from.as_str()));
                patch.push(replace(&path, to.as_str()));
            }
            By::Prefer { beside } => {
                let wishes = format!("{base}/preferredDuringSchedulingIgnoredDuringExecution");
                let wish = json!({"weight": 100});
                patch.push(if *beside {
                    add(&format!("{wishes}/0"), wish)
                } else {
                    add(&wishes, json!([wish]))
                });
                patch.push(shift(&term, &format!("{wishes}/0/podAffinityTerm")));
            }
        }
        patch
    }
}
