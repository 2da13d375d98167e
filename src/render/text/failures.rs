//! Why nodes were rejected on the nodes of a row, in words.

use super::rows::{Alike, Row, Shape, kind_of_taint};
use super::volumes;
use crate::kubernetes::labels::HOSTNAME;
use crate::kubernetes::quantity::Quantity;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::{amount, named, number};
use crate::report::FilterFailureReport;
use crate::scheduler::Holder;
use crate::text::Message;
use std::collections::{BTreeMap, BTreeSet};

/// A resource that is counted in bytes, as volumes are.
pub(super) const STORAGE: &str = "storage";

/// Values, domains and pods that are named for a row.
const NAMED: usize = 3;

/// Everything that rejects the pod on the nodes of a row, a sentence each; ports of one holder share theirs;
/// `free` where nothing does.
pub(super) fn in_words(row: &Row<'_>, free: &str) -> Vec<Line> {
    let mut held: BTreeSet<String> = BTreeSet::new();
    let mut sentences = Vec::new();
    for alike in &row.failures {
        let Some(Shape::Port(_)) = alike.shape() else {
            sentences.push(Line::new().plain(&sentence(alike)));
            continue;
        };
        let holders = holders(alike);
        if held.insert(holders.clone()) {
            let ports = row.failures.iter().filter_map(|other| match other.shape() {
                Some(Shape::Port(port)) if self::holders(other) == holders => Some(port),
                _ => None,
            });
            let ports = ports.collect::<Vec<_>>().join(", ");
            sentences.push(Line::new().plain(&format!("{ports} held by {holders}")));
        }
    }
    if sentences.is_empty() {
        sentences.push(Line::of(Style::Passed, free));
    }
    sentences
}

impl<'a> Alike<'a> {
    /// What all of them are about.
    pub(super) fn shape(&self) -> Option<Shape<'a>> {
        let (_, first) = self.0.first()?;
        Some(Shape::of(first))
    }

    fn all(&self) -> impl Iterator<Item = &'a FilterFailureReport> {
        self.0.iter().map(|(_, failure)| *failure)
    }

    fn nodes(&self) -> usize {
        self.0.iter().map(|(nodes, _)| nodes).sum()
    }
}

/// A filter failure, complete by itself.
pub(super) fn sentence(alike: &Alike<'_>) -> String {
    let Some((_, first)) = alike.0.first() else {
        return String::new();
    };
    match Shape::of(first) {
        Shape::Port(port) => format!("{port} held by {}", holders(alike)),
        Shape::Resource(resource) => {
            let asked = first.asked.as_deref().unwrap_or_default();
            let what = if resource == "pods" { "pod" } else { resource };
            format!(
                "asks {} {what}, {} free",
                amount(asked, resource),
                free(alike)
            )
        }
        Shape::Taint(_) => format!("taint {}", taint(alike)),
        Shape::Label(_) => format!("label {}", label(alike)),
        Shape::Spread(key) => spread(alike, first, key),
        Shape::Apart(key) => {
            let pods = first.pods_wanted();
            let pods = pods.as_ref().map(Message::english).unwrap_or_default();
            match first.domain {
                Some(_) => format!("no {pods} {}", place(alike, key)),
                None => format!("no label {key}: not near {pods}"),
            }
        }
        Shape::Together(key) => {
            let (holders, place) = (holders(alike), place(alike, key));
            match first.own_rule {
                Some(true) => format!("{holders} {place}, avoided by the pod's own anti-affinity"),
                _ => format!("{holders} {place}, whose anti-affinity keeps the pod away"),
            }
        }
        Shape::Volume => volumes::sentence(alike, first),
        Shape::Other => reason(first),
    }
}

/// The scheduler's words without its count; a few in the words of kubectl.
pub(super) fn reason(failure: &FilterFailureReport) -> String {
    match failure.filter {
        "NodeUnschedulable" => "cordoned".to_owned(),
        "TaintToleration" => "taint not tolerated".to_owned(),
        _ => {
            let words = failure.detail.as_deref().unwrap_or(&failure.reason);
            words.strip_prefix("node(s) ").unwrap_or(words).to_owned()
        }
    }
}

/// `shop/web-0`, or of several pods their controller, or a few of them.
pub(super) fn holders(alike: &Alike<'_>) -> String {
    let all: BTreeSet<&Holder> = alike.all().filter_map(|o| o.holder.as_ref()).collect();
    let controllers: BTreeSet<_> = all.iter().map(|h| (&h.namespace, &h.controller)).collect();
    if let [(namespace, Some(controller))] = Vec::from_iter(controllers).as_slice()
        && all.len() > 1
    {
        let (kind, name) = controller.split_once('/').unwrap_or(("", controller));
        return format!("pods of {kind} {namespace}/{name}");
    }
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    named(&names, NAMED)
}

/// `0.2 to 0.9 of 2`
pub(super) fn free(alike: &Alike<'_>) -> String {
    let free = range(alike, |failure| failure.free.as_deref());
    match range(alike, |failure| failure.allocatable.as_deref()).as_str() {
        "" => free,
        all => format!("{free} of {all}"),
    }
}

