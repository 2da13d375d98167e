//! The pod names its node itself, and there is no such node.

use super::message_only;
use crate::kubernetes::affinity::node_affinity;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::node_terms::NODE_NAME;
use crate::kubernetes::shell;
use crate::messages::scheduler::Reason;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::rules::shared::template::Template;
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::Evidence;
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::say;
use serde_json::json;

/// `node-name-mismatch`
pub static RULE: Rule = Rule {
    cause: "node-name-mismatch",
    layer: Layer::Scheduling,
    title: "the pod names a node that does not exist",
    seen_as: &["Pending"],
    explanation: include_str!("node_name_mismatch.md"),
    reads: &[Kind::Node],
    refines: &["node-selector-or-affinity"],
    root: Root::Subject,
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let finding = match case.pod().node() {
        Some(node) => written(case, node),
        None => pinned(case).or_else(|| from_message(case)),
    };
    let inspected = |finding: Finding| finding.inspect(shell::cluster(["get", "nodes"]));
    finding.map(inspected).into_iter().collect()
}

/// `spec.nodeName` passes the scheduler by. A node that a scheduler chose has been there: the binding leaves a condition.
fn written(case: &Case<'_>, node: &str) -> Option<Finding> {
    let gone = matches!(case.snapshot.nodes().get("", node), Seen::No);
    if !case.pod().is_untouched() || !gone {
        return None;
    }
    let proof = case.field("spec.nodeName", node);
    let absence = case.absence(ObjectRef::new(Kind::Node, "", node));
    let meant = meant(case, node);
    let template = Template::of(case);
    let fix = match (&meant, template) {
        (Some(meant), Some(template)) => {
            let change = say!(
                "node-name-mismatch.correct-the-name",
                "name {nearest}, if that was meant"
            );
            template.replace(change, "nodeName", &json!(node), &json!(meant))
        }
        (Some(_), None) => Fix::advice(
            say!(
                "node-name-mismatch.make-the-pod-anew-there",
                "make the pod anew with nodeName {nearest}, if that was meant, or without nodeName"
            ),
            Who::Owner,
        ),
        (None, _) => Fix::advice(
            say!(
                "node-name-mismatch.make-the-pod-anew",
                "make the pod anew without nodeName, so that the scheduler finds a node, or with the name of a node that exists"
            ),
            Who::Owner,
        ),
    };
    let headline = say!(
        "node-name-mismatch.node-name",
        "the pod names the node {node}, which does not exist"
    );
    let finding = Finding::new(case.subject(), headline, proof)
        .evidence([absence])
        .fact("node", node)
        .fact_if("nearest", meant)
        .why(say!("node-name-mismatch.node-name-why", "a pod with a nodeName passes the scheduler by and waits for the kubelet of exactly that name, until the garbage collector removes it"))
        .fix([fix]);
    Some(finding)
}

/// The node that a name may stand for: the same without or with its domain, or one that is spelt nearly so.
fn meant(case: &Case<'_>, name: &str) -> Option<String> {
    let nodes: Vec<&str> = case
        .snapshot
        .nodes()
        .seen()
        .map(|(_, node)| &*node.name)
        .collect();
    let host = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let same_host = nodes.iter().find(|node| host(node) == host(name)).copied();
    same_host
        .or_else(|| nearest(name, nodes.iter().copied()))
        .map(str::to_owned)
}

/// Node affinity whose every term names nodes, none of which exists.
fn pinned(case: &Case<'_>) -> Option<Finding> {
    case.snapshot.nodes().whole_cluster().ok()?;
    let names = pins(case)?;
    let is_there = |name: &String| !case.snapshot.nodes().get("", name).is_absent();
    if names.is_empty() || names.iter().any(is_there) {
        return None;
    }
    let absent: Vec<Evidence> = names
        .iter()
        .map(|name| case.absence(ObjectRef::new(Kind::Node, "", name)))
        .collect();
    let path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
    let proof = case.field(path, format!("{NODE_NAME} in ({})", names.join(", ")));
    let message = case.scheduling()?.scheduler_message.as_ref()?.quote.clone();
    let (why, change, who) = if case.subject().kind == "DaemonSet" {
        (
            say!(
                "node-name-mismatch.pinned-by-daemonset",
                "the DaemonSet's controller made the pod for a node that is gone, and deletes it when it notices"
            ),
            say!(
                "node-name-mismatch.wait-for-the-controller",
                "wait for the DaemonSet's controller, and check that it runs if the pod stays"
            ),
            Who::Admin,
        )
    } else {
        (
            say!(
                "node-name-mismatch.pinned-why",
                "its required node affinity names the node itself, so no other will do"
            ),
            say!(
                "node-name-mismatch.name-a-node",
                "name a node that exists in the node affinity, or ask for labels instead"
            ),
            Who::Owner,
        )
    };
    let headline = say!(
        "node-name-mismatch.pinned",
        "the pod is pinned to {nodes}, which {nodes|does|do} not exist"
    );
    let finding = Finding::new(case.subject(), headline, proof)
        .evidence(absent)
        .evidence([message])
        .fact("nodes", names)
        .why(why)
        .fix([Fix::advice(change, who)]);
    Some(finding)
}

/// The names to which every term pins the pod; nothing when a term leaves the name open.
fn pins(case: &Case<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for term in node_affinity(case.pod().spec())? {
        let mut fields = term.match_fields.iter().flatten();
        let field = fields.find(|field| field.key == NODE_NAME && field.operator == "In")?;
        names.extend(field.values.iter().flatten().cloned());
    }
    Some(names)
}

/// What the scheduler says, which up to 1.20 spoke of the host name.
fn from_message(case: &Case<'_>) -> Option<Finding> {
    let only = message_only::find(case, |reason| matches!(reason, Reason::NodeName))?;
    let finding = only
        .finding(
            case,
            say!(
                "node-name-mismatch.from-message",
                "the pod asks for a node by another name, which rules out {share}"
            ),
        )
        .certainty(Certainty::Possible)
        .why(say!(
            "node-name-mismatch.name-not-found",
            "which name it asks for was not found in the pod"
        ))
        .fix([Fix::advice(
            say!(
                "node-name-mismatch.compare-names",
                "compare the name that the pod asks for with the names of the nodes"
            ),
            Who::Owner,
        )
        .looks_at(Kind::Node)]);
    Some(finding)
}
