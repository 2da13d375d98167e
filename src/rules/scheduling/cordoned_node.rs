//! Nodes that could take the pod are cordoned.

use super::grounds::{Grounds, Sought};
use super::taint_meaning::{Meaning, meaning};
use crate::finding::{Certainty, Finding, Fix, Who};
use crate::kubernetes::shell;
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::Reason;
use crate::scheduler::{Obstacle, What};
use crate::snapshot::{Kind, ObjectRef};

/// `cordoned-node`
pub static RULE: Rule = Rule {
    cause: "cordoned-node",
    layer: Layer::Scheduling,
    title: "nodes that could take the pod are cordoned",
    explanation: include_str!("cordoned_node.md"),
    reads: &[Kind::Node],
    refines: &[],
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let cordon = |key: &str| meaning(key) == Some(Meaning::Unschedulable);
    let sought = Sought {
        obstacle: |obstacle: &Obstacle| match &obstacle.what {
            What::Cordoned => true,
            What::Taint { key, .. } => cordon(key),
            _ => false,
        },
        reason: |reason: &Reason| match reason {
            Reason::Unschedulable => Some(Certainty::Proven),
            Reason::UntoleratedTaint {
                taint: Some((key, _)),
            } if cordon(key) => Some(Certainty::Proven),
            _ => None,
        },
    };
    let Some(grounds) = Grounds::find(case, &sought) else {
        return Vec::new();
    };
    let look = shell::command(["kubectl", "get", "nodes"]);
    if !grounds.is_computed() {
        let finding = grounds
            .finding(case, "{share} nodes are cordoned")
            .why("which nodes these are could not be computed; kubectl get nodes shows SchedulingDisabled beside them")
            .fix([Fix::advice("uncordon a node when its maintenance is over", Who::Admin)])
            .look(look);
        return vec![finding];
    }
    // the nodes on which nothing else stands against the pod, if there are any, are the ones to uncordon
    let alone: Vec<&str> = grounds
        .places
        .iter()
        .filter(|place| place.alone)
        .map(|place| place.node)
        .collect();
    let uncordon = alone.first().map(|node| {
        let mut fix = Fix::command(
            "uncordon {node} when its maintenance is over: nothing else stands against the pod there",
            Who::Admin,
            ObjectRef::new(Kind::Node, "", node),
            shell::command(["kubectl", "uncordon", node]),
        )
        .fact("node", *node)
        .patch(vec![serde_json::json!({"op": "remove", "path": "/spec/unschedulable"})]);
        fix.verified = Some(vec![(*node).to_owned()]);
        fix
    });
    let advice = uncordon.is_none().then(|| {
        Fix::advice(
            "uncordon {nodes}, and clear what else stands against the pod there",
            Who::Admin,
        )
    });
    vec![
        grounds
            .finding(case, "{share} nodes are cordoned: {nodes}")
            .why("somebody, or a drain, has said that no new pod may come to them")
            .fix(uncordon)
            .fix(advice)
            .look(look),
    ]
}
