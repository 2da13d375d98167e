//! A topology spread constraint of the pod forbids every node that has room.

use super::topology::{domain_names, usable_if_any};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::shared::rejection;
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Distribution, Filter, FilterFailure, NodeResult, What};
use crate::snapshot::Kind;
use crate::text::{Message, Sentence, say};
use std::collections::{BTreeMap, BTreeSet};

/// `topology-spread`
pub static RULE: Rule = Rule {
    cause: "topology-spread",
    layer: Layer::Scheduling,
    title: "a topology spread constraint would be broken",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("topology_spread.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

const RAISE_MAX_SKEW: Sentence = say!(
    "topology-spread.raise-max-skew",
    "raise maxSkew, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"
);

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Spread { .. }),
        reason: |reason: &Reason| {
            matches!(reason, Reason::TopologySpread { .. }).then_some(Certainty::Likely)
        },
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = match constraint(&matched) {
        Some((distribution, true)) => uneven(case, &matched, distribution),
        Some((distribution, false)) => unlabelled(case, &matched, &distribution.key),
        None => from_message(case, &matched),
    };
    vec![matched.close(case, finding, Filter::PodTopologySpread)]
}

/// The constraint on the nearest node, and whether it is broken by counts rather than by a missing label.
fn constraint<'e>(matched: &Match<'e>) -> Option<(&'e Distribution, bool)> {
    let broken = |counted: bool| {
        let mut failures = matched.failures();
        failures.find_map(|(_, failure)| match &failure.what {
            What::Spread { key, domain, .. } if domain.is_some() == counted => Some(key),
            _ => None,
        })
    };
    let of = |key: &String| matched.spread().iter().find(|one| one.key == *key);
    let counted = broken(true).and_then(of).map(|found| (found, true));
    counted.or_else(|| broken(false).and_then(of).map(|found| (found, false)))
}

fn uneven(case: &Case<'_>, matched: &Match<'_>, of: &Distribution) -> Finding {
    let headline = if of.lacks_domains() {
        say!(
            "topology-spread.too-few-domains",
            "the spread over {key} wants more {places} than there are, which closes {share}: {counts}; minDomains {minDomains}, maxSkew {maxSkew}"
        )
    } else {
        say!(
            "topology-spread.uneven",
            "one pod more would make the spread over {key} too uneven on {share}: {counts}; maxSkew {maxSkew}"
        )
    };
    let finding = matched
        .finding(case, headline)
        .fact("key", of.key.as_str())
        .fact("places", domain_names(&of.key).1)
        .fact("counts", counts(&of.domains))
        .fact("maxSkew", of.max_skew)
        .fact("minDomains", of.min_domains)
        .fix([Fix::advice(RAISE_MAX_SKEW, Who::Owner)])
        .inspect(inspect(case, of));
    if of.lacks_domains() {
        return finding
            .fact("domains", of.domains.len())
            .why(say!("topology-spread.too-few-domains-why", "minDomains asks for {minDomains} {places}, and among the nodes that the pod selects {domains} can be counted; until there are more, each takes at most {maxSkew}"))
            .fix([Fix::advice(say!("topology-spread.add-domains", "add nodes in further {places}"), Who::Admin)]);
    }
    let open = of.domains.keys().filter(|domain| of.is_open(domain));
    let open: Vec<String> = open.cloned().collect();
    open_domains(case, matched, of, finding.fact("open", open))
}

/// Says why the pod is not in a domain that may take one more.
fn open_domains(
    case: &Case<'_>,
    matched: &Match<'_>,
    of: &Distribution,
    finding: Finding,
) -> Finding {
    let open = |node: &NodeResult| {
        let node = case.engine.view().node(&node.node);
        let domain = node.and_then(|node| node.label(&of.key));
        domain.is_some_and(|domain| of.domains.contains_key(domain) && of.is_open(domain))
    };
    let nodes = usable_if_any(matched.all_nodes(), open);
    let reasons = rejection::reasons(nodes.iter().copied(), is_spread);
    if reasons.is_empty() {
        return finding.why(say!(
            "topology-spread.of-other-nodes",
            "the emptier {places} are those of other nodes"
        ));
    }
    let barred = |node: &&NodeResult| {
        let mut failures = node.failures.iter();
        failures.any(|one| matches!(one.what, What::Cordoned | What::Taint { .. }))
    };
    let why = if !of.honors_taints && nodes.iter().all(barred) {
        say!(
            "topology-spread.barred-nodes-count",
            "by the constraint {open} may take one more, and the nodes there reject the pod: {reasons}; cordoned and tainted nodes count as well, unless nodeTaintsPolicy is Honor"
        )
    } else {
        say!(
            "topology-spread.open-domains",
            "by the constraint {open} may take one more, and the nodes there reject the pod: {reasons}"
        )
    };
    let change = say!(
        "topology-spread.open-nodes",
        "let nodes of {open} take the pod, or add one there"
    );
    finding
        .fact("reasons", reasons)
        .why(why)
        .fix([Fix::advice(change, Who::Admin)])
}

