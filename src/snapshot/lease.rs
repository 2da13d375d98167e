//! Leases: what a kubelet renews every ten seconds while it lives (pkg/kubelet/kubelet.go, component-helpers `lease`, 1.37).

use jiff::Timestamp;
use serde::Deserialize;

/// Where those of nodes are, by the nodes' names.
pub const NODE_LEASES: &str = "kube-node-lease";

/// A Lease.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lease {
    /// `spec.renewTime`
    pub renewed: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct RawLease {
    spec: Option<RawSpec>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    renew_time: Option<Timestamp>,
}

impl RawLease {
    pub(super) fn into_lease(self) -> Lease {
        Lease {
            renewed: self.spec.unwrap_or_default().renew_time,
        }
    }
}
