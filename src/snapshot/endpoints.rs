//! EndpointSlices: where a Service's traffic goes in fact, whoever wrote them.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A part of a Service's endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointSlice {
    /// The Service; empty where none is named (k8s.io/api `discovery/v1/well_known_labels.go`, 1.37).
    pub service: String,
    /// Who writes it; empty for a person.
    pub managed_by: String,
    /// `addressType`: IPv4, IPv6 or FQDN.
    pub family: String,
    /// `endpoints`
    pub endpoints: Vec<Endpoint>,
}

/// An address behind a Service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The first of its addresses, which are all one and the same to who sends traffic there.
    pub address: String,
    /// Whether it gets traffic: one of which nothing is said does.
    pub ready: bool,
    /// The pod that it says it is.
    pub pod: Option<String>,
}

impl EndpointSlice {
    /// Whether Kubernetes itself writes it, by the Service's selector.
    pub fn is_of_selector(&self) -> bool {
        self.managed_by == "endpointslice-controller.k8s.io"
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawSlice {
    metadata: RawMeta,
    address_type: Option<String>,
    endpoints: Option<Vec<RawEndpoint>>,
}

#[derive(Deserialize)]
struct RawMeta {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEndpoint {
    addresses: Option<Vec<String>>,
    conditions: Option<RawConditions>,
    target_ref: Option<RawTarget>,
}

#[derive(Deserialize)]
struct RawConditions {
    ready: Option<bool>,
}

#[derive(Deserialize)]
struct RawTarget {
    kind: Option<String>,
    name: Option<String>,
}

impl RawSlice {
    pub(super) fn into_slice(self) -> EndpointSlice {
        let mut labels = self.metadata.labels.unwrap_or_default();
        let mut label = |key: &str| labels.remove(key).unwrap_or_default();
        EndpointSlice {
            service: label("kubernetes.io/service-name"),
            managed_by: label("endpointslice.kubernetes.io/managed-by"),
            family: self.address_type.unwrap_or_default(),
            endpoints: self
                .endpoints
                .unwrap_or_default()
                .into_iter()
                .map(RawEndpoint::into_endpoint)
                .collect(),
        }
    }
}

impl RawEndpoint {
    fn into_endpoint(self) -> Endpoint {
        let pod = self
            .target_ref
            .filter(|target| target.kind.as_deref() == Some("Pod"));
        let addresses = self.addresses.unwrap_or_default();
        let ready = self.conditions.and_then(|conditions| conditions.ready);
        Endpoint {
            address: addresses.into_iter().next().unwrap_or_default(),
            ready: ready.unwrap_or(true),
            pod: pod.and_then(|pod| pod.name),
        }
    }
}
