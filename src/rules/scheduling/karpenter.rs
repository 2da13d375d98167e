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
    let needs = needs.filter(|needs| !needs.is_empty());
    Finding::new(case.subject(), headline, case.event(event))
        .fact("pools", pools.to_vec())
        .fact_if("needs", needs)
        .why(say!(
            "autoscaler-cannot-help.karpenter-why",
            "its message gives a reason for each NodePool"
        ))
        .refers_to_quotes()
        .fix([Fix::advice(change, who)])
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
                "Karpenter adds no node: a NodePool that may take the pod has reached its limits"
            ),
            say!(
                "autoscaler-cannot-help.raise-nodepool-limits",
                "raise the limits of the NodePool"
            ),
            Who::Admin,
        )
    } else if no_instance_type {
        (
            say!(
                "autoscaler-cannot-help.no-instance-type",
                "Karpenter adds no node: no instance type that its NodePools allow suits the pod[, which takes {needs} there with the DaemonSets]"
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
