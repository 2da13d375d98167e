//! A spread constraint that one pod more would break: how many pods each domain holds, and why the pod is not in one that may
//! take it.

use super::topology::{domain_names, usable_if_any};
use super::topology_spread::RAISE_MAX_SKEW;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::rules::shared::rejection;
use crate::scheduler::{Distribution, FilterFailure, NodeResult, What};
use crate::text::{Message, say};
use std::collections::BTreeMap;

/// Says how the pods are distributed, and what would even them out.
pub(super) fn uneven(case: &Case<'_>, matched: &Match<'_>, of: &Distribution) -> Finding {
    let headline = if of.lacks_domains() {
        say!(
            "topology-spread.too-few-domains",
            "minDomains of the spread over {key} is {minDomains}, and only {domains} {domains|{place} counts|{places} count}: each takes at most {maxSkew} {maxSkew|pod|pods}, and there {allInAll|is|are} {counts}"
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
        .fact("place", domain_names(&of.key).0)
        .fact("places", domain_names(&of.key).1)
        .fact("allInAll", of.domains.values().sum::<i64>())
        .fact("counts", counts(&of.domains))
        .fact("maxSkew", of.max_skew)
        .fact("minDomains", of.min_domains)
        .fix([Fix::advice(RAISE_MAX_SKEW, Who::Owner)])
        .inspect(inspect(case, of));
    if of.lacks_domains() {
        return finding
            .fact("domains", of.domains.len())
            .why(say!("topology-spread.too-few-domains-why", "nodes that the pod does not select are not counted; while there are fewer {places} than minDomains, the fewest pods anywhere are taken for 0"))
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
        failures.any(|one| matches!(one.what, What::Cordoned { .. } | What::Taint { .. }))
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

pub(super) fn is_spread(failure: &FilterFailure) -> bool {
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
