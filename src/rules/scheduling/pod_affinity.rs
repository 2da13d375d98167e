//! The pod has to run near pods that are not where it could run.

use super::affinity_peers::{look, meant, names, unread};
use super::topology::{other_reasons, says_which, usable_if_any, words};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::{Filter, FilterFailure, NodeResult, Term, What};
use crate::snapshot::{Kind, PodRecord};
use crate::text::say;
use std::collections::BTreeSet;

/// `pod-affinity`
pub static RULE: Rule = Rule {
    cause: "pod-affinity",
    layer: Layer::Scheduling,
    title: "pods that the pod has to be near are not where it could run",
    explanation: include_str!("pod_affinity.md"),
    reads: &[Kind::Node, Kind::Namespace],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Apart { .. }),
        reason: |reason: &Reason| match reason {
            Reason::PodAffinity => Some(Certainty::Likely),
            Reason::PodAffinityOrAntiAffinity => unnamed(case),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let terms = terms(case);
    let finding = match unmet(&terms, &matched) {
        Some(term) => topology(case, &matched, &terms, term),
        None => told(case, &matched, &terms),
    };
    vec![matched.close(case, finding, Filter::InterPodAffinity)]
}

/// What the words for affinity and anti-affinity alike say of this cause.
fn unnamed(case: &Case<'_>) -> Option<Certainty> {
    let affinity = case.pod().spec().affinity.as_ref();
    let avoids = affinity.is_some_and(|all| all.pod_anti_affinity.is_some());
    match says_which(case) || terms(case).is_empty() {
        true => None,
        false if avoids => Some(Certainty::Possible),
        false => Some(Certainty::Likely),
    }
}

fn terms<'c>(case: &'c Case<'_>) -> Vec<Term<'c>> {
    let terms = Term::of_affinity(case.pod().spec(), case.namespace(), case.snapshot);
    terms.into_iter().map(|(_, term)| term).collect()
}

/// The term that nobody answers on the nearest node.
fn unmet<'t, 'c>(terms: &'t [Term<'c>], matched: &Match<'_>) -> Option<&'t Term<'c>> {
    let (_, failure) = matched.failures().next()?;
    let What::Apart { wanted, key, .. } = &failure.what else {
        return None;
    };
    terms
        .iter()
        .find(|term| term.key() == key && term.to_string() == *wanted)
}

