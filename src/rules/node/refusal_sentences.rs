//! What is said of each check by which a kubelet refuses a pod: the headline, how it comes about, and what to change.

use crate::kubernetes::patch;
use crate::kubernetes::taints::{TaintText, untolerated};
use crate::messages::node_admission::Rejection;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::host_ports::{self, Held};
use crate::rules::shared::template::Template;
use crate::snapshot::Node;
use crate::text::{Fact, Sentence, say};

/// What was read around the refusal.
pub(super) struct Around<'a> {
    /// The node.
    pub(super) node: Option<&'a Node>,
    /// No scheduler was asked: the pod names its node itself.
    pub(super) unscheduled: bool,
    /// Its template names the node.
    pub(super) template: bool,
    /// How many more pods of its controller the node refused alike.
    pub(super) again: usize,
    /// Who has a host port of it.
    pub(super) holder: Option<Held>,
}

/// Whether it is the node that would refuse others alike, and not what this pod asks for.
pub(super) fn is_of_the_node(rejection: &Rejection) -> bool {
    match rejection {
        Rejection::Resource { .. } => !is_too_large(rejection),
        Rejection::DevicesUnhealthy { .. }
        | Rejection::DevicesUnregistered { .. }
        | Rejection::DevicesTaken { .. }
        | Rejection::DevicePlugin
        | Rejection::Cpus { .. }
        | Rejection::Numa
        | Rejection::NoAppArmor
        | Rejection::NodeInfo
        | Rejection::AttachLimit => true,
        _ => false,
    }
}

/// Whether the pod asks for more than the node has in all.
fn is_too_large(rejection: &Rejection) -> bool {
    match rejection {
        Rejection::Resource {
            amounts: Some(amounts),
            ..
        } => amounts.requested > amounts.capacity,
        _ => false,
    }
}

