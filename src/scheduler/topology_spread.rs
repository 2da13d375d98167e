//! PodTopologySpread: constraints that say `DoNotSchedule`.
//!
//! A domain's pods are counted once for all nodes ([`count`]); on a node a constraint fails when its domain, with the pod in it,
//! would hold too many more than the emptiest. Every constraint that fails is found; the scheduler gives the first.
//!
//! Source: kube-scheduler `framework/plugins/podtopologyspread/filtering.go` and `common.go` (1.37). Its oddities are
//! kept: an empty selector counts no pod and still matches the incoming one, and pods that are being deleted do not
//! count while those that preemption makes room for do. Constraints that a profile adds by default cannot be read.

use super::{Filter, FilterFailure, Incoming, NodeView, View, What, node_affinity};
use crate::kubernetes::affinity::hard_spread;
use crate::kubernetes::selector::{
    label_selector_is_empty, label_selector_matches, label_selector_text,
};
use crate::kubernetes::taints::untolerated;
use crate::messages::scheduler::Reason;
use crate::snapshot::{Footprint, PodRecord};
use k8s_openapi::api::core::v1::TopologySpreadConstraint;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use std::collections::{BTreeMap, HashMap};

/// How the pods that one constraint counts are spread over its domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The constraint's `topologyKey`; among those that say `DoNotSchedule` there is one of a key.
    pub key: String,
    /// Which pods count, as one would type it behind `-l`; empty for every pod, absent when none does.
    pub selector: Option<String>,
    /// How many more than the fewest a domain may hold.
    pub max_skew: i64,
    /// `minDomains`, 1 where it is not written.
    pub min_domains: usize,
    /// How many of the pods that count each domain holds.
    pub domains: BTreeMap<String, i64>,
    /// The fewest that a domain holds, or 0 while there are fewer domains than `minDomains`.
    pub fewest: i64,
    /// 1 when the pod itself counts.
    pub itself: i64,
    /// Whether nodes with taints that the pod does not tolerate are left out.
    pub honors_taints: bool,
}

impl Distribution {
    /// Whether a domain may take one pod more.
    pub fn is_open(&self, domain: &str) -> bool {
        let holds = self.domains.get(domain).copied().unwrap_or_default();
        holds + self.itself - self.fewest <= self.max_skew
    }

    /// Whether there are fewer domains than the constraint wants.
    pub fn lacks_domains(&self) -> bool {
        self.domains.len() < self.min_domains
    }
}

/// The pods of each domain, constraint by constraint.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains {
    constraints: Vec<Constraint>,
}

#[derive(Debug, Clone)]
struct Constraint {
    key: String,
    max_skew: i64,
    min_domains: usize,
    /// With what `matchLabelKeys` adds; without a selector nothing matches.
    selector: Option<LabelSelector>,
    honors_affinity: bool,
    honors_taints: bool,
    /// 1 when the incoming pod matches its own selector.
    itself: i64,
    /// Matching pods by the value of the key.
    counts: HashMap<String, i64>,
    fewest: i64,
}

/// Counts the pods of each domain for every constraint of the pod.
pub(super) fn count(pod: &Incoming<'_, '_>, view: &View<'_>) -> Domains {
    let hard = hard_spread(pod.spec);
    let mut domains = Domains {
        constraints: hard.map(|raw| Constraint::new(raw, pod)).collect(),
    };
    if domains.constraints.is_empty() {
        return domains;
    }
    let footprints = view.pod_records().footprints();
    let matched = |constraint: &Constraint| constraint.matched(footprints);
    let matched: Vec<Vec<bool>> = domains.constraints.iter().map(matched).collect();
    for node in view.nodes() {
        let keys = domains.constraints.iter().map(|one| node.label(&one.key));
        let Some(of_node) = keys.collect::<Option<Vec<&str>>>() else {
            continue;
        };
        let affine = node_affinity::admits(pod, node);
        let constraints = domains.constraints.iter_mut().zip(of_node);
        for ((constraint, domain), matched) in constraints.zip(&matched) {
            if !constraint.includes(pod, node, affine) {
                continue;
            }
            let counted = counted(pod.namespace, node, matched);
            match constraint.counts.get_mut(domain) {
                Some(count) => *count += counted,
                None => {
                    constraint.counts.insert(domain.to_owned(), counted);
                }
            }
        }
    }
    for constraint in &mut domains.constraints {
        constraint.find_fewest();
    }
    domains
}

/// The constraints that the pod would break on the node.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let broken = |constraint: &Constraint| -> Option<FilterFailure> {
        let domain = node.label(&constraint.key);
        let matching = domain.map(|domain| constraint.matching(domain));
        let skew = matching.map(|matching| matching + constraint.itself - constraint.fewest);
        if skew.is_some_and(|skew| skew <= constraint.max_skew) {
            return None;
        }
        let missing_label = domain.is_none();
        Some(FilterFailure {
            filter: Filter::PodTopologySpread,
            reason: Reason::TopologySpread { missing_label }.text(),
            what: What::Spread {
                key: constraint.key.clone(),
                domain: domain.map(str::to_owned),
                matching: matching.unwrap_or_default(),
                fewest: constraint.fewest,
                max_skew: constraint.max_skew,
            },
        })
    };
    pod.spread.constraints.iter().filter_map(broken).collect()
}

