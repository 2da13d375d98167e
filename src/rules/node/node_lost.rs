//! `node-lost`: a node is not Ready or gone, and its pods with it.
//!
//! One diagnosis about the node, whatever the number of its pods. What the kubelet last said about them is as old as its
//! silence, so nothing of them is read as a symptom; what had kept a pod from running before keeps its own diagnosis.

use super::forced_deletion::{NodeCase, delete_node, delete_pods, out_of_service};
use super::lease;
use super::marked_pods;
use super::not_ready_sentences::{fix, headline, inspect};
use super::state_taints::quoted;
use super::taken_away;
use crate::kubernetes::shell;
use crate::messages::node_ready;
use crate::rules::finding::{Certainty, Finding, Fix, NextCommand, Who};
use crate::rules::{Check, Layer, Root, Rule};
use crate::snapshot::{Condition, Evidence, Kind, Node, ObjectRef, Seen};
use crate::text::{Seconds, Sentence, say};
use crate::triage::Subject;

/// A node is not Ready or gone, and its pods with it.
pub static RULE: Rule = Rule {
    cause: "node-lost",
    layer: Layer::Node,
    title: "the pod's node is not ready, silent or gone",
    seen_as: &[
        "Running",
        "Terminating",
        "Unknown",
        "NodeLost",
        "NodeNotReady",
        "NotReady",
        "NodeStatusUnknown",
        "NodeUnreachable",
        "TaintManagerEviction",
    ],
    explanation: include_str!("node_lost.md"),
    reads: &[Kind::Node],
    refines: &["kubelet-silent"],
    root: Root::Subject,
    check: Check::Node(check),
};

fn check(case: &NodeCase<'_>) -> Vec<Finding> {
    let pods = case.it.pods(case.snapshot);
    let finding = match case.it.node {
        Seen::No => gone(case, &pods),
        Seen::Yes(node) => taken_away::told(case, not_ready(case, node)),
        Seen::Unknown(_) => unread(case, &pods),
    };
    let count = (!pods.is_empty()).then_some(pods.len());
    vec![
        finding
            .fact("node", case.it.name)
            .fact_if("pods", count)
            .affected(pods),
    ]
}

fn gone(case: &NodeCase<'_>, pods: &[ObjectRef]) -> Finding {
    let headline = say!(
        "node-lost.gone",
        "node {node} does not exist any more, and {pods|one pod is|{pods} pods are} still bound to it"
    );
    let proof = case.absence(case.object());
    let delete = say!(
        "node-lost.delete-pods",
        "if {pods|it is|they are} still there in a minute and the machine is off, delete {pods|it|them} by force, and see why the pod garbage collector of kube-controller-manager does not"
    );
    let selected = format!("spec.nodeName={}", case.it.name);
    Finding::new(case.subject(), headline, proof)
        .why(say!(
            "node-lost.gone-why",
            "the garbage collector deletes such pods within a minute or two, and their controllers make others elsewhere"
        ))
        .fix([delete_pods(delete, pods)])
        .inspect(shell::cluster(["get", "pods", "-A", "--field-selector", &selected]))
}

/// All that is known of the node is what its controller has made of its pods.
fn unread(case: &NodeCase<'_>, pods: &[ObjectRef]) -> Finding {
    let marked = marked_pods::of(case, pods);
    let headline = say!(
        "node-lost.unread",
        "{node} fell silent or was not ready[ {since} ago]: the node controller marked {pods|the pod|{pods} pods} on it, and no kubelet has set that back"
    );
    Finding::new(case.subject(), headline, marked.proof)
        .fact_if("since", marked.since.map(Seconds))
        .evidence(marked.evicted)
        .certainty(Certainty::Likely)
        .why(say!(
            "node-lost.unread-why",
            "a kubelet that is heard of again sets the mark back; only it can end a pod that is deleted"
        ))
        .fix([bring_back()])
        .inspect(shell::cluster(["describe", &case.object().argument()]))
}

fn not_ready(case: &NodeCase<'_>, node: &Node) -> Finding {
    let ready = node.condition("Ready");
    let seconds = |since| Seconds(case.seconds_since(since));
    let since = case.it.since(case.snapshot);
    let finding = |headline| {
        Finding::new(case.subject(), headline, proof(case))
            .fact_if("reason", ready.and_then(|ready| ready.reason.as_deref()))
            .refers_to_quotes()
    };
    if let Some(ready) = ready.filter(|ready| ready.status == "False") {
        let lacks = ready.message.as_deref().and_then(node_ready::read);
        return finding(headline(lacks))
            .fact_if("since", since.map(seconds))
            .why(say!(
                "node-lost.not-ready-why",
                "pods on such a node get no traffic, and those that do not tolerate it are evicted, most after 5 minutes"
            ))
            .fix([fix(lacks)])
            .inspect(inspect(lacks, case.it.name));
    }
    let (headline, why) = silent(ready);
    let renewed = lease::renewed(case, case.it.name);
    let heard_last = renewed.as_ref().map(|(renewed, _)| *renewed);
    finding(headline)
        .fact_if("since", heard_last.or(since).map(seconds))
        .evidence(renewed.map(|(_, quote)| quote))
        .why(why)
        .fix([bring_back()])
        .fix(out_of_service(case, node))
        .fix([delete_node(case)])
        .inspect(NextCommand::on(
            case.it.name,
            ["systemctl", "status", "kubelet"],
        ))
}

/// What is said of a kubelet that does not speak.
fn silent(ready: Option<&Condition>) -> (Sentence, Sentence) {
    let reason = ready.and_then(|ready| ready.reason.as_deref());
    // the node controller's words for a node that was registered and never reported (node_lifecycle_controller.go, 1.37)
    if ready.is_none() || reason == Some("NodeStatusNeverUpdated") {
        return (
            say!(
                "node-lost.never-heard",
                "the kubelet of {node} has never reported[; {pods|one pod is|{pods} pods are} bound to it]"
            ),
            say!(
                "node-lost.never-heard-why",
                "somebody or something registered the node, and no kubelet of that name has come; only it can start the pods bound to it"
            ),
        );
    }
    (
        say!(
            "node-lost.silent",
            "nothing has been heard of {node}[ for {since}][: {leaving}][; {pods|the status of one pod on it is|the statuses of {pods} pods on it are} old]"
        ),
        say!(
            "node-lost.silent-why",
            "whether the pods still run is not known; those that do not tolerate it are evicted, most after 5 minutes, and stay Terminating until the kubelet answers or the node is deleted"
        ),
    )
}

fn proof(case: &NodeCase<'_>) -> Evidence {
    let none = || case.field("status.conditions", "no condition Ready");
    quoted(case, case.it.name, "Ready").unwrap_or_else(none)
}

fn bring_back() -> Fix {
    let change = say!(
        "node-lost.bring-back",
        "bring {node} back: see whether the machine runs and reaches the API server, and what its kubelet logs, which may also lack a certificate that is valid"
    );
    Fix::advice(change, Who::Admin)
}
