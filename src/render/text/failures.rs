//! Why the nodes of a row were rejected, in sentences.

use super::failure_group::{FailureGroup, Topic};
use super::values::{domains, free, holders, label, of_key, reason, span, taint};
use super::volumes;
use crate::kubernetes::labels::HOSTNAME;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::{amount, verbatim};
use crate::report::FilterFailureReport;
use crate::text::{Language, Message, Sentence, say};
use std::collections::BTreeSet;

/// Everything that rejects the pod on the nodes of a row, a sentence each; ports of one holder share theirs;
/// `free` where nothing does.
pub(super) fn in_words(
    failures: &[FailureGroup<'_>],
    free: Sentence,
    language: &Language,
) -> Vec<Line> {
    let mut held: BTreeSet<Message> = BTreeSet::new();
    let mut sentences = Vec::new();
    for group in failures {
        let Some(Topic::Port(_)) = group.topic() else {
            sentences.extend((!is_other_side(group, failures)).then(|| sentence(group)));
            continue;
        };
        let by = holders(group);
        if held.insert(by.clone()) {
            let ports = failures.iter().filter_map(|other| match other.topic() {
                Some(Topic::Port(port)) if holders(other) == by => Some(port),
                _ => None,
            });
            sentences.push(port(&ports.collect::<Vec<_>>().join(", "), by));
        }
    }
    if sentences.is_empty() {
        return vec![Line::of(Style::Passed, &language.word(free))];
    }
    let line = |sentence: &Message| Line::new().plain(&language.render(sentence));
    sentences.iter().map(line).collect()
}

/// Whether it says of the same pods that they avoid this one, as this one avoids them.
fn is_other_side(group: &FailureGroup<'_>, failures: &[FailureGroup<'_>]) -> bool {
    let is_own = |group: &FailureGroup<'_>| group.all().any(|one| one.own_rule == Some(true));
    let Some(topic @ Topic::Together(_)) = group.topic().filter(|_| !is_own(group)) else {
        return false;
    };
    let mut others = failures.iter();
    others.any(|it| it.topic() == Some(topic) && is_own(it) && holders(it) == holders(group))
}

/// A filter failure, complete by itself.
pub(super) fn sentence(group: &FailureGroup<'_>) -> Message {
    let Some((_, first)) = group.0.first() else {
        return verbatim("");
    };
    match Topic::of(first) {
        Topic::Port(name) => port(name, holders(group)),
        Topic::Resource(resource) => {
            let asked = first.asked.as_deref().unwrap_or_default();
            let sentence = if resource == "pods" {
                say!("text.failure.pod-count", "asks {asked} pod, {free} free")
            } else {
                say!(
                    "text.failure.resource",
                    "asks {asked} {resource}, {free} free"
                )
            };
            Message::new(sentence)
                .fact("asked", amount(asked, resource))
                .fact("resource", resource)
                .fact("free", free(group))
        }
        Topic::Taint(_) => {
            Message::new(say!("text.failure.taint", "taint {taint}")).fact("taint", taint(group))
        }
        Topic::Label(_) => Message::new(say!("text.failure.label", "wants label {label}"))
            .fact("label", label(group)),
        Topic::Spread(key) => spread(group, first, key),
        Topic::Apart(key) => apart(group, first, key),
        Topic::Together(key) => {
            let sentence = match first.own_rule {
                Some(true) => say!(
                    "text.failure.avoided",
                    "{holders} {place}, avoided by the pod's own anti-affinity"
                ),
                _ => say!(
                    "text.failure.avoids",
                    "{holders} {place}, whose anti-affinity keeps the pod away"
                ),
            };
            Message::new(sentence)
                .fact("holders", holders(group))
                .fact("place", place(group, key))
        }
        Topic::Volume => volumes::sentence(group, first),
        Topic::Other => reason(first),
    }
}

fn port(ports: &str, holders: Message) -> Message {
    Message::new(say!("text.failure.port", "{ports} held by {holders}"))
        .fact("ports", ports)
        .fact("holders", holders)
}

/// Pods that must be near and are not.
fn apart(group: &FailureGroup<'_>, first: &FilterFailureReport, key: &str) -> Message {
    let sentence = match first.domain {
        Some(_) if key == HOSTNAME => say!(
            "text.failure.none-on-nodes",
            "no {pods} on {nodes|it|any of them}"
        ),
        Some(_) => say!("text.failure.none-near", "no {pods} {place}"),
        None => say!(
            "text.failure.no-key-near",
            "no label {key}: not near {pods}"
        ),
    };
    Message::new(sentence)
        .fact_if("pods", first.pods_wanted())
        .fact("nodes", group.nodes())
        .fact("place", place(group, key))
        .fact("key", key)
}

/// `zone b holds 3 matching pods, the fewest anywhere is 1 (maxSkew 1)`
fn spread(group: &FailureGroup<'_>, first: &FilterFailureReport, key: &str) -> Message {
    if first.domain.is_none() {
        let sentence = say!(
            "text.failure.no-key-spread",
            "no label {key}, by which pods are spread"
        );
        return Message::new(sentence).fact("key", key);
    }
    let domains = domains(group);
    let message = if key == HOSTNAME {
        let sentence = say!(
            "text.failure.spread-nodes",
            "{nodes|holds|each holds} {matching} matching {most|pod|pods}, the fewest anywhere is {fewest} (maxSkew {maxSkew})"
        );
        Message::new(sentence).fact("nodes", group.nodes())
    } else {
        let sentence = say!(
            "text.failure.spread-domains",
            "{place} {domains|holds|hold} {matching} matching {most|pod|pods}, the fewest anywhere is {fewest} (maxSkew {maxSkew})"
        );
        Message::new(sentence)
            .fact("place", of_key(key, &domains))
            .fact("domains", domains.len())
    };
    let (matching, most) = span(group, |failure| failure.matching);
    message
        .fact("matching", matching)
        .fact("most", most)
        .fact("fewest", span(group, |failure| failure.fewest).0)
        .fact("maxSkew", span(group, |failure| failure.max_skew).0)
}

/// Where the other pod is: `in zone a, b`, or for one on the node itself `on it`.
fn place(group: &FailureGroup<'_>, key: &str) -> Message {
    if key == HOSTNAME {
        return Message::new(say!("text.failure.on-nodes", "{nodes|on it|on each}"))
            .fact("nodes", group.nodes());
    }
    Message::new(say!("text.failure.in-domains", "in {domains}"))
        .fact("domains", of_key(key, &domains(group)))
}
