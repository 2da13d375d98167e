//! The pod has to run near pods that are not where it could run.

use super::absent_peers::{NONE_THERE, elsewhere, nowhere};
use super::affinity_peers::{inspect, meant_pods, names, peers};
use super::affinity_reason::may_be_affinity;
use super::topology::usable_if_any;
use crate::kubernetes::labels::HOSTNAME;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::rejection;
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, NodeResult, Term, What};
use crate::snapshot::{Kind, PodRecord};
use crate::text::{Sentence, say};
use std::collections::BTreeSet;

/// `pod-affinity`
pub static RULE: Rule = Rule {
    cause: "pod-affinity",
    layer: Layer::Scheduling,
    title: "pods that the pod has to be near are not where it could run",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("pod_affinity.md"),
    reads: &[Kind::Node, Kind::Namespace],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

const MAKE_PREFERRED: Sentence = say!(
    "pod-affinity.make-preferred",
    "make the affinity preferred, if it is only a wish"
);

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Apart { .. }),
        reason: |reason: &Reason| match reason {
            Reason::PodAffinity => Some(Certainty::Likely),
            Reason::PodAffinityOrAntiAffinity => may_be_affinity(case),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let terms = terms(case);
    let finding = match unmet(&terms, &matched) {
        Some(term) => computed(case, &matched, &terms, term),
        None => from_message(case, &matched, &terms),
    };
    vec![matched.close(case, finding, Filter::InterPodAffinity)]
}

fn terms<'c>(case: &'c Case<'_>) -> Vec<Term<'c>> {
    let terms = Term::of_affinity(case.pod().spec(), case.namespace(), case.snapshot);
    terms.into_iter().map(|(_, term)| term).collect()
}

/// The term that no pod matches on the nearest node.
fn unmet<'t, 'c>(terms: &'t [Term<'c>], matched: &Match<'_>) -> Option<&'t Term<'c>> {
    let (_, failure) = matched.failures().next()?;
    let What::Apart { wanted, key, .. } = &failure.what else {
        return None;
    };
    terms
        .iter()
        .find(|term| term.key() == key && term.pods() == *wanted)
}

fn computed(case: &Case<'_>, matched: &Match<'_>, terms: &[Term<'_>], term: &Term<'_>) -> Finding {
    let peers = peers(case, term);
    let finding = if !peers.placed.is_empty() {
        placed(case, matched, terms, term, &peers.placed)
    } else if !peers.waiting.is_empty() {
        matched
            .finding(case, say!("pod-affinity.peers-wait", "the pod has to be near {wanted}, and those wait for a node themselves: {waiting}"))
            .fact("waiting", names(&peers.waiting))
            .why(say!("pod-affinity.peers-wait-why", "a pod counts once it is on a node"))
            .fix([Fix::advice(
                say!("pod-affinity.inspect-peers", "find out why {waiting} {waiting|has|have} no node"),
                Who::Owner,
            )])
    } else if !peers.elsewhere.is_empty() {
        elsewhere(case, matched, term, &peers.elsewhere)
    } else {
        nowhere(case, matched, term)
    };
    let is_there = !peers.placed.is_empty() || !peers.waiting.is_empty();
    let look = match peers.elsewhere.first() {
        _ if is_there => inspect(term),
        Some(peer) => shell::kubectl(&peer.namespace, ["get", "pods", "-o", "wide"]),
        // by the term's own labels there is nothing to see
        None => case.kubectl(["get", "pods", "--show-labels"]),
    };
    finding
        .fact("wanted", term.pods())
        .fact("key", term.key())
        .fix([Fix::advice(MAKE_PREFERRED, Who::Owner)])
        .inspect(look)
}

/// The pods are there, on nodes that do not take this one.
fn placed(
    case: &Case<'_>,
    matched: &Match<'_>,
    terms: &[Term<'_>],
    term: &Term<'_>,
    pods: &[&PodRecord],
) -> Finding {
    let pod_records = case.snapshot.pod_records();
    let matches_all = |pod: &&&PodRecord| {
        let labels = &pod_records.footprint(pod).labels;
        terms.iter().all(|term| term.means(&pod.namespace, labels))
    };
    if !pods.iter().any(|pod| matches_all(&pod)) {
        return matched
            .finding(
                case,
                say!(
                    "pod-affinity.not-all-terms",
                    "no pod matches all terms of the affinity: {terms}"
                ),
            )
            .fact("terms", meant_pods(terms))
            .why(say!(
                "pod-affinity.not-all-terms-why",
                "a pod counts for an affinity of several terms only when every term means it"
            ));
    }
    let view = case.engine.view();
    let domain = |node: &str| view.node(node).and_then(|node| node.label(term.key()));
    let domains: BTreeSet<&str> = pods
        .iter()
        .filter(matches_all)
        .filter_map(|pod| domain(pod.node.as_deref()?))
        .collect();
    if domains.is_empty() {
        return matched
            .finding(case, say!("pod-affinity.no-domain", "the pod has to be near {wanted}, and those are on nodes without the label {key}: {peers}"))
            .fact("peers", names(pods))
            .why(say!("pod-affinity.no-domain-why", "a node counts as near only by the value that it carries under {key}"))
            .fix([Fix::advice(say!("pod-affinity.label-nodes", "label the nodes of {peers} with {key}"), Who::Admin)]);
    }
    let near = |node: &NodeResult| domain(&node.node).is_some_and(|one| domains.contains(one));
    let near = usable_if_any(matched.all_nodes(), near);
    let is_apart = |one: &FilterFailure| matches!(one.what, What::Apart { .. });
    let reasons = rejection::reasons(near, is_apart);
    let domains: Vec<String> = domains.into_iter().map(str::to_owned).collect();
    matched
        .finding(case, say!("pod-affinity.no-node-near", "no node near {wanted} takes the pod: {reasons}"))
        .fact("domains", domains)
        .fact("peers", names(pods))
        .fact("reasons", reasons)
        .why(if term.key() == HOSTNAME {
            say!("pod-affinity.no-node-near-on-nodes", "the pod has to be on a node of theirs: they are on {domains}")
        } else {
            say!("pod-affinity.no-node-near-why", "the pod has to be near them; by {key} they are in {domains}, and nodes elsewhere are too far")
        })
        .fix([Fix::advice(say!("pod-affinity.move-peers", "clear what keeps the pod off these nodes, or move {peers} to where it can run"), Who::Owner)])
}

fn from_message(case: &Case<'_>, matched: &Match<'_>, terms: &[Term<'_>]) -> Finding {
    let wanted = meant_pods(terms);
    let headline = if wanted.is_empty() {
        say!(
            "pod-affinity.from-message",
            "pods that the pod has to be near are missing on {share}"
        )
    } else {
        NONE_THERE
    };
    let finding = matched
        .finding(case, headline)
        .fact_if("wanted", (!wanted.is_empty()).then_some(wanted))
        .why(say!("pod-affinity.not-compared", "where such pods are was not compared"))
        .fix([
            Fix::advice(say!("pod-affinity.check-peers", "check that such pods run, in the namespace that the affinity means, on nodes that can take this one as well"), Who::Owner),
            Fix::advice(MAKE_PREFERRED, Who::Owner),
        ]);
    match terms.first() {
        Some(term) => finding.inspect(inspect(term)),
        None => finding,
    }
}
