//! `network-policy`: the NetworkPolicies that select a Service's pods let nobody in at its port.
//!
//! The kubelet's probes pass most network plugins all the same, so that the pods are ready; and some plugins enforce no policy.
//! So it is a possibility, for who has named the Service, or a pod.

use super::selector_fixes::ServiceCase;
use super::shut_port::{Named, Shut};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef, ServicePort};
use crate::text::say;
use crate::triage::{ReadyPod, Subject};
use std::collections::BTreeSet;

/// The NetworkPolicies that select a Service's pods let nobody in at its port.
pub static RULE: Rule = Rule {
    cause: "network-policy",
    layer: Layer::Service,
    title: "nobody is let in at a Service's port by NetworkPolicies",
    seen_as: &["Running"],
    explanation: include_str!("network_policy.md"),
    reads: &[Kind::Service, Kind::NetworkPolicy],
    refines: &[],
    root: Root::Subject,
    check: Check::ServiceOrReadyPod {
        service: of_service,
        pod: of_pod,
    },
};

/// The most policies that are quoted.
const NAMED: usize = 3;

/// Those of the namespace, where all were read: another may let somebody in.
fn policies<'c, S: Subject<'c>>(case: &Case<'c, S>) -> Option<Vec<Named<'c>>> {
    let policies = case.snapshot.store().network_policies();
    policies.whole(case.namespace()).ok()?;
    Some(policies.seen_in(case.namespace()).collect())
}

fn of_service(case: &ServiceCase<'_>) -> Vec<Finding> {
    let store = case.snapshot.store();
    let members = case.it.members(store);
    let policies = policies(case).filter(|_| members.ready > 0);
    let policies = policies.unwrap_or_default();
    let shut = |port: &ServicePort| {
        let mut shut = Shut::default();
        let mut numbers = BTreeSet::new();
        for (pod, _) in case.it.pods(store) {
            let number = port.number_of(&pod.open_ports)?;
            numbers.insert(number);
            shut.of(case, pod, (number, &port.protocol), &policies)?;
        }
        Some((numbers, shut)).filter(|(_, shut)| !shut.policies.is_empty())
    };
    let shut: Vec<_> = case.it.service.ports.iter().filter_map(shut).collect();
    finding(case, &shut, members.pods).into_iter().collect()
}

/// Of a pod that was named: nobody is let in at any of the ports that it declares.
fn of_pod<'a>(case: &Case<'a, ReadyPod<'a>>) -> Vec<Finding> {
    let (policies, pod) = (policies(case).unwrap_or_default(), case.it.footprint);
    let shut = pod.open_ports.iter().map(|port| {
        let mut shut = Shut::default();
        shut.of(case, pod, (port.number, &port.protocol), &policies)?;
        Some((BTreeSet::from([port.number]), shut))
    });
    let shut: Option<Vec<_>> = shut.collect();
    let found = shut.and_then(|shut| finding(case, &shut, 1));
    found.into_iter().collect()
}

fn finding<'c, S: Subject<'c>>(
    case: &Case<'c, S>,
    shut: &[(BTreeSet<u16>, Shut<'_>)],
    pods: usize,
) -> Option<Finding> {
    let policies: BTreeSet<&str> = shut
        .iter()
        .flat_map(|(_, it)| it.policies.clone())
        .collect();
    let absent: BTreeSet<String> = shut.iter().flat_map(|(_, it)| it.absent.clone()).collect();
    let nowhere: BTreeSet<String> = shut.iter().flat_map(|(_, it)| it.nowhere.clone()).collect();
    let object = |name: &&str| ObjectRef::new(Kind::NetworkPolicy, case.namespace(), name);
    let objects: Vec<ObjectRef> = policies.iter().map(object).collect();
    let mut quotes = policies.iter().take(NAMED).map(|name| quoted(case, name));
    let proof = quotes.next()?;
    let headline = match (absent.is_empty(), nowhere.is_empty()) {
        (true, true) => say!(
            "network-policy.nobody",
            "{policies} {policies|lets|let} nobody in at port {ports} of its {pods|pod|pods}"
        ),
        (true, false) => say!(
            "network-policy.no-namespace",
            "{policies} {policies|lets|let} in at port {ports} only pods of namespaces with {namespaces}, and no namespace has that"
        ),
        (false, _) => say!(
            "network-policy.nobody-there",
            "{policies} {policies|lets|let} in at port {ports} only pods with {labels}, and no pod of the namespace has that[, and pods of namespaces with {namespaces}, which none has]"
        ),
    };
    let why = say!(
        "network-policy.why",
        "a pod that NetworkPolicies select is reached only by those whom one of them lets in; the kubelet's probes mostly pass all the same, and a network plugin may enforce none"
    );
    let change = say!(
        "network-policy.let-in",
        "let in whoever is meant to reach the Service, in {policies} or in a policy of its own"
    );
    let ports: BTreeSet<u16> = shut.iter().flat_map(|(ports, _)| ports.clone()).collect();
    let ports = ports.iter().map(u16::to_string);
    let names = objects.iter().map(ObjectRef::argument);
    let words = ["describe".to_owned()].into_iter().chain(names.clone());
    let inspect = case.kubectl(words);
    let finding = Finding::new(case.subject(), headline, proof)
        .fact("policies", names.collect::<Vec<_>>())
        .fact("ports", ports.collect::<Vec<_>>())
        .fact("pods", pods)
        .fact_if(
            "labels",
            (!absent.is_empty()).then(|| Vec::from_iter(absent)),
        )
        .fact_if(
            "namespaces",
            (!nowhere.is_empty()).then(|| Vec::from_iter(nowhere)),
        )
        .evidence(quotes)
        .hint()
        .why(why)
        .fix([Fix::advice(change, Who::Owner)])
        .inspect(inspect);
    Some(finding)
}

/// The policy without what it says of where its pods may go.
fn quoted<'c, S: Subject<'c>>(case: &Case<'c, S>, name: &str) -> Evidence {
    let object = ObjectRef::new(Kind::NetworkPolicy, case.namespace(), name);
    let policies = case.snapshot.store().network_policies();
    let seen = policies.get(case.namespace(), name).yes();
    let quote = seen.and_then(|policy| serde_json::to_string(&policy.spec).ok());
    case.field_of(object, "spec", quote.unwrap_or_default())
}
