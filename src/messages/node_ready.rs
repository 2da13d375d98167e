//! Why a kubelet says that its node is not Ready: [`read`] for the message of the node's condition Ready.
//!
//! Sources: kubernetes `pkg/kubelet/nodestatus/setters.go` (ReadyCondition, which joins what the runtime, the network, the
//! storage and the shutdown manager report), `pkg/kubelet/runtime.go`, 1.37.

use super::form::{Pattern, anywhere};

/// What a kubelet lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// Its container runtime does not answer, or not in time.
    Runtime,
    /// The network for pods is not set up.
    Network,
    /// The machine is being shut down.
    Shutdown,
    /// Its CSINode is not written yet.
    Storage,
}

/// The first that holds: without its runtime a kubelet hears nothing of the network either.
const FORMS: &[Pattern<NotReady>] = &[
    ("container runtime is down", |_| NotReady::Runtime),
    ("RuntimeReady=false", |_| NotReady::Runtime),
    ("PLEG is not healthy", |_| NotReady::Runtime),
    (
        "container runtime status check may not have completed yet",
        |_| NotReady::Runtime,
    ),
    ("node is shutting down", |_| NotReady::Shutdown),
    ("NetworkReady=false", |_| NotReady::Network),
    // 1.5 to 1.23, docker
    ("network plugin is not ready", |_| NotReady::Network),
    ("CSINode is not yet initialized", |_| NotReady::Storage),
];

/// Reads it.
pub fn read(message: &str) -> Option<NotReady> {
    anywhere(FORMS, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kubelet_lacks_is_known() {
        let network = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";
        let runtime = "[container runtime is down, PLEG is not healthy: pleg was last seen active 4m2s ago; threshold is 3m0s]";
        for (message, lacks) in [
            (network, Some(NotReady::Network)),
            (runtime, Some(NotReady::Runtime)),
            (
                &format!("[{network}, container runtime is down]"),
                Some(NotReady::Runtime),
            ),
            ("node is shutting down", Some(NotReady::Shutdown)),
            ("CSINode is not yet initialized", Some(NotReady::Storage)),
            ("kubelet is posting ready status", None),
            ("Kubelet stopped posting node status.", None),
        ] {
            assert_eq!(read(message), lacks, "{message}");
        }
    }
}
