//! A host port that the pod wants is taken on every node that could run it.
//!
//! Whoever holds it decides what to do: an old pod of the same Deployment that a rolling update
//! keeps until the new one is ready, a sibling of the same template, a DaemonSet, or another pod.

use super::holder_relation::{HolderRelation, REMOVE_FIRST, inspect};
use super::topology::inspect_all_pods;
use crate::kubernetes::ports::{HostPort, host_ports};
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::claims::lie_on_a_host;
use crate::rules::shared::matching::{Match, Pattern};
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::scheduler::{Filter, FilterFailure, Holder, What};
use crate::snapshot::Kind;
use crate::text::{Sentence, say};
use std::collections::BTreeSet;

/// `host-port-conflict`
pub static RULE: Rule = Rule {
    cause: "host-port-conflict",
    layer: Layer::Scheduling,
    title: "a host port that the pod wants is taken",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("host_port_conflict.md"),
    reads: &[Kind::Node, Kind::ReplicaSet, Kind::Deployment],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

const ANOTHER_PORT: Sentence = say!(
    "host-port-conflict.choose-another-port",
    "choose a host port that is free, or use a Service in place of it"
);

/// How the DaemonSets begin that k3s makes for Services of type LoadBalancer (k3s pkg/cloudprovider/servicelb.go).
const SERVICE_LB: &str = "/svclb-";

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
        from_message(case, &matched)
    };
    let holder = matched
        .failures()
        .find_map(|(_, failure)| match &failure.what {
            What::Port { holder, .. } => Some(holder),
            _ => None,
        });
    let host_network = case.pod().spec().host_network == Some(true);
    let finding = finding
        .when(host_network, |finding| finding.fact("hostNetwork", "true"))
        .inspect(holder.map_or_else(|| inspect_all_pods(None), |holder| inspect(case, holder)));
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
    let finding = match HolderRelation::of(case, holders.iter().copied()) {
        HolderRelation::Predecessors => predecessors(case, matched, holders.len()),
        HolderRelation::Siblings => siblings(case, matched, holders.len()),
        HolderRelation::Others => match daemons(&holders) {
            Some(daemons) => of_daemons(case, matched, daemons),
            None => others(case, matched),
        },
    };
    let names = holders.iter().map(ToString::to_string);
    finding
        .fact("ports", names_of(ports))
        .fact("holders", names.collect::<Vec<_>>())
}

fn names_of<'p>(ports: impl IntoIterator<Item = &'p HostPort>) -> Vec<String> {
    ports.into_iter().map(ToString::to_string).collect()
}

fn predecessors(case: &Case<'_>, matched: &Match<'_>, running: usize) -> Finding {
    matched
        .finding(case, say!("host-port-conflict.rollout-waits", "the rollout waits for itself: host {ports|port {ports} is|ports {ports} are} held by {running|the old pod|old pods} of {owner} on {nodes|{nodes}, the only node that could run the new one|every node that could run the new one}"))
        .fact("owner", case.subject().argument())
        .fact("running", running)
        .why(say!("host-port-conflict.rollout-waits-why", "the old pods stay until new ones are ready, and the new ones wait for the host ports of the old ones"))
        .fix([
            Fix::advice(REMOVE_FIRST, Who::Owner),
            Fix::advice(say!("host-port-conflict.use-a-service", "use a Service or an ingress in place of the host port"), Who::Owner),
        ])
}

fn siblings(case: &Case<'_>, matched: &Match<'_>, running: usize) -> Finding {
    matched
        .finding(case, say!("host-port-conflict.siblings", "more replicas than nodes: host {ports|port {ports} is|ports {ports} are} held by {running|another pod of {owner} on the node that could run this one|{running} pods of {owner} itself on every node that could run another}"))
        .fact("owner", case.subject().argument())
        .fact("running", running)
        .why(say!("host-port-conflict.siblings-why", "a node gives a host port to one pod, so there can be one replica a node"))
        .fix([Fix::advice(say!("host-port-conflict.run-fewer", "run no more replicas than {running}, or use a Service or an ingress in place of the host port"), Who::Owner)])
        .fix((!lie_on_a_host(case)).then(|| Fix::advice(say!("host-port-conflict.add-a-node", "add a node"), Who::Admin)))
}

fn others(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    // a pod of a DaemonSet goes to its one node
    let is_daemon = case.subject().known_kind() == Some(Kind::DaemonSet);
    let move_away = if is_daemon || lie_on_a_host(case) {
        say!(
            "host-port-conflict.move-holders-only",
            "move {holders} away"
        )
    } else {
        say!(
            "host-port-conflict.move-holders",
            "move {holders} away, or add a node"
        )
    };
    matched
        .finding(case, say!("host-port-conflict.taken", "host {ports|port {ports} is|ports {ports} are} taken on every node that could run the pod, by {holders}"))
        .why(say!("host-port-conflict.taken-why", "a node gives a host port to one pod, whichever process has it open"))
        .fix([
            Fix::advice(ANOTHER_PORT, Who::Owner),
            Fix::advice(move_away, Who::Admin),
        ])
}

/// The DaemonSets that hold it, where all holders are theirs.
fn daemons(holders: &BTreeSet<&Holder>) -> Option<BTreeSet<String>> {
    let names = holders.iter().map(|holder| {
        let name = holder.controller.as_deref()?.strip_prefix("DaemonSet/")?;
        Some(format!("DaemonSet {}/{name}", holder.namespace))
    });
    names.collect()
}

fn of_daemons(case: &Case<'_>, matched: &Match<'_>, daemons: BTreeSet<String>) -> Finding {
    let for_service = daemons.iter().any(|daemons| daemons.contains(SERVICE_LB));
    let service = for_service.then(|| {
        Fix::advice(
            say!("host-port-conflict.service-lb", "where k3s makes {daemons} for a Service of type LoadBalancer, give that Service other ports, or start k3s with --disable traefik or --disable servicelb"),
            Who::Admin,
        )
    });
    matched
        .finding(case, say!("host-port-conflict.of-daemons", "host {ports|port {ports} is|ports {ports} are} held by {daemons} on every node that could run the pod"))
        .fact("daemons", daemons.into_iter().collect::<Vec<_>>())
        .why(say!("host-port-conflict.of-daemons-why", "a DaemonSet puts a pod on each node, also on one that is added or that was cleared, so neither would leave the port free"))
        .fix(service)
        .fix([
            Fix::advice(say!("host-port-conflict.change-either", "give the pod or {daemons} another host port, or use a Service in place of it"), Who::Owner),
            Fix::advice(say!("host-port-conflict.remove-either", "if both do the same work, remove one of them"), Who::Admin),
        ])
}

fn from_message(case: &Case<'_>, matched: &Match<'_>) -> Finding {
    let ports = names_of(&host_ports(case.pod().spec()));
    let known = (!ports.is_empty()).then_some(ports);
    matched
        .finding(
            case,
            say!(
                "host-port-conflict.from-message",
                "a host port that the pod wants is taken on {share}[; it wants {ports}]"
            ),
        )
        .fact_if("ports", known)
        .fix([Fix::advice(ANOTHER_PORT, Who::Owner)])
}
