//! A host port that the pod wants is taken on every node that could run it.
//!
//! Whoever holds it decides what to do: an old pod of the same Deployment that a rolling update
//! keeps until the new one is ready, a sibling of the same template, or somebody else.

use super::holder_relation::HolderRelation;
use super::topology::inspect_all_pods;
use crate::kubernetes::ports::{HostPort, host_ports};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Rule};
use crate::scheduler::{Filter, FilterFailure, Holder, What};
use crate::snapshot::Kind;
use crate::text::say;
use std::collections::BTreeSet;

/// `host-port-conflict`
pub static RULE: Rule = Rule {
    cause: "host-port-conflict",
    layer: Layer::Scheduling,
    title: "a host port that the pod wants is taken",
    explanation: include_str!("host_port_conflict.md"),
    reads: &[Kind::Node, Kind::ReplicaSet, Kind::Deployment],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pattern = Pattern {
        failure: |failure: &FilterFailure| matches!(failure.what, What::Port { .. }),
        reason: |reason: &Reason| (*reason == Reason::HostPorts).then_some(Certainty::Likely),
    };
    let Some(matched) = Match::find(case, &pattern) else {
        return Vec::new();
    };
    let finding = if matched.is_computed() {
        held(case, &matched)
    } else {
        told(case, &matched)
    };
    let finding = match case.pod().spec().host_network {
        Some(true) => finding.fact("hostNetwork", "true"),
        _ => finding,
    };
    vec![matched.close(case, finding, Filter::NodePorts)]
}

fn held(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let mut ports = BTreeSet::new();
    let mut holders: BTreeSet<&Holder> = BTreeSet::new();
    for (_, failure) in matched.failures() {
        if let What::Port { port, holder } = &failure.what {
            ports.insert(port);
            holders.insert(holder);
        }
    }
    let one = ports.len() == 1;
    let finding = match HolderRelation::of(case, holders.iter().copied()) {
        HolderRelation::Predecessors => predecessors(case, matched, one),
        HolderRelation::Siblings => siblings(case, matched, one, holders.len()),
        HolderRelation::Others => others(case, matched, one),
    };
    let names = holders.iter().map(ToString::to_string);
    finding
        .fact("ports", words(&ports))
        .fact("holders", names.collect::<Vec<_>>())
        .look(look(matched))
}

fn words(ports: &BTreeSet<&HostPort>) -> Vec<String> {
    ports.iter().map(ToString::to_string).collect()
}

fn predecessors(case: &Case<'_>, matched: &Match<'_>, one: bool) -> Finding {
    let headline = if one {
        say!(
            "host-port-conflict.predecessors",
            "the rollout waits for itself: host port {ports} is held by old pods of {owner} on every node that could run the new one"
        )
    } else {
        say!(
            "host-port-conflict.predecessors-2",
            "the rollout waits for itself: host ports {ports} are held by old pods of {owner} on every node that could run the new one"
        )
    };
    matched
        .finding(case, headline)
        .fact("owner", case.subject().short())
        .why(say!("host-port-conflict.predecessors-why", "the old pods stay until new ones are ready, and the new ones wait for the host ports of the old ones"))
        .fix([
            Fix::advice(say!("host-port-conflict.predecessors-fix", "let the rollout remove an old pod before it makes a new one: maxSurge 0, maxUnavailable 1"), Who::Owner),
            Fix::advice(say!("host-port-conflict.predecessors-fix-2", "use a Service or an ingress in place of the host port"), Who::Owner),
        ])
}

fn siblings(case: &Case<'_>, matched: &Match<'_>, one: bool, running: usize) -> Finding {
    let headline = match (one, running) {
        (true, 1) => {
            say!(
                "host-port-conflict.siblings",
                "more replicas than nodes: host port {ports} is held by another pod of {owner} on the node that could run this one"
            )
        }
        (true, _) => {
            say!(
                "host-port-conflict.siblings-2",
                "more replicas than nodes: host port {ports} is held by {running} pods of {owner} itself on every node that could run another"
            )
        }
        (false, 1) => {
            say!(
                "host-port-conflict.siblings-3",
                "more replicas than nodes: host ports {ports} are held by another pod of {owner} on the node that could run this one"
            )
        }
        (false, _) => {
            say!(
                "host-port-conflict.siblings-4",
                "more replicas than nodes: host ports {ports} are held by {running} pods of {owner} itself on every node that could run another"
            )
        }
    };
    matched
        .finding(case, headline)
        .fact("owner", case.subject().short())
        .fact("running", running)
        .why(say!("host-port-conflict.siblings-why", "a node gives a host port to one pod, so there can be one replica a node"))
        .fix([
            Fix::advice(say!("host-port-conflict.siblings-fix", "run no more replicas than {running}, or use a Service or an ingress in place of the host port"), Who::Owner),
            Fix::advice(say!("host-port-conflict.siblings-fix-2", "add a node"), Who::Admin),
        ])
}

fn others(case: &Case<'_>, matched: &Match<'_>, one: bool) -> Finding {
    let headline = if one {
        say!(
            "host-port-conflict.others",
            "host port {ports} is taken on every node that could run the pod, by {holders}"
        )
    } else {
        say!(
            "host-port-conflict.others-2",
            "host ports {ports} are taken on every node that could run the pod, by {holders}"
        )
    };
    matched
        .finding(case, headline)
        .why(say!(
            "host-port-conflict.others-why",
            "a node gives a host port to one pod, whichever process has it open"
        ))
        .fix([
            Fix::advice(
                say!(
                    "host-port-conflict.others-fix",
                    "choose a host port that is free, or use a Service in place of it"
                ),
                Who::Owner,
            ),
            Fix::advice(
                say!(
                    "host-port-conflict.others-fix-2",
                    "move {holders} away, or add a node"
                ),
                Who::Admin,
            ),
        ])
}

fn told(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let ports = words(&host_ports(case.pod().spec()).iter().collect());
    let finding = if ports.is_empty() {
        matched.finding(
            case,
            say!(
                "host-port-conflict.headline",
                "a host port that the pod wants is taken on {share}"
            ),
        )
    } else {
        matched
            .finding(
                case,
                say!(
                    "host-port-conflict.headline-2",
                    "a host port that the pod wants is taken on {share}; it wants {ports}"
                ),
            )
            .fact("ports", ports)
    };
    finding
        .why(say!("host-port-conflict.why", "who holds it could not be computed, since nodes or pods of all namespaces were not read"))
        .fix([Fix::advice(say!("host-port-conflict.fix", "choose a host port that is free, or use a Service in place of it"), Who::Owner)])
        .look(look(matched))
}

fn look(matched: &Match<'_>) -> String {
    let nodes = matched.nodes();
    inspect_all_pods(nodes.first().map(String::as_str))
}
