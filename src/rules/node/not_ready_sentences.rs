//! What is said of a kubelet that says itself that its node is not Ready, by what it lacks.

use crate::messages::node_ready::NotReady;
use crate::rules::finding::{Fix, NextCommand, Who};
use crate::text::{Sentence, say};

pub(super) fn headline(lacks: Option<NotReady>) -> Sentence {
    match lacks {
        Some(NotReady::Runtime) => say!(
            "node-lost.runtime",
            "the container runtime of {node} does not answer its kubelet[, for {since} now][; {pods|one pod on it is|{pods} pods on it are} not ready either]"
        ),
        Some(NotReady::Network) => say!(
            "node-lost.network",
            "{node} has had no network for pods[ for {since}]: its network plugin is not set up[; {pods|one pod on it is|{pods} pods on it are} not ready either]"
        ),
        Some(NotReady::Shutdown) => say!(
            "node-lost.shutdown",
            "{node} is being shut down[, for {since} now][: {leaving}][; {pods|one pod on it is|{pods} pods on it are} not ready any more]"
        ),
        Some(NotReady::Storage) => say!(
            "node-lost.storage",
            "the kubelet of {node} has not been able to write its CSINode[ for {since}][; {pods|one pod on it is|{pods} pods on it are} not ready either]"
        ),
        None => say!(
            "node-lost.not-ready",
            "the kubelet of {node} says[, for {since} now,] that it is not ready[ ({reason})][: {leaving}][; {pods|one pod on it is|{pods} pods on it are} not ready either]"
        ),
    }
}

pub(super) fn fix(lacks: Option<NotReady>) -> Fix {
    let change = match lacks {
        Some(NotReady::Runtime) => say!(
            "node-lost.restart-runtime",
            "restart the container runtime on {node}, most often containerd or CRI-O, and see what it logs; a full disk or many containers can hold it up"
        ),
        Some(NotReady::Network) => say!(
            "node-lost.set-up-network",
            "see that the agent of the network plugin runs on {node}, the pod of its DaemonSet there, and has written a file to /etc/cni/net.d"
        ),
        Some(NotReady::Shutdown) => say!(
            "node-lost.wait-for-boot",
            "wait until the machine is back, or see why it is: pods that controllers make go elsewhere meanwhile"
        ),
        Some(NotReady::Storage) => say!(
            "node-lost.let-kubelet-write",
            "see what the kubelet of {node} logs of its CSINode: it may lack the right to write it"
        ),
        None => say!(
            "node-lost.clear-ready-condition",
            "clear what its Ready condition complains of, most often the container runtime or the network plugin"
        ),
    };
    Fix::advice(change, Who::Admin)
}

/// A kubelet that speaks repeats what its runtime says of itself and of its network.
pub(super) fn inspect(lacks: Option<NotReady>, node: &str) -> NextCommand {
    let log = |units: &[&str]| {
        let units = units.iter().flat_map(|unit| ["-u", unit]);
        NextCommand::on(
            node,
            ["journalctl"]
                .into_iter()
                .chain(units)
                .chain(["--since=-1h"]),
        )
    };
    match lacks {
        Some(NotReady::Runtime) => log(&["containerd", "crio"]),
        Some(NotReady::Storage) => log(&["kubelet"]),
        Some(NotReady::Network | NotReady::Shutdown) | None => {
            NextCommand::on(node, ["crictl", "info"])
        }
    }
}
