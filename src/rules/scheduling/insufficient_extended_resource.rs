//! No node has a device, or another resource that a plugin counts, left for the pod; huge pages too.
//!
//! Three different things look alike in the scheduler's message: no node offers the resource, the
//! devices are there but unhealthy, all are in use.

use super::{resources_apart, shortage};
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::resources::{is_extended, is_hugepages, pod_requests};
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::matching::Match;
use crate::rules::{Case, Check, Layer, Root, Rule, UNSCHEDULABLE};
use crate::snapshot::Kind;
use crate::text::{Fact, say};
use std::collections::{BTreeMap, BTreeSet};

/// `insufficient-extended-resource`
pub static RULE: Rule = Rule {
    cause: "insufficient-extended-resource",
    layer: Layer::Scheduling,
    title: "no node has a device or huge pages left for the pod",
    seen_as: UNSCHEDULABLE,
    explanation: include_str!("insufficient_extended_resource.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    asked(case)
        .iter()
        .flat_map(|resource| of_resource(case, resource))
        .collect()
}

/// The resources that the pod asks for or that the scheduler names, other than the native three.
fn asked(case: &Case<'_>) -> BTreeSet<String> {
    let wanted = pod_requests(case.pod().spec()).into_keys();
    let clauses = case
        .scheduling()
        .and_then(|examination| examination.scheduler_message.as_ref())
        .map(|said| said.message.clauses.as_slice())
        .unwrap_or_default();
    let named = clauses.iter().filter_map(|clause| match &clause.reason {
        Reason::InsufficientResource(resource) => Some(resource.clone()),
        _ => None,
    });
    let native =
        |resource: &String| matches!(resource.as_str(), "cpu" | "memory" | "ephemeral-storage");
    wanted
        .chain(named)
        .filter(|resource| !native(resource))
        .collect()
}

fn of_resource(case: &Case<'_>, resource: &str) -> Vec<Finding> {
    let Some(matched) = shortage::matched(case, resource) else {
        return Vec::new();
    };
    let Some(amounts) = shortage::nearest_feasible(&matched) else {
        return shortage::check(case, resource);
    };
    let offering = shortage::offering(case, resource);
    let finding = if offering.is_empty() {
        absent(case, &matched, resource)
    } else if let Some(node) = with_unhealthy(case, &matched, resource, amounts.asked) {
        unhealthy(case, &matched, resource, node)
    } else if let Some(others) = resources_apart::lacking(&matched, resource, &offering) {
        if others.iter().any(|other| other.as_str() < resource) {
            // told of that one
            return Vec::new();
        }
        resources_apart::finding(&matched, case, others, offering)
    } else if amounts.allocatable.is_zero() {
        elsewhere(case, &matched, resource, offering)
    } else {
        return shortage::check(case, resource);
    };
    vec![shortage::with_amounts(case, finding, resource, amounts)]
}

fn absent(case: &Case<'_>, matched: &Match<'_>, resource: &str) -> Finding {
    let headline = say!(
        "insufficient-extended-resource.absent",
        "the pod asks for {asked} {resource}, which no node offers"
    );
    let finding = matched.finding(case, headline).inspect(columns(resource));
    if is_hugepages(resource) {
        return finding
            .why(say!("insufficient-extended-resource.no-huge-pages", "huge pages are set aside by the node's operating system before its kubelet starts; no node has any of this size"))
            .fix([Fix::advice(say!("insufficient-extended-resource.set-aside-huge-pages", "set huge pages aside on a node and restart its kubelet"), Who::Admin)]);
    }
    let offered: BTreeSet<String> = case
        .snapshot
        .nodes()
        .seen()
        .flat_map(|(_, node)| node.allocatable.keys())
        .filter(|name| is_extended(name))
        .cloned()
        .collect();
    let meant = nearest(resource, offered.iter().map(String::as_str)).map(str::to_owned);
    let offered: Vec<String> = offered.into_iter().collect();
    finding
        .fact_if("offered", (!offered.is_empty()).then_some(offered))
        .why(say!("insufficient-extended-resource.absent-why", "a device plugin announces such a resource to the kubelet of its node, and on no node has one done so[; what nodes do offer is {offered}]"))
        .fix(meant.map(|meant| {
            Fix::advice(say!("insufficient-extended-resource.ask-for-another", "ask for {meant}, which nodes do offer"), Who::Owner).fact("meant", meant)
        }))
        .fix([Fix::advice(say!("insufficient-extended-resource.check-device-plugin", "check that the device plugin of {resource} runs on the nodes that have the device"), Who::Admin)])
}

/// Nodes have it, and the pod excludes all of them.
fn elsewhere(
    case: &Case<'_>,
    matched: &Match<'_>,
    resource: &str,
    offering: Vec<String>,
) -> Finding {
    matched
        .finding(case, say!("insufficient-extended-resource.elsewhere", "the pod asks for {asked} {resource}, which none of the nodes that it may use offers, but {offering}"))
        .fact("offering", offering)
        .why(say!("insufficient-extended-resource.elsewhere-why", "the pod's own node selector or affinity, or the taint of a control plane, keeps it off the nodes that have it"))
        .fix([Fix::advice(say!("insufficient-extended-resource.let-the-pod-in", "let the pod onto {offering}"), Who::Owner)])
        .inspect(columns(resource))
}

/// A node on which the pod would fit if all its devices were healthy.
fn with_unhealthy<'e>(
    case: &Case<'_>,
    matched: &Match<'e>,
    resource: &str,
    asked: Quantity,
) -> Option<&'e str> {
    matched
        .places
        .iter()
        .map(|place| &*place.result.node)
        .find(|name| {
            let Some(node) = case.snapshot.nodes().get("", name).yes() else {
                return false;
            };
            let amount = |amounts: &BTreeMap<String, Quantity>| {
                amounts.get(resource).copied().unwrap_or_default()
            };
            amount(&node.capacity) > amount(&node.allocatable) && amount(&node.capacity) >= asked
        })
}

fn unhealthy(case: &Case<'_>, matched: &Match<'_>, resource: &str, name: &str) -> Finding {
    let node = case.snapshot.nodes().get("", name).yes();
    let amount = |amounts: Option<&BTreeMap<String, Quantity>>| -> Fact {
        let amount = amounts.and_then(|amounts| amounts.get(resource));
        shortage::amount(amount.copied().unwrap_or_default(), resource)
    };
    matched
        .finding(
            case,
            say!("insufficient-extended-resource.unhealthy", "the pod asks for {asked} {resource}, and on {unhealthyNode} only {healthy} of {capacity} are healthy"),
        )
        .why(say!("insufficient-extended-resource.unhealthy-why", "the device plugin reports the others as unhealthy, so the kubelet does not offer them"))
        .fact("unhealthyNode", name)
        .fact("healthy", amount(node.map(|node| &*node.allocatable)))
        .fact("capacity", amount(node.map(|node| &*node.capacity)))
        .fix([Fix::advice(say!("insufficient-extended-resource.inspect-devices", "look at the device plugin and the devices of {unhealthyNode}"), Who::Admin)])
        .inspect(shell::cluster(["describe", &format!("node/{name}")]))
}

/// What every node offers of the resource.
fn columns(resource: &str) -> String {
    let path = format!(
        "NODE:.metadata.name,OFFERS:.status.allocatable.{}",
        resource.replace('.', "\\.")
    );
    shell::cluster(["get", "nodes", "-o", &format!("custom-columns={path}")])
}