pub(super) fn headline(rejection: &Rejection) -> Sentence {
    match rejection {
        Rejection::Resource { resource, amounts } => match amounts {
            None => say!(
                "admission-on-node.resource",
                "node {node} refused the pod: it has too little {resource} left"
            ),
            Some(amounts) if amounts.capacity.is_zero() => say!(
                "admission-on-node.has-none",
                "node {node} refused the pod, which asks for {requested} {resource}: the node has none"
            ),
            Some(_) if is_too_large(rejection) => say!(
                "admission-on-node.too-large",
                "node {node} refused the pod, which asks for {requested} {resource}: the node has {capacity} in all"
            ),
            Some(_) if resource == "pods" => say!(
                "admission-on-node.pods",
                "node {node} refused the pod: {used} of the {capacity} pods that it may run were there"
            ),
            Some(_) => say!(
                "admission-on-node.taken",
                "node {node} refused the pod, which asks for {requested} {resource}: {used} of {capacity} were taken"
            ),
        },
        Rejection::NodeAffinity => say!(
            "admission-on-node.node-affinity",
            "node {node} refused the pod: its labels did not fit the pod's nodeSelector or node affinity[, which asks for {wanted}]"
        ),
        Rejection::NodeName => say!(
            "admission-on-node.node-name",
            "node {node} refused the pod, which names another node"
        ),
        Rejection::HostPorts => say!(
            "admission-on-node.host-ports",
            "node {node} refused the pod: {ports|host port {ports} was|one of the host ports {ports} was} taken[, now by {holder}]"
        ),
        Rejection::Taint => say!(
            "admission-on-node.taint",
            "node {node} refused the pod, which does not tolerate its NoExecute taint[ {taint}]"
        ),
        Rejection::DevicesUnhealthy { .. } => say!(
            "admission-on-node.unhealthy",
            "node {node} refused the pod: none of its {resource} was healthy"
        ),
        Rejection::DevicesUnregistered { .. } => say!(
            "admission-on-node.unregistered",
            "node {node} refused the pod: no device plugin had registered {resource}"
        ),
        Rejection::DevicesTaken { .. } => say!(
            "admission-on-node.devices-taken",
            "node {node} refused the pod, which asks for {requested} {resource}: {available} were free"
        ),
        Rejection::DevicePlugin => say!(
            "admission-on-node.device-plugin",
            "node {node} refused the pod: its device plugin gave no device"
        ),
        Rejection::Cpus { .. } => say!(
            "admission-on-node.cpus",
            "node {node} refused the pod, which asks for {requested} CPUs of its own: {available} were free"
        ),
        Rejection::WholeCores => say!(
            "admission-on-node.whole-cores",
            "node {node} refused the pod: its kubelet hands out CPUs by whole cores only"
        ),
        Rejection::Numa => say!(
            "admission-on-node.numa",
            "node {node} refused the pod: none of its NUMA nodes had the memory"
        ),
        Rejection::Topology => say!(
            "admission-on-node.topology",
            "node {node} refused the pod: none of its NUMA nodes had all that the pod asks for"
        ),
        Rejection::Sysctl { .. } => say!(
            "admission-on-node.sysctl",
            "node {node} refused the pod: its kubelet does not allow {sysctl}"
        ),
        Rejection::NoAppArmor => say!(
            "admission-on-node.no-apparmor",
            "node {node} refused the pod, which asks for AppArmor: the node has none"
        ),
        Rejection::AppArmorProfile { .. } => say!(
            "admission-on-node.apparmor-profile",
            "node {node} refused the pod: the AppArmor profile[ {profile}] that it asks for is not loaded there"
        ),
        Rejection::OperatingSystem => say!(
            "admission-on-node.operating-system",
            "node {node} refused the pod, which is for another operating system"
        ),
        Rejection::NodeInfo => say!(
            "admission-on-node.node-info",
            "node {node} refused the pod: its kubelet did not know its own Node yet"
        ),
        Rejection::Unsupported { .. } => say!(
            "admission-on-node.unsupported",
            "node {node} refused the pod: it does not support {feature}"
        ),
        Rejection::AttachLimit => say!(
            "admission-on-node.attach-limit",
            "node {node} refused the pod: no more volumes can be attached to it"
        ),
        Rejection::Unknown => say!(
            "admission-on-node.headline",
            "node {node} refused the pod ({reason})"
        ),
    }
}

pub(super) fn why(rejection: &Rejection, around: &Around<'_>) -> Option<Sentence> {
    if around.unscheduled && by_scheduler(rejection) {
        return Some(say!(
            "admission-on-node.unscheduled-why",
            "no scheduler was asked: the pod names its node itself, and the kubelet only looks whether it fits"
        ));
    }
    Some(match rejection {
        Rejection::Resource { .. } | Rejection::HostPorts if !is_too_large(rejection) => say!(
            "admission-on-node.race-why",
            "the kubelet counts what its node runs at that moment: static pods, pods that end slowly, and what was bound just before, which the scheduler may not have seen"
        ),
        Rejection::NodeAffinity => say!(
            "admission-on-node.labels-why",
            "a kubelet that restarts looks at its pods anew: labels that were changed since, or that a node which was made anew does not have yet, count then"
        ),
        Rejection::DevicesUnhealthy { .. }
        | Rejection::DevicesUnregistered { .. }
        | Rejection::DevicePlugin => say!(
            "admission-on-node.devices-why",
            "a kubelet that restarts, as after a reboot, looks at its pods before the device plugin is back; the scheduler goes by what the node had"
        ),
        Rejection::Cpus { .. } | Rejection::Numa | Rejection::Topology | Rejection::WholeCores => {
            say!(
                "admission-on-node.managers-why",
                "the scheduler counts the node as a whole and knows nothing of the policies of its CPU, memory and topology managers"
            )
        }
        Rejection::Sysctl { .. } => say!(
            "admission-on-node.sysctl-why",
            "only sysctls that are safe are allowed everywhere; others only where the kubelet lists them"
        ),
        _ => return None,
    })
}

