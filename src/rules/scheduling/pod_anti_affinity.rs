//! A required anti-affinity, the pod's own or that of pods that run already, keeps it off the nodes.
//!
//! Whose pods are there decides what to do, as with host ports: an old pod that a rolling update keeps until the new
//! one is ready, a sibling of the same template, or another pod.

use super::holder_relation::{HolderRelation, REMOVE_FIRST};
use super::topology::{domain_names, inspect_all_pods, says_which};
use crate::kubernetes::affinity::pod_anti_affinity;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::failure;
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, Holder, Term, What};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Message, Sentence, say};
use k8s_openapi::api::core::v1::PodAffinityTerm;
use std::collections::BTreeSet;

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

/// Where a pod's required anti-affinity is written.
const REQUIRED: &str =
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution";

const ADD_A_DOMAIN: Sentence = say!("pod-anti-affinity.add-a-domain", "add a {place}");

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Together { .. }),
        reason: |reason: &Reason| match reason {
            Reason::PodAntiAffinity | Reason::ExistingPodsAntiAffinity => Some(Certainty::Likely),
            Reason::PodAffinityOrAntiAffinity => unnamed(case),
            _ => None,
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = match Held::of(&matched) {
        Some(held) => held.finding(case, &matched),
        None => from_message(case, &matched),
    };
    vec![matched.close(case, finding, Filter::InterPodAffinity)]
}

/// How sure a reason is that is given for affinity and anti-affinity alike; the rule may be that of pods which run already.
fn unnamed(case: &Case<'_>) -> Option<Certainty> {
    let affinity = case.pod().spec().affinity.as_ref();
    let seeks = affinity.is_some_and(|all| all.pod_affinity.is_some());
    let avoids = affinity.is_some_and(|all| all.pod_anti_affinity.is_some());
    if says_which(case) {
        None
    } else if avoids && !seeks {
        Some(Certainty::Likely)
    } else {
        Some(Certainty::Possible)
    }
}

/// Who keeps the pod away, and by what.
struct Held<'e> {
    holders: BTreeSet<&'e Holder>,
    /// Where they are, by the key of the nearest node's term.
    domains: BTreeSet<&'e str>,
    key: &'e str,
    /// Whether the pod's own rule, and whether that of others, is among them.
    own: bool,
    theirs: bool,
}

impl<'e> Held<'e> {
    fn of(matched: &Match<'e>) -> Option<Self> {
        let mut held: Option<Held<'e>> = None;
        for (_, failure) in matched.failures() {
            let What::Together {
                holder,
                own,
                key,
                domain,
            } = &failure.what
            else {
                continue;
            };
            let held = held.get_or_insert_with(|| Held {
                holders: BTreeSet::new(),
                domains: BTreeSet::new(),
                key,
                own: false,
                theirs: false,
            });
            held.holders.insert(holder);
            held.own |= *own;
            held.theirs |= !*own;
            if key == held.key {
                held.domains.insert(domain);
            }
        }
        held
    }

    fn finding(&self, case: &Case<'_>, matched: &Match<'_>) -> Finding {
        let finding = match HolderRelation::of(case, self.holders.iter().copied()) {
            HolderRelation::Predecessors => predecessors(case, matched),
            HolderRelation::Siblings => siblings(case, matched),
            HolderRelation::Others => self.others(case, matched),
        };
        let names = self.holders.iter().map(ToString::to_string);
        let (place, places) = domain_names(self.key);
        finding
            .fact("owner", case.subject().argument())
            .fact("holders", names.collect::<Vec<_>>())
            .fact("running", self.domains.len())
            .fact("key", self.key)
            .fact("place", place)
            .fact("places", places)
            .evidence(self.rule(case))
            .inspect(inspect(case, &self.holders))
    }

