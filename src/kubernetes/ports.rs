//! The ports that containers declare, those of a node that a pod wants for itself, and when two of those collide.
//!
//! Here lives the comparison of two ports. Who holds one on which node is for the scheduler's filter, and where a Service leads
//! for triage.
//!
//! Sources: kube-scheduler `framework/types.go` (v1.36), `HostPortInfo.CheckConflict`;
//! `pkg/scheduler/util/utils.go`, `GetHostPorts`. Pods on the host's network need no rule of their own:
//! the API server has set `hostPort` to `containerPort` in what it stores.

use std::fmt;

use k8s_openapi::api::core::v1::{ContainerPort, PodSpec};

use super::resources::is_sidecar;

/// The protocol of a port; the API knows these three.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Protocol {
    /// What an empty field means.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
    /// Streams over several paths.
    Sctp,
    /// A name from a later API or an invented object; it equals only itself.
    Other(Box<str>),
}

impl From<Option<&str>> for Protocol {
    fn from(name: Option<&str>) -> Self {
        match name {
            None | Some("" | "TCP") => Self::Tcp,
            Some("UDP") => Self::Udp,
            Some("SCTP") => Self::Sctp,
            Some(other) => Self::Other(other.into()),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
            Self::Other(name) => name,
        })
    }
}

/// A port on the node itself.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct HostPort {
    /// Its number, never 0.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The one address it is bound to; empty for all of them.
    pub host_ip: String,
}

impl HostPort {
    /// The host port that a container asks for, if any.
    fn wanted(port: &ContainerPort) -> Option<Self> {
        let number = u16::try_from(port.host_port?)
            .ok()
            .filter(|number| *number > 0)?;
        let host_ip = port
            .host_ip
            .clone()
            .filter(|ip| ip != EVERY_IP)
            .unwrap_or_default();
        Some(Self {
            port: number,
            protocol: port.protocol.as_deref().into(),
            host_ip,
        })
    }

    /// Whether one node cannot hold both. `::` is an address like any other here, as it is to the scheduler.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.port == other.port
            && self.protocol == other.protocol
            && (self.is_on_every_ip() || other.is_on_every_ip() || self.host_ip == other.host_ip)
    }

    fn is_on_every_ip(&self) -> bool {
        self.host_ip.is_empty() || self.host_ip == EVERY_IP
    }
}

const EVERY_IP: &str = "0.0.0.0";

/// `8080/TCP`, or `10.0.0.1:8080/UDP` when bound to one address.
impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            port,
            protocol,
            host_ip,
        } = self;
        match host_ip.as_str() {
            "" | EVERY_IP => write!(f, "{port}/{protocol}"),
            ip if ip.contains(':') => write!(f, "[{ip}]:{port}/{protocol}"),
            ip => write!(f, "{ip}:{port}/{protocol}"),
        }
    }
}

/// A port that a container declares. Nothing keeps one that is not declared from being open.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct OpenPort {
    /// Its name, where it has one.
    pub name: Option<Box<str>>,
    /// Its number, never 0.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

impl OpenPort {
    fn declared(port: &ContainerPort) -> Option<Self> {
        let number = u16::try_from(port.container_port).ok();
        let name = port.name.as_deref().filter(|name| !name.is_empty());
        Some(Self {
            name: name.map(Into::into),
            number: number.filter(|number| *number > 0)?,
            protocol: port.protocol.as_deref().into(),
        })
    }

    /// Whether it has this name.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

/// The host ports of containers and sidecars, in the order of the spec. Plain init containers and
/// ephemeral containers hold none.
pub fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    of_life(spec).filter_map(HostPort::wanted).collect()
}

/// The ports that containers declare and then sidecars: in this order a name is looked up (k8s.io/kubernetes
/// `pkg/api/v1/pod/util.go` and endpointslice `utils.go` FindPort, 1.37).
pub fn open_ports(spec: &PodSpec) -> Vec<OpenPort> {
    of_life(spec).filter_map(OpenPort::declared).collect()
}

/// The ports of what runs for the life of the pod.
fn of_life(spec: &PodSpec) -> impl Iterator<Item = &ContainerPort> {
    let init = spec.init_containers.iter().flatten();
    let sidecars = init.filter(|container| is_sidecar(container));
    let containers = spec.containers.iter().chain(sidecars);
    containers.flat_map(|container| container.ports.iter().flatten())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn host_port(host_ip: &str, port: u16, protocol: Protocol) -> HostPort {
        HostPort {
            port,
            protocol,
            host_ip: host_ip.to_owned(),
        }
    }

    #[test]
    fn collects_what_runs_for_the_life_of_the_pod() {
        let spec: PodSpec = serde_json::from_value(json!({
            "containers": [{"name": "web", "ports": [
                {"containerPort": 80, "hostPort": 8080},
                {"containerPort": 53, "hostPort": 53, "protocol": "UDP", "hostIP": "10.0.0.1"},
                {"containerPort": 81, "hostPort": 81, "hostIP": "0.0.0.0", "protocol": "TCP"},
                {"containerPort": 82}, {"containerPort": 83, "hostPort": 0}, {"containerPort": 84, "hostPort": 70000},
            ]}],
            "initContainers": [
                {"name": "proxy", "restartPolicy": "Always", "ports": [{"containerPort": 15, "hostPort": 15, "protocol": "SCTP"}]},
                {"name": "setup", "ports": [{"containerPort": 16, "hostPort": 16}]},
            ],
        }))
        .unwrap_or_else(|error| panic!("{error}"));
        let open: Vec<u16> = open_ports(&spec).iter().map(|port| port.number).collect();
        assert_eq!(open, [80, 53, 81, 82, 83, 84, 15]);
        let written: Vec<_> = host_ports(&spec).iter().map(HostPort::to_string).collect();
        assert_eq!(
            written,
            ["8080/TCP", "10.0.0.1:53/UDP", "81/TCP", "15/SCTP"]
        );
    }

    #[test]
    fn conflicts_go_both_ways() {
        let tcp = |ip| host_port(ip, 80, Protocol::Tcp);
        for (one, other, expected) in [
            (tcp(""), tcp(""), true),
            (tcp(""), tcp("0.0.0.0"), true),
            (tcp(""), tcp("10.0.0.1"), true),
            (tcp("0.0.0.0"), tcp("::"), true),
            (tcp("10.0.0.1"), tcp("10.0.0.1"), true),
            (tcp("10.0.0.1"), tcp("10.0.0.2"), false),
            (tcp("::"), tcp("10.0.0.1"), false),
            (tcp("::"), tcp("::"), true),
            (tcp(""), host_port("", 81, Protocol::Tcp), false),
            (tcp(""), host_port("", 80, Protocol::Udp), false),
            (
                tcp(""),
                host_port("", 80, Protocol::Other("QUIC".into())),
                false,
            ),
        ] {
            assert_eq!(one.conflicts(&other), expected, "{one} and {other}");
            assert_eq!(other.conflicts(&one), expected, "{other} and {one}");
        }
    }

    #[test]
    fn displays_an_address_only_when_there_is_one() {
        for (host_port, expected) in [
            (host_port("", 8080, Protocol::from(None)), "8080/TCP"),
            (
                host_port("0.0.0.0", 8080, Protocol::from(Some("TCP"))),
                "8080/TCP",
            ),
            (
                host_port("::1", 8080, Protocol::from(Some("UDP"))),
                "[::1]:8080/UDP",
            ),
            (host_port("", 1, Protocol::from(Some("QUIC"))), "1/QUIC"),
        ] {
            assert_eq!(host_port.to_string(), expected);
        }
    }
}