/// Whether a scheduler would have kept the pod from this node.
fn by_scheduler(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::Resource { .. }
            | Rejection::NodeAffinity
            | Rejection::NodeName
            | Rejection::HostPorts
            | Rejection::Taint
            | Rejection::DevicesTaken { .. }
            | Rejection::AttachLimit
    )
}

/// The finding with the facts of its sentences, and with what to change.
pub(super) fn fixes(
    case: &Case<'_>,
    rejection: &Rejection,
    around: &Around<'_>,
    finding: Finding,
) -> Finding {
    let finding = facts(case, rejection, around, finding);
    let named = by_scheduler(rejection) && (around.unscheduled || around.again > 0);
    // what has ended stays as it is; a controller makes another
    let is_made_again = case.subject() != case.object();
    let remove = case.kubectl(["delete", &case.object().argument()]);
    let change = say!(
        "admission-on-node.make-anew",
        "delete the pod and make it anew: no controller does, and a refused pod is not tried again"
    );
    let anew = Fix::command(change, Who::Owner, case.object(), remove);
    let mut anew = (!is_made_again).then_some(anew);
    // where the pod asks for nothing wrong that may be all there is to do
    let first = (!named && is_of_the_node(rejection)).then(|| anew.take());
    finding
        .fix(first.flatten())
        .fix(named.then(|| unname(case, around)))
        .fix(advice(rejection, around))
        .fix(anew)
}

/// Lets a scheduler look for a node.
fn unname(case: &Case<'_>, around: &Around<'_>) -> Fix {
    let change = say!(
        "admission-on-node.unname",
        "take spec.nodeName out of the template, so that a scheduler finds a node that has room; a nodeSelector keeps pods to one node"
    );
    let node = case.pod().node().unwrap_or_default();
    match Template::of(case).filter(|_| around.template) {
        Some(template) => {
            let path = format!("{}/nodeName", template.spec_pointer);
            template.edit(change, vec![patch::test(&path, node), patch::remove(&path)])
        }
        None if around.unscheduled => Fix::advice(
            say!(
                "admission-on-node.unname-pod",
                "leave spec.nodeName out, so that a scheduler finds a node that has room; a nodeSelector keeps pods to one node"
            ),
            Who::Owner,
        ),
        None => Fix::advice(
            say!(
                "admission-on-node.see-node-name",
                "see whether the template sets spec.nodeName: {again} more of its {again|pod was|pods were} refused by {node} alike; without it a scheduler finds a node"
            ),
            Who::Owner,
        )
        .fact("again", around.again),
    }
}

fn advice(rejection: &Rejection, around: &Around<'_>) -> Option<Fix> {
    let owner = |sentence| Some(Fix::advice(sentence, Who::Owner));
    let admin = |sentence| Some(Fix::advice(sentence, Who::Admin));
    match rejection {
        Rejection::Resource { .. } if is_too_large(rejection) => owner(say!(
            "admission-on-node.ask-less",
            "let the pod ask for less than {capacity} {resource}, or give it a node that has more"
        )),
        Rejection::Resource { .. } | Rejection::Cpus { .. } | Rejection::Numa
            if !around.unscheduled && around.again == 0 =>
        {
            owner(say!(
                "admission-on-node.leave-room",
                "if it comes again: leave room on the node for its static pods, or let the pod ask for less"
            ))
        }
        Rejection::NodeAffinity => admin(say!(
            "admission-on-node.label-node",
            "see that node {node} has the labels by which its pods choose it also right after it has started"
        )),
        Rejection::Taint => owner(say!(
            "admission-on-node.tolerate",
            "tolerate the taint, or keep the pod to other nodes"
        )),
        Rejection::DevicesUnhealthy { .. }
        | Rejection::DevicesUnregistered { .. }
        | Rejection::DevicePlugin => admin(say!(
            "admission-on-node.see-device-plugin",
            "see that the device plugin runs on {node} and that its devices are healthy[: by now {now} of {resource} {now|is|are} there]"
        )),
        Rejection::WholeCores => owner(say!(
            "admission-on-node.ask-whole-cores",
            "ask for as many CPUs as whole cores have"
        )),
        Rejection::Topology => owner(say!(
            "admission-on-node.fit-numa",
            "ask for no more than one NUMA node has, or use nodes of another topology manager policy"
        )),
        Rejection::Sysctl { .. } => owner(say!(
            "admission-on-node.drop-sysctl",
            "leave {sysctl} out of securityContext.sysctls, or use a node whose kubelet allows it (allowedUnsafeSysctls)"
        )),
        Rejection::NoAppArmor | Rejection::AppArmorProfile { .. } => owner(say!(
            "admission-on-node.profile",
            "keep the pod to nodes that have the profile, or let it ask for none (appArmorProfile Unconfined)"
        )),
        Rejection::OperatingSystem => owner(say!(
            "admission-on-node.select-os",
            "give the pod a nodeSelector on kubernetes.io/os that fits its spec.os"
        )),
        Rejection::Unsupported { .. } => owner(say!(
            "admission-on-node.use-newer",
            "keep the pod to nodes that support it, or do without"
        )),
        _ => None,
    }
}

