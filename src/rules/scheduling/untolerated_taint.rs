//! Nodes have taints that the pod does not tolerate, and that tell nothing about the nodes' state.

use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::taint_meaning::{Meaning, Purpose, meaning, purpose};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, What};
use crate::snapshot::Kind;
use crate::text::say;
use std::collections::BTreeSet;

/// `untolerated-taint`
pub static RULE: Rule = Rule {
    cause: "untolerated-taint",
    layer: Layer::Scheduling,
    title: "nodes have a taint that the pod does not tolerate",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("untolerated_taint.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Facts(say!(
        "untolerated-taint.root",
        "nodes have {taints}, which the pods do not tolerate"
    )),
    check: Check::Pod(check),
};

/// Taints with which Kubernetes tells a node's state have causes of their own.
fn ordinary(key: &str) -> bool {
    matches!(meaning(key), None | Some(Meaning::ControlPlane))
}

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(&failure.what, What::Taint { key, .. } if ordinary(key)),
        reason: |reason: &Reason| match reason {
            Reason::UntoleratedTaint {
                taint: Some((key, _)),
            } => ordinary(key).then_some(Certainty::Likely),
            // it may as well mean a node that is not ready
            Reason::UntoleratedTaint { taint: None } => Some(Certainty::Possible),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = if matched.is_computed() {
        computed(case, &matched).inspect(NextCommand::default())
    } else {
        let columns = "custom-columns=NODE:.metadata.name,TAINTS:.spec.taints";
        let look = shell::cluster(["get", "nodes", "-o", columns]);
        from_message(case, &matched).inspect(look)
    };
    vec![matched.close(case, finding, Filter::TaintToleration)]
}

fn computed(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let mut taints = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut misses = BTreeSet::new();
    for (_, failure) in matched.failures() {
        if let What::Taint {
            key,
            taint,
            near_miss,
        } = &failure.what
        {
            taints.insert(taint.clone());
            keys.insert(key.as_str());
            misses.extend(near_miss.clone());
        }
    }
    let headline = say!(
        "untolerated-taint.headline",
        "the pod does not tolerate the {taints|taint {taints} of {share}|taints of {anywhere}: {taints}}"
    );
    let finding = matched
        .finding(case, headline)
        .fact("taints", taints.into_iter().collect::<Vec<_>>());
    match misses.into_iter().next() {
        Some(miss) => finding
            .fact("nearMiss", miss)
            .why(say!(
                "untolerated-taint.near-miss",
                "a toleration comes close: the pod {nearMiss}"
            ))
            .fix([
                Fix::advice(
                    say!(
                        "untolerated-taint.correct-toleration",
                        "make the toleration match the taint {taints}"
                    ),
                    Who::Owner,
                ),
                untainted(),
            ]),
        None => explained(finding, &keys),
    }
}

/// Says what a taint is for, when there is one and it is known, and what follows from that.
fn explained(finding: Finding, keys: &BTreeSet<&str>) -> Finding {
    let known: Vec<Purpose> = keys.iter().filter_map(|key| purpose(key)).collect();
    let finding = match known.as_slice() {
        [purpose] if keys.len() == 1 => finding
            .fact("purpose", purpose.words.clone())
            .why(say!("untolerated-taint.purpose", "this taint {purpose}")),
        _ => finding.why(say!(
            "untolerated-taint.why",
            "a taint keeps pods off a node unless they tolerate its key, its value and its effect"
        )),
    };
    if known.len() == keys.len() && known.iter().all(|purpose| purpose.passing) {
        return finding.fix([Fix::advice(
            say!("untolerated-taint.inspect-taint", "find out why {taints} {taints|is|are} still there: {taints|it|they} should go by {taints|itself|themselves}, or with {taints|its node|their nodes}"),
            Who::Admin,
        )]);
    }
    finding.fix([
        Fix::advice(
            say!(
                "untolerated-taint.add-toleration",
                "add a toleration for {taints}, if the pod is meant for these nodes"
            ),
            Who::Owner,
        ),
        untainted(),
    ])
}

fn untainted() -> Fix {
    Fix::advice(
        say!(
            "untolerated-taint.add-a-node",
            "add a node without the taint"
        ),
        Who::Admin,
    )
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let named: BTreeSet<(&str, &str)> = matched
        .clauses
        .iter()
        .filter_map(|clause| match &clause.reason {
            Reason::UntoleratedTaint {
                taint: Some((key, value)),
            } => Some((key.as_str(), value.as_str())),
            _ => None,
        })
        .collect();
    let text = |(key, value): &(&str, &str)| match *value {
        "" => (*key).to_owned(),
        value => format!("{key}={value}"),
    };
    let taints: Vec<String> = named.iter().map(text).collect();
    let is_named = !taints.is_empty();
    let finding = matched
        .finding(
            case,
            say!(
                "untolerated-taint.from-message",
                "the pod does not tolerate the taints of {anywhere}[: {taints}]"
            ),
        )
        .fact_if("taints", is_named.then_some(taints));
    if is_named {
        return explained(finding, &named.iter().map(|(key, _)| *key).collect());
    }
    finding
        .why(say!("untolerated-taint.not-named", "the scheduler does not say which taints, and nodes were not read: a node that is not ready, or short of memory or disk, has a taint as well"))
        .fix([Fix::advice(say!("untolerated-taint.inspect-taints", "look at the taints of the nodes, and tolerate them if the pod is meant for these nodes"), Who::Owner).looks_at(Kind::Node)])
}
