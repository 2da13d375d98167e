//! The pod that looks for a node, with what the filters ask of it worked out once.
//!
//! Source: kube-scheduler's PreFilter of `noderesources/fit.go` and `nodeports` (1.37), which do the same before any node is
//! looked at.

use crate::kubernetes::ports::{HostPort, host_ports};
use crate::kubernetes::resources::{Amounts, pod_requests};
use crate::snapshot::Occupant;
use k8s_openapi::api::core::v1::{NodeSelectorTerm, Pod, PodSpec, Toleration};
use std::sync::LazyLock;

static NO_SPEC: LazyLock<PodSpec> = LazyLock::new(PodSpec::default);

/// A pod that looks for a node.
#[derive(Debug)]
pub struct Incoming<'a> {
    namespace: &'a str,
    name: &'a str,
    /// `spec`
    pub spec: &'a PodSpec,
    /// What it asks, by its spec alone, rounded as the scheduler counts.
    pub requests: Amounts,
    /// The host ports that it wants, each once.
    pub ports: Vec<HostPort>,
}

impl<'a> Incoming<'a> {
    /// Works out what a pod wants.
    pub fn new(pod: &'a Pod) -> Self {
        let spec = pod.spec.as_ref().unwrap_or(&NO_SPEC);
        let mut requests = pod_requests(spec);
        for (resource, amount) in &mut requests {
            *amount = amount.rounded_for(resource);
        }
        let mut ports = host_ports(spec);
        ports.sort();
        ports.dedup();
        Incoming {
            namespace: pod.metadata.namespace.as_deref().unwrap_or_default(),
            name: pod.metadata.name.as_deref().unwrap_or_default(),
            spec,
            requests,
            ports,
        }
    }

    /// `spec.tolerations`
    pub fn tolerations(&self) -> &'a [Toleration] {
        self.spec.tolerations.as_deref().unwrap_or_default()
    }

    /// The terms of the required node affinity, of which one must hold; `None` when nothing is required.
    pub fn node_affinity(&self) -> Option<&'a [NodeSelectorTerm]> {
        let affinity = self.spec.affinity.as_ref()?.node_affinity.as_ref()?;
        let required = affinity
            .required_during_scheduling_ignored_during_execution
            .as_ref()?;
        Some(&required.node_selector_terms)
    }

    /// `spec.priority`
    pub fn priority(&self) -> i32 {
        self.spec.priority.unwrap_or_default()
    }

    /// Whether the occupant is this pod.
    pub fn is(&self, occupant: &Occupant) -> bool {
        *occupant.name == *self.name && *occupant.namespace == *self.namespace
    }
}
