//! A topology spread constraint of the pod forbids every node that has room.

use super::topology::{other_reasons, usable_if_any, words};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::{Distribution, Filter, FilterFailure, NodeResult, What};
use crate::snapshot::Kind;
use crate::text::say;
use std::collections::{BTreeMap, BTreeSet};

/// `topology-spread`
pub static RULE: Rule = Rule {
    cause: "topology-spread",
    layer: Layer::Scheduling,
    title: "a topology spread constraint would be broken",
    explanation: include_str!("topology_spread.md"),
    reads: &[Kind::Node],
    refines: &[],
    check: Check::Pod(check),
};

/// Above this many domains they are counted by how many pods they hold.
const NAMED: usize = 6;

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
        None => told(case, &matched),
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
            "topology-spread.uneven",
            "the spread over {key} wants more {places} than there are, which closes {share}: {counts}; minDomains {minDomains}, maxSkew {maxSkew}"
        )
    } else {
        say!(
            "topology-spread.uneven-2",
            "one pod more would make the spread over {key} too uneven on {share}: {counts}; maxSkew {maxSkew}"
        )
    };
    let finding = matched
        .finding(case, headline)
        .fact("key", of.key.as_str())
        .fact("places", words(&of.key).1)
        .fact("counts", counts(&of.domains))
        .fact("maxSkew", of.max_skew)
        .fact("minDomains", of.min_domains)
        .look(look_at_pods(case, of))
        .fix([Fix::advice(
            say!("topology-spread.uneven-fix", "raise maxSkew, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"),
            Who::Owner,
        )]);
    if of.lacks_domains() {
        return finding
            .fact("domains", of.domains.len())
            .why(say!("topology-spread.uneven-why", "minDomains asks for {minDomains} {places}, and among the nodes that the pod selects {domains} can be counted; until there are more, each takes at most {maxSkew}"))
            .fix([Fix::advice(say!("topology-spread.uneven-fix-2", "add nodes in further {places}"), Who::Admin)]);
    }
    let open = |node: &NodeResult| {
        let node = case.engine.view().node(&node.node);
        let domain = node.and_then(|node| node.label(&of.key));
        domain.is_some_and(|domain| of.domains.contains_key(domain) && of.is_open(domain))
    };
    let nodes = usable_if_any(matched.all_nodes(), open);
    let in_the_way = other_reasons(nodes.iter().copied(), is_spread);
    let barred = |node: &&NodeResult| {
        let mut failures = node.failures.iter();
        failures.any(|one| matches!(one.what, What::Cordoned | What::Taint { .. }))
    };
    let apart = !of.honors_taints && nodes.iter().all(barred);
    let room: Vec<String> = of.domains.keys().cloned().collect();
    let room = room.into_iter().filter(|domain| of.is_open(domain));
    let finding = finding
        .fact("open", room.collect::<Vec<_>>())
        .fact("hindrances", in_the_way.clone());
    if in_the_way.is_empty() {
        return finding.why(say!(
            "topology-spread.uneven-why-2",
            "the emptier {places} are those of other nodes"
        ));
    }
    let why = if apart {
        say!(
            "topology-spread.uneven-3",
            "by the constraint {open} may take one more; what stands against the pod there: {hindrances}; cordoned and tainted nodes count as well, unless nodeTaintsPolicy is Honor"
        )
    } else {
        say!(
            "topology-spread.uneven-4",
            "by the constraint {open} may take one more; what stands against the pod there: {hindrances}"
        )
    };
    finding.why(why).fix([Fix::advice(
        say!(
            "topology-spread.uneven-fix-3",
            "let nodes of {open} take the pod, or add one there"
        ),
        Who::Admin,
    )])
}

/// `a 3, b 1, c 0`, the fullest first; of many domains `2 in 40 of them, 0 in worker-9`.
fn counts(domains: &BTreeMap<String, i64>) -> String {
    let mut by_count: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for (domain, count) in domains {
        by_count.entry(*count).or_default().push(domain);
    }
    let groups = by_count.into_iter().rev();
    let texts: Vec<String> = if domains.len() <= NAMED {
        groups
            .flat_map(|(count, names)| {
                let text = move |name| format!("{name} {count}");
                names.into_iter().map(text)
            })
            .collect()
    } else {
        groups
            .map(|(count, names)| match names.as_slice() {
                [name] => format!("{count} in {name}"),
                names => format!("{count} in {} of them", names.len()),
            })
            .collect()
    };
    texts.join(", ")
}

