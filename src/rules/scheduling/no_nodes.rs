//! The cluster has no nodes.

use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::Examination;
use crate::snapshot::Kind;
use crate::snapshot::{Evidence, Origin};
use crate::text::say;

/// `no-nodes`
pub static RULE: Rule = Rule {
    cause: "no-nodes",
    layer: Layer::Scheduling,
    title: "the cluster has no nodes",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("no_nodes.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Facts(say!("no-nodes.root", "the cluster has no nodes")),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(examination) = case.scheduling() else {
        return Vec::new();
    };
    let latest = examination.scheduler_message.as_ref().filter(|latest| {
        latest
            .message
            .clauses
            .iter()
            .any(|clause| clause.reason == Reason::NoNodes)
    });
    let nodes = case.snapshot.nodes();
    let none = nodes.whole_cluster().is_ok() && nodes.is_empty();
    let (proof, certainty) = match latest {
        // nodes have come since
        Some(_) if !nodes.is_empty() => return Vec::new(),
        Some(latest) if none => (latest.quote.clone(), Certainty::Proven),
        Some(latest) => (latest.quote.clone(), Certainty::Likely),
        // the scheduler has seen nodes: the list is of something else, or they went since
        None if counts_nodes(examination) => return Vec::new(),
        None if none => (absence(case), Certainty::Proven),
        None => return Vec::new(),
    };
    vec![
        Finding::new(
            case.subject(),
            say!(
                "no-nodes.headline",
                "the cluster has no nodes to run the pod on"
            ),
            proof,
        )
        .certainty(certainty)
        .why(say!(
            "no-nodes.why",
            "no kubelet has registered a node, or every node has been removed"
        ))
        .fix([Fix::advice(
            say!(
                "no-nodes.add-a-node",
                "add a node, or look why those that should be there have not registered"
            ),
            Who::Admin,
        )])
        .inspect(shell::cluster(["get", "nodes"])),
    ]
}

fn counts_nodes(examination: &Examination) -> bool {
    let latest = examination.scheduler_message.as_ref();
    latest.is_some_and(|latest| latest.message.nodes.is_some_and(|nodes| nodes > 0))
}

fn absence(case: &Case<'_>) -> Evidence {
    Evidence {
        object: case.pod().object(),
        origin: Origin::Computed {
            by: Kind::Node.plural().to_owned(),
        },
        quote: "0".to_owned(),
    }
}
