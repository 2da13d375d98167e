//! Where an affinity's term looks there are none of the pods that it means: whether they are elsewhere, were not read, or are
//! asked for by a label that is misspelt.

use super::affinity_peers::{names, unread};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::scheduler::Term;
use crate::snapshot::PodRecord;
use crate::text::{Sentence, say};
use std::collections::BTreeSet;

pub(super) const NONE_THERE: Sentence = say!(
    "pod-affinity.none-there",
    "the pod has to be near {wanted}, and there are none on {anywhere}"
);

/// They are in namespaces where the term does not look.
pub(super) fn elsewhere(
    case: &Case<'_>,
    matched: &Match<'_>,
    term: &Term<'_>,
    pods: &[&PodRecord],
) -> Finding {
    let namespaces: BTreeSet<String> = pods.iter().map(|pod| pod.namespace.to_string()).collect();
    let unread = unread(case, term);
    let why = if unread.is_some() {
        say!(
            "pod-affinity.not-all-read",
            "where the term looks, not all pods were read ({unread}), so that there may be others"
        )
    } else {
        say!(
            "pod-affinity.elsewhere-why",
            "a term looks in its pod's own namespace, unless it names others; it does not look at {peers}"
        )
    };
    let headline = if unread.is_some() {
        say!(
            "pod-affinity.elsewhere-too",
            "the pod has to be near {wanted}, and there are none on {anywhere}; {peers} {peers|is|are} in {namespaces|namespace|namespaces} {namespaces}, where the term does not look"
        )
    } else {
        say!(
            "pod-affinity.elsewhere",
            "the pod has to be near {wanted}, and such pods are in {namespaces|namespace|namespaces} {namespaces} alone"
        )
    };
    matched
        .finding(case, headline)
        .fact("namespaces", namespaces.into_iter().collect::<Vec<_>>())
        .fact("peers", names(pods))
        .fact_if("unread", unread)
        .why(why)
        .fix([Fix::advice(
            say!(
                "pod-affinity.add-namespaces",
                "add {namespaces} to the namespaces of the term, if {peers} {peers|was|were} meant"
            ),
            Who::Owner,
        )])
}

/// There are none at all, as far as read.
pub(super) fn nowhere(case: &Case<'_>, matched: &Match<'_>, term: &Term<'_>) -> Finding {
    if let Some(unread) = unread(case, term) {
        return matched
            .finding(case, NONE_THERE)
            .fact("unread", unread)
            .why(say!(
                "pod-affinity.unread",
                "whether there are such pods at all was not read ({unread})"
            ));
    }
    let headline = say!(
        "pod-affinity.none",
        "the pod has to be near {wanted}, and there are none"
    );
    let finding = matched.finding(case, headline);
    match term.misspelt(case.snapshot.pod_records()) {
        Some(label) => finding
            .fact("asked", format!("{}={}", label.key, label.from))
            .fact("nearest", format!("{}={}", label.key, label.to))
            .why(say!(
                "pod-affinity.misspelt",
                "no pod carries {asked}; there are pods with {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "pod-affinity.ask-for-nearest",
                    "ask for {nearest}, if that was meant"
                ),
                Who::Owner,
            )]),
        None => finding
            .why(say!(
                "pod-affinity.none-why",
                "the affinity is required, so the pod waits until one of them is on a node"
            ))
            .fix([Fix::advice(
                say!(
                    "pod-affinity.start-peers",
                    "start {wanted}, or correct the affinity's selector"
                ),
                Who::Owner,
            )]),
    }
}