fn has_all(node: &NodeView<'_>, keys: &[String]) -> bool {
    keys.iter().all(|key| node.label(key).is_some())
}

/// How many pods of the node count: those of the namespace whose footprint matches.
fn counted(namespace: &str, node: &NodeView<'_>, matched: &[bool]) -> i64 {
    let is_matched = |place| matched.get(place).copied().unwrap_or_default();
    let pods = node.pods_like(is_matched);
    let counts =
        |pod_record: &&PodRecord| !pod_record.terminating && *pod_record.namespace == *namespace;
    i64::try_from(pods.filter(counts).count()).unwrap_or(i64::MAX)
}

impl Constraint {
    fn new(raw: &TopologySpreadConstraint, pod: &Incoming<'_, '_>) -> Self {
        let keys = raw.match_label_keys.iter().flatten();
        let pairs: BTreeMap<String, String> = keys
            .filter_map(|key| Some((key.clone(), pod.labels.get(key)?.clone())))
            .collect();
        let selector = raw.label_selector.clone().map(|mut selector| {
            if !pairs.is_empty() {
                let expressions = selector.match_expressions.get_or_insert_default();
                expressions.extend(pairs.into_iter().map(|(key, value)| equal(key, value)));
            }
            selector
        });
        let itself = matches(selector.as_ref(), pod.labels);
        Constraint {
            key: raw.topology_key.clone(),
            max_skew: i64::from(raw.max_skew),
            min_domains: usize::try_from(raw.min_domains.unwrap_or(1)).unwrap_or(1),
            selector,
            honors_affinity: raw.node_affinity_policy.as_deref() != Some("Ignore"),
            honors_taints: raw.node_taints_policy.as_deref() == Some("Honor"),
            itself: i64::from(itself),
            counts: HashMap::new(),
            fewest: 0,
        }
    }

    /// Whether the node's pods count, and its domain.
    fn includes(&self, pod: &Incoming<'_, '_>, node: &NodeView<'_>, affine: bool) -> bool {
        let untolerated = || untolerated(&node.node.taints, pod.tolerations()).next();
        (affine || !self.honors_affinity) && !(self.honors_taints && untolerated().is_some())
    }

    /// Which footprints count.
    fn matched(&self, footprints: &[Footprint]) -> Vec<bool> {
        let selector = self.selector.as_ref();
        let selector = selector.filter(|selector| !label_selector_is_empty(selector));
        let footprints = footprints.iter();
        footprints
            .map(|footprint| matches(selector, &footprint.labels))
            .collect()
    }

    fn matching(&self, domain: &str) -> i64 {
        self.counts.get(domain).copied().unwrap_or_default()
    }

    fn distribution(&self) -> Distribution {
        let domains = BTreeMap::from_iter(self.counts.clone());
        Distribution {
            key: self.key.clone(),
            selector: self.selector.as_ref().map(label_selector_text),
            max_skew: self.max_skew,
            min_domains: self.min_domains,
            domains,
            fewest: self.fewest,
            itself: self.itself,
            honors_taints: self.honors_taints,
        }
    }

    fn find_fewest(&mut self) {
        let least = self.counts.values().min().copied();
        self.fewest = match least {
            Some(least) if self.counts.len() >= self.min_domains => least,
            _ => 0,
        };
    }
}

impl Domains {
    /// The counts, constraint by constraint.
    pub(super) fn distributions(&self) -> Vec<Distribution> {
        self.constraints
            .iter()
            .map(Constraint::distribution)
            .collect()
    }

    /// Counts so many more pods like this one on this node; fewer when `by` is negative. One that is being deleted makes a
    /// difference here, as it does in the scheduler (`updateWithPod`).
    pub(super) fn shift(
        &mut self,
        by: i64,
        pod: &Incoming<'_, '_>,
        pod_record: &PodRecord,
        node: &NodeView<'_>,
        view: &View<'_>,
    ) {
        let keys: Vec<String> = self.constraints.iter().map(|c| c.key.clone()).collect();
        if *pod_record.namespace != *pod.namespace || !has_all(node, &keys) {
            return;
        }
        let affine = node_affinity::admits(pod, node);
        let labels = &view.pod_records().footprint(pod_record).labels;
        for constraint in &mut self.constraints {
            let counts = matches(constraint.selector.as_ref(), labels);
            if counts && constraint.includes(pod, node, affine) {
                let domain = node.label(&constraint.key).unwrap_or_default().to_owned();
                *constraint.counts.entry(domain).or_default() += by;
                constraint.find_fewest();
            }
        }
    }
}

fn matches(selector: Option<&LabelSelector>, labels: &BTreeMap<String, String>) -> bool {
    selector.is_some_and(|selector| label_selector_matches(selector, labels))
}

fn equal(key: String, value: String) -> LabelSelectorRequirement {
    LabelSelectorRequirement {
        key,
        operator: "In".to_owned(),
        values: Some(vec![value]),
    }
}

#[cfg(test)]
mod tests;
