//! Rows of the table of nodes: which nodes share one.
//!
//! Nodes share a row when the same rejects the pod on each of them. Where that leaves too many rows to read, "the same"
//! is taken more widely, step by step, and what then differs within a row is told as a range or counted. Words are in `failures`.

use super::failure_group::{FailureGroup, Topic, kind_of_taint};
use super::failures;
use super::names;
use crate::kubernetes::labels::HOSTNAME;
use crate::kubernetes::quantity::Quantity;
use crate::report::{FilterFailureReport, NodeReport};
use crate::text::ENGLISH;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far filter failures may differ and still be told as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grouping {
    /// They read the same.
    Words,
    /// Amounts differ, and which of a controller's pods is in the way.
    Amounts,
    /// Holders and values of taints differ, too.
    Values,
    /// Domains as well.
    Kinds,
}

/// Nodes on which like filter failures reject the pod.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'a> {
    /// The nodes, sorted as people count.
    pub(super) names: Vec<&'a str>,
    /// All of them keep the pod off.
    pub(super) failures: Vec<FailureGroup<'a>>,
}

/// The rows, in the order of the report, by the narrowest grouping that gives at most so many.
pub(super) fn rows(nodes: &[NodeReport], at_most: usize) -> Vec<Row<'_>> {
    let narrow = [Grouping::Words, Grouping::Amounts, Grouping::Values];
    let mut narrow = narrow.into_iter().map(|grouping| grouped(nodes, grouping));
    narrow
        .find(|rows| rows.len() <= at_most)
        .unwrap_or_else(|| grouped(nodes, Grouping::Kinds))
}

fn grouped(nodes: &[NodeReport], grouping: Grouping) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for node in nodes {
        let (keys, failures) = profile(node, grouping).into_iter().unzip();
        let at = *known.entry(keys).or_insert(rows.len());
        let names = node.names.iter().map(Arc::as_ref);
        match rows.get_mut(at) {
            Some(row) => {
                row.names.extend(names);
                let pairs = row
                    .failures
                    .iter_mut()
                    .zip::<Vec<FailureGroup<'_>>>(failures);
                pairs.for_each(|(all, more)| all.0.extend(more.0));
            }
            None => rows.push(Row {
                names: names.collect(),
                failures,
            }),
        }
    }
    for row in &mut rows {
        row.names.sort_by_cached_key(|name| names::natural(name));
    }
    rows
}

/// A node's filter failures in the order of the filters, like ones as one, each with what tells it from others.
fn profile(node: &NodeReport, grouping: Grouping) -> Vec<(String, FailureGroup<'_>)> {
    let mut filters: Vec<&str> = Vec::new();
    let mut sorted: BTreeMap<(usize, String), FailureGroup<'_>> = BTreeMap::new();
    for failure in &node.failures {
        if filters.last() != Some(&failure.filter) {
            filters.push(failure.filter);
        }
        let key = (filters.len(), key(failure, grouping));
        let group = sorted.entry(key).or_insert(FailureGroup(Vec::new()));
        group.0.push((node.count, failure));
    }
    let sorted = sorted.into_iter();
    sorted.map(|((_, key), group)| (key, group)).collect()
}

/// What tells a filter failure from others. What nodes carry in place of a label's value wanted never does, since under a key
/// like kubernetes.io/hostname each carries its own.
fn key(failure: &FilterFailureReport, grouping: Grouping) -> String {
    let words = || failures::sentence(&FailureGroup(vec![(1, failure)])).english();
    match Topic::of(failure) {
        Topic::Label(wanted) => format!("label {}", ENGLISH.fact(&wanted.clone().into())),
        Topic::Volume if failure.wanted.is_some() || grouping > Grouping::Words => format!(
            "{} {:?} {:?} {:?} {:?} {}",
            failure.reason,
            failure.claim,
            failure.volume,
            failure.driver,
            failure.wanted,
            holder(failure, grouping)
        ),
        // filled up, so that 80 stands before 443
        Topic::Port(port) => format!("{port:>12} {}", holder(failure, grouping)),
        _ if grouping == Grouping::Words => words(),
        Topic::Resource(resource) => format!("{resource} {}", never_fits(failure)),
        Topic::Taint(taint) if grouping >= Grouping::Values => kind_of_taint(taint),
        Topic::Taint(_) | Topic::Volume | Topic::Other => words(),
        Topic::Spread(key) => format!("spread {key} {:?}", domain(failure, grouping)),
        Topic::Apart(key) => format!(
            "apart {key} {:?} {:?}",
            failure.pods,
            domain(failure, grouping)
        ),
        Topic::Together(key) => format!(
            "together {key} {:?} {:?} {}",
            failure.own_rule,
            domain(failure, grouping),
            holder(failure, grouping)
        ),
    }
}

