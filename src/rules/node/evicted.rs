//! `evicted`: the kubelet evicted a pod, for its own limit or for want of something on the node.

use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::shell;
use crate::messages::eviction::{self, Consumer, Eviction};
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Fact, Message, Sentence, say};

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

/// What the limits of containers and volumes are of.
const STORAGE: &str = "ephemeral-storage";

fn finding(case: &Case<'_>, eviction: &Eviction, proof: Evidence) -> Finding {
    let mut finding = Finding::new(case.subject(), headline(eviction), proof)
        .fact("node", case.pod().node().unwrap_or_default())
        .evidence(pressure(case))
        .fix(advice(eviction))
        .inspect(inspect(case, eviction));
    finding.why = why(eviction);
    match eviction {
        Eviction::NodePressure {
            resource,
            threshold,
            available,
            consumers,
        } => finding
            .fact("resource", resource.as_str())
            .fact_if(
                "threshold",
                threshold.as_deref().map(|text| amount(text, resource)),
            )
            .fact_if(
                "available",
                available.as_deref().map(|text| amount(text, resource)),
            )
            .fact_if("consumers", used(consumers, resource)),
        Eviction::ContainerLimit { container, limit } => finding
            .container(container)
            .fact("limit", amount(limit, STORAGE)),
        Eviction::PodLimit { limit } => finding.fact("limit", amount(limit, STORAGE)),
        Eviction::EmptyDirLimit { volume, limit } => finding
            .fact("volume", volume.as_str())
            .fact("limit", amount(limit, STORAGE)),
        Eviction::AtAdmission { conditions } => finding.fact("conditions", conditions.clone()),
        _ => finding,
    }
}

/// An amount as the kubelet writes it, in a unit that people read. A threshold may also be a share of the whole.
fn amount(text: &str, resource: &str) -> Fact {
    let amount: Result<Quantity, _> = text.parse();
    amount.map_or_else(|_| text.into(), |amount| Fact::amount(amount, resource))
}

/// What each of them used; `None` if the message names none.
fn used(consumers: &[Consumer], resource: &str) -> Option<Vec<Message>> {
    let used = |consumer: &Consumer| {
        let requested: Quantity = consumer.requested.parse().unwrap_or_default();
        let sentence = if requested.is_zero() {
            say!(
                "evicted.used-without-request",
                "{name} used {used} and requests none"
            )
        } else {
            say!(
                "evicted.used",
                "{name} used {used} of {requested} requested"
            )
        };
        Message::new(sentence)
            .fact("name", consumer.name.as_str())
            .fact("used", amount(&consumer.used, resource))
            .fact("requested", amount(&consumer.requested, resource))
    };
    (!consumers.is_empty()).then(|| consumers.iter().map(used).collect())
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

fn advice(eviction: &Eviction) -> Option<Fix> {
    let (change, who) = match eviction {
        Eviction::NodePressure { resource, .. } if resource == "inodes" || resource == "pids" => (
            say!(
                "evicted.find-users",
                "find what uses the {resource} of node {node}: very many small files, or very many processes"
            ),
            Who::Admin,
        ),
        Eviction::NodePressure { .. } => (
            say!(
                "evicted.request-what-is-used",
                "request as much {resource} as the containers use, so that the scheduler finds a node that has it"
            ),
            Who::Owner,
        ),
        Eviction::ContainerLimit { .. } => (
            say!(
                "evicted.raise-container-limit",
                "raise the ephemeral-storage limit of container {container} above {limit}, or write to a volume"
            ),
            Who::Owner,
        ),
        Eviction::PodLimit { .. } => (
            say!(
                "evicted.raise-limits",
                "raise the ephemeral-storage limits of the containers above {limit} together, or write to a volume"
            ),
            Who::Owner,
        ),
        Eviction::EmptyDirLimit { .. } => (
            say!(
                "evicted.raise-size-limit",
                "raise sizeLimit of emptyDir volume {volume} above {limit}, or let the program clear it"
            ),
            Who::Owner,
        ),
        Eviction::AtAdmission { .. } => (
            say!(
                "evicted.free-node",
                "free node {node} from {conditions}: old images and logs fill disks"
            ),
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
