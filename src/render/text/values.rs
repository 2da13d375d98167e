//! What like filter failures have in common, as a sentence names it: who holds something, how much is free, which values differ.

use super::failure_group::{FailureGroup, kind_of_taint};
use crate::kubernetes::node_terms::NodeTerms;
use crate::kubernetes::quantity::Quantity;
use crate::render::words::{NAMED, amount, listed, named, verbatim};
use crate::report::FilterFailureReport;
use crate::scheduler::Holder;
use crate::text::{Fact, Message, say};
use std::collections::{BTreeMap, BTreeSet};

/// A resource that is counted in bytes, as volumes are.
pub(super) const STORAGE: &str = "storage";

/// The scheduler's words without its count; a few in the words of kubectl.
pub(super) fn reason(failure: &FilterFailureReport) -> Message {
    match (failure.filter, &failure.message) {
        ("NodeUnschedulable", _) => say!("text.failure.cordoned", "cordoned").into(),
        ("TaintToleration", _) => say!("text.failure.not-tolerated", "taint not tolerated").into(),
        (_, Some(message)) => message.clone(),
        (_, None) => {
            let words = failure.reason.as_str();
            verbatim(words.strip_prefix("node(s) ").unwrap_or(words))
        }
    }
}

/// `shop/web-0`, or of several pods their controller, or a few of them.
pub(super) fn holders(group: &FailureGroup<'_>) -> Message {
    let all: BTreeSet<&Holder> = group.all().filter_map(|o| o.holder.as_ref()).collect();
    let controllers: BTreeSet<_> = all.iter().map(|h| (&h.namespace, &h.controller)).collect();
    if let [(namespace, Some(controller))] = Vec::from_iter(controllers).as_slice()
        && all.len() > 1
    {
        let (kind, name) = controller.split_once('/').unwrap_or(("", controller));
        return Message::new(say!("text.failure.pods-of", "pods of {kind} {controller}"))
            .fact("kind", kind)
            .fact("controller", format!("{namespace}/{name}"));
    }
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    named(&names, NAMED)
}

/// `0.2 to 0.9 of 2`
pub(super) fn free(group: &FailureGroup<'_>) -> Message {
    let all = range(group, |failure| failure.allocatable.as_deref());
    let free = range(group, |failure| failure.free.as_deref());
    Message::new(say!("text.failure.free-of", "{free}[ of {all}]"))
        .fact_if("free", Some(free.unwrap_or_else(|| verbatim(""))))
        .fact_if("all", all)
}

/// From the least to the most of an amount.
fn range(
    group: &FailureGroup<'_>,
    of: impl Fn(&FilterFailureReport) -> Option<&str>,
) -> Option<Message> {
    let resource = group.all().find_map(|o| match &o.claim {
        Some(_) => Some(STORAGE),
        None => o.resource.as_deref(),
    });
    let resource = resource.unwrap_or_default();
    let amounts: BTreeMap<Option<Quantity>, &str> = group
        .all()
        .filter_map(&of)
        .map(|text| (text.parse().ok(), text))
        .collect();
    let (_, least) = amounts.first_key_value()?;
    let (_, most) = amounts.last_key_value()?;
    Some(from_to(amount(least, resource), amount(most, resource)))
}

/// From the least to the most of a number, and the most.
pub(super) fn span(
    group: &FailureGroup<'_>,
    of: impl Fn(&FilterFailureReport) -> Option<i64>,
) -> (Message, i64) {
    let numbers: BTreeSet<i64> = group.all().filter_map(of).collect();
    let [least, most] = [numbers.first(), numbers.last()].map(|end| end.copied().unwrap_or(0));
    (from_to(least.to_string(), most.to_string()), most)
}

fn from_to(least: String, most: String) -> Message {
    if least == most {
        return verbatim(&least);
    }
    Message::new(say!("text.list.range", "{least} to {most}"))
        .fact("least", least)
        .fact("most", most)
}

