//! NetworkPolicies: whom they let in.

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use serde::Deserialize;

/// A NetworkPolicy, without what it says of where its pods may go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkPolicy {
    /// `spec`
    pub spec: NetworkPolicySpec,
}

#[derive(Deserialize)]
pub(super) struct RawPolicy {
    spec: Option<NetworkPolicySpec>,
}

impl RawPolicy {
    pub(super) fn into_policy(self) -> NetworkPolicy {
        NetworkPolicy {
            spec: NetworkPolicySpec {
                egress: None,
                ..self.spec.unwrap_or_default()
            },
        }
    }
}