    fn others(&self, case: &Case<'_>, matched: &Match<'_>) -> Finding {
        let (headline, why, change) = match (self.own, self.theirs) {
            (true, true) => (
                say!(
                    "pod-anti-affinity.mutual",
                    "the pod and {holders} keep away from each other, which closes {share}"
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
                    "the pod's anti-affinity keeps it away from {holders}, which closes {share}"
                ),
                say!(
                    "pod-anti-affinity.own-why",
                    "the anti-affinity is required, and goes by {key}: a {place} with such a pod is closed"
                ),
                say!(
                    "pod-anti-affinity.make-preferred",
                    "make the anti-affinity preferred, if it is only a wish"
                ),
            ),
            (false, _) => (
                say!(
                    "pod-anti-affinity.theirs",
                    "the anti-affinity of {holders} keeps the pod away, which closes {share}"
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
                say!(
                    "pod-anti-affinity.move-holders",
                    "move {holders} away, or add a {place}"
                ),
                Who::Admin,
            ),
        ])
    }

    /// The term, as the one that has it writes it.
    fn rule(&self, case: &Case<'_>) -> Option<Evidence> {
        let meant = |term: &&PodAffinityTerm| term.topology_key == self.key;
        if self.own {
            let term = pod_anti_affinity(case.pod().spec()).iter().find(meant)?;
            return Some(case.field(REQUIRED, quote(term)?));
        }
        let holder = self.holders.first()?;
        let pod_records = case.snapshot.pod_records();
        let is_holder =
            |namespace: &str, name: &str| *namespace == *holder.namespace && *name == *holder.name;
        let pod_record = pod_records
            .iter()
            .find(|one| is_holder(&one.namespace, &one.name))?;
        let term = pod_records
            .footprint(pod_record)
            .anti_affinity
            .iter()
            .find(meant)?;
        let object = ObjectRef::new(Kind::Pod, &holder.namespace, &holder.name);
        Some(case.field_of(object, REQUIRED, quote(term)?))
    }
}

fn quote(term: &PodAffinityTerm) -> Option<String> {
    serde_json::to_string(term).ok()
}

fn predecessors(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    matched
        .finding(case, say!("pod-anti-affinity.rollout-waits", "the rollout waits for itself: by the anti-affinity of {owner} a {place} takes one of its pods, and old ones are on each that could run the new one"))
        .why(say!("pod-anti-affinity.rollout-waits-why", "the old pods stay until new ones are ready, and the new ones may not run beside the old ones"))
        .fix([
            Fix::advice(REMOVE_FIRST, Who::Owner),
            Fix::advice(ADD_A_DOMAIN, Who::Admin),
        ])
}

fn siblings(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    matched
        .finding(case, say!("pod-anti-affinity.siblings", "more replicas than {places}: by the anti-affinity of {owner} a {place} takes one of its pods, and each that could run another has one"))
        .why(say!("pod-anti-affinity.siblings-why", "the anti-affinity is required, so there can be one replica a {place}"))
        .fix([
            Fix::advice(say!("pod-anti-affinity.run-fewer", "run no more replicas than there are {places} for, or make the anti-affinity preferred"), Who::Owner),
            Fix::advice(ADD_A_DOMAIN, Who::Admin),
        ])
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let says = |wanted: &Reason| {
        let mut clauses = matched.clauses.iter();
        clauses.any(|clause| clause.reason == *wanted)
    };
    let headline = if says(&Reason::PodAntiAffinity) {
        say!(
            "pod-anti-affinity.from-message",
            "the pod's anti-affinity[ to {avoided}] closes {share}"
        )
    } else if says(&Reason::ExistingPodsAntiAffinity) {
        say!(
            "pod-anti-affinity.of-existing-pods",
            "the anti-affinity of pods that run there already closes {share}"
        )
    } else {
        say!(
            "pod-anti-affinity.either",
            "an anti-affinity between pods closes {share}"
        )
    };
    let terms = Term::of_anti_affinity(case.pod().spec(), case.namespace(), case.snapshot);
    let avoided: Vec<Message> = terms
        .iter()
        .map(|(_, term)| failure::pods(&term.pods()))
        .collect();
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

/// The command that shows where the holders are.
fn inspect(case: &Case<'_>, holders: &BTreeSet<&Holder>) -> String {
    let mut holders = holders.iter();
    if holders.all(|holder| holder.namespace == case.namespace()) {
        case.kubectl(["get", "pods", "-o", "wide"])
    } else {
        inspect_all_pods(None)
    }
}
