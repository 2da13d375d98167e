//! The network plugin of the pod's node is not there, not set up, or its agent does not run.
//!
//! Sources: containerd `internal/cri/server/status.go` and CRI-O `server/runtime_status.go` (no configuration in /etc/cni/net.d:
//! NetworkReady=false); the plugins' own words for an agent that has not begun, in `messages::sandbox`.

use super::neighbours;
use crate::messages::sandbox::SandboxFailure;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::failed_sandbox::{self, FailedSandbox};
use crate::rules::shared::node_agent::{self, mounts};
use crate::rules::{Case, Check, Layer, Root, Rule};
use crate::snapshot::{Evidence, Kind, ObjectRef, PodView};
use crate::text::{Sentence, say};

/// `cni-not-ready`
pub static RULE: Rule = Rule {
    cause: "cni-not-ready",
    layer: Layer::Network,
    title: "the network plugin of the pod's node is missing or not up",
    seen_as: &[
        "ContainerCreating",
        "PodInitializing",
        "FailedCreatePodSandBox",
        "NetworkNotReady",
        "NetworkPluginNotReady",
    ],
    explanation: include_str!("cni_not_ready.md"),
    reads: &[Kind::Node],
    refines: &["sandbox-error"],
    root: Root::Facts(say!("cni-not-ready.root", "{node} has no network for pods")),
    check: Check::Pod(check),
};

fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(failed) = failed_sandbox::find(case) else {
        return Vec::new();
    };
    match &failed.failure {
        SandboxFailure::CniNotReady => vec![not_ready(&failed)],
        SandboxFailure::CniBinaryMissing { binary } => vec![no_binary(&failed, binary)],
        _ => Vec::new(),
    }
}

fn not_ready(failed: &FailedSandbox<'_>) -> Finding {
    let case = failed.case;
    if let Some(since) = ready_since(failed) {
        return failed
            .finding(say!(
                "cni-not-ready.by-now",
                "{node} had no network for pods, and is ready by now"
            ))
            .evidence([since])
            .why(say!(
                "cni-not-ready.by-now-why",
                "the kubelet tries again by itself, about once a minute"
            ));
    }
    match node_agent::sick(case, is_agent) {
        Some(agent) => agent
            .told(case, failed.finding(WITH_AGENT))
            .why(say!(
                "cni-not-ready.agent-why",
                "the agent sets the network up on each node where it runs; until then no pod with an address of its own can start there"
            )),
        None => neighbours::told(failed, failed.finding(HEADLINE)).fix([Fix::advice(
            say!(
                "cni-not-ready.see-agent",
                "see that the network plugin is installed and its agent runs on {node}: the pod of its DaemonSet there, and /etc/cni/net.d on the node"
            ),
            Who::Admin,
        )]),
    }
}

const HEADLINE: Sentence = say!(
    "cni-not-ready.headline",
    "{node} has no network for pods: {message}"
);
const WITH_AGENT: Sentence = say!(
    "cni-not-ready.with-agent",
    "{node} has no network for pods, since its agent {agent} is {agentStatus}"
);

/// The DaemonSets of network plugins, as their own manifests and charts name them.
const AGENTS: [&str; 12] = [
    "antrea-agent",
    "aws-node",
    "azure-cns",
    "calico-node",
    "canal",
    "cilium",
    "kindnet",
    "kube-flannel-ds",
    "kube-ovn-cni",
    "kube-router",
    "ovnkube-node",
    "weave-net",
];

/// Every agent mounts the folders in which plugins have their configuration and their binaries; of a pod that was cut down the
/// name is left.
fn is_agent(pod: &PodView) -> bool {
    let of_network = |path: &str| path.split('/').any(|part| part == "cni");
    let owner = pod.controller().map(|(_, name)| name);
    mounts(pod, of_network) || owner.is_some_and(|name| AGENTS.contains(&name))
}

/// That the node has become ready after the event.
fn ready_since(failed: &FailedSandbox<'_>) -> Option<Evidence> {
    let case = failed.case;
    let name = case.pod().node()?;
    let node = case.snapshot.nodes().get("", name).yes()?;
    let ready = node
        .condition("Ready")
        .filter(|ready| ready.status == "True")?;
    let is_later = ready.last_transition_time.zip(failed.event.last);
    is_later.filter(|(ready, last)| ready > last)?;
    let object = ObjectRef::new(Kind::Node, "", name);
    let said = ready.message.as_deref().unwrap_or("True");
    Some(case.field_of(object, "status.conditions[Ready]", said))
}

fn no_binary(failed: &FailedSandbox<'_>, binary: &str) -> Finding {
    let finding = failed
        .finding(say!(
            "cni-not-ready.no-binary",
            "network plugin {binary} is not installed on {node}: {message}"
        ))
        .fact("binary", binary)
        .inspect(failed.case.on_node(["crictl", "info"]))
        .fix([Fix::advice(
            say!(
                "cni-not-ready.install-binary",
                "put {binary} into the folder that the message names, on every node, or correct the type in the network's configuration"
            ),
            Who::Admin,
        )]);
    neighbours::told(failed, finding).refers_to_quotes()
}
