//! A host port that the pod wants is taken on every node that could run it.
//!
//! Whoever holds it decides what to do: an old pod of the same Deployment that a rolling update
//! keeps until the new one is ready, a sibling of the same template, or somebody else.

use super::company::look_at_all_pods;
use super::grounds::{Grounds, Sought};
use super::kinship::Kinship;
use crate::finding::{Certainty, Finding, Fix, Who};
use crate::kubernetes::ports::{HostPort, host_ports};
use crate::rules::{Case, Layer, Rule};
use crate::scheduler::message::Reason;
use crate::scheduler::{Filter, Holder, Obstacle, What};
use crate::snapshot::Kind;
use std::collections::BTreeSet;

/// `host-port-conflict`
pub static RULE: Rule = Rule {
    cause: "host-port-conflict",
    layer: Layer::Scheduling,
    title: "a host port that the pod wants is taken",
    explanation: include_str!("host_port_conflict.md"),
    reads: &[Kind::Node, Kind::ReplicaSet, Kind::Deployment],
    refines: &[],
    check,
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let sought = Sought {
        obstacle: |obstacle: &Obstacle| matches!(obstacle.what, What::Port { .. }),
        reason: |reason: &Reason| (*reason == Reason::HostPorts).then_some(Certainty::Likely),
    };
    let Some(grounds) = Grounds::find(case, &sought) else {
        return Vec::new();
    };
    let finding = match grounds.is_computed() {
        true => held(case, &grounds),
        false => told(case, &grounds),
    };
    let finding = match case.pod.spec().host_network {
        Some(true) => finding.fact("hostNetwork", "true"),
        _ => finding,
    };
    vec![grounds.close(case, finding, Filter::NodePorts)]
}

fn held(case: &Case<'_>, grounds: &Grounds<'_>) -> Finding {
    let mut ports = BTreeSet::new();
    let mut holders: BTreeSet<&Holder> = BTreeSet::new();
    for (_, obstacle) in grounds.obstacles() {
        if let What::Port { port, holder } = &obstacle.what {
            ports.insert(port);
            holders.insert(holder);
        }
    }
    let one = ports.len() == 1;
    let finding = match Kinship::of(case, holders.iter().copied()) {
        Kinship::Predecessors => predecessors(case, grounds, one),
        Kinship::Siblings => siblings(case, grounds, one, holders.len()),
        Kinship::Others => others(case, grounds, one),
    };
    let names = holders.iter().map(ToString::to_string);
    finding
        .fact("ports", words(&ports))
        .fact("holders", names.collect::<Vec<_>>())
        .look(look(grounds))
}

fn words(ports: &BTreeSet<&HostPort>) -> Vec<String> {
    ports.iter().map(ToString::to_string).collect()
}

fn predecessors(case: &Case<'_>, grounds: &Grounds<'_>, one: bool) -> Finding {
    let headline = match one {
        true => {
            "the rollout waits for itself: host port {ports} is held by old pods of {owner} on every node that could run the new one"
        }
        false => {
            "the rollout waits for itself: host ports {ports} are held by old pods of {owner} on every node that could run the new one"
        }
    };
    grounds
        .finding(case, headline)
        .fact("owner", case.subject().short())
        .why("the old pods stay until new ones are ready, and the new ones wait for the host ports of the old ones")
        .fix([
            Fix::advice("let the rollout remove an old pod before it makes a new one: maxSurge 0, maxUnavailable 1", Who::Owner),
            Fix::advice("use a Service or an ingress in place of the host port", Who::Owner),
        ])
}

fn siblings(case: &Case<'_>, grounds: &Grounds<'_>, one: bool, running: usize) -> Finding {
    let headline = match (one, running) {
        (true, 1) => {
            "more replicas than nodes: host port {ports} is held by another pod of {owner} on the node that could run this one"
        }
        (true, _) => {
            "more replicas than nodes: host port {ports} is held by {running} pods of {owner} itself on every node that could run another"
        }
        (false, 1) => {
            "more replicas than nodes: host ports {ports} are held by another pod of {owner} on the node that could run this one"
        }
        (false, _) => {
            "more replicas than nodes: host ports {ports} are held by {running} pods of {owner} itself on every node that could run another"
        }
    };
    grounds
        .finding(case, headline)
        .fact("owner", case.subject().short())
        .fact("running", running)
        .why("a node gives a host port to one pod, so there can be one replica a node")
        .fix([
            Fix::advice("run no more replicas than {running}, or use a Service or an ingress in place of the host port", Who::Owner),
            Fix::advice("add a node", Who::Admin),
        ])
}

fn others(case: &Case<'_>, grounds: &Grounds<'_>, one: bool) -> Finding {
    let headline = match one {
        true => "host port {ports} is taken on every node that could run the pod, by {holders}",
        false => "host ports {ports} are taken on every node that could run the pod, by {holders}",
    };
    grounds
        .finding(case, headline)
        .why("a node gives a host port to one pod, whichever process has it open")
        .fix([
            Fix::advice(
                "choose a host port that is free, or use a Service in place of it",
                Who::Owner,
            ),
            Fix::advice("move {holders} away, or add a node", Who::Admin),
        ])
}

fn told(case: &Case<'_>, grounds: &Grounds<'_>) -> Finding {
    let ports = words(&host_ports(case.pod.spec()).iter().collect());
    let finding = match ports.is_empty() {
        true => grounds.finding(case, "a host port that the pod wants is taken on {share}"),
        false => grounds
            .finding(
                case,
                "a host port that the pod wants is taken on {share}; it wants {ports}",
            )
            .fact("ports", ports),
    };
    finding
        .why("who holds it could not be computed, since nodes or pods of all namespaces were not read")
        .fix([Fix::advice("choose a host port that is free, or use a Service in place of it", Who::Owner)])
        .look(look(grounds))
}

fn look(grounds: &Grounds<'_>) -> String {
    let nodes = grounds.nodes();
    look_at_all_pods(nodes.first().map(String::as_str))
}