/// Whether not even the empty node would do.
fn never_fits(failure: &FilterFailureReport) -> bool {
    let read = |text: &Option<String>| text.as_deref()?.parse::<Quantity>().ok();
    match (read(&failure.asked), read(&failure.allocatable)) {
        (Some(asked), Some(all)) => asked > all,
        _ => false,
    }
}

fn holder(failure: &FilterFailureReport, grouping: Grouping) -> String {
    match &failure.holder {
        Some(holder) if grouping < Grouping::Values => {
            let controller = holder.controller.as_ref();
            let controller = controller.filter(|_| grouping > Grouping::Words);
            format!(
                "{}/{}",
                holder.namespace,
                controller.unwrap_or(&holder.name)
            )
        }
        _ => String::new(),
    }
}

/// The domain, or whether there is one. A node's own name is none to tell rows apart by.
fn domain(failure: &FilterFailureReport, grouping: Grouping) -> Option<&str> {
    let is_node = failure.topology_key.as_deref() == Some(HOSTNAME);
    if grouping == Grouping::Kinds || is_node {
        failure.domain.as_deref().map(|_| "")
    } else {
        failure.domain.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, failures: Vec<FilterFailureReport>) -> NodeReport {
        NodeReport {
            count: 1,
            names: vec![name.into()],
            failures,
        }
    }

    fn cpu(free: &str, all: &str) -> FilterFailureReport {
        FilterFailureReport {
            filter: "NodeResourcesFit",
            resource: Some("cpu".to_owned()),
            asked: Some("2".to_owned()),
            free: Some(free.to_owned()),
            allocatable: Some(all.to_owned()),
            ..FilterFailureReport::default()
        }
    }

    fn taint(taint: &str) -> FilterFailureReport {
        FilterFailureReport {
            filter: "TaintToleration",
            taint: Some(taint.to_owned()),
            ..FilterFailureReport::default()
        }
    }

    fn words(nodes: &[NodeReport], at_most: usize) -> Vec<String> {
        let english = |group: &FailureGroup<'_>| failures::sentence(group).english();
        let row = |row: &Row<'_>| {
            let words: Vec<String> = row.failures.iter().map(english).collect();
            format!("{}: {}", row.names.join(" "), words.join(" and "))
        };
        rows(nodes, at_most).iter().map(row).collect()
    }

    #[test]
    fn rows_are_as_exact_as_there_is_room_for() {
        let nodes = [
            node("a", vec![cpu("1", "4")]),
            node("b", vec![cpu("500m", "8")]),
            node("c", vec![cpu("1", "1")]),
            node(
                "d",
                vec![taint("team=x:NoSchedule"), taint("old:NoSchedule")],
            ),
            node(
                "e",
                vec![taint("old:NoSchedule"), taint("team=y:NoSchedule")],
            ),
        ];
        assert_eq!(words(&nodes, 5).len(), 5);
        let four = words(&nodes, 4);
        assert_eq!(
            four.first().unwrap(),
            "a b: asks 2 cpu, 500m to 1 of 4 to 8 free"
        );
        // what not even the empty node holds is another matter
        assert_eq!(four.get(1).unwrap(), "c: asks 2 cpu, 1 of 1 free");
        assert_eq!(
            words(&nodes, 3).last().unwrap(),
            "d e: taint old:NoSchedule and taint team=…:NoSchedule (2 values)"
        );
    }

    #[test]
    fn a_pods_holders_are_told_by_their_controller() {
        let held = |name: &str, by: &str| {
            let holder = crate::scheduler::Holder {
                namespace: "shop".to_owned(),
                name: by.to_owned(),
                controller: Some("DaemonSet/proxy".to_owned()),
            };
            let port = FilterFailureReport {
                filter: "NodePorts",
                port: Some("80/TCP".to_owned()),
                holder: Some(holder),
                ..FilterFailureReport::default()
            };
            node(name, vec![port])
        };
        let nodes = [held("a", "proxy-1"), held("b", "proxy-2")];
        assert_eq!(words(&nodes, 2).len(), 2);
        assert_eq!(
            words(&nodes, 1),
            ["a b: 80/TCP held by pods of DaemonSet shop/proxy"]
        );
    }
}
