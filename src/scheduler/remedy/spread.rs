//! What makes a topology spread constraint easier to keep.
//!
//! Sources: kubernetes `pkg/apis/core/validation` (1.37): a key stands once among the constraints of one kind, and `minDomains`
//! may only be written beside `DoNotSchedule`; `podtopologyspread` for what each field does.

use super::Situation;
use super::change::{Change, ChangeKind};
use super::options::is_given;
use crate::kubernetes::affinity::is_hard;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::patch::{add, remove, replace, test};
use crate::kubernetes::taints::untolerated;
use crate::scheduler::{Distribution, NodeView, What};
use k8s_openapi::api::core::v1::{PodSpec, TopologySpreadConstraint};
use serde_json::Value;

/// A change of one constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadRelaxation {
    /// Its place in `spec.topologySpreadConstraints`.
    index: usize,
    /// Its `topologyKey`.
    pub key: String,
    /// What changes.
    pub by: RelaxedSpread,
}

/// What changes in a constraint.
#[derive(Debug, Clone, PartialEq)]
pub enum RelaxedSpread {
    /// `maxSkew`: more pods over the emptiest domain.
    MaxSkew {
        /// Now.
        from: i64,
        /// Then.
        to: i64,
    },
    /// `minDomains`: fewer domains.
    MinDomains {
        /// Now.
        from: usize,
        /// Then.
        to: usize,
    },
    /// `nodeTaintsPolicy: Honor`: without the nodes that the pod does not tolerate.
    HonorTaints,
    /// `topologyKey`: over another label.
    Key {
        /// Then.
        to: String,
    },
    /// `whenUnsatisfiable: ScheduleAnyway`, which may not say `minDomains`.
    ScheduleAnyway {
        /// Whether it says `minDomains` now.
        min_domains: bool,
    },
}

/// The changes after which the constraint is kept on the node.
pub(super) fn options(at: &Situation<'_>, node: &NodeView<'_>, what: &What) -> Vec<Change> {
    let What::Spread {
        key,
        domain,
        matching,
        fewest,
        ..
    } = what
    else {
        return Vec::new();
    };
    let mut constraints = at
        .incoming
        .spec
        .topology_spread_constraints
        .iter()
        .flatten();
    let is_it = |one: &TopologySpreadConstraint| is_hard(one) && one.topology_key == *key;
    let distributions = &at.results.spread;
    let (Some(index), Some(counted)) = (
        constraints.position(is_it),
        distributions.iter().find(|one| one.key == *key),
    ) else {
        return Vec::new();
    };
    let relaxation = |by: RelaxedSpread| {
        let key = key.clone();
        Change::Spread(SpreadRelaxation { index, key, by })
    };
    let mut changes = Vec::new();
    match domain {
        None => {
            let meant = nearest(key, node.node.labels.keys()).map(str::to_owned);
            changes.extend(meant.map(|to| relaxation(RelaxedSpread::Key { to })));
            changes.extend(placed(node, counted));
        }
        Some(_) => {
            if !counted.honors_taints && closes_by_taints(at, counted) {
                changes.push(relaxation(RelaxedSpread::HonorTaints));
            }
            if counted.lacks_domains() {
                let (from, to) = (counted.min_domains, counted.domains.len().max(1));
                changes.push(relaxation(RelaxedSpread::MinDomains { from, to }));
            }
            let (from, to) = (counted.max_skew, matching + counted.itself - fewest);
            changes.push(relaxation(RelaxedSpread::MaxSkew { from, to }));
        }
    }
    changes.extend(preferred(at, index, key).map(relaxation));
    changes
}

/// The node's label, where people write it: the emptiest domain that there is. Where there is none, nobody but they knows one.
fn placed(node: &NodeView<'_>, counted: &Distribution) -> Option<Change> {
    let key = &counted.key;
    let given = is_given(key) && !key.starts_with("topology.kubernetes.io/");
    let (emptiest, _) = counted.domains.iter().min_by_key(|(_, count)| **count)?;
    (!given).then(|| Change::Place {
        node: node.name().to_owned(),
        key: key.clone(),
        value: emptiest.clone(),
    })
}