/// From the least to the most of an amount.
fn range(alike: &Alike<'_>, of: impl Fn(&FilterFailureReport) -> Option<&str>) -> String {
    let resource = alike.all().find_map(|o| match &o.claim {
        Some(_) => Some(STORAGE),
        None => o.resource.as_deref(),
    });
    let resource = resource.unwrap_or_default();
    let amounts: BTreeMap<Option<Quantity>, &str> = alike
        .all()
        .filter_map(&of)
        .map(|text| (text.parse().ok(), text))
        .collect();
    let ends = [amounts.first_key_value(), amounts.last_key_value()];
    let ends = ends.map(|end| end.map(|(_, text)| amount(text, resource)));
    match ends.map(Option::unwrap_or_default) {
        [least, most] if least == most => least,
        [least, most] => format!("{least} to {most}"),
    }
}

/// From the least to the most of a number.
fn span(alike: &Alike<'_>, of: impl Fn(&FilterFailureReport) -> Option<i64>) -> (String, bool) {
    let numbers: BTreeSet<i64> = alike.all().filter_map(of).collect();
    match (numbers.first(), numbers.last()) {
        (Some(least), Some(most)) if least != most => (format!("{least} to {most}"), false),
        (Some(only), _) => (only.to_string(), *only == 1),
        _ => (String::new(), false),
    }
}

/// The taint, and the toleration that nearly fits; of taints that differ in their value how many there are.
pub(super) fn taint(alike: &Alike<'_>) -> String {
    let words = |failure: &FilterFailureReport| {
        let taint = failure.taint.clone().unwrap_or_default();
        match failure.why_not_tolerated() {
            Some(why) => format!("{taint} ({})", why.english()),
            None => taint,
        }
    };
    let all: BTreeSet<String> = alike.all().map(words).collect();
    match Vec::from_iter(all).as_slice() {
        [only] => only.clone(),
        all => {
            let kind = all.first().map(|taint| kind_of_taint(taint));
            let kind = kind.unwrap_or_default();
            let (key, effect) = kind.rsplit_once(':').unwrap_or((&kind, ""));
            format!("{key}=…:{effect} ({} values)", number(all.len()))
        }
    }
}

/// `disktype=nvme: it is ssd`, or over several nodes `disktype=nvme: ssd on 4, hdd on 1`
pub(super) fn label(alike: &Alike<'_>) -> String {
    let mut found: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for (nodes, failure) in &alike.0 {
        *found.entry(failure.found.as_deref()).or_default() += nodes;
    }
    let wanted = alike.all().find_map(|failure| failure.wanted.as_deref());
    let wanted = wanted.unwrap_or_default();
    if let Some((value, _)) = found.first_key_value()
        && found.len() == 1
    {
        return match value {
            None => format!("{wanted}: not there"),
            Some("") => format!("{wanted}: it is empty"),
            Some(value) => format!("{wanted}: it is {value}"),
        };
    }
    let values = found.keys().flatten().count();
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    for (value, nodes) in found {
        let word = match value {
            None => "not there",
            Some(_) if values > NAMED => "another value",
            Some("") => "empty",
            Some(value) => value,
        };
        *groups.entry(word).or_default() += nodes;
    }
    let mut groups: Vec<(&str, usize)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(*nodes));
    let words = match groups.as_slice() {
        [(word, _)] => (*word).to_owned(),
        groups => {
            let on = |(word, nodes): &(&str, usize)| format!("{word} on {}", number(*nodes));
            groups.iter().map(on).collect::<Vec<_>>().join(", ")
        }
    };
    format!("{wanted}: {words}")
}

/// `zone b holds 3 matching pods, the fewest anywhere is 1 (maxSkew 1)`
fn spread(alike: &Alike<'_>, first: &FilterFailureReport, key: &str) -> String {
    if first.domain.is_none() {
        return format!("no label {key}, by which pods are spread");
    }
    let (matching, is_one) = span(alike, |failure| failure.matching);
    let (fewest, _) = span(alike, |failure| failure.fewest);
    let (max_skew, _) = span(alike, |failure| failure.max_skew);
    let pods = if is_one { "pod" } else { "pods" };
    let domains = domains(alike);
    let holds = match (key, domains.len(), alike.nodes()) {
        (HOSTNAME, _, 1) => "holds".to_owned(),
        (HOSTNAME, ..) => "each holds".to_owned(),
        (_, 1, _) => format!("{} holds", of_key(key, &domains)),
        _ => format!("{} hold", of_key(key, &domains)),
    };
    format!(
        "{holds} {matching} matching {pods}, the fewest anywhere is {fewest} (maxSkew {max_skew})"
    )
}

/// Where the other pod is: `in zone a, b`, or for one on the node itself `on it`.
fn place(alike: &Alike<'_>, key: &str) -> String {
    match (key, alike.nodes()) {
        (HOSTNAME, 1) => "on it".to_owned(),
        (HOSTNAME, _) => "on each".to_owned(),
        _ => format!("in {}", of_key(key, &domains(alike))),
    }
}

fn domains<'a>(alike: &Alike<'a>) -> Vec<&'a str> {
    let all: BTreeSet<&str> = alike.all().filter_map(|o| o.domain.as_deref()).collect();
    all.into_iter().collect()
}

/// `zone a, b`, the key without its prefix.
fn of_key(key: &str, domains: &[&str]) -> String {
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    format!("{name} {}", named(domains, NAMED))
}