/// `3 in a, and 0 each in b, c`: the domains by how many pods they hold, the fullest first.
fn counts(domains: &BTreeMap<String, i64>) -> Vec<Message> {
    let mut by_count: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (domain, count) in domains {
        by_count.entry(*count).or_default().push(domain.clone());
    }
    let message = |(pods, domains): (i64, Vec<String>)| {
        Message::new(say!(
            "topology-spread.in-domains",
            "{pods} {domains|in|each in} {domains}"
        ))
        .fact("pods", pods)
        .fact("domains", domains)
    };
    by_count.into_iter().rev().map(message).collect()
}

fn unlabelled(case: &Case<'_>, matched: &Match<'_>, key: &str) -> Finding {
    let view = case.engine.view();
    let carries = |node: &NodeResult| {
        let node = view.node(&node.node);
        node.is_some_and(|node| node.label(key).is_some())
    };
    let carriers = usable_if_any(matched.all_nodes(), carries);
    let headline = say!(
        "topology-spread.no-label",
        "the label {key}, over which the pod has to be spread, is missing on {share}"
    );
    let finding = matched
        .finding(case, headline)
        .fact("key", key)
        .inspect(shell::cluster(["get", "nodes", "-L", key]));
    let finding = if !carriers.is_empty() {
        finding
            .fact("reasons", rejection::reasons(carriers, is_spread))
            .why(say!(
                "topology-spread.carriers-reject",
                "nodes that have it do not take the pod either: {reasons}"
            ))
    } else if let Some(nearest) = meant(case, key) {
        finding
            .fact("nearest", nearest)
            .why(say!(
                "topology-spread.key-misspelt",
                "no node carries {key}; there are nodes that carry {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "topology-spread.use-nearest-key",
                    "spread over {nearest}, which nodes do carry, if that was meant"
                ),
                Who::Owner,
            )])
    } else {
        finding.why(say!(
            "topology-spread.no-such-key",
            "no node carries the label {key} at all"
        ))
    };
    finding.fix([
        Fix::advice(say!("topology-spread.use-another-key", "spread over a label that the nodes carry, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"), Who::Owner),
        Fix::advice(say!("topology-spread.label-nodes", "label the nodes with {key}"), Who::Admin),
    ])
}

/// The key that nodes carry and that is most like this one.
fn meant(case: &Case<'_>, key: &str) -> Option<String> {
    let nodes = case.snapshot.nodes().seen();
    let keys: BTreeSet<&str> = nodes
        .flat_map(|(_, node)| node.labels.keys().map(String::as_str))
        .collect();
    nearest(key, keys).map(str::to_owned)
}

fn is_spread(failure: &FilterFailure) -> bool {
    matches!(failure.what, What::Spread { .. })
}

/// The command that shows the pods that are counted.
fn inspect(case: &Case<'_>, of: &Distribution) -> String {
    let mut command = vec!["get", "pods", "-o", "wide"];
    if let Some(selector) = of.selector.as_deref().filter(|text| !text.is_empty()) {
        command.extend(["-l", selector]);
    }
    case.kubectl(command)
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let spec = case.pod().spec();
    let constraints = spec.topology_spread_constraints.iter().flatten();
    let hard = constraints.filter(|one| one.when_unsatisfiable == "DoNotSchedule");
    let keys: BTreeSet<String> = hard.map(|one| one.topology_key.clone()).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let (headline, change) = if keys.is_empty() {
        // the pod has none of its own: the scheduler's profile adds one
        (
            say!(
                "topology-spread.of-configuration",
                "a spread constraint of the scheduler's own configuration closes {share}"
            ),
            say!(
                "topology-spread.use-own-constraint",
                "give the pod a spread constraint of its own, which takes the place of the scheduler's"
            ),
        )
    } else {
        (
            say!(
                "topology-spread.from-message",
                "the pod's spread over {keys} closes {share}"
            ),
            RAISE_MAX_SKEW,
        )
    };
    matched
        .finding(case, headline)
        .fact_if("keys", (!keys.is_empty()).then_some(keys))
        .why(say!("topology-spread.not-computed", "the counts of each domain could not be computed, since nodes or pods of all namespaces were not read; cordoned and tainted nodes count as empty domains, and nodes without the label are closed"))
        .fix([Fix::advice(change, Who::Owner)])
        .inspect(case.kubectl(["get", "pods", "-o", "wide"]))
}

#[cfg(test)]
mod tests {
    use super::counts;
    use crate::text::Message;

    #[test]
    fn domains_are_counted_together_the_fullest_first() {
        let domains = [("a", 1), ("b", 3), ("c", 0), ("d", 1)];
        let domains = domains.map(|(name, pods)| (name.to_owned(), pods));
        let counts = counts(&domains.into());
        let english: Vec<String> = counts.iter().map(Message::english).collect();
        assert_eq!(english, ["3 in b", "1 each in a, d", "0 in c"]);
    }
}
