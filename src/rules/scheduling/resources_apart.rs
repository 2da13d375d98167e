//! Devices and huge pages that nodes have, each another: none has all that the pod asks for.

use super::shortage;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::scheduler::ranking::nearest_feasible;
use crate::text::say;
use std::collections::BTreeSet;

/// What the nodes that offer it have none of, where the pod may use some of them.
pub(super) fn lacking(
    matched: &Match<'_>,
    resource: &str,
    offering: &[String],
) -> Option<BTreeSet<String>> {
    let nodes = nearest_feasible(matched.all_nodes());
    let offers = nodes
        .nodes()
        .filter(|node| offering.iter().any(|name| **name == *node.node))
        .filter(|node| !shortage::lacking(node).any(|lacked| lacked == resource));
    let others: BTreeSet<String> = offers
        .flat_map(|node| shortage::lacking(node).map(str::to_owned))
        .collect();
    (!others.is_empty()).then_some(others)
}

/// Nodes have it, others have the rest, and none has both.
pub(super) fn finding(
    matched: &Match<'_>,
    case: &Case<'_>,
    others: BTreeSet<String>,
    offering: Vec<String>,
) -> Finding {
    matched
        .finding(case, say!("insufficient-extended-resource.apart", "the pod asks for {resource} and {others}, and no node that it may use has both"))
        .fact("others", others.into_iter().collect::<Vec<_>>())
        .fact("offering", offering)
        .why(say!("insufficient-extended-resource.apart-why", "one node has to give all that a pod asks for; {offering} {offering|offers|offer} {resource} and {offering|has|have} no {others}"))
        .fix([
            Fix::advice(say!("insufficient-extended-resource.ask-for-one", "ask for {resource} or for {others}, if either will do"), Who::Owner),
            Fix::advice(say!("insufficient-extended-resource.add-a-node-with-both", "add a node that has {resource} and {others}"), Who::Admin),
        ])
}
