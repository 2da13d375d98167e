//! What makes a topology spread constraint easier to keep.
//!
//! Sources: kubernetes `pkg/apis/core/validation` (1.37): a key stands once among the constraints of one kind, and `minDomains`
//! may only be written beside `DoNotSchedule`; `podtopologyspread` for what each field does.

use super::Situation;
use super::change::{Change, Kind};
use super::options::is_given;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::patch::{add, remove, replace, test};
use crate::kubernetes::taints::untolerated;
use crate::scheduler::{Distribution, NodeView, What};
use crate::text::{Fact, Sentence, say};
use k8s_openapi::api::core::v1::{PodSpec, TopologySpreadConstraint};
use serde_json::Value;

/// A change of one constraint.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpreadRelaxation {
    /// Its place in `spec.topologySpreadConstraints`.
    index: usize,
    /// Its `topologyKey`.
    key: String,
    by: By,
}

#[derive(Debug, Clone, PartialEq)]
enum By {
    /// Allow more pods over the emptiest domain.
    Widen { from: i64, to: i64 },
    /// Ask for fewer domains.
    FewerDomains { from: usize, to: usize },
    /// Leave nodes out that the pod does not tolerate.
    HonorTaints,
    /// Spread over another label.
    Rekey { to: String },
    /// Make it a preference, which may not say `minDomains`.
    Prefer { min_domains: bool },
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
    let relaxation = |by: By| {
        let key = key.clone();
        Change::Spread(SpreadRelaxation { index, key, by })
    };
    let mut changes = Vec::new();
    match domain {
        None => {
            let keys = node.node.labels.keys().map(String::as_str);
            let meant = nearest(key, keys).map(str::to_owned);
            changes.extend(meant.map(|to| relaxation(By::Rekey { to })));
            changes.extend(placed(node, counted));
        }
        Some(_) => {
            if !counted.honors_taints && closes_by_taints(at, counted) {
                changes.push(relaxation(By::HonorTaints));
            }
            if counted.lacks_domains() {
                let (from, to) = (counted.min_domains, counted.domains.len().max(1));
                changes.push(relaxation(By::FewerDomains { from, to }));
            }
            let (from, to) = (counted.max_skew, matching + counted.itself - fewest);
            changes.push(relaxation(By::Widen { from, to }));
        }
    }
    changes.extend(preferred(at, index, key).map(relaxation));
    changes
}

fn is_hard(constraint: &TopologySpreadConstraint) -> bool {
    constraint.when_unsatisfiable == "DoNotSchedule"
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

fn preferred(at: &Situation<'_>, index: usize, key: &str) -> Option<By> {
    let constraints = at.incoming.spec.topology_spread_constraints.as_deref()?;
    let is_there = |one: &TopologySpreadConstraint| !is_hard(one) && one.topology_key == key;
    let min_domains = constraints.get(index)?.min_domains.is_some();
    (!constraints.iter().any(is_there)).then_some(By::Prefer { min_domains })
}

impl SpreadRelaxation {
    pub(super) fn kind(&self) -> Kind {
        let place = match self.by {
            By::Widen { .. } => 10,
            By::FewerDomains { .. } => 11,
            By::HonorTaints => 12,
            By::Rekey { .. } => 13,
            By::Prefer { .. } => 14,
        };
        (place, self.key.clone())
    }

    pub(super) fn effort(&self) -> u32 {
        match &self.by {
            By::Rekey { .. } => 150,
            By::HonorTaints => 250,
            By::FewerDomains { .. } => 300,
            By::Widen { from, to } => {
                let more = u32::try_from(to - from).unwrap_or(u32::MAX);
                more.saturating_mul(10).saturating_add(350)
            }
            By::Prefer { .. } => 500,
        }
    }

    pub(super) fn sentence(&self) -> (Sentence, Vec<(&'static str, Fact)>) {
        let key = ("key", Fact::from(self.key.as_str()));
        match &self.by {
            By::Widen { from, to } => (
                say!(
                    "remedy.raise-max-skew",
                    "raise maxSkew of the spread over {key} from {from} to {to}"
                ),
                vec![key, ("from", (*from).into()), ("to", (*to).into())],
            ),
            By::FewerDomains { from, to } => (
                say!(
                    "remedy.lower-min-domains",
                    "lower minDomains of the spread over {key} from {from} to {to}"
                ),
                vec![key, ("from", (*from).into()), ("to", (*to).into())],
            ),
            By::HonorTaints => (
                say!(
                    "remedy.honor-taints",
                    "leave tainted and cordoned nodes out of the spread over {key} (nodeTaintsPolicy Honor)"
                ),
                vec![key],
            ),
            By::Rekey { to } => (
                say!("remedy.spread-over", "spread over {to} in place of {key}"),
                vec![key, ("to", to.as_str().into())],
            ),
            By::Prefer { .. } => (
                say!(
                    "remedy.prefer-spread",
                    "make the spread over {key} a preference (whenUnsatisfiable ScheduleAnyway)"
                ),
                vec![key],
            ),
        }
    }

    pub(super) fn apply(&self, spec: &mut PodSpec) {
        let constraints = spec.topology_spread_constraints.as_mut();
        let Some(one) = constraints.and_then(|all| all.get_mut(self.index)) else {
            return;
        };
        match &self.by {
            By::Widen { to, .. } => one.max_skew = i32::try_from(*to).unwrap_or(i32::MAX),
            By::FewerDomains { to, .. } => one.min_domains = i32::try_from(*to).ok(),
            By::HonorTaints => one.node_taints_policy = Some("Honor".to_owned()),
            By::Rekey { to } => one.topology_key.clone_from(to),
            By::Prefer { .. } => "ScheduleAnyway".clone_into(&mut one.when_unsatisfiable),
        }
    }

    /// The operations on the pod's spec at this pointer.
    pub(super) fn patch(&self, spec: &str) -> Vec<Value> {
        let base = format!("{spec}/topologySpreadConstraints/{}", self.index);
        let at = |field: &str| format!("{base}/{field}");
        let mut patch = vec![test(&at("topologyKey"), self.key.as_str())];
        match &self.by {
            By::Widen { to, .. } => patch.push(replace(&at("maxSkew"), *to)),
            By::FewerDomains { to, .. } => patch.push(replace(&at("minDomains"), *to)),
            By::HonorTaints => patch.push(add(&at("nodeTaintsPolicy"), "Honor")),
            By::Rekey { to } => patch.push(replace(&at("topologyKey"), to.as_str())),
            By::Prefer { min_domains } => {
                patch.push(replace(&at("whenUnsatisfiable"), "ScheduleAnyway"));
                patch.extend(min_domains.then(|| remove(&at("minDomains"))));
            }
        }
        patch
    }
}