/// Whether one of the emptiest domains counts by a node whose taints the pod does not tolerate.
fn closes_by_taints(at: &Situation<'_>, counted: &Distribution) -> bool {
    let is_emptiest = |domain: &str| counted.domains.get(domain) == Some(&counted.fewest);
    at.view.nodes().any(|node| {
        let domain = node.label(&counted.key);
        let tolerations = at.incoming.tolerations();
        domain.is_some_and(is_emptiest)
            && untolerated(&node.node.taints, tolerations).next().is_some()
    })
}

fn preferred(at: &Situation<'_>, index: usize, key: &str) -> Option<RelaxedSpread> {
    let constraints = at.incoming.spec.topology_spread_constraints.as_deref()?;
    let is_there = |one: &TopologySpreadConstraint| !is_hard(one) && one.topology_key == key;
    let min_domains = constraints.get(index)?.min_domains.is_some();
    (!constraints.iter().any(is_there)).then_some(RelaxedSpread::ScheduleAnyway { min_domains })
}

impl SpreadRelaxation {
    pub(super) fn kind(&self) -> ChangeKind {
        let place = match self.by {
            RelaxedSpread::MaxSkew { .. } => 10,
            RelaxedSpread::MinDomains { .. } => 11,
            RelaxedSpread::HonorTaints => 12,
            RelaxedSpread::Key { .. } => 13,
            RelaxedSpread::ScheduleAnyway { .. } => 14,
        };
        (place, self.key.clone())
    }

    pub(super) fn effort(&self) -> u32 {
        match &self.by {
            RelaxedSpread::Key { .. } => 150,
            RelaxedSpread::HonorTaints => 250,
            RelaxedSpread::MinDomains { .. } => 300,
            RelaxedSpread::MaxSkew { from, to } => {
                let more = u32::try_from(to - from).unwrap_or(u32::MAX);
                more.saturating_mul(10).saturating_add(350)
            }
            RelaxedSpread::ScheduleAnyway { .. } => 500,
        }
    }

    pub(super) fn apply(&self, spec: &mut PodSpec) {
        let constraints = spec.topology_spread_constraints.as_mut();
        let Some(one) = constraints.and_then(|all| all.get_mut(self.index)) else {
            return;
        };
        match &self.by {
            RelaxedSpread::MaxSkew { to, .. } => {
                one.max_skew = i32::try_from(*to).unwrap_or(i32::MAX)
            }
            RelaxedSpread::MinDomains { to, .. } => one.min_domains = i32::try_from(*to).ok(),
            RelaxedSpread::HonorTaints => one.node_taints_policy = Some("Honor".to_owned()),
            RelaxedSpread::Key { to } => one.topology_key.clone_from(to),
            RelaxedSpread::ScheduleAnyway { .. } => {
                "ScheduleAnyway".clone_into(&mut one.when_unsatisfiable)
            }
        }
    }

    /// The operations on the pod's spec at this pointer.
    pub(super) fn patch(&self, spec: &str) -> Vec<Value> {
        let base = format!("{spec}/topologySpreadConstraints/{}", self.index);
        let at = |field: &str| format!("{base}/{field}");
        let mut patch = vec![test(&at("topologyKey"), self.key.as_str())];
        match &self.by {
            RelaxedSpread::MaxSkew { to, .. } => patch.push(replace(&at("maxSkew"), *to)),
            RelaxedSpread::MinDomains { to, .. } => patch.push(replace(&at("minDomains"), *to)),
            RelaxedSpread::HonorTaints => patch.push(add(&at("nodeTaintsPolicy"), "Honor")),
            RelaxedSpread::Key { to } => patch.push(replace(&at("topologyKey"), to.as_str())),
            RelaxedSpread::ScheduleAnyway { min_domains } => {
                patch.push(replace(&at("whenUnsatisfiable"), "ScheduleAnyway"));
                patch.extend(min_domains.then(|| remove(&at("minDomains"))));
            }
        }
        patch
    }
}
