//! A required anti-affinity, the pod's own or that of pods that run already, keeps it off the nodes.
//!
//! Whose pods are there decides what to do, as with host ports: an old pod that a rolling update keeps until the new
//! one is ready, a sibling of the same template, or another pod.

use super::affinity_peers::meant_pods;
use super::affinity_reason::may_be_anti_affinity;
use super::anti_affinity_holders::Held;
use super::holder_relation::{HolderRelation, REMOVE_FIRST};
use super::topology::inspect_all_pods;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::lie_on_a_host;
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, Term, What};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};

/// `pod-anti-affinity`
pub static RULE: Rule = Rule {
    cause: "pod-anti-affinity",
    layer: Layer::Scheduling,
    title: "an anti-affinity between pods keeps the pod off the nodes",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("pod_anti_affinity.md"),
    reads: &[
        Kind::Node,
        Kind::Namespace,
        Kind::ReplicaSet,
        Kind::Deployment,
    ],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

const ADD_A_DOMAIN: Sentence = say!("pod-anti-affinity.add-a-domain", "add a {place}");

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Together { .. }),
        reason: |reason: &Reason| match reason {
            Reason::PodAntiAffinity | Reason::ExistingPodsAntiAffinity => Some(Certainty::Likely),
            Reason::PodAffinityOrAntiAffinity => may_be_anti_affinity(case),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = match Held::of(&matched) {
        Some(held) => computed(case, &matched, &held),
        None => from_message(case, &matched),
    };
    vec![matched.close(case, finding, Filter::InterPodAffinity)]
}

fn computed(case: &Case<'_>, matched: &Match<'_>, held: &Held<'_>) -> Finding {
    let finding = match HolderRelation::of(case, held.holders.iter().copied()) {
        HolderRelation::Predecessors => predecessors(case, matched),
        HolderRelation::Siblings => siblings(case, matched),
        HolderRelation::Others => others(case, matched, held),
    };
    held.told(case, finding)
}

fn predecessors(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    matched
        .finding(case, say!("pod-anti-affinity.rollout-waits", "the rollout waits for itself: by the anti-affinity of {owner} a {place} takes one of its pods, and old ones are on each that could run the new one"))
        .why(say!("pod-anti-affinity.rollout-waits-why", "the old pods stay until new ones are ready, and the new ones may not run beside the old ones"))
        .fix([Fix::advice(REMOVE_FIRST, Who::Owner)])
        .fix(add_a_domain(case))
}

fn siblings(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    // where the pod may use only some nodes, more of them are of no help
    let headline = if matched.nodes().len() < matched.all_nodes().len() {
        say!(
            "pod-anti-affinity.siblings-on-some",
            "more replicas than {places} that the pods may use: by the anti-affinity of {owner} a {place} takes one of them, and only {nodes} {nodes|suits|suit} them"
        )
    } else {
        say!(
            "pod-anti-affinity.siblings",
            "more replicas than {places}: by the anti-affinity of {owner} a {place} takes one of its pods, and each that could run another has one"
        )
    };
    matched
        .finding(case, headline)
        .why(say!("pod-anti-affinity.siblings-why", "the anti-affinity is required, so there can be one replica a {place}"))
        .fix([Fix::advice(say!("pod-anti-affinity.run-fewer", "run no more replicas than there are {places} for, or make the anti-affinity preferred"), Who::Owner)])
        .fix(add_a_domain(case))
}

fn add_a_domain(case: &Case<'_>) -> Option<Fix> {
    (!lie_on_a_host(case)).then(|| Fix::advice(ADD_A_DOMAIN, Who::Admin))
}

fn others(case: &Case<'_>, matched: &Match<'_>, held: &Held<'_>) -> Finding {
    let (headline, why, change) = match (held.own, held.theirs) {
        (true, true) => (
            say!(
                "pod-anti-affinity.mutual",
                "the pod and {holders} keep away from each other, which rules out {share}"
            ),
            say!(
                "pod-anti-affinity.mutual-why",
                "both have a required anti-affinity that means the other, and a {place} takes one of them"
            ),
            say!(
                "pod-anti-affinity.make-both-preferred",
                "make the anti-affinity of both preferred, if it is only a wish"
            ),
        ),
        (true, false) => (
            say!(
                "pod-anti-affinity.own",
                "the pod's anti-affinity keeps it away from {holders}, which rules out {share}"
            ),
            say!(
                "pod-anti-affinity.own-why",
                "the anti-affinity is required, and goes by {key}: a {place} with such a pod is ruled out"
            ),
            say!(
                "pod-anti-affinity.make-preferred",
                "make the anti-affinity preferred, if it is only a wish"
            ),
        ),
        (false, _) => (
            say!(
                "pod-anti-affinity.theirs",
                "the anti-affinity of {holders} keeps the pod away, which rules out {share}"
            ),
            say!(
                "pod-anti-affinity.theirs-why",
                "a required anti-affinity holds in both directions: it also keeps later pods away from the one that has it"
            ),
            say!(
                "pod-anti-affinity.change-labels",
                "change the labels that the anti-affinity of {holders} means, or make that preferred"
            ),
        ),
    };
    matched.finding(case, headline).why(why).fix([
        Fix::advice(change, Who::Owner),
        Fix::advice(
            if lie_on_a_host(case) {
                say!("pod-anti-affinity.move-holders-only", "move {holders} away")
            } else {
                say!(
                    "pod-anti-affinity.move-holders",
                    "move {holders} away, or add a {place}"
                )
            },
            Who::Admin,
        ),
    ])
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let headline = if matched.says(&Reason::PodAntiAffinity) {
        say!(
            "pod-anti-affinity.from-message",
            "the pod's anti-affinity[ to {avoided}] rules out {share}"
        )
    } else if matched.says(&Reason::ExistingPodsAntiAffinity) {
        say!(
            "pod-anti-affinity.of-existing-pods",
            "the anti-affinity of pods that run there already rules out {share}"
        )
    } else {
        say!(
            "pod-anti-affinity.either",
            "an anti-affinity between pods rules out {share}"
        )
    };
    let terms = Term::of_anti_affinity(case.pod().spec(), case.namespace(), case.snapshot);
    let avoided = meant_pods(terms.iter().map(|(_, term)| term));
    matched
        .finding(case, headline)
        .fact_if("avoided", (!avoided.is_empty()).then_some(avoided))
        .why(say!("pod-anti-affinity.not-computed", "whose pods are there could not be computed, since nodes or pods of all namespaces were not read; with one replica a node, more replicas than nodes end like this, and so does a rolling update that starts a further one"))
        .fix([
            Fix::advice(say!("pod-anti-affinity.run-fewer-or-prefer", "run no more replicas than there are places for, or make the anti-affinity preferred"), Who::Owner),
            Fix::advice(say!("pod-anti-affinity.add-a-node", "add a node"), Who::Admin),
        ])
        .inspect(inspect_all_pods(None))
}