fn facts(case: &Case<'_>, rejection: &Rejection, around: &Around<'_>, finding: Finding) -> Finding {
    match rejection {
        Rejection::Resource { resource, amounts } => {
            let finding = finding.fact("resource", resource.as_str());
            match amounts {
                Some(amounts) => finding
                    .fact("requested", Fact::amount(amounts.requested, resource))
                    .fact("used", Fact::amount(amounts.used, resource))
                    .fact("capacity", Fact::amount(amounts.capacity, resource)),
                None => finding,
            }
        }
        Rejection::DevicesUnhealthy { resource } | Rejection::DevicesUnregistered { resource } => {
            let now = around.node.and_then(|node| node.allocatable.get(resource));
            let now = now.filter(|now| !now.is_zero());
            finding
                .fact("resource", resource.as_str())
                .fact_if("now", now.map(|now| Fact::amount(*now, resource)))
        }
        Rejection::DevicesTaken {
            resource,
            requested,
            available,
        } => finding
            .fact("resource", resource.as_str())
            .fact("requested", requested.as_str())
            .fact("available", available.as_str()),
        Rejection::Cpus {
            requested,
            available,
        } => finding
            .fact("requested", requested.as_str())
            .fact("available", available.as_str()),
        Rejection::NodeAffinity => finding.fact_if("wanted", wanted(case, around.node)),
        Rejection::HostPorts => {
            let ports = || host_ports::asked(case);
            let held = around.holder.as_ref();
            finding
                .fact(
                    "ports",
                    held.map_or_else(ports, |held| held.ports.clone().into()),
                )
                .fact_if("holder", held.map(|held| held.holder.as_str()))
        }
        Rejection::Taint => {
            let tolerations = case.pod().spec().tolerations.as_deref();
            let taints = around.node.map(|node| node.taints.as_slice());
            let mut taints =
                untolerated(taints.unwrap_or_default(), tolerations.unwrap_or_default());
            let taint = taints.find(|taint| taint.effect == "NoExecute");
            finding.fact_if("taint", taint.map(|taint| TaintText(taint).to_string()))
        }
        Rejection::Sysctl { name } => {
            let unnamed: Fact = say!("admission-on-node.a-sysctl", "a sysctl of it").into();
            finding.fact("sysctl", name.as_deref().map_or(unnamed, Fact::from))
        }
        Rejection::AppArmorProfile { profile } => finding.fact_if("profile", profile.as_deref()),
        Rejection::Unsupported { feature } => finding.fact("feature", feature.as_str()),
        _ => finding,
    }
}

/// The first label of the pod's nodeSelector that the node still lacks.
fn wanted(case: &Case<'_>, node: Option<&Node>) -> Option<String> {
    let labels = &node?.labels;
    let mut selector = case.pod().spec().node_selector.iter().flatten();
    let (key, value) = selector.find(|(key, value)| labels.get(key) != Some(*value))?;
    Some(format!("{key}={value}"))
}