/// The taint, and the toleration that nearly fits; of taints that differ in their value how many there are.
pub(super) fn taint(group: &FailureGroup<'_>) -> Message {
    let words = |failure: &FilterFailureReport| {
        Message::new(say!("text.failure.near-miss", "{taint}[ ({why})]"))
            .fact("taint", failure.taint.clone().unwrap_or_default())
            .fact_if("why", failure.why_not_tolerated())
    };
    let all: BTreeSet<Message> = group.all().map(words).collect();
    if let [only] = Vec::from_iter(&all).as_slice() {
        return (*only).clone();
    }
    let mut taints = group.all().filter_map(|failure| failure.taint.as_deref());
    let kind = taints.next().map(kind_of_taint).unwrap_or_default();
    let (key, effect) = kind.rsplit_once(':').unwrap_or((&kind, ""));
    Message::new(say!("text.failure.taints", "{kind} ({values} values)"))
        .fact("kind", format!("{key}=…:{effect}"))
        .fact("values", all.len())
}

/// `disktype=nvme, node has ssd`, or over several nodes `disktype=nvme: ssd on 4, hdd on 1`
pub(super) fn label(group: &FailureGroup<'_>) -> Message {
    let mut found: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for (nodes, failure) in &group.0 {
        *found.entry(carried(failure)).or_default() += nodes;
    }
    let found: BTreeMap<Option<&str>, usize> = found
        .iter()
        .map(|(value, nodes)| (value.as_deref(), *nodes))
        .collect();
    let wanted = group.all().find_map(|failure| failure.wanted.clone());
    let of_wanted = |sentence| {
        Message::new(sentence)
            .fact("wanted", wanted.clone().unwrap_or_default())
            .fact("nodes", group.nodes())
    };
    match Vec::from_iter(found.keys()).as_slice() {
        [None] => of_wanted(say!(
            "text.label.absent",
            "{wanted}, {nodes|node has|nodes have} none"
        )),
        [Some("")] => of_wanted(say!(
            "text.label.empty",
            "{wanted}, {nodes|node has|nodes have} it empty"
        )),
        [Some(value)] => of_wanted(say!(
            "text.label.found",
            "{wanted}, {nodes|node has|nodes have} {found}"
        ))
        .fact("found", *value),
        _ => of_wanted(say!("text.label.values", "{wanted}: {values}"))
            .fact("values", values(&found)),
    }
}

/// What the node has in place of what is wanted: the value alone where one key is wanted.
fn carried(failure: &FilterFailureReport) -> Option<String> {
    let keys = failure.wanted.as_ref().map(NodeTerms::keys);
    let alone = keys.is_some_and(|keys| keys.len() == 1);
    let labels = failure.found.iter().map(|(key, value)| {
        if alone {
            value.clone()
        } else {
            format!("{key}={value}")
        }
    });
    labels.reduce(|before, label| format!("{before}, {label}"))
}

/// `ssd on 4, hdd on 1, not there on 2`
fn values(found: &BTreeMap<Option<&str>, usize>) -> Message {
    let many = found.keys().flatten().count() > NAMED;
    let mut groups: BTreeMap<Fact, usize> = BTreeMap::new();
    for (value, nodes) in found {
        let word: Fact = match value {
            None => say!("text.label.not-there", "not there").into(),
            Some(_) if many => say!("text.label.another-value", "another value").into(),
            Some("") => say!("text.label.empty-value", "empty").into(),
            Some(value) => (*value).into(),
        };
        *groups.entry(word).or_default() += nodes;
    }
    let mut groups: Vec<(Fact, usize)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(*nodes));
    let alone = groups.len() == 1;
    listed(groups.into_iter().map(|(value, nodes)| {
        Message::new(say!("text.label.value-on", "{value}[ on {nodes}]"))
            .fact("value", value)
            .fact_if("nodes", (!alone).then_some(nodes))
    }))
}

/// Where the nodes are by a topology key.
pub(super) fn domains<'a>(group: &FailureGroup<'a>) -> Vec<&'a str> {
    let all: BTreeSet<&str> = group.all().filter_map(|o| o.domain.as_deref()).collect();
    all.into_iter().collect()
}

/// `zone a, b`, the key without its prefix.
pub(super) fn of_key(key: &str, domains: &[&str]) -> Message {
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    Message::new(say!("text.failure.domains", "{key} {domains}"))
        .fact("key", name)
        .fact("domains", named(domains, NAMED))
}
