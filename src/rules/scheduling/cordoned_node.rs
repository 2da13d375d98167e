//! Nodes that could take the pod are cordoned.

use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::drain;
use crate::rules::shared::leaving;
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::taint_meaning::{Meaning, meaning};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::scheduler::ranking::nearest_feasible;
use crate::scheduler::{Filter, FilterFailure, What};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

/// `cordoned-node`
pub static RULE: Rule = Rule {
    cause: "cordoned-node",
    layer: Layer::Scheduling,
    title: "nodes that could take the pod are cordoned",
    seen_as: &[
        "Pending",
        "Unschedulable",
        "FailedScheduling",
        "Cordoned",
        "SchedulingDisabled",
        "NodeNotSchedulable",
    ],
    explanation: include_str!("cordoned_node.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let cordon = |key: &str| meaning(key) == Some(Meaning::Unschedulable);
    let pattern = Pattern {
        failure: |failure: &FilterFailure| match &failure.what {
            What::Cordoned { .. } => true,
            What::Taint { key, .. } => cordon(key),
            _ => false,
        },
        reason: |reason: &Reason| match reason {
            Reason::Unschedulable => Some(Certainty::Likely),
            Reason::UntoleratedTaint {
                taint: Some((key, _)),
            } if cordon(key) => Some(Certainty::Likely),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let mut others_said: Vec<String> = Vec::new();
    let keeps_free = keeps_free(&matched);
    let places = matched.places.iter().map(|place| &*place.result.node);
    let leaving = leaving::of_all(places.clone(), case.snapshot);
    let places = places.filter(|_| !keeps_free);
    let mut waits = places.flat_map(|node| drain::waits_for(node, case.snapshot));
    let (drain, budget) = waits.next().unzip();
    let (why, change) = if keeps_free {
        (
            Some(say!(
                "cordoned-node.keeps-free",
                "it is a control plane, and the cordon may be what keeps workloads off it: no control plane here takes any"
            )),
            say!(
                "cordoned-node.let-workloads-in",
                "uncordon {nodes} only if workloads may run on the control plane"
            ),
        )
    } else if let Some((leaving, _)) = &leaving {
        (
            Some(say!("cordoned-node.leaving", "{leaving}[; {drain}]")),
            if leaving.is_final() { LEAVE } else { UNCORDON },
        )
    } else if matched.is_computed() {
        (
            Some(say!(
                "cordoned-node.why",
                "somebody, or a drain, has said that no new pod may come there[; {drain}]"
            )),
            UNCORDON,
        )
    } else {
        let others = case
            .scheduling()
            .and_then(|it| it.scheduler_message.as_ref())
            .map(|latest| latest.message.clauses.as_slice())
            .unwrap_or_default();
        let others = others.iter().filter(|one| !matched.clauses.contains(one));
        others_said.extend(others.map(|one| one.text.clone()));
        (
            (!others_said.is_empty()).then_some(say!(
                "cordoned-node.others",
                "of the other nodes it says: {others}"
            )),
            say!(
                "cordoned-node.uncordon",
                "uncordon a node when its maintenance is over"
            ),
        )
    };
    let headline = if matched.nodes().len() == 1 {
        say!(
            "cordoned-node.one-node",
            "a cordon keeps the pod off {share}"
        )
    } else {
        say!(
            "cordoned-node.headline",
            "a cordon keeps the pod off {share}[: {nodes}]"
        )
    };
    let finding = matched
        .finding(case, headline)
        .fact_if("others", (!others_said.is_empty()).then_some(others_said))
        .fact_if(
            "leaving",
            leaving.as_ref().map(|(it, _)| leaving::words(*it)),
        )
        .fact_if("drain", drain)
        .evidence(leaving.map(|(_, mark)| mark))
        .evidence(budget);
    let certainty = finding.certainty;
    let finding = finding
        .when(keeps_free, |finding| {
            finding.certainty(certainty.max(Certainty::Likely))
        })
        .why(why)
        .fix([Fix::advice(change, Who::Admin)])
        .inspect(look(&matched));
    vec![matched.close(case, finding, Filter::NodeUnschedulable)]
}

const UNCORDON: Sentence = say!(
    "cordoned-node.uncordon-nodes",
    "uncordon {nodes} when the maintenance is over, and clear what else keeps the pod off"
);
const LEAVE: Sentence = say!(
    "cordoned-node.leave",
    "leave {nodes} cordoned; see what keeps the pod off the others, or add one"
);

/// Whether it holds only where a cordon keeps a control plane free, while other nodes could be used as well.
fn keeps_free(matched: &Match<'_>) -> bool {
    let mut failures = matched.failures();
    let usable = nearest_feasible(matched.all_nodes()).nodes().count();
    matched.is_computed()
        && failures.all(|(_, one)| one.what == What::Cordoned { keeps_free: true })
        && usable > matched.nodes().len()
}

/// The events of a node tell since when it is cordoned.
fn look(matched: &Match<'_>) -> String {
    match matched.nodes().first() {
        Some(node) => shell::cluster(["describe", &format!("node/{node}")]),
        None => shell::cluster(["get", "nodes"]),
    }
}