fn unlabelled(case: &Case<'_>, matched: &Match<'_>, key: &str) -> Finding {
    let view = case.engine.view();
    let carries = |node: &NodeResult| {
        let node = view.node(&node.node);
        node.is_some_and(|node| node.label(key).is_some())
    };
    let carriers = usable_if_any(matched.all_nodes(), carries);
    let finding = matched
        .finding(
            case,
            say!(
                "topology-spread.text",
                "the label {key}, over which the pod has to be spread, is missing on {share}"
            ),
        )
        .fact("key", key)
        .look(shell::command(["kubectl", "get", "nodes", "-L", key]));
    let finding = match (carriers.is_empty(), meant(case, key)) {
        (false, _) => finding
            .fact("hindrances", other_reasons(carriers, is_spread))
            .why(say!(
                "topology-spread.unlabelled-why",
                "nodes that have it do not take the pod either: {hindrances}"
            )),
        (true, Some(nearest)) => finding
            .fact("nearest", nearest)
            .why(say!(
                "topology-spread.unlabelled-why-2",
                "no node carries {key}; there are nodes that carry {nearest}"
            ))
            .fix([Fix::advice(
                say!(
                    "topology-spread.unlabelled-fix",
                    "spread over {nearest}, which nodes do carry, if that was meant"
                ),
                Who::Owner,
            )]),
        (true, None) => finding.why(say!(
            "topology-spread.unlabelled-why-3",
            "no node carries the label {key} at all"
        )),
    };
    finding.fix([
        Fix::advice(say!("topology-spread.unlabelled-fix-2", "spread over a label that the nodes carry, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"), Who::Owner),
        Fix::advice(say!("topology-spread.unlabelled-fix-3", "label the nodes with {key}"), Who::Admin),
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

fn look_at_pods(case: &Case<'_>, of: &Distribution) -> String {
    let mut words = vec!["get", "pods", "-o", "wide"];
    if let Some(selector) = of.selector.as_deref().filter(|text| !text.is_empty()) {
        words.extend(["-l", selector]);
    }
    case.kubectl(words)
}

fn told(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let spec = case.pod().spec();
    let constraints = spec.topology_spread_constraints.iter().flatten();
    let hard = constraints.filter(|one| one.when_unsatisfiable == "DoNotSchedule");
    let keys: BTreeSet<String> = hard.map(|one| one.topology_key.clone()).collect();
    let finding = if keys.is_empty() {
        // the pod has none of its own: the scheduler's profile adds one
        matched
            .finding(
                case,
                say!("topology-spread.headline", "a spread constraint of the scheduler's own configuration closes {share}"),
            )
            .fix([Fix::advice(
                say!("topology-spread.fix", "give the pod a spread constraint of its own, which takes the place of the scheduler's"),
                Who::Owner,
            )])
    } else {
        matched
            .finding(case, say!("topology-spread.headline-2", "the pod's spread over {keys} closes {share}"))
            .fact("keys", keys.into_iter().collect::<Vec<_>>())
            .fix([Fix::advice(
                say!("topology-spread.fix-2", "raise maxSkew, or make the constraint a preference with whenUnsatisfiable ScheduleAnyway"),
                Who::Owner,
            )])
    };
    finding
        .why(say!("topology-spread.why", "the counts of each domain could not be computed, since nodes or pods of all namespaces were not read; cordoned and tainted nodes count as empty domains, and nodes without the label are closed"))
        .look(case.kubectl(["get", "pods", "-o", "wide"]))
}

#[cfg(test)]
mod tests {
    use super::counts;
    use std::collections::BTreeMap;

    #[test]
    fn few_domains_are_named_and_many_counted() {
        let of = |pairs: &[(&str, i64)]| {
            let pairs = pairs
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count));
            counts(&pairs.collect::<BTreeMap<_, _>>())
        };
        assert_eq!(of(&[("a", 1), ("b", 3), ("c", 0)]), "b 3, a 1, c 0");
        let many: Vec<(String, i64)> = (0..8)
            .map(|i| (format!("w{i}"), i64::from(i > 0)))
            .collect();
        assert_eq!(
            counts(&many.into_iter().collect()),
            "1 in 7 of them, 0 in w0"
        );
    }
}
