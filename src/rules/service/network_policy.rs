//! `network-policy`: the NetworkPolicies that select a Service's pods let nobody in at its port.
//!
//! The kubelet's probes pass most network plugins all the same, so that the pods are ready; and some plugins enforce no policy.
//! So it is a possibility, for who has named the Service.

use super::ports::of_service;
use super::selector_fixes::ServiceCase;
use crate::kubernetes::network_policy::{Admitted, Asked, admitted, isolates};
use crate::kubernetes::selector::{label_selector_matches, label_selector_text};
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, NetworkPolicy, ObjectRef, ServicePort};
use crate::text::say;
use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use std::collections::BTreeSet;

/// The NetworkPolicies that select a Service's pods let nobody in at its port.
pub static RULE: Rule = Rule {
    cause: "network-policy",
    layer: Layer::Service,
    title: "nobody is let in at a Service's port by NetworkPolicies",
    seen_as: &[],
    explanation: include_str!("network_policy.md"),
    reads: &[Kind::Service, Kind::NetworkPolicy],
    refines: &[],
    root: Root::Subject,
    check: Check::Service(check),
};

/// The most policies that are quoted.
const NAMED: usize = 3;

type Named<'a> = (&'a str, &'a NetworkPolicy);

fn check(case: &ServiceCase<'_>) -> Vec<Finding> {
    let store = case.snapshot.store();
    let policies = store.network_policies();
    let namespace = case.it.namespace;
    // another policy may let somebody in
    if policies.whole(namespace).is_err() || case.it.members(store).ready == 0 {
        return Vec::new();
    }
    let policies: Vec<Named<'_>> = policies.seen_in(namespace).collect();
    let ports = case.it.service.ports.iter();
    let shut: Vec<(&ServicePort, Shut<'_>)> = ports
        .filter_map(|port| Some((port, shut(case, port, &policies)?)))
        .collect();
    let finding = (!shut.is_empty()).then(|| finding(case, &shut));
    finding.into_iter().collect()
}

/// The policies that keep everybody out of a port, and whom they would let in if such pods were there.
#[derive(Default)]
struct Shut<'a> {
    policies: BTreeSet<&'a str>,
    absent: BTreeSet<String>,
}

/// What keeps everybody out of this port of all of its pods; none where somebody may come in to one.
fn shut<'a>(
    case: &ServiceCase<'_>,
    port: &ServicePort,
    policies: &[Named<'a>],
) -> Option<Shut<'a>> {
    let mut shut = Shut::default();
    for (pod, _) in case.it.pods(case.snapshot.store()) {
        // policies are not about pods with the node's own address
        let number = port
            .number_of(&pod.open_ports)
            .filter(|_| !pod.host_network)?;
        let asked = Asked {
            number,
            protocol: &port.protocol,
            open: &pod.open_ports,
        };
        let mut isolating = policies
            .iter()
            .filter(|(_, policy)| isolates(&policy.spec, &pod.labels))
            .peekable();
        // one that no policy selects is open to all
        isolating.peek()?;
        for (name, policy) in isolating {
            shut.policies.insert(name);
            for admitted in admitted(&policy.spec, asked) {
                shut.absent.extend(absent(case, admitted)?);
            }
        }
    }
    Some(shut).filter(|shut| !shut.policies.is_empty())
}

/// Whose labels no pod has, of those who are let in; none where somebody may be there.
fn absent(case: &ServiceCase<'_>, admitted: Admitted<'_>) -> Option<Vec<String>> {
    let Admitted::Peers(peers) = admitted else {
        return None;
    };
    let of_peer = |peer: &NetworkPolicyPeer| {
        // addresses and other namespaces are not looked at
        if peer.ip_block.is_some() || peer.namespace_selector.is_some() {
            return None;
        }
        let selector = peer.pod_selector.as_ref()?;
        let mut pods = case.snapshot.pod_records().alike_in(case.it.namespace);
        let is_there = pods.any(|(pod, _)| label_selector_matches(selector, &pod.labels));
        (!is_there).then(|| label_selector_text(selector))
    };
    peers.iter().map(of_peer).collect()
}

fn finding(case: &ServiceCase<'_>, shut: &[(&ServicePort, Shut<'_>)]) -> Finding {
    let policies: BTreeSet<&str> = shut
        .iter()
        .flat_map(|(_, it)| it.policies.clone())
        .collect();
    let absent: BTreeSet<String> = shut.iter().flat_map(|(_, it)| it.absent.clone()).collect();
    let object = |name: &&str| ObjectRef::new(Kind::NetworkPolicy, case.it.namespace, name);
    let objects: Vec<ObjectRef> = policies.iter().map(object).collect();
    let mut quotes = policies.iter().take(NAMED).map(|name| quoted(case, name));
    let proof = quotes.next().unwrap_or_else(|| case.field("spec", ""));
    let headline = if absent.is_empty() {
        say!(
            "network-policy.nobody",
            "{policies} {policies|lets|let} nobody in at port {ports} of its {pods|pod|pods}"
        )
    } else {
        say!(
            "network-policy.nobody-there",
            "{policies} {policies|lets|let} in at port {ports} only pods with {labels}, and no pod of the namespace has that"
        )
    };
    let why = say!(
        "network-policy.why",
        "a pod that NetworkPolicies select is reached only by those whom one of them lets in; the kubelet's probes mostly pass all the same, and a network plugin may enforce none"
    );
    let change = say!(
        "network-policy.let-in",
        "let in whoever is meant to reach the Service, in {policies} or in a policy of its own"
    );
    let ports = shut.iter().map(|(port, _)| of_service(port));
    let names = objects.iter().map(ObjectRef::argument);
    let words = ["describe".to_owned()].into_iter().chain(names.clone());
    let inspect = case.kubectl(words);
    let pods = case.it.members(case.snapshot.store()).pods;
    Finding::new(case.subject(), headline, proof)
        .fact("policies", names.collect::<Vec<_>>())
        .fact("ports", ports.collect::<Vec<_>>())
        .fact("pods", pods)
        .fact_if(
            "labels",
            (!absent.is_empty()).then(|| Vec::from_iter(absent)),
        )
        .evidence(quotes)
        .certainty(Certainty::Possible)
        .why(why)
        .fix([Fix::advice(change, Who::Owner)])
        .inspect(inspect)
}

/// The policy without what it says of where its pods may go.
fn quoted(case: &ServiceCase<'_>, name: &str) -> Evidence {
    let object = ObjectRef::new(Kind::NetworkPolicy, case.it.namespace, name);
    let policies = case.snapshot.store().network_policies();
    let seen = policies.get(case.it.namespace, name).yes();
    let quote = seen.and_then(|policy| serde_json::to_string(&policy.spec).ok());
    case.field_of(object, "spec", quote.unwrap_or_default())
}
