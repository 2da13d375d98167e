//! Why nodes were rejected, as a sentence says it beside another cause.

use crate::scheduler::{FilterFailure, NodeResult, What};
use crate::text::{Message, say};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Why these nodes were rejected, the most frequent reason first; `but` is left out.
pub(in crate::rules) fn reasons<'n>(
    nodes: impl IntoIterator<Item = &'n NodeResult>,
    but: impl Fn(&FilterFailure) -> bool,
) -> Vec<Message> {
    let mut counts: BTreeMap<String, (Message, usize)> = BTreeMap::new();
    for node in nodes {
        let failures = node.failures.iter().filter(|one| !but(one));
        let reasons: BTreeMap<String, Message> = failures
            .map(reason)
            .map(|reason| (reason.english(), reason))
            .collect();
        for (english, reason) in reasons {
            counts.entry(english).or_insert((reason, 0)).1 += 1;
        }
    }
    let mut reasons: Vec<(Message, usize)> = counts.into_values().collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    reasons.into_iter().map(|(reason, _)| reason).collect()
}

fn reason(failure: &FilterFailure) -> Message {
    match &failure.what {
        What::Cordoned { .. } => say!("rejection.cordoned", "cordoned").into(),
        What::Taint { taint, .. } => {
            Message::new(say!("rejection.taint", "taint {taint}")).fact("taint", taint.as_str())
        }
        What::Label { wanted, .. } => {
            Message::new(say!("rejection.label", "without {wanted}")).fact("wanted", wanted.clone())
        }
        What::Port { port, .. } => Message::new(say!("rejection.port", "host port {port} taken"))
            .fact("port", port.to_string()),
        What::Resource { resource, .. } => {
            Message::new(say!("rejection.resource", "too little {resource}"))
                .fact("resource", &**resource)
        }
        What::PodCount { .. } => say!("rejection.pod-count", "too many pods").into(),
        _ => {
            let reason = &*failure.reason;
            let reason = reason.strip_prefix("node(s) ").unwrap_or(reason);
            Message::new(say!("rejection.reason", "{reason}")).fact("reason", reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::Filter;

    const CORDONED: What = What::Cordoned { keeps_free: false };

    fn failure(what: What) -> FilterFailure {
        FilterFailure {
            filter: Filter::NodeName,
            reason: "node(s) didn't match the requested node name".into(),
            what,
        }
    }

    #[test]
    fn the_most_frequent_reason_comes_first_and_each_once_a_node() {
        let on = |node: &str, whats: &[What]| NodeResult {
            node: node.into(),
            failures: whats.iter().cloned().map(failure).collect(),
        };
        let full = What::PodCount {
            running: 1,
            limit: 1,
        };
        let nodes = [
            on("a", &[full.clone(), CORDONED, CORDONED]),
            on("b", &[What::OtherNode, What::OtherNode]),
            on("c", &[full.clone(), What::OtherNode]),
        ];
        let found = reasons(&nodes, |one| one.what == full);
        let found: Vec<String> = found.iter().map(Message::english).collect();
        assert_eq!(found, ["didn't match the requested node name", "cordoned"]);
    }
}
