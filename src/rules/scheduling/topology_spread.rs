//! A topology spread constraint of the pod forbids every node that has room.

use super::node_labels;
use super::topology::usable_if_any;
use super::uneven_spread::{is_spread, uneven};
use crate::kubernetes::affinity::hard_spread;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::rejection;
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Distribution, Filter, FilterFailure, NodeResult, What};
use crate::snapshot::Kind;
use crate::text::{Fact, Sentence, say};
use std::collections::BTreeSet;

/// `topology-spread`
pub static RULE: Rule = Rule {
    cause: "topology-spread",
    layer: Layer::Scheduling,
    title: "a topology spread constraint would be broken",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("topology_spread.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

pub(super) const RAISE_MAX_SKEW: Sentence = say!(
    "topology-spread.raise-max-skew",
    "raise maxSkew, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"
);

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Spread { .. }),
        reason: |reason: &Reason| {
            matches!(reason, Reason::TopologySpread { .. }).then_some(Certainty::Likely)
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = match constraint(&matched) {
        Some((distribution, true)) => uneven(case, &matched, distribution),
        Some((distribution, false)) => unlabelled(case, &matched, &distribution.key),
        None => from_message(case, &matched),
    };
    vec![matched.close(case, finding, Filter::PodTopologySpread)]
}

/// The constraint on the nearest node, and whether it is broken by counts rather than by a missing label.
fn constraint<'e>(matched: &Match<'e>) -> Option<(&'e Distribution, bool)> {
    let broken = |counted: bool| {
        let mut failures = matched.failures();
        failures.find_map(|(_, failure)| match &failure.what {
            What::Spread { key, domain, .. } if domain.is_some() == counted => Some(key),
            _ => None,
        })
    };
    let of = |key: &String| matched.spread().iter().find(|one| one.key == *key);
    let counted = broken(true).and_then(of).map(|found| (found, true));
    counted.or_else(|| broken(false).and_then(of).map(|found| (found, false)))
}

fn unlabelled(case: &Case<'_>, matched: &Match<'_>, key: &str) -> Finding {
    let view = case.engine.view();
    let carries = |node: &NodeResult| {
        let node = view.node(&node.node);
        node.is_some_and(|node| node.label(key).is_some())
    };
    let carriers = usable_if_any(matched.all_nodes(), carries);
    let lacking = matched
        .all_nodes()
        .iter()
        .filter(|node| !carries(node))
        .count();
    let is_anywhere = lacking < matched.all_nodes().len();
    let headline = if is_anywhere {
        say!(
            "topology-spread.no-label",
            "the label {key}, over which the pod has to be spread, is missing on {share}"
        )
    } else {
        say!(
            "topology-spread.no-label-anywhere",
            "no node has the label {key}, over which the pod has to be spread"
        )
    };
    // more nodes may lack it than those that it alone keeps the pod off
    let number = |count: usize| u64::try_from(count).ok();
    let share = Fact::Share {
        some: number(lacking),
        all: number(matched.all_nodes().len()),
    };
    let nearest = node_labels::nearest_key(case, key).filter(|_| !is_anywhere);
    let finding = matched
        .finding(case, headline)
        .fact("key", key)
        .fact("share", share)
        .inspect(node_labels::inspect(Some(
            nearest.as_deref().unwrap_or(key),
        )));
    let finding = if !carriers.is_empty() {
        finding
            .fact("reasons", rejection::reasons(carriers, is_spread))
            .why(say!(
                "topology-spread.carriers-reject",
                "the nodes that have it do not take the pod either: {reasons}"
            ))
    } else if let Some(nearest) = nearest {
        finding
            .fact("nearest", nearest)
            .why(say!(
                "topology-spread.key-misspelt",
                "there are nodes that have the label {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "topology-spread.use-nearest-key",
                    "spread over {nearest}, which nodes do carry, if that was meant"
                ),
                Who::Owner,
            )])
    } else {
        finding
    };
    finding.fix([
        Fix::advice(say!("topology-spread.use-another-key", "spread over a label that the nodes carry, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"), Who::Owner),
        Fix::advice(say!("topology-spread.label-nodes", "label the nodes with {key}"), Who::Admin),
    ])
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let hard = hard_spread(case.pod().spec());
    let keys: BTreeSet<String> = hard.map(|one| one.topology_key.clone()).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let (headline, change) = if keys.is_empty() {
        // the pod has none of its own: the scheduler's profile adds one
        (
            say!(
                "topology-spread.of-configuration",
                "a spread constraint of the scheduler's own configuration rules out {share}"
            ),
            say!(
                "topology-spread.use-own-constraint",
                "give the pod a spread constraint of its own, which takes the place of the scheduler's"
            ),
        )
    } else {
        (
            say!(
                "topology-spread.from-message",
                "the pod's spread over {keys} rules out {share}"
            ),
            RAISE_MAX_SKEW,
        )
    };
    matched
        .finding(case, headline)
        .fact_if("keys", (!keys.is_empty()).then_some(keys))
        .why(say!("topology-spread.not-computed", "the pods of each domain were not counted; cordoned and tainted nodes count as empty domains, and nodes without the label are ruled out"))
        .fix([Fix::advice(change, Who::Owner)])
        .inspect(case.kubectl(["get", "pods", "-o", "wide"]))
}
