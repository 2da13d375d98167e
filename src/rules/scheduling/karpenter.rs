//! What Karpenter says about a pod for which it adds no node.

use crate::kubernetes::quantity::Quantity;
use crate::messages::autoscaler::{PoolSays, pool};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::Event;
use crate::text::{Fact, Message, Sentence, say};

/// What it says of its NodePools, as a finding.
pub(super) fn finding(case: &Case<'_>, event: &Event, pools: &[String]) -> Finding {
    let says: Vec<PoolSays> = pools.iter().map(|text| pool(text)).collect();
    let needs = says.iter().find_map(|says| match says {
        PoolSays::NoInstanceType { needs } => Some(amounts(needs)),
        _ => None,
    });
    let (headline, change, who) = words(&says, needs.is_some());
    let types = refusing(pools).and_then(instance_types);
    let needs = needs.filter(|needs| !needs.is_empty());
    Finding::new(case.subject(), headline, case.event(event))
        .fact("pools", pools.to_vec())
        .fact_if("pool", refusing_pool(pools))
        .fact_if("needs", needs)
        .fact_if("types", types)
        .refers_to_quotes()
        .fix([Fix::advice(change, who)])
}

/// What is said of the NodePool that is easiest to put right.
fn refusing(pools: &[String]) -> Option<&str> {
    let ease = |says: PoolSays| match says {
        PoolSays::Limits => 0,
        PoolSays::NoInstanceType { .. } => 1,
        PoolSays::NoPools | PoolSays::Other => 2,
    };
    let pools = pools.iter().map(String::as_str);
    pools.min_by_key(|text| ease(pool(text)))
}

/// Its name: `(NodePool=general)`, or `nodepool "general"` before 1.1.
pub(super) fn refusing_pool(pools: &[String]) -> Option<&str> {
    let text = refusing(pools)?;
    let between = |start: &str, end: char| Some(text.split_once(start)?.1.split_once(end)?.0);
    between("NodePool=", ')').or_else(|| between("nodepool \"", '"'))
}

/// The instance types that it allows, where the message lists them.
fn instance_types(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("node.kubernetes.io/instance-type In [")?;
    let (types, _) = rest.split_once(']')?;
    Some(types.replace(' ', ", "))
}

/// The headline, the change and who makes it, by the reason that is easiest to put right.
fn words(says: &[PoolSays], no_instance_type: bool) -> (Sentence, Sentence, Who) {
    if says.contains(&PoolSays::NoPools) {
        (
            say!(
                "autoscaler-cannot-help.no-nodepool",
                "Karpenter adds no node: there is no NodePool"
            ),
            say!(
                "autoscaler-cannot-help.create-nodepool",
                "create a NodePool"
            ),
            Who::Admin,
        )
    } else if says.contains(&PoolSays::Limits) {
        (
            say!(
                "autoscaler-cannot-help.nodepool-limits",
                "Karpenter adds no node: a NodePool[, {pool},] that may take the pod has reached its limits"
            ),
            say!(
                "autoscaler-cannot-help.raise-nodepool-limits",
                "raise the limits of the NodePool[ {pool}]"
            ),
            Who::Admin,
        )
    } else if no_instance_type {
        (
            say!(
                "autoscaler-cannot-help.no-instance-type",
                "Karpenter adds no node: no instance type that its NodePools allow[ ({types} by {pool})] has what the pod takes[, {needs} with the DaemonSets]"
            ),
            say!(
                "autoscaler-cannot-help.allow-instance-types",
                "let a NodePool have instance types that suit the pod, or let the pod ask for what they have"
            ),
            Who::Admin,
        )
    } else {
        (
            say!(
                "autoscaler-cannot-help.nodepools-do-not-fit",
                "Karpenter adds no node: the pod suits no node that it could make"
            ),
            say!(
                "autoscaler-cannot-help.add-a-nodepool",
                "clear what the message names, or add a NodePool that suits the pod"
            ),
            Who::Owner,
        )
    }
}

/// What the pod takes on a new node, with the DaemonSets there.
fn amounts(needs: &[(String, Quantity)]) -> Vec<Message> {
    let amount = |(resource, quantity): &(String, Quantity)| {
        Message::new(say!("autoscaler-cannot-help.amount", "{amount} {resource}"))
            .fact("amount", Fact::amount(*quantity, resource))
            .fact("resource", resource.as_str())
    };
    needs.iter().map(amount).collect()
}
