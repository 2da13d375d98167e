//! `admission-on-node`: the kubelet refused a pod that was bound to its node.
//!
//! The kubelet checks once, before anything is made, and what it refuses stays Failed. The check is what matters, and whether a
//! scheduler had been asked: one that was has counted otherwise a moment before.

use super::refusal_sentences::{Around, fixes, headline, is_of_the_node, why};
use crate::kubernetes::affinity::node_affinity;
use crate::messages::node_admission::{self, Rejection};
use crate::rules::finding::{Certainty, Finding};
use crate::rules::shared::host_ports;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, Node, ObjectRef};
use crate::text::say;
use serde_json::Value;

/// The kubelet refused a pod that was bound to its node.
pub static RULE: Rule = Rule {
    cause: "admission-on-node",
    layer: Layer::Node,
    title: "the kubelet of its node refused the pod",
    seen_as: &[
        "OutOfcpu",
        "OutOfmemory",
        "OutOfephemeral-storage",
        "OutOfpods",
        "NodeAffinity",
        "NodeName",
        "NodePorts",
        "TaintToleration",
        "UnexpectedAdmissionError",
        "TopologyAffinityError",
        "SMTAlignmentError",
        "SysctlForbidden",
        "AppArmor",
        "InvalidNodeInfo",
        "PodOSNotSupported",
        "PodOSSelectorNodeLabelDoesNotMatch",
        "PodLevelResourcesNotSupported",
        "UnsupportedPodLevelResources",
        "PodFeatureUnsupported",
        "SupplementalGroupsPolicyNotSupported",
        "VolumeAttachmentLimitExceeded",
        "Failed",
    ],
    explanation: include_str!("admission_on_node.md"),
    reads: &[],
    refines: &[],
    root: Root::Facts(say!(
        "admission-on-node.root",
        "node {nodeRefuses} refuses pods: {reason}"
    )),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let status = case.pod().status();
    let reason = status.reason.as_deref().unwrap_or_default();
    // a pod of which a container has run was not refused but ended
    if !case.pod().is_refused() {
        return Vec::new();
    }
    let message = status.message.as_deref().filter(|text| !text.is_empty());
    let event = case.newest_event(&[reason]);
    let (text, proof) = match (message, event) {
        (Some(message), _) => (message, case.field("status.message", message)),
        (None, Some(event)) => (event.message.as_str(), case.event(event)),
        (None, None) => ("", case.field("status.reason", reason)),
    };
    let rejection = node_admission::read(reason, text);
    let finding = rejection.map(|rejection| finding(case, &rejection, reason, proof));
    finding.into_iter().collect()
}

fn finding(case: &Case<'_>, rejection: &Rejection, reason: &str, proof: Evidence) -> Finding {
    let name = case.pod().node().unwrap_or_default();
    let node = case.snapshot.nodes().get("", name).yes();
    let template = template(case);
    let around = Around {
        node,
        unscheduled: template.is_some() || is_unscheduled(case),
        template: template.is_some(),
        again: again(case, reason),
        holder: host_ports::holder(case, name),
    };
    let by_name = around
        .unscheduled
        .then(|| case.field("spec.nodeName", name));
    let finding = Finding::new(case.subject(), headline(rejection), proof)
        .fact("node", name)
        .fact("reason", reason)
        .fact_if("nodeRefuses", is_of_the_node(rejection).then_some(name))
        .evidence(template)
        .evidence(by_name.filter(|_| !around.template))
        .evidence(now(case, rejection, node))
        .why(why(rejection, &around))
        .when(*rejection == Rejection::Unknown, Finding::refers_to_quotes)
        .when(contradicts(case, rejection), |finding| {
            finding.certainty(Certainty::Possible)
        });
    fixes(case, rejection, &around, finding)
}

/// A pod that asks nothing of its node's labels is not refused for them: what was read is not all of it, or of another pod.
fn contradicts(case: &Case<'_>, rejection: &Rejection) -> bool {
    let spec = case.pod().spec();
    let selects = spec.node_selector.iter().flatten().next().is_some();
    *rejection == Rejection::NodeAffinity && !selects && node_affinity(spec).is_none()
}

/// The template that names the node, where that was read.
fn template(case: &Case<'_>) -> Option<Evidence> {
    let (kind, name) = case.pod().controller()?;
    let namespace = case.namespace();
    let workload = case.snapshot.workload(kind, namespace, name)?.yes()?;
    let fields = workload.template.as_ref()?.fields();
    let node = fields.pointer("/spec/nodeName").and_then(Value::as_str)?;
    let object = ObjectRef::new(Kind::of_manifest(kind)?, namespace, name);
    Some(case.field_of(object, "spec.template.spec.nodeName", node))
}

/// Whether nobody bound the pod: the kubelet's refusal is among its events, and no scheduler's word before it. A kubelet that
/// refuses writes no conditions, so that PodScheduled tells nothing (pkg/kubelet/kubelet.go rejectPod, 1.37).
fn is_unscheduled(case: &Case<'_>) -> bool {
    let is_scheduled = case
        .pod()
        .condition("PodScheduled")
        .is_some_and(|c| c.status == "True");
    let events = case.events();
    let refused = events.iter().find(|event| event.component == "kubelet");
    let bound = events.iter().any(|event| event.reason == "Scheduled");
    let created = case.pod().created();
    // an event of the binding would have expired a moment before that of the refusal
    let at_once = refused
        .and_then(|event| event.first)
        .zip(created)
        .is_some_and(|(first, created)| first.as_second() - created.as_second() <= AT_ONCE);
    !is_scheduled && !bound && at_once
}

/// Seconds in which a kubelet takes up a pod that is bound from its birth.
const AT_ONCE: i64 = 60;

/// How many other pods of its controller the same node refused for the same reason.
fn again(case: &Case<'_>, reason: &str) -> usize {
    let pod = case.pod();
    let Some(controller) = pod.controller() else {
        return 0;
    };
    let siblings = case.snapshot.store().whole_pods_in(case.namespace());
    let alike = siblings.filter(|other| {
        other.name() != pod.name()
            && other.controller() == Some(controller)
            && other.node() == pod.node()
            && other.status().reason.as_deref() == Some(reason)
    });
    alike.count()
}

/// What the node has by now of the resource that it was short of.
fn now(case: &Case<'_>, rejection: &Rejection, node: Option<&Node>) -> Option<Evidence> {
    let resource = match rejection {
        Rejection::Resource { resource, .. }
        | Rejection::DevicesUnhealthy { resource }
        | Rejection::DevicesUnregistered { resource }
        | Rejection::DevicesTaken { resource, .. } => resource,
        _ => return None,
    };
    let amount = node?.allocatable.get(resource)?;
    let object = ObjectRef::new(Kind::Node, "", &node?.name);
    let path = format!("status.allocatable[{resource}]");
    Some(case.field_of(object, path, amount.exact(resource)))
}
