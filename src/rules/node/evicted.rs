//! `evicted`: the kubelet evicted a pod, for its own limit or for want of something on the node.

use crate::kubernetes::shell;
use crate::messages::eviction::{self, Consumer, Eviction};
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::{Case, Check, Layer, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef};

/// The kubelet evicted a pod, for its own limit or for want of something on the node.
pub static RULE: Rule = Rule {
    cause: "evicted",
    layer: Layer::Node,
    title: "the kubelet evicted the pod",
    explanation: include_str!("evicted.md"),
    reads: &[Kind::Node],
    refines: &[],
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let status = case.pod().status();
    if case.pod().phase() != "Failed" || status.reason.as_deref() != Some("Evicted") {
        return Vec::new();
    }
    let said = status.message.as_deref().filter(|said| !said.is_empty());
    let event = case.newest_event(&["Evicted"]);
    let (text, proof) = match (said, event) {
        (Some(said), _) => (said, case.field("status.message", said)),
        (None, Some(event)) => (event.message.as_str(), case.event(event)),
        (None, None) => ("", case.field("status.reason", "Evicted")),
    };
    vec![finding(case, &eviction::read(text), proof)]
}

fn finding(case: &Case<'_>, eviction: &Eviction, proof: Evidence) -> Finding {
    let node = case.pod().node().unwrap_or_default();
    let finding = Finding::new(case.subject(), headline(eviction), proof)
        .fact("node", node)
        .why(why(eviction))
        .evidence(pressure(case))
        .fix(advice(eviction))
        .look(look(case, eviction));
    match eviction {
        Eviction::NodePressure {
            resource,
            threshold,
            available,
            consumers,
        } => of_pressure(
            finding,
            resource,
            (threshold.as_deref(), available.as_deref()),
            consumers,
        ),
        Eviction::ContainerLimit { container, limit } => {
            finding.container(container).fact("limit", limit.as_str())
        }
        Eviction::PodLimit { limit } => finding.fact("limit", limit.as_str()),
        Eviction::EmptyDirLimit { volume, limit } => finding
            .fact("volume", volume.as_str())
            .fact("limit", limit.as_str()),
        Eviction::AtAdmission { conditions } => finding.fact("conditions", conditions.clone()),
        _ => finding,
    }
}

fn of_pressure(
    mut finding: Finding,
    resource: &str,
    (threshold, available): (Option<&str>, Option<&str>),
    consumers: &[Consumer],
) -> Finding {
    finding = finding.fact("resource", resource);
    if let Some(threshold) = threshold {
        finding = finding.fact("threshold", threshold);
    }
    if let Some(available) = available {
        finding = finding.fact("available", available);
    }
    let shown: Vec<String> = consumers
        .iter()
        .map(|consumer| {
            let Consumer {
                name,
                used,
                requested,
            } = consumer;
            format!("{name} used {used} of {requested} requested")
        })
        .collect();
    if shown.is_empty() {
        finding
    } else {
        finding.fact("consumers", shown)
    }
}

fn headline(eviction: &Eviction) -> &'static str {
    match eviction {
        Eviction::NodePressure { consumers, .. } if !consumers.is_empty() => {
            "node {node} ran short of {resource} and evicted the pod; {consumers}"
        }
        Eviction::NodePressure { .. } => "node {node} ran short of {resource} and evicted the pod",
        Eviction::ContainerLimit { .. } => {
            "container {container} wrote more than its ephemeral-storage limit of {limit}, and the pod was evicted"
        }
        Eviction::PodLimit { .. } => {
            "the containers wrote more than their ephemeral-storage limits, {limit} together, and the pod was evicted"
        }
        Eviction::EmptyDirLimit { .. } => {
            "emptyDir volume {volume} grew beyond its sizeLimit of {limit}, and the pod was evicted"
        }
        Eviction::AtAdmission { .. } => {
            "node {node} was already under {conditions} and refused the pod"
        }
        _ => "node {node} evicted the pod",
    }
}

fn why(eviction: &Eviction) -> &'static str {
    match eviction {
        Eviction::NodePressure { .. } => {
            "the kubelet evicts to save the node, first those above their requests: the pod named need not be the one that filled it"
        }
        Eviction::ContainerLimit { .. } | Eviction::PodLimit { .. } => {
            "the writable layer, the logs and the emptyDir volumes count; the node itself need not be short"
        }
        Eviction::EmptyDirLimit { .. } => {
            "the limit is the pod's own; the node itself need not be short"
        }
        Eviction::AtAdmission { .. } => {
            "a node under pressure takes no pod without requests; the scheduler did not know of it yet, or the pod tolerates it"
        }
        _ => "",
    }
}

fn advice(eviction: &Eviction) -> Option<Fix> {
    let (change, who) = match eviction {
        Eviction::NodePressure { resource, .. } if resource == "inodes" || resource == "pids" => (
            "find what uses the {resource} of node {node}: very many small files, or very many processes",
            Who::Admin,
        ),
        Eviction::NodePressure { .. } => (
            "request as much {resource} as the containers use, so that the scheduler finds a node that has it",
            Who::Owner,
        ),
        Eviction::ContainerLimit { .. } => (
            "raise the ephemeral-storage limit of container {container} above {limit}, or write to a volume",
            Who::Owner,
        ),
        Eviction::PodLimit { .. } => (
            "raise the ephemeral-storage limits of the containers above {limit} together, or write to a volume",
            Who::Owner,
        ),
        Eviction::EmptyDirLimit { .. } => (
            "raise sizeLimit of emptyDir volume {volume} above {limit}, or let the program clear it",
            Who::Owner,
        ),
        Eviction::AtAdmission { .. } => (
            "free node {node} from {conditions}: old images and logs fill disks",
            Who::Admin,
        ),
        _ => return None,
    };
    Some(Fix::advice(change, who))
}

/// The node's own conditions of pressure, as far as they still hold.
fn pressure(case: &Case<'_>) -> Vec<Evidence> {
    let name = case.pod().node().unwrap_or_default();
    let Some(node) = case.snapshot.nodes().get("", name).yes() else {
        return Vec::new();
    };
    let object = ObjectRef::new(Kind::Node, "", name);
    node.conditions
        .iter()
        .filter(|condition| condition.r#type.ends_with("Pressure") && condition.status == "True")
        .map(|condition| {
            let path = format!("status.conditions[{}]", condition.r#type);
            let words = ["True", condition.message.as_deref().unwrap_or_default()];
            case.field_of(
                object.clone(),
                path,
                words.join(": ").trim_end_matches(": "),
            )
        })
        .collect()
}

fn look(case: &Case<'_>, eviction: &Eviction) -> String {
    match (eviction, case.pod().node()) {
        (Eviction::NodePressure { .. } | Eviction::AtAdmission { .. }, Some(node)) => {
            shell::command(["kubectl", "describe", "node", node])
        }
        _ => case.describe_pod(),
    }
}