fn topology(case: &Case<'_>, matched: &Match<'_>, terms: &[Term<'_>], term: &Term<'_>) -> Finding {
    let meant = meant(case, term);
    let finding = if !meant.placed.is_empty() {
        placed(case, matched, terms, term, &meant.placed)
    } else if !meant.waiting.is_empty() {
        matched
            .finding(
                case,
                say!("pod-affinity.text", "the pod has to be near {wanted}, and those wait for a node themselves: {waiting}"),
            )
            .fact("waiting", names(&meant.waiting))
            .why(say!("pod-affinity.topology-why", "a pod counts once it is on a node"))
            .fix([Fix::advice(
                say!("pod-affinity.topology-fix", "find out why {waiting} has no node"),
                Who::Owner,
            )])
    } else if !meant.elsewhere.is_empty() {
        elsewhere(case, matched, term, &meant.elsewhere)
    } else {
        nobody(case, matched, term)
    };
    finding
        .fact("wanted", term.to_string())
        .fact("key", term.key())
        .fact("place", words(term.key()).0)
        .fix([Fix::advice(
            say!(
                "pod-affinity.topology-fix-2",
                "make the affinity preferred, if the pod can do without that company"
            ),
            Who::Owner,
        )])
        .look(look(term))
}

/// The company is there, on nodes that do not take the pod.
fn placed(
    case: &Case<'_>,
    matched: &Match<'_>,
    terms: &[Term<'_>],
    term: &Term<'_>,
    pods: &[&PodRecord],
) -> Finding {
    let pod_records = case.snapshot.pod_records();
    let answers_all = |pod: &&&PodRecord| {
        let labels = &pod_records.footprint(pod).labels;
        terms.iter().all(|term| term.means(&pod.namespace, labels))
    };
    if !pods.iter().any(|pod| answers_all(&pod)) {
        return matched
            .finding(
                case,
                say!(
                    "pod-affinity.text-2",
                    "no pod is all that the affinity asks for: it wants {terms} in one pod"
                ),
            )
            .fact(
                "terms",
                terms.iter().map(ToString::to_string).collect::<Vec<_>>(),
            )
            .why(say!(
                "pod-affinity.placed-why",
                "a pod counts for an affinity of several terms only when every term means it"
            ));
    }
    let view = case.engine.view();
    let domain = |node: &str| view.node(node).and_then(|node| node.label(term.key()));
    let domains: BTreeSet<&str> = pods
        .iter()
        .filter(answers_all)
        .filter_map(|pod| domain(pod.node.as_deref()?))
        .collect();
    if domains.is_empty() {
        return matched
            .finding(case, say!("pod-affinity.text-3", "the pod has to be near {wanted}, and those are on nodes without the label {key}: {company}"))
            .fact("company", names(pods))
            .why(say!("pod-affinity.placed-why-2", "a node counts as near only by the value that it carries under {key}"))
            .fix([Fix::advice(say!("pod-affinity.placed-fix", "label the nodes of {company} with {key}"), Who::Admin)]);
    }
    let near = |node: &NodeResult| domain(&node.node).is_some_and(|one| domains.contains(one));
    let near = usable_if_any(matched.all_nodes(), near);
    let is_apart = |one: &FilterFailure| matches!(one.what, What::Apart { .. });
    let in_the_way = other_reasons(near, is_apart);
    let domains: Vec<String> = domains.into_iter().map(str::to_owned).collect();
    matched
        .finding(case, say!("pod-affinity.text-4", "no node near {wanted} takes the pod: {hindrances}"))
        .fact("domains", domains)
        .fact("company", names(pods))
        .fact("hindrances", in_the_way)
        .why(say!("pod-affinity.placed-why-3", "the pod has to be near them; by {key} they are in {domains}, and nodes elsewhere are too far"))
        .fix([Fix::advice(say!("pod-affinity.placed-fix-2", "clear what stands against the pod there, or move {company} to where it can run"), Who::Owner)])
}

fn elsewhere(
    case: &Case<'_>,
    matched: &Match<'_>,
    term: &Term<'_>,
    pods: &[&PodRecord],
) -> Finding {
    let namespaces: BTreeSet<String> = pods.iter().map(|pod| pod.namespace.to_string()).collect();
    let finding = matched
        .finding(
            case,
            say!(
                "pod-affinity.text-5",
                "the pod has to be near {wanted}, and such pods are in namespace {namespaces} alone"
            ),
        )
        .fact("namespaces", namespaces.into_iter().collect::<Vec<_>>())
        .fact("company", names(pods))
        .fix([Fix::advice(
            say!(
                "pod-affinity.elsewhere-fix",
                "add {namespaces} to the namespaces of the term, if {company} was meant"
            ),
            Who::Owner,
        )]);
    match unread(case, term) {
        Some(gap) => finding.fact("unread", gap).why(
            say!("pod-affinity.elsewhere-why", "where the term looks, not all pods were read ({unread}), so that there may be others"),
        ),
        None => finding.why(say!("pod-affinity.elsewhere-why-2", "a term looks in its pod's own namespace, unless it names others; it does not look at {company}")),
    }
}

fn nobody(case: &Case<'_>, matched: &Match<'_>, term: &Term<'_>) -> Finding {
    if let Some(gap) = unread(case, term) {
        return matched
            .finding(
                case,
                say!(
                    "pod-affinity.text-6",
                    "the pod has to be near {wanted}, and there are none on {share}"
                ),
            )
            .fact("unread", gap)
            .why(say!(
                "pod-affinity.nobody-why",
                "whether there are such pods at all was not read ({unread})"
            ));
    }
    let finding = matched.finding(
        case,
        say!(
            "pod-affinity.text-7",
            "the pod has to be near {wanted}, and there are none"
        ),
    );
    match term.misspelt(case.snapshot.pod_records()) {
        Some(label) => finding
            .fact("asked", format!("{}={}", label.key, label.from))
            .fact("nearest", format!("{}={}", label.key, label.to))
            .why(say!(
                "pod-affinity.nobody-why-2",
                "no pod carries {asked}; there are pods with {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "pod-affinity.nobody-fix",
                    "ask for {nearest}, if that was meant"
                ),
                Who::Owner,
            )]),
        None => finding
            .why(say!(
                "pod-affinity.nobody-why-3",
                "the affinity is required, so the pod waits until one of them is on a node"
            ))
            .fix([Fix::advice(
                say!(
                    "pod-affinity.nobody-fix-2",
                    "start {wanted}, or correct the affinity's selector"
                ),
                Who::Owner,
            )]),
    }
}

fn told(case: &Case<'_>, matched: &Match<'_>, terms: &[Term<'_>]) -> Finding {
    let wanted: Vec<String> = terms.iter().map(ToString::to_string).collect();
    let finding = if wanted.is_empty() {
        matched.finding(
            case,
            say!(
                "pod-affinity.headline",
                "pods that the pod has to be near are missing on {share}"
            ),
        )
    } else {
        matched
            .finding(
                case,
                say!(
                    "pod-affinity.headline-2",
                    "the pod has to be near {wanted}, and there are none on {share}"
                ),
            )
            .fact("wanted", wanted)
    };
    let finding = finding
        .why(say!("pod-affinity.why", "where such pods stand could not be compared, since nodes or pods of all namespaces were not read"))
        .fix([
            Fix::advice(say!("pod-affinity.fix", "check that such pods run, in the namespace that the affinity means, on nodes that can take this one as well"), Who::Owner),
            Fix::advice(say!("pod-affinity.fix-2", "make the affinity preferred, if the pod can do without that company"), Who::Owner),
        ]);
    match terms.first() {
        Some(term) => finding.look(look(term)),
        None => finding,
    }
}
