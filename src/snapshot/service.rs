//! Services: to which pods they send traffic, and to which ports of those.

use super::annotations::OwnAnnotations;
use super::workload::controller;
use crate::kubernetes::ports::{OpenPort, Protocol};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ServicePort as RawPort;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A Service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// `metadata.uid`
    pub uid: Option<String>,
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// It is being deleted.
    pub terminating: bool,
    /// Kind and name of who makes it, as an operator does beside the pods that it makes.
    pub controller: Option<(String, String)>,
    /// `spec.selector`: the labels of its pods. Empty where somebody else writes its endpoints, and for an ExternalName.
    pub selector: BTreeMap<String, String>,
    /// `spec.externalName` of one of type ExternalName: a name in DNS for something outside.
    pub external_name: Option<String>,
    /// `spec.clusterIP` None: its name leads to the pods themselves, on whatever port one asks them for.
    pub is_headless: bool,
    /// `spec.clusterIP`: the address to which its name leads; empty for a headless one.
    pub cluster_ip: String,
    /// `spec.ipFamilies`, the primary one first.
    pub families: Vec<String>,
    /// `spec.ipFamilyPolicy` RequireDualStack.
    pub needs_both_families: bool,
    /// `spec.internalTrafficPolicy` Local: who asks it is answered by pods of his own node alone.
    pub stays_on_node: bool,
    /// `spec.externalTrafficPolicy` Local of one that nodes have a port for, and no load balancer, which would ask them first.
    pub node_ports_stay: bool,
    /// `spec.publishNotReadyAddresses`: its pods are its endpoints before they are ready.
    pub publishes_unready: bool,
    /// `spec.ports`
    pub ports: Vec<ServicePort>,
    /// What its annotation says of findings that are not to be shown.
    pub silence: Option<String>,
}

/// A port of a Service, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its place in `spec.ports`.
    pub place: usize,
    /// Its name; empty for an only one.
    pub name: String,
    /// The number on which the Service is asked.
    pub number: u16,
    /// The port of the pods.
    pub target: TargetPort,
    /// Its protocol, which is that of the pods' port as well.
    pub protocol: Protocol,
}

/// The port of a pod to which a Service leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetPort {
    /// This one, whether a container declares it or not.
    Number(u16),
    /// The one that a container gives this name.
    Name(String),
}

impl ServicePort {
    /// The port that it leads to of a pod whose containers declare these; none for a name that is not among them (endpointslice
    /// `utils.go` FindPort, 1.37).
    pub fn number_of(&self, open: &[OpenPort]) -> Option<u16> {
        match &self.target {
            TargetPort::Number(number) => Some(*number),
            TargetPort::Name(name) => {
                let mut open = open.iter().filter(|port| port.is_named(name));
                let found = open.find(|port| port.protocol == self.protocol);
                found.map(|port| port.number)
            }
        }
    }
}

impl fmt::Display for TargetPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetPort::Number(number) => write!(f, "{number}"),
            TargetPort::Name(name) => f.write_str(name),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawService {
    metadata: RawMeta,
    spec: Option<RawSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    uid: Option<String>,
    creation_timestamp: Option<Timestamp>,
    annotations: Option<OwnAnnotations>,
    deletion_timestamp: Option<Timestamp>,
    owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawSpec {
    r#type: Option<String>,
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<String>,
    external_name: Option<String>,
    ip_families: Option<Vec<String>>,
    ip_family_policy: Option<String>,
    internal_traffic_policy: Option<String>,
    external_traffic_policy: Option<String>,
    selector: Option<BTreeMap<String, String>>,
    ports: Option<Vec<RawPort>>,
    publish_not_ready_addresses: Option<bool>,
}

/// The traffic policy that keeps to the node.
const LOCAL: &str = "Local";

impl RawService {
    pub(super) fn into_service(self) -> Service {
        let spec = self.spec.unwrap_or_default();
        let is_external_name = spec.r#type.as_deref() == Some("ExternalName");
        let ports = spec.ports.unwrap_or_default().into_iter().enumerate();
        // the selector of an ExternalName is ignored (pkg/apis/core/types.go ServiceSpec, 1.37)
        let selector = spec.selector.filter(|_| !is_external_name);
        Service {
            uid: self.metadata.uid,
            created: self.metadata.creation_timestamp,
            terminating: self.metadata.deletion_timestamp.is_some(),
            controller: controller(self.metadata.owner_references.as_deref()),
            selector: selector.unwrap_or_default(),
            external_name: is_external_name.then(|| spec.external_name.unwrap_or_default()),
            families: spec.ip_families.unwrap_or_default(),
            needs_both_families: spec.ip_family_policy.as_deref() == Some("RequireDualStack"),
            stays_on_node: spec.internal_traffic_policy.as_deref() == Some(LOCAL),
            node_ports_stay: spec.r#type.as_deref() == Some("NodePort")
                && spec.external_traffic_policy.as_deref() == Some(LOCAL),
            is_headless: spec.cluster_ip.as_deref() == Some("None"),
            cluster_ip: spec
                .cluster_ip
                .filter(|it| it != "None")
                .unwrap_or_default(),
            publishes_unready: spec.publish_not_ready_addresses == Some(true),
            ports: ports.filter_map(port).collect(),
            silence: self.metadata.annotations.and_then(|own| own.silence),
        }
    }
}

/// Without a target a port leads to that of the same number (pkg/apis/core/v1/defaults.go SetDefaults_Service, 1.37).
fn port((place, port): (usize, RawPort)) -> Option<ServicePort> {
    let number = u16::try_from(port.port).ok()?;
    let target = match port.target_port {
        Some(IntOrString::Int(0)) | None => TargetPort::Number(number),
        Some(IntOrString::Int(target)) => TargetPort::Number(u16::try_from(target).ok()?),
        Some(IntOrString::String(name)) => match name.parse() {
            Ok(target) => TargetPort::Number(target),
            Err(_) => TargetPort::Name(name),
        },
    };
    Some(ServicePort {
        place,
        name: port.name.unwrap_or_default(),
        number,
        target,
        protocol: port.protocol.as_deref().into(),
    })
}
