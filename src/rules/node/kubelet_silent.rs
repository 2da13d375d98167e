//! `kubelet-silent`: a pod is bound, and the kubelet of its node has not taken it up.
//!
//! A kubelet that has seen a pod writes its startTime and hostIP within seconds (pkg/kubelet/status/status_manager.go, 1.37). The
//! node's own state says why it does not, or that nothing is known to be wrong with it.

use super::kubelet_sentences::{Kubelet, fix, headline, why};
use super::lease;
use super::state_taints::quoted;
use crate::kubernetes::shell;
use crate::rules::finding::{Certainty, Finding, NextCommand};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, Node, PodRecord, Seen};
use crate::text::{Seconds, say};
use crate::triage::UNNOTICED;

/// A pod is bound, and the kubelet of its node has not taken it up.
pub static RULE: Rule = Rule {
    cause: "kubelet-silent",
    layer: Layer::Node,
    title: "the pod is bound, and its node's kubelet has not taken it up",
    seen_as: &["Pending", "NodeNotReady", "NodeStatusUnknown"],
    explanation: include_str!("kubelet_silent.md"),
    reads: &[Kind::Node],
    refines: &[],
    root: Root::Facts(say!(
        "kubelet-silent.root",
        "the kubelet of {node} takes up no pods"
    )),
    check: Check::Pod(check),
};

/// Seconds between two writings of a node's status where nothing changes, and some more
/// (`nodeStatusReportFrequency`, 5 minutes).
const HEARTBEAT: i64 = 420;
/// Seconds after which one that does not renew its Lease is silent: the node controller marks it after 40 to 50.
const LEASE: i64 = 60;
/// What stands in for a kubelet, by the label that such nodes have (kwok, virtual-kubelet).
const STAND_INS: [&str; 2] = ["kwok", "virtual-kubelet"];

fn check(case: &Case<'_>) -> Vec<Finding> {
    let pod = case.pod();
    let Some(name) = pod.node() else {
        return Vec::new();
    };
    let status = pod.status();
    let is_taken_up = status.start_time.is_some()
        || status.host_ip.as_deref().is_some_and(|ip| !ip.is_empty())
        || pod.containers().next().is_some();
    if pod.phase() != "Pending" || is_taken_up || pod.is_described() {
        return Vec::new();
    }
    let bound = pod
        .condition("PodScheduled")
        .and_then(|c| c.last_transition_time.as_ref());
    let since = bound.map(|time| time.0).or(pod.created());
    let since = since.map(|since| case.seconds_since(since));
    if since.is_none_or(|since| since <= UNNOTICED) {
        return Vec::new();
    }
    let node = case.snapshot.nodes().get("", name);
    if node.is_absent() {
        // another cause says so
        return Vec::new();
    }
    vec![finding(case, name, since, node)]
}

fn finding(case: &Case<'_>, name: &str, since: Option<i64>, node: Seen<'_, &Node>) -> Finding {
    let node = node.yes();
    let running = running(case, name);
    let kubelet = kubelet(case, name, node, running);
    let heard = node.and_then(|node| last_heard(case, node, name));
    let stand_in = node.and_then(stand_in);
    let lease = lease::renewed(case, name);
    let is_leased = lease.is_some();
    let proof = node
        .filter(|_| kubelet == Kubelet::NotReady)
        .and_then(|_| quoted(case, name, "Ready"));
    let field = || untouched(case, name);
    let is_proof = proof.is_some();
    Finding::new(
        case.subject(),
        headline(kubelet),
        proof.unwrap_or_else(field),
    )
    .evidence(is_proof.then(field))
    .evidence(
        node.and_then(|_| quoted(case, name, "Ready"))
            .filter(|_| !is_proof),
    )
    .evidence(lease.map(|(_, quote)| quote))
    .fact("node", name)
    .fact_if("since", since.map(Seconds))
    .fact_if("heard", heard.map(Seconds))
    .fact_if("standIn", stand_in)
    .fact_if("running", (running > 0).then_some(running))
    .certainty(match kubelet {
        Kubelet::NotReady => Certainty::Proven,
        // one that cannot write its node's status may renew its Lease
        Kubelet::Stale if is_leased => Certainty::Proven,
        _ => Certainty::Likely,
    })
    .why(why(kubelet))
    .refers_to_quotes()
    .fix([fix(kubelet)])
    .inspect(inspect(kubelet, name))
}

/// All that stands in the pod: that it was bound, or the name of its node.
fn untouched(case: &Case<'_>, node: &str) -> Evidence {
    let bound = case.pod().condition("PodScheduled");
    match bound.and_then(|bound| bound.last_transition_time.as_ref()) {
        Some(time) => case.field(
            "status.conditions[PodScheduled].lastTransitionTime",
            time.0.to_string(),
        ),
        None => case.field("spec.nodeName", node),
    }
}

/// A stand-in logs nothing on its node, which may be none.
fn inspect(kubelet: Kubelet, node: &str) -> NextCommand {
    match kubelet {
        Kubelet::StandIn => shell::cluster(["describe", &format!("node/{node}")]).into(),
        _ => NextCommand::on(node, ["journalctl", "-u", "kubelet", "--since=-1h"]),
    }
}

fn kubelet(case: &Case<'_>, name: &str, node: Option<&Node>, running: usize) -> Kubelet {
    let Some(node) = node else {
        return Kubelet::Unread;
    };
    let is_exact = case.snapshot.clock().exact;
    let heard = last_heard(case, node, name);
    match heard {
        _ if !node.ready() => Kubelet::NotReady,
        _ if stand_in(node).is_some() => Kubelet::StandIn,
        Some(heard) if heard > most(case, name) && is_exact => Kubelet::Stale,
        _ if running > 0 => Kubelet::Busy,
        _ => Kubelet::Heard,
    }
}

/// Seconds since the kubelet last wrote the node's status, or renewed its Lease.
fn last_heard(case: &Case<'_>, node: &Node, name: &str) -> Option<i64> {
    let written = node
        .condition("Ready")
        .and_then(|ready| ready.last_heartbeat_time.0);
    let renewed = lease::renewed(case, name).map(|(renewed, _)| renewed);
    Some(case.seconds_since(written.max(renewed)?))
}

/// For how many seconds it may be silent.
fn most(case: &Case<'_>, name: &str) -> i64 {
    match lease::renewed(case, name) {
        Some(_) => LEASE,
        None => HEARTBEAT,
    }
}

fn stand_in(node: &Node) -> Option<&'static str> {
    let kind = node.labels.get("type")?;
    STAND_INS.into_iter().find(|known| *known == kind)
}

/// How many other pods of the node are ready.
fn running(case: &Case<'_>, node: &str) -> usize {
    let on_node = case.snapshot.pod_records().on_node(node);
    on_node
        .filter(|pod: &&PodRecord| pod.ready && !pod.terminating)
        .count()
}
