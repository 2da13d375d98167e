//! `evicted`: the kubelet evicted a pod, for its own limit or for want of something on the node.

use super::eviction_amounts::amounts;
use super::eviction_fix::fix;
use crate::kubernetes::shell;
use crate::messages::eviction::{self, Eviction};
use crate::rules::finding::{Finding, NextCommand};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Sentence, say};

/// The kubelet evicted a pod, for its own limit or for want of something on the node.
pub static RULE: Rule = Rule {
    cause: "evicted",
    layer: Layer::Node,
    title: "the kubelet evicted the pod",
    seen_as: &[
        "Evicted",
        "Error",
        "ContainerStatusUnknown",
        "Failed",
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "EvictionThresholdMet",
        "FreeDiskSpaceFailed",
        "ImageGCFailed",
    ],
    explanation: include_str!("evicted.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Facts(say!(
        "evicted.root",
        "node {node} evicts pods: {conditions}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let status = case.pod().status();
    if case.pod().phase() != "Failed" || status.reason.as_deref() != Some("Evicted") {
        return Vec::new();
    }
    let message = status.message.as_deref().filter(|text| !text.is_empty());
    let event = case.newest_event(&["Evicted"]);
    let (text, proof) = match (message, event) {
        (Some(message), _) => (message, case.field("status.message", message)),
        (None, Some(event)) => (event.message.as_str(), case.event(event)),
        (None, None) => ("", case.field("status.reason", "Evicted")),
    };
    vec![finding(case, &eviction::read(text), proof)]
}

fn finding(case: &Case<'_>, eviction: &Eviction, proof: Evidence) -> Finding {
    let mut finding = Finding::new(case.subject(), headline(eviction), proof)
        .fact("node", case.pod().node().unwrap_or_default())
        .evidence(pressure(case))
        .fix(fix(eviction))
        .inspect(inspect(case, eviction));
    finding.why = why(eviction);
    amounts(finding, eviction)
}

fn headline(eviction: &Eviction) -> Sentence {
    match eviction {
        Eviction::NodePressure { .. } => {
            say!(
                "evicted.node-pressure",
                "node {node} ran short of {resource} and evicted the pod[; {consumers}]"
            )
        }
        Eviction::ContainerLimit { .. } => {
            say!(
                "evicted.container-limit",
                "container {container} wrote more than its ephemeral-storage limit of {limit}, and the pod was evicted"
            )
        }
        Eviction::PodLimit { .. } => {
            say!(
                "evicted.pod-limit",
                "the containers wrote more than their ephemeral-storage limits, {limit} together, and the pod was evicted"
            )
        }
        Eviction::EmptyDirLimit { .. } => {
            say!(
                "evicted.empty-dir-limit",
                "emptyDir volume {volume} grew beyond its sizeLimit of {limit}, and the pod was evicted"
            )
        }
        Eviction::AtAdmission { .. } => {
            say!(
                "evicted.at-admission",
                "node {node} was already under {conditions} and refused the pod"
            )
        }
        _ => say!("evicted.headline", "node {node} evicted the pod"),
    }
}

fn why(eviction: &Eviction) -> Option<Sentence> {
    Some(match eviction {
        Eviction::NodePressure { .. } => {
            say!(
                "evicted.node-pressure-why",
                "the kubelet evicts to save the node, first those above their requests: the pod named need not be the one that filled it"
            )
        }
        Eviction::ContainerLimit { .. } | Eviction::PodLimit { .. } => {
            say!(
                "evicted.limit-why",
                "the writable layer, the logs and the emptyDir volumes count; the node itself need not be short"
            )
        }
        Eviction::EmptyDirLimit { .. } => {
            say!(
                "evicted.empty-dir-limit-why",
                "the limit is the pod's own; the node itself need not be short"
            )
        }
        Eviction::AtAdmission { .. } => {
            say!(
                "evicted.at-admission-why",
                "a node under pressure takes no pod without requests; the scheduler did not know of it yet, or the pod tolerates it"
            )
        }
        _ => return None,
    })
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
            let texts = ["True", condition.message.as_deref().unwrap_or_default()];
            case.field_of(
                object.clone(),
                path,
                texts.join(": ").trim_end_matches(": "),
            )
        })
        .collect()
}

/// What shows more; a container that is gone cannot be looked into.
fn inspect(case: &Case<'_>, eviction: &Eviction) -> NextCommand {
    match (eviction, case.pod().node()) {
        (Eviction::NodePressure { .. } | Eviction::AtAdmission { .. }, Some(node)) => {
            shell::cluster(["describe", &format!("node/{node}")]).into()
        }
        _ => NextCommand::default(),
    }
}
